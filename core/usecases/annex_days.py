"""Annexes as of any day of the fiscal year, made from a snapshot: nothing is fetched for them."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from msgspec.structs import replace

from core.collector import collector_paused
from core.errors import Refused, UsageError
from core.i18n import _
from core.ledger.differences import Books
from core.ledger.reading import annexes_on, ledger_prefixes
from core.model import Annex, Explanation, FiscalYear, Ledger, LedgerReading
from core.register import Engagement, ImportRun, ItemNote
from core.sie.books import balances
from core.sie.file import SieFile
from core.sie.journal import voucher_text, vouchers_holding, vouchers_on
from core.sie.reader import read
from core.store import imports, ledgers, reconciliation
from core.store.database import Transaction
from core.usecases.annexes import only_account, with_notes
from core.usecases.context import Context
from core.usecases.engagements import load


async def annexes_of_day(
    ctx: Context, engagement_id: str, on: date, account: str | None = None
) -> list[Annex]:
    """The annexes of the latest import as of another day, with people's notes; empty before the first import.

    Raises:
        UsageError: ``id_unknown``; ``account_unknown``; ``usage``: the day lies outside the fiscal year.
        Refused: ``no_ledgers_kept``: the import was made before its ledgers were kept.
    """

    def work(
        tx: Transaction,
    ) -> tuple[Engagement, ImportRun | None, bytes, bytes | None, Mapping[tuple[Ledger, str], ItemNote]]:
        __, engagement = load(tx, engagement_id)
        run = imports.latest(tx, engagement_id)
        if run is None:
            return engagement, None, b"", None, {}
        notes = reconciliation.notes(tx, engagement_id)
        return engagement, run, imports.packed_sie(tx, run.id), ledgers.body_of(tx, run.id), notes

    engagement, run, sie, body, notes = await ctx.store.read(work)
    refuse_outside(engagement, on)
    if run is None:
        return []
    if run.has_ledgers and body is None:
        raise _not_kept()
    made = await asyncio.to_thread(_from_snapshot, sie, body, engagement.year, on)
    return only_account([with_notes(annex, notes) for annex in made], account)


@collector_paused()
def _from_snapshot(packed: bytes, body: bytes | None, year: FiscalYear, on: date) -> list[Annex]:
    data = imports.unpack_sie(packed)
    sie = read(data, largest=len(data))
    return annexes_of(sie, year, ledgers.unpack(body) if body is not None else None, on)


def annexes_of(sie: SieFile, year: FiscalYear, reading: LedgerReading | None, on: date) -> list[Annex]:
    """The annexes of books and ledgers that have been read, vouchers named with their texts; for a thread."""
    main = reading.main if reading is not None else ()
    journal = tuple(vouchers_on(sie, ledger_prefixes(main), whole=False))
    year = dataclasses.replace(year, id=reading.year_id if reading is not None else None)
    books = Books(year, balances(sie), journal, lambda amount: vouchers_holding(sie, amount))
    made = annexes_on(books, reading, on)
    return [replace(annex, explanations=_with_texts(annex.explanations, sie)) for annex in made]


def _with_texts(explanations: Iterable[Explanation], sie: SieFile) -> tuple[Explanation, ...]:
    """The explanations that point at a voucher, with its text."""
    return tuple(
        one if one.text else replace(one, text=voucher_text(sie, *_place(one.reference)))
        for one in explanations
    )


def _place(reference: str) -> Sequence[str]:
    series, _space, number = reference.rpartition(" ")
    return series, number


def refuse_outside(engagement: Engagement, on: date) -> None:
    """Stop an annex date that does not lie in the fiscal year.

    Raises:
        UsageError: ``usage``.
    """
    year = engagement.year
    if on not in year:
        raise UsageError(
            "usage",
            _("{date} does not lie in the fiscal year {year}.").format(date=on, year=year),
            _("An annex shows the open items on a day of the year that is closed."),
            _("Leave the date out for the last day of the year."),
        )


def _not_kept() -> Refused:
    return Refused(
        "no_ledgers_kept",
        _("The latest import did not keep its ledgers."),
        _("Annexes of another day are made from them."),
        _("Import the year once more."),
    )
