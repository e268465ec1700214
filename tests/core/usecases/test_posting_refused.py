"""What an export refuses before it sends anything, and what it plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.errors import LoginNeeded, Refused
from core.model import Row
from core.register import DraftVoucher, SourceKind
from core.store import connections
from core.usecases.engagements import set_locked, set_source
from core.usecases.export import available_series, export_vouchers, plan_export
from core.usecases.vouchers import (
    list_vouchers,
)

if TYPE_CHECKING:
    from tests.core.usecases.conftest import Office


async def states(office: Office) -> list[str]:
    return [voucher.state.value for voucher in await list_vouchers(office.ctx, office.engagement.id)]


@pytest.mark.parametrize(("series", "code"), [("Q", "series_unknown"), ("B", "series_not_manual")])
async def test_a_series_that_cannot_be_used_is_refused(office: Office, series: str, code: str) -> None:
    await office.ready()
    with pytest.raises(Refused) as caught:
        await export_vouchers(office.ctx, office.engagement.id, series)
    assert (caught.value.code, await states(office), office.booked()) == (code, ["ready"], [])


async def test_an_unknown_account_is_refused(office: Office) -> None:
    await office.ready(
        DraftVoucher(office.engagement.year.to_date, office.text, (Row("9999", 1), Row("5010", -1)))
    )
    with pytest.raises(Refused) as caught:
        await export_vouchers(office.ctx, office.engagement.id, "I")
    assert (caught.value.code, office.booked()) == ("account_unknown", [])


async def test_no_check_of_a_plan_is_listed_twice(office: Office) -> None:
    await office.ready(office.draft(text="Hyra [kv 1]"))
    plan = await plan_export(office.ctx, office.engagement.id, "I")
    texts = [check.text for check in plan.checks]
    assert sorted(texts) == sorted(set(texts))


async def test_a_plan_sends_nothing(office: Office) -> None:
    await office.ready()
    before = office.fortnox.postings(office.client.tenant)
    plan = await plan_export(office.ctx, office.engagement.id, "I")
    assert (plan.allowed, office.fortnox.postings(office.client.tenant)) == (True, before)


async def test_a_locked_engagement_is_not_exported(office: Office) -> None:
    await office.ready()
    await set_locked(office.ctx, office.engagement.id, locked=True)
    with pytest.raises(Refused) as caught:
        await export_vouchers(office.ctx, office.engagement.id, "I")
    assert (caught.value.code, office.booked()) == ("engagement_locked", [])


async def test_books_from_a_file_are_not_exported_to_fortnox(office: Office) -> None:
    await office.ready()
    await set_source(office.ctx, office.engagement.id, SourceKind.SIE4)
    with pytest.raises(Refused) as caught:
        await export_vouchers(office.ctx, office.engagement.id, "I")
    assert (caught.value.code, office.booked()) == ("wrong_source", [])


async def test_a_lapsed_connection_asks_for_a_login(office: Office) -> None:
    await office.ready()
    await office.ctx.store.write(lambda tx: connections.mark_needs_login(tx, office.client.id))
    with pytest.raises(LoginNeeded):
        await export_vouchers(office.ctx, office.engagement.id, "I")
    assert await states(office) == ["ready"]


async def test_the_closing_series_is_suggested_first(office: Office) -> None:
    assert [one.code for one in await available_series(office.ctx, office.engagement.id)] == ["I", "A"]
