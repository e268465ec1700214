"""Vouchers of the year after the engagement's: posted, put aside until Fortnox has the year, taken up again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from core.closing.reversal import year_after
from core.errors import Refused
from core.fortnox import resources
from core.register import ClosingVoucher, Engagement, SourceKind, VoucherState
from core.usecases.engagements import add_engagement, set_locked
from core.usecases.export import export_vouchers
from core.usecases.imports import import_year
from core.usecases.tokens import open_api
from core.usecases.vouchers import (
    add_vouchers,
    get_voucher,
    mark_ready,
)
from core.usecases.waiting import take_up_waiting

if TYPE_CHECKING:
    from tests.core.usecases.conftest import Office


async def test_a_reversal_goes_into_the_next_year(office: Office) -> None:
    first = office.engagement.year.to_date + timedelta(1)
    await office.ready(office.draft(), office.draft(first))
    result = await export_vouchers(office.ctx, office.engagement.id, "I")
    assert (result.posted, sorted(one["date"] for one in office.booked())) == (
        2,
        [office.engagement.year.to_date.isoformat(), first.isoformat()],
    )


async def test_a_reversal_waits_for_a_year_that_does_not_exist_yet(office: Office) -> None:
    year = year_after(office.engagement.year)
    last = await add_engagement(
        office.ctx, office.client.id, year.from_date, year.to_date, SourceKind.FORTNOX
    )
    await import_year(office.ctx, last.id, ledgers=())
    made = await add_vouchers(office.ctx, last.id, [office.draft(year.to_date + timedelta(1))])
    await mark_ready(office.ctx, [made[0].id])
    result = await export_vouchers(office.ctx, last.id, "I")
    kept = await get_voucher(office.ctx, made[0].id)
    assert (result.posted, kept.state, office.booked()) == (0, VoucherState.WAITING_YEAR, [])


async def put_aside(office: Office) -> tuple[Engagement, ClosingVoucher]:
    """A reversal of the last year that Fortnox has, after an export: it waits for the year after."""
    api = await open_api(office.ctx, office.client)
    year = max(one.year for one in await resources.financial_years(api))
    last = await add_engagement(
        office.ctx, office.client.id, year.from_date, year.to_date, SourceKind.FORTNOX
    )
    await import_year(office.ctx, last.id, ledgers=())
    made = await add_vouchers(office.ctx, last.id, [office.draft(year.to_date + timedelta(1))])
    await mark_ready(office.ctx, [made[0].id])
    await export_vouchers(office.ctx, last.id, "I")
    return last, await get_voucher(office.ctx, made[0].id)


async def test_a_waiting_voucher_says_since_when_and_a_second_export_keeps_that(office: Office) -> None:
    last, waiting = await put_aside(office)
    assert waiting.waiting_since is not None
    assert office.clock.now() - waiting.waiting_since < timedelta(minutes=1)
    office.clock.ahead += timedelta(minutes=5)
    await export_vouchers(office.ctx, last.id, "I")
    assert (await get_voucher(office.ctx, waiting.id)).waiting_since == waiting.waiting_since


async def test_a_waiting_voucher_is_taken_up_when_its_year_exists_and_then_posted_once(
    office: Office,
) -> None:
    last, waiting = await put_aside(office)
    (before,) = await take_up_waiting(office.ctx)
    office.change(act="open_year")
    (after,) = await take_up_waiting(office.ctx)
    assert (before.vouchers, [one.id for one in after.vouchers]) == ((), [waiting.id])
    await set_locked(office.ctx, last.id, locked=True)
    result = await export_vouchers(office.ctx, last.id, "I")
    assert (result.posted, len(office.booked())) == (1, 1)


async def test_an_import_takes_waiting_vouchers_up(office: Office) -> None:
    __, waiting = await put_aside(office)
    office.change(act="open_year")
    await import_year(office.ctx, office.engagement.id, ledgers=())
    assert (await get_voucher(office.ctx, waiting.id)).state is VoucherState.READY


async def test_a_locked_engagement_posts_nothing_into_its_own_year(office: Office) -> None:
    first = office.engagement.year.to_date + timedelta(1)
    await office.ready(office.draft(), office.draft(first))
    await set_locked(office.ctx, office.engagement.id, locked=True)
    with pytest.raises(Refused) as caught:
        await export_vouchers(office.ctx, office.engagement.id, "I")
    assert (caught.value.code, office.booked()) == ("engagement_locked", [])
