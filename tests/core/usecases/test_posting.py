from __future__ import annotations

import asyncio
import shutil
import threading
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.closing.payload import voucher_request
from core.errors import Refused, TryLater
from core.fortnox import resources
from core.register import ClosingVoucher, VoucherState
from core.usecases.activity import activity, first_broken_event
from core.usecases.context import open_context
from core.usecases.export import export_vouchers, plan_export
from core.usecases.progress import Progress
from core.usecases.tokens import open_api
from core.usecases.vouchers import (
    get_voucher,
    list_vouchers,
    mark_draft,
    mark_ready,
    save_voucher,
)

if TYPE_CHECKING:
    from tests.core.usecases.conftest import Office, Opened

CERTAIN_LOSS = ["drop-before", "500-before"]
BOOKED_ALL_THE_SAME = ["drop-after", "500-after", "truncated"]


async def states(office: Office) -> list[str]:
    return [voucher.state.value for voucher in await list_vouchers(office.ctx, office.engagement.id)]


async def test_a_ready_voucher_stands_in_the_books_once(office: Office) -> None:
    await office.ready()
    result = await export_vouchers(office.ctx, office.engagement.id, "I")
    assert (result.posted, len(office.booked())) == (1, 1)


async def test_what_is_booked_is_what_was_written(office: Office) -> None:
    await office.ready()
    await export_vouchers(office.ctx, office.engagement.id, "I")
    (booked,) = office.booked()
    assert (booked["series"], booked["date"], [row[:2] for row in booked["rows"]]) == (
        "I",
        office.engagement.year.to_date.isoformat(),
        [["1710", "30000.00"], ["5010", "-30000.00"]],
    )


async def test_the_voucher_learns_its_number(office: Office) -> None:
    (made,) = await office.ready()
    await export_vouchers(office.ctx, office.engagement.id, "I")
    kept = await get_voucher(office.ctx, made.id)
    assert (kept.state, kept.series, kept.number) == (
        VoucherState.POSTED,
        "I",
        str(office.booked()[0]["number"]),
    )


async def test_a_second_export_sends_nothing(office: Office) -> None:
    await office.ready()
    await export_vouchers(office.ctx, office.engagement.id, "I")
    before = office.fortnox.postings(office.client.tenant)
    result = await export_vouchers(office.ctx, office.engagement.id, "I")
    assert (result.vouchers, office.fortnox.postings(office.client.tenant)) == ([], before)


async def test_drafts_are_not_sent(office: Office) -> None:
    made = await office.ready()
    await mark_draft(office.ctx, [made[0].id])
    result = await export_vouchers(office.ctx, office.engagement.id, "I")
    assert (result.posted, office.booked()) == (0, [])


async def test_vouchers_are_numbered_in_the_order_they_were_made(office: Office) -> None:
    made = await office.ready(*(office.draft(ore=100 * number) for number in range(1, 6)))
    await export_vouchers(office.ctx, office.engagement.id, "I")
    numbers = [int((await get_voucher(office.ctx, one.id)).number) for one in made]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("fault", BOOKED_ALL_THE_SAME)
async def test_a_lost_answer_books_nothing_twice(office: Office, fault: str) -> None:
    await office.ready()
    office.fault(fault)
    result = await export_vouchers(office.ctx, office.engagement.id, "I")
    assert (result.posted, len(office.booked())) == (1, 1)


@pytest.mark.parametrize("fault", CERTAIN_LOSS)
async def test_a_lost_request_is_sent_again(office: Office, fault: str) -> None:
    await office.ready()
    office.fault(fault)
    result = await export_vouchers(office.ctx, office.engagement.id, "I")
    assert (result.posted, len(office.booked())) == (1, 1)


