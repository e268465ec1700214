from __future__ import annotations

import asyncio
import shutil
import threading
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.closing.payload import voucher_request
from core.closing.reversal import year_after
from core.errors import LoginNeeded, Refused, TryLater
from core.fortnox import resources
from core.model import Row
from core.register import ClosingVoucher, DraftVoucher, Engagement, SourceKind, VoucherState
from core.store import connections
from core.usecases.activity import activity, first_broken_event
from core.usecases.context import open_context
from core.usecases.engagements import add_engagement, set_locked, set_source
from core.usecases.export import available_series, export_vouchers, plan_export
from core.usecases.imports import import_year
from core.usecases.progress import Progress
from core.usecases.tokens import open_api
from core.usecases.vouchers import (
    add_vouchers,
    get_voucher,
    list_vouchers,
    mark_draft,
    mark_ready,
    save_voucher,
)
from core.usecases.waiting import take_up_waiting

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
