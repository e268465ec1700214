"""Documents through the client's typed functions, against the sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from core.fortnox import papers
from core.fortnox.api import Api
from core.fortnox.limits import Limiter
from core.fortnox.sandbox.child import TenantInfo
from core.fortnox.transport import Transport
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


async def test_a_document_comes_back_byte_for_byte(api: Api) -> None:
    made = await papers.upload(api, 'Kvitto "å".pdf', PDF)
    assert (made.name, made.size) == ("Kvitto _å_.pdf", len(PDF))
    assert await papers.inbox_content(api, made.inbox_id) == PDF


async def test_the_folder_lists_it(api: Api) -> None:
    made = await papers.upload(api, "kvitto.pdf", PDF)
    assert await papers.inbox(api) == [made]
    assert await papers.inbox(api, "inbox_s") == []
