"""Documents through the client's typed functions, against the sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import FortnoxRejected
from core.fortnox import papers, resources
from core.fortnox.api import Api
from core.fortnox.limits import Limiter
from core.fortnox.sandbox.child import TenantInfo
from core.fortnox.transport import Transport
from core.model import VoucherRef
from core.secret import Secret

PDF = b"%PDF-1.7 \x00\xff kvitto"


class Kept:
    """The program's own token."""

    def __init__(self, access: str) -> None:
        self._access = access

    async def access(self) -> Secret:
        return Secret(self._access)

    async def renew(self, refused: Secret) -> Secret:
        raise AssertionError(refused)


@pytest.fixture
async def api(program: Any, tenant: TenantInfo, tmp_path: Path) -> AsyncIterator[Api]:
    program.connect(tenant.tenant)
    carrier, window = Transport(), Limiter(tmp_path / "limits.db")
    tokens = Kept(program.tokens["access_token"])
    yield Api(
        carrier,
        window,
        tokens,
        api_url=program.info.api_url,
        client_id=program.info.client_id,
        tenant=tenant.tenant,
    )
    window.close()
    await carrier.aclose()


async def test_a_document_comes_back_byte_for_byte_under_both_of_its_ids(api: Api) -> None:
    made = await papers.upload(api, 'Kvitto "å".pdf', PDF)
    assert (made.name, made.size) == ("Kvitto _å_.pdf", len(PDF))
    assert await papers.inbox_content(api, made.inbox_id) == PDF
    assert await papers.archive_content(api, made.archive_id) == PDF


async def test_the_folder_and_the_archive_list_it(api: Api) -> None:
    made = await papers.upload(api, "kvitto.pdf", PDF)
    assert await papers.inbox(api) == [made]
    assert made in await papers.archive(api)
    assert await papers.inbox(api, "inbox_s") == []


async def test_the_two_ids_are_not_exchangeable(api: Api) -> None:
    made = await papers.upload(api, "kvitto.pdf", PDF)
    with pytest.raises(FortnoxRejected):
        await papers.inbox_content(api, papers.InboxId(made.archive_id))


async def test_a_document_is_tied_to_a_voucher(api: Api, tenant: TenantInfo) -> None:
    year_id = tenant.years[1].id
    heads, _count = await resources.first_vouchers(api, year_id)
    voucher = heads[0].reference
    made = await papers.upload(api, "kvitto.pdf", PDF)
    tied = await papers.attach(api, made.inbox_id, voucher)
    assert (tied.inbox_id, tied.voucher) == (made.inbox_id, voucher)
    assert await papers.attachments(api, year_id) == [tied]


async def test_a_voucher_that_does_not_exist_is_refused_in_fortnox_words(
    api: Api, tenant: TenantInfo
) -> None:
    made = await papers.upload(api, "kvitto.pdf", PDF)
    with pytest.raises(FortnoxRejected) as caught:
        await papers.attach(api, made.inbox_id, VoucherRef("A", "999999", tenant.years[1].id))
    assert "Fortnox" in caught.value.message
