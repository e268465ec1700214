"""The whole year as SIE 4E, with closing vouchers among its vouchers, for another closing program."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.clock import today
from core.errors import UsageError
from core.i18n import _
from core.model import Company, Finding, Row, Voucher
from core.register import Client, ClosingVoucher, Engagement, VoucherState
from core.sie import values
from core.sie.file import SieFile
from core.sie.rewrite import write_4e
from core.sie.writer import Origin
from core.store import imports, vouchers
from core.store.database import Transaction
from core.usecases.context import Context
from core.usecases.engagements import load
from core.usecases.newfile import write_file
from core.usecases.siebooks import read_sie
from core.version import __version__

_MAYBE_IN_BOOKS = frozenset({VoucherState.POSTED, VoucherState.EXPORTED})


@dataclass(frozen=True, slots=True)
class WrittenYear:
    """A written file: its vouchers, and how many of them are closing vouchers that the books lack."""

    path: Path
    vouchers: int
    added: int
    findings: list[Finding]


@dataclass(frozen=True, slots=True)
class _Year:
    client: Client
    engagement: Engagement
    closing: list[ClosingVoucher]
    packed: bytes | None


async def write_year(ctx: Context, engagement_id: str, path: Path) -> WrittenYear:
    """Write the latest import's year to ``path`` with the closing vouchers that it does not hold.

    Ready vouchers are always added; posted and exported ones when the books have no voucher with the same
    date and rows. Nothing in brygga changes.

    Raises:
        UsageError: ``id_unknown``; ``file_missing`` when the path cannot be written; ``usage`` before the first
            import.
        Refused: ``file_exists``.
    """
    year = await ctx.store.read(lambda tx: _read(tx, engagement_id))
    if year.packed is None:
        raise UsageError(
            "usage",
            _("The books of {client} have not been imported.").format(client=year.client.name),
            _("A whole year can only be written from imported books."),
            _("Import the year first."),
        )
    sie = await read_sie(await asyncio.to_thread(imports.unpack_sie, year.packed))
    client = year.client
    company = Company(client.name, client.orgnr, client.tenant)
    origin = Origin(company, today(ctx.clock), __version__, sie.fnr, ctx.person)
    added = await asyncio.to_thread(_missing, sie, year)
    written = await asyncio.to_thread(write_4e, sie, origin, added=added)
    await asyncio.to_thread(write_file, path, written.data)
    return WrittenYear(path, sie.voucher_count + len(added), len(added), written.findings)


def _read(tx: Transaction, engagement_id: str) -> _Year:
    client, engagement = load(tx, engagement_id)
    run = imports.latest(tx, engagement_id)
    found = vouchers.of_engagement(tx, engagement_id, {VoucherState.READY, *_MAYBE_IN_BOOKS})
    return _Year(
        client,
        engagement,
        [voucher for voucher in found if voucher.year == engagement.year],
        imports.packed_sie(tx, run.id) if run else None,
    )


def _missing(sie: SieFile, year: _Year) -> list[Voucher]:
    """The closing vouchers that the books lack, as vouchers."""
    days = {values.from_date(voucher.date) for voucher in year.closing}
    columns = sie.columns
    in_books = Counter(
        _content(voucher.date.isoformat(), voucher.rows)
        for voucher in (sie.voucher(at) for at, day in enumerate(columns.voucher_day) if day in days)
    )
    missing = []
    for voucher in year.closing:
        content = _content(voucher.date.isoformat(), voucher.rows)
        if voucher.state in _MAYBE_IN_BOOKS and in_books[content]:
            in_books[content] -= 1
            continue
        series = voucher.series or year.client.default_series
        missing.append(Voucher(series, "", voucher.date, voucher.text, voucher.rows))
    return missing


def _content(date: str, rows: Sequence[Row]) -> tuple[str, ...]:
    return (date, *sorted(f"{row.account} {row.amount} {sorted(row.objects)}" for row in rows))