@pytest.mark.parametrize("fault", BOOKED_ALL_THE_SAME)
async def test_inside_the_horizon_the_outcome_is_unknown(
    opening: Opened, data: Path, fortnox: object, fault: str
) -> None:
    async with opening(data, horizon=60) as office:
        await office.ready()
        office.fault(fault)
        result = await export_vouchers(office.ctx, office.engagement.id, "I")
        assert (result.unknown, result.posted, await states(office)) == (1, 0, ["unknown"])
        assert 0 < (result.retry_after or 0) <= 60


async def test_an_unknown_voucher_is_found_after_the_horizon(opening: Opened, data: Path) -> None:
    async with opening(data, horizon=60) as office:
        await office.ready()
        office.fault("drop-after")
        await export_vouchers(office.ctx, office.engagement.id, "I")
        office.clock.ahead = timedelta(seconds=61)
        result = await export_vouchers(office.ctx, office.engagement.id, "I")
        assert (result.posted, result.unknown, len(office.booked())) == (1, 0, 1)


async def book_moved(office: Office, made: ClosingVoucher) -> None:
    """The voucher stands in Fortnox with its marker, and a person has given it another day there."""
    api = await open_api(office.ctx, office.client)
    years = await resources.financial_years(api)
    year_id = next(one.year.id or "" for one in years if one.year == office.engagement.year)
    request = voucher_request(made, tenant=office.client.tenant, year_id=year_id, series="I")
    moved = {"date": str(made.date - timedelta(days=20)), "text": made.text, "comments": request.comments}
    rows = [[row.account, str(row.amount // 100)] for row in made.rows]
    place = f"vouchers/{office.client.tenant}/{year_id}/I"
    office.fortnox.control("POST", place, {**moved, "rows": rows})


async def test_an_unknown_voucher_that_a_person_has_moved_to_another_day_is_found(
    opening: Opened, data: Path
) -> None:
    async with opening(data, horizon=60) as office:
        (made,) = await office.ready()
        office.fault("drop-before")
        await export_vouchers(office.ctx, office.engagement.id, "I")
        await book_moved(office, made)
        office.clock.ahead = timedelta(seconds=61)
        result = await export_vouchers(office.ctx, office.engagement.id, "I")
        assert (result.posted, len(office.booked())) == (1, 1)


async def test_a_restored_store_finds_its_voucher_on_the_day_it_was_moved_to(office: Office) -> None:
    (made,) = await office.ready()
    await book_moved(office, made)
    result = await export_vouchers(office.ctx, office.engagement.id, "I")
    assert (result.posted, len(office.booked())) == (1, 1)


async def test_inside_the_horizon_nothing_more_is_sent(opening: Opened, data: Path) -> None:
    async with opening(data, horizon=60) as office:
        await office.ready(office.draft(), office.draft(ore=1))
        office.fault("drop-before")
        await export_vouchers(office.ctx, office.engagement.id, "I")
        before = office.fortnox.postings(office.client.tenant)
        await export_vouchers(office.ctx, office.engagement.id, "I")
        assert office.fortnox.postings(office.client.tenant) == before


async def test_a_voucher_that_is_booked_late_is_not_booked_again(opening: Opened, data: Path) -> None:
    async with opening(data, horizon=60) as office:
        await office.ready()
        office.fault("late-commit", delay_s=0.2)
        await export_vouchers(office.ctx, office.engagement.id, "I")
        while not office.booked():  # noqa: ASYNC110 another process decides when
            await asyncio.sleep(0.05)
        office.clock.ahead = timedelta(seconds=61)
        result = await export_vouchers(office.ctx, office.engagement.id, "I")
        assert (result.posted, len(office.booked())) == (1, 1)


async def test_a_clock_that_goes_back_never_waits_longer_than_the_horizon(
    opening: Opened, data: Path
) -> None:
    async with opening(data, horizon=60) as office:
        await office.ready()
        office.fault("drop-after")
        await export_vouchers(office.ctx, office.engagement.id, "I")
        office.clock.ahead = -timedelta(days=1)
        result = await export_vouchers(office.ctx, office.engagement.id, "I")
        assert (result.retry_after or 0) <= 60


async def test_429_leaves_the_voucher_ready(office: Office) -> None:
    await office.ready()
    office.fault("429")
    with pytest.raises(TryLater):
        await export_vouchers(office.ctx, office.engagement.id, "I")
    assert (await states(office), office.booked()) == (["ready"], [])


async def test_after_429_the_next_export_posts(office: Office) -> None:
    await office.ready()
    office.fault("429")
    with pytest.raises(TryLater):
        await export_vouchers(office.ctx, office.engagement.id, "I")
    result = await export_vouchers(office.ctx, office.engagement.id, "I")
    assert (result.posted, len(office.booked())) == (1, 1)


async def test_three_lost_requests_call_for_a_person(office: Office) -> None:
    await office.ready()
    office.fault("500-before", count=5)
    result = await export_vouchers(office.ctx, office.engagement.id, "I")
    assert (result.unknown, await states(office)) == (1, ["unknown"])


async def test_a_naive_retry_would_book_twice(office: Office) -> None:
    """The control: without the outbox the same faults do duplicate."""
    (made,) = await office.ready()
    api = await open_api(office.ctx, office.client)
    year = next(one for one in await resources.financial_years(api) if one.year == office.engagement.year)
    request = voucher_request(made, tenant=office.client.tenant, year_id=year.year.id or "", series="I")
    office.fault("drop-after")
    for _ in range(2):
        await resources.create_voucher(api, request)
    assert len(office.booked()) == 2


async def test_a_marker_on_two_vouchers_calls_for_a_person(office: Office) -> None:
    (made,) = await office.ready()
    api = await open_api(office.ctx, office.client)
    year = next(one for one in await resources.financial_years(api) if one.year == office.engagement.year)
    request = voucher_request(made, tenant=office.client.tenant, year_id=year.year.id or "", series="I")
    for _ in range(2):
        await resources.create_voucher(api, request)
    result = await export_vouchers(office.ctx, office.engagement.id, "I")
    assert (result.unknown, len(office.booked())) == (1, 2)


async def test_a_restored_store_recognises_what_it_posted(
    opening: Opened, data: Path, tmp_path: Path
) -> None:
    async with opening(data) as office:
        await office.ready()
    backup = await asyncio.to_thread(shutil.copytree, data, tmp_path / "säkerhetskopia")
    async with opening(data) as office:
        await export_vouchers(office.ctx, office.engagement.id, "I")
    async with opening(backup) as restored:
        await export_vouchers(restored.ctx, restored.engagement.id, "I")
        (voucher,) = await list_vouchers(restored.ctx, restored.engagement.id)
        assert (voucher.state, len(restored.booked())) == (VoucherState.POSTED, 1)


async def test_two_exporters_at_once_book_each_voucher_once(opening: Opened, data: Path) -> None:
    async with opening(data) as first, opening(data) as second:
        await first.ready(*(first.draft(ore=100 * number) for number in range(1, 4)))
        await asyncio.gather(
            export_vouchers(first.ctx, first.engagement.id, "I"),
            export_vouchers(second.ctx, second.engagement.id, "I"),
        )
        assert len(first.booked()) == 3


async def test_a_cancelled_export_still_writes_down_what_came_of_the_request(
    opening: Opened, data: Path
) -> None:
    async with opening(data) as office:
        await office.ready()
        office.fault("slow", delay_s=1.0)
        task = asyncio.create_task(export_vouchers(office.ctx, office.engagement.id, "I"))
        while await states(office) == ["ready"]:  # noqa: ASYNC110 the store tells no one
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with opening(data) as again:
        assert (await states(again), len(again.booked())) == (["posted"], 1)


async def test_a_refused_voucher_is_posted_into_the_closing_series_instead(office: Office) -> None:
    await office.ready()
    office.change(locked_to=office.engagement.year.to_date.isoformat())
    refused = await export_vouchers(office.ctx, office.engagement.id, "A")
    assert (refused.rejected, await states(office)) == (1, ["rejected"])
    (made,) = await list_vouchers(office.ctx, office.engagement.id)
    await mark_ready(office.ctx, [made.id])
    result = await export_vouchers(office.ctx, office.engagement.id, "I")
    office.change(locked_to="")
    assert (result.posted, len(office.booked())) == (1, 1)


async def test_a_refusal_is_told_in_fortnox_own_words(office: Office) -> None:
    await office.ready()
    office.change(locked_to=office.engagement.year.to_date.isoformat())
    result = await export_vouchers(office.ctx, office.engagement.id, "A")
    office.change(locked_to="")
    assert "låst perioden" in result.vouchers[0].error


async def test_one_refused_voucher_does_not_stop_the_next(office: Office) -> None:
    await office.ready(office.draft(), office.draft(ore=200))
    office.fault("inactive-account")
    result = await export_vouchers(office.ctx, office.engagement.id, "I")
    assert (result.rejected, result.posted) == (1, 1)


async def test_a_corrected_voucher_is_sent_anew(office: Office) -> None:
    (made,) = await office.ready()
    office.fault("inactive-account")
    await export_vouchers(office.ctx, office.engagement.id, "I")
    await save_voucher(office.ctx, made.id, office.draft(ore=777))
    await mark_ready(office.ctx, [made.id])
    result = await export_vouchers(office.ctx, office.engagement.id, "I")
    assert (result.posted, [one["rows"][0][1] for one in office.booked()]) == (1, ["7.77"])


async def test_a_voucher_that_somebody_changes_meanwhile_is_not_sent(opening: Opened, data: Path) -> None:
    async with opening(data) as office:
        made = await office.ready(office.draft(), office.draft(ore=200))

        def change(progress: Progress) -> None:
            if progress.phase == "send" and progress.step == 2:
                _in_thread(office, made[1])

        result = await export_vouchers(office.ctx, office.engagement.id, "I", progress=change)
        assert (result.posted, len(office.booked()), await states(office)) == (1, 1, ["posted", "draft"])


def _in_thread(office: Office, voucher: ClosingVoucher) -> None:
    """Change a voucher from another brygga, while this one is about to send it."""

    async def work() -> None:
        async with open_context(office.ctx.settings, person="bo") as other:
            await save_voucher(other, voucher.id, office.draft(ore=999))

    thread = threading.Thread(target=lambda: asyncio.run(work()))
    thread.start()
    thread.join()


async def test_a_posted_voucher_is_not_changed(office: Office) -> None:
    (made,) = await office.ready()
    await export_vouchers(office.ctx, office.engagement.id, "I")
    with pytest.raises(Refused) as caught:
        await save_voucher(office.ctx, made.id, office.draft(ore=1))
    assert caught.value.code == "read_only"


async def test_every_step_is_in_the_audit(office: Office) -> None:
    await office.ready()
    await export_vouchers(office.ctx, office.engagement.id, "I")
    actions = [event.action for event in await activity(office.ctx, 3)]
    assert actions == ["export.receipt", "voucher.posted", "voucher.sending"]
    assert await first_broken_event(office.ctx) is None


async def test_the_checklist_tells_the_seconds_until_a_lost_receipt_is_looked_up(
    opening: Opened, data: Path
) -> None:
    async with opening(data, horizon=120) as office:
        await office.ready()
        office.fault("drop-after", path="/3/vouchers")
        await export_vouchers(office.ctx, office.engagement.id, "I")
        office.clock.ahead += timedelta(seconds=33)
        plan = await plan_export(office.ctx, office.engagement.id, "I")
        (told,) = [check for check in plan.checks if check.code == "outcome_unknown"]
        assert ("87" in told.text, told.warning) == (True, True)
