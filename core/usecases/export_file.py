"""Closing vouchers to a SIE 4I file, for clients without a connection and for other programs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from core.clock import today
from core.closing.checks import YearFacts, check_vouchers, require
from core.model import Account, Company, Finding, Voucher
from core.register import Client, ClosingVoucher, Engagement, VoucherState
from core.sie.reader import read
from core.sie.writer import Origin, write_4i
from core.store import imports, vouchers
from core.store.database import Transaction
from core.usecases.context import Context
from core.usecases.engagements import load, refuse_locked
from core.usecases.newfile import write_file
from core.usecases.rights import Right, needs
from core.version import __version__


@dataclass(frozen=True, slots=True)
class FileExport:
    """What was written. ``findings`` tell of texts that were cut or letters that were replaced."""

    client: Client
    engagement: Engagement
    path: Path
    series: str
    vouchers: list[ClosingVoucher]
    findings: list[Finding]


@dataclass(frozen=True, slots=True)
class _Books:
    """What the store knows that the file needs."""

    client: Client
    engagement: Engagement
    ready: list[ClosingVoucher]
    accounts: dict[str, Account]
    sie: bytes | None
    """The latest snapshot's packed file."""


@needs(Right.WORK)
async def export_to_file(
    ctx: Context, engagement_id: str, path: Path, *, series: str | None = None, force: bool = False
) -> FileExport:
    """Write the engagement's ready vouchers to ``path`` and mark them exported.

    Only vouchers of the engagement's own fiscal year go into its file; those of the next year wait. Without
    ready vouchers nothing is written.

    Raises:
        Refused: ``file_exists`` (unless ``force``), ``engagement_locked``, ``voucher_unbalanced``, ...
        UsageError: ``id_unknown``; ``file_missing`` when the folder is not there or may not be written.
    """
    books = await ctx.store.read(lambda tx: _read(tx, engagement_id))
    refuse_locked(books.client, books.engagement)
    chosen = books.client.default_series if series is None else series
    if not books.ready:
        return FileExport(books.client, books.engagement, path, chosen, [], [])
    require(check_vouchers(books.ready, YearFacts(books.engagement.year)))
    origin = await asyncio.to_thread(_origin, ctx, books)
    written = write_4i(
        [Voucher(chosen, "", one.date, one.text, one.rows) for one in books.ready],
        origin,
        year=books.engagement.year,
        accounts={number: account.name for number, account in books.accounts.items()},
    )
    await asyncio.to_thread(write_file, path, written.data, force=force)
    exported = await ctx.store.write(lambda tx: _mark_exported(ctx, tx, books, chosen, path))
    return FileExport(books.client, books.engagement, path, chosen, exported, list(written.findings))


def _read(tx: Transaction, engagement_id: str) -> _Books:
    client, engagement = load(tx, engagement_id)
    run = imports.latest(tx, engagement_id)
    sendable = vouchers.of_engagement(tx, engagement_id, {VoucherState.READY})
    return _Books(
        client,
        engagement,
        [voucher for voucher in sendable if voucher.year == engagement.year],
        {one.account.number: one.account for one in imports.sums(tx, run.id)} if run else {},
        imports.packed_sie(tx, run.id) if run else None,
    )


def _origin(ctx: Context, books: _Books) -> Origin:
    """Who writes; the sender's own company id (#FNR) goes back to it."""
    client = books.client
    fnr = read(imports.unpack_sie(books.sie)).fnr if books.sie is not None else client.tenant
    company = Company(client.name, client.orgnr, client.tenant)
    return Origin(company, today(ctx.clock), __version__, fnr, ctx.person)


def _mark_exported(
    ctx: Context, tx: Transaction, books: _Books, series: str, path: Path
) -> list[ClosingVoucher]:
    exported = [
        replace(one, state=VoucherState.EXPORTED, series=series) for one in _unchanged(tx, books.ready)
    ]
    for voucher in exported:
        vouchers.update(tx, voucher)
    ctx.record(
        tx,
        "export.file",
        client_id=books.client.id,
        engagement_id=books.engagement.id,
        file=path.name,
        vouchers=[voucher.id for voucher in exported],
    )
    return exported


def _unchanged(tx: Transaction, written: Sequence[ClosingVoucher]) -> list[ClosingVoucher]:
    """The written vouchers that nobody has changed meanwhile."""
    return [one for one in written if vouchers.get(tx, one.id) == one]
