"""Imports from a sandbox Fortnox that moves meanwhile, fails for some, or is stopped."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from core.errors import BryggaError, UsageError
from core.model import Ledger
from core.register import SourceKind
from core.store import imports, rowindex
from core.usecases import reconcile
from core.usecases.annexes import annex_views, decline_annex, set_item_note
from core.usecases.drilldown import drill_down
from core.usecases.engagements import list_engagements, set_source
from core.usecases.imports import import_all, import_year
from core.usecases.progress import Progress

if TYPE_CHECKING:
    from tests.core.usecases.conftest import Office

PHASES = ["company", "year", "sie", "customer_ledger", "supplier_ledger", "checks", "save"]


async def runs(office: Office) -> list[str]:
    found = await office.ctx.store.read(lambda tx: imports.runs(tx, office.engagement.id))
    return [run.id for run in found]


def year_id(office: Office) -> str:
    """The engagement's year at Fortnox."""
    first = office.engagement.year.from_date.isoformat()
    tenant = next(one for one in office.fortnox.info.tenants if one.tenant == office.client.tenant)
    return next(year.id for year in tenant.years if year.from_date == first)


def booked_meanwhile(office: Office, text: str, account: str = "1930") -> None:
    """Somebody books a voucher in the client's Fortnox."""
    year = year_id(office)
    office.fortnox.control(
        "POST",
        f"vouchers/{office.client.tenant}/{year}/A",
        {
            "date": office.engagement.year.to_date.isoformat(),
            "text": text,
            "rows": [[account, "100.00"], ["6110", "-100.00"]],
        },
    )


async def test_progress_counts_requests_and_bytes(office: Office) -> None:
    told: list[Progress] = []
    await import_year(office.ctx, office.engagement.id, progress=told.append)
    assert list(dict.fromkeys(one.phase for one in told)) == PHASES
    assert told[-1].requests >= 15
    assert told[-1].received > 10_000
    assert [one.requests for one in told] == sorted(one.requests for one in told)


async def test_quiet_books_have_not_moved(office: Office) -> None:
    result = await import_year(office.ctx, office.engagement.id)
    assert "books_moved" not in {one.code for one in result.findings}


async def test_a_voucher_booked_while_the_books_are_read_is_told(office: Office) -> None:
    told: list[Progress] = []

    def meanwhile(progress: Progress) -> None:
        if progress.phase == "supplier_ledger" and not told:
            told.append(progress)
            booked_meanwhile(office, office.text)

    result = await import_year(office.ctx, office.engagement.id, progress=meanwhile)
    moved = [one.parameters for one in result.findings if one.code == "books_moved"]
    assert moved == [{"count": 1}]
    again = await import_year(office.ctx, office.engagement.id)
    assert again.changes is not None
    assert again.changes.added == 1
    assert "books_moved" not in {one.code for one in again.findings}


async def test_a_voucher_deleted_while_the_books_are_read_is_told(office: Office) -> None:
    booked_meanwhile(office, office.text)
    told: list[Progress] = []

    def meanwhile(progress: Progress) -> None:
        if progress.phase == "supplier_ledger" and not told:
            told.append(progress)
            office.fortnox.control("DELETE", f"vouchers/{office.client.tenant}/{year_id(office)}/A")

    result = await import_year(office.ctx, office.engagement.id, progress=meanwhile)
    moved = [one.parameters for one in result.findings if one.code == "books_moved"]
    assert moved == [{"count": 1}]


@pytest.mark.parametrize("phase", PHASES[:-1])
async def test_an_import_stopped_before_the_save_changes_nothing(office: Office, phase: str) -> None:
    before = await runs(office)

    def stop(progress: Progress) -> None:
        if progress.phase == phase:
            task.cancel()

    task = asyncio.create_task(import_year(office.ctx, office.engagement.id, progress=stop))
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await runs(office) == before


async def test_one_client_that_fails_does_not_stop_the_rest(office: Office) -> None:
    plain = [
        one
        for one in await list_engagements(office.ctx)
        if one.source is SourceKind.FORTNOX and one.year == office.engagement.year
    ][:4]
    office.fortnox.control(
        "POST", "faults", {"name": "no-licence", "path": "GET /3/sie", "tenant": office.client.tenant}
    )
    outcomes = await import_all(office.ctx, only={office.engagement.id, *(one.id for one in plain)})
    failed = {one.client.tenant for one in outcomes if one.error is not None}
    assert failed == {office.client.tenant}
    assert all(one.result is not None for one in outcomes if one.client.tenant != office.client.tenant)


async def test_the_drill_down_of_every_account_ends_at_its_balance(office: Office) -> None:
    result = await import_year(office.ctx, office.engagement.id)
    counts = await office.ctx.store.read(lambda tx: rowindex.counts(tx, result.run.id))
    assert sum(counts.values()) == result.run.transactions
    for account in counts:
        found = await drill_down(office.ctx, office.engagement.id, account)
        assert found.rows[-1].balance == found.ub


async def test_a_note_on_an_item_survives_the_next_import(office: Office) -> None:
    await import_year(office.ctx, office.engagement.id)
    view = next(one for one in await annex_views(office.ctx, office.engagement.id) if one.latest.items)
    account, item = view.latest.account, (view.latest.items or ())[0]
    await set_item_note(office.ctx, office.engagement.id, account, item.number, "ring kunden")
    await import_year(office.ctx, office.engagement.id)
    again = next(
        one for one in await annex_views(office.ctx, office.engagement.id) if one.latest.account == account
    )
    notes = {one.number: one.note for one in again.latest.items or ()}
    assert notes[item.number].endswith("ring kunden")


async def test_the_annex_of_another_day_is_that_days(office: Office) -> None:
    year = office.engagement.year
    day = year.from_date.replace(month=9, day=30)
    result = await import_year(office.ctx, office.engagement.id, on=day)
    assert {annex.date for annex in result.annexes} == {day}
    assert {annex.account: annex.difference for annex in result.annexes} == {"1510": 0, "2440": 0}
    stored = [view.latest.date for view in await annex_views(office.ctx, office.engagement.id)]
    assert set(stored) == {year.to_date}
    with pytest.raises(UsageError):
        await import_year(office.ctx, office.engagement.id, on=year.to_date.replace(year=2030))


async def test_a_signed_off_annex_stands_beside_the_new_one_and_may_be_kept(office: Office) -> None:
    ctx, engagement_id = office.ctx, office.engagement.id
    await import_year(ctx, engagement_id)
    await reconcile.sign_off(ctx, engagement_id, ["1510"])
    await import_year(ctx, engagement_id, ledgers=[Ledger.SUPPLIER])
    booked_meanwhile(office, office.text, "1510")
    await import_year(ctx, engagement_id)
    view = next(one for one in await annex_views(ctx, engagement_id) if one.latest.account == "1510")
    assert view.changed
    kept = await decline_annex(ctx, engagement_id, "1510")
    assert kept.frozen is not None
    assert kept.shown == kept.frozen.annex
    row = next(
        one
        for one in (await reconcile.reconciliation_list(ctx, engagement_id)).accounts
        if one.account.number == "1510"
    )
    assert (row.annex, row.difference) == (row.ub - 100_00, -100_00)
    office.fortnox.control("DELETE", f"vouchers/{office.client.tenant}/{year_id(office)}/A")


async def test_switching_the_source_refuses_the_other_kind_of_import(office: Office) -> None:
    await set_source(office.ctx, office.engagement.id, SourceKind.SIE4)
    with pytest.raises(BryggaError) as caught:
        await import_year(office.ctx, office.engagement.id)
    assert caught.value.code == "wrong_source"
