"""What goes out through the exchange folder, as each client's rules say, every file exactly once.

A file is staged first; the transaction that notes what it shows (or marks its vouchers as exported) also writes
down that it waits to be published. So a crash loses no file and writes none twice.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from core.errors import BryggaError
from core.register import Emit, Engagement, SourceKind, VoucherState
from core.store import engagements, exchange, exchangerules, imports, vouchers
from core.store.database import Transaction
from core.usecases.annexes import annexes
from core.usecases.context import Context
from core.usecases.exchangefolders import ClientFolder
from core.usecases.exchangerules import every_rule
from core.usecases.export_file import export_to_file
from core.usecases.joined import joined
from core.usecases.newfile import write_file
from core.usecases.rights import Right, needs
from core.usecases.sie_year import write_year

BATCH = 50
"""Files that are written before incoming ones get their turn again."""
_IN_THE_BOOKS = frozenset(VoucherState) - {VoucherState.DRAFT, VoucherState.REJECTED, VoucherState.EXCLUDED}
"""Closing vouchers that a year with closing vouchers shows, or is about to."""
_NAMES: Mapping[Emit, tuple[str, str]] = {
    Emit.YEAR: ("4E", "se"),
    Emit.VOUCHERS: ("4I", "si"),
    Emit.CLOSED_YEAR: ("4E-bokslut", "se"),
    Emit.ANNEXES: ("bilagor", "xlsx"),
}


@dataclass(frozen=True, slots=True)
class Emitted:
    """A file for a client's ``out`` folder, or why there is none."""

    client_id: str
    name: str
    error: BryggaError | None = None


@dataclass(frozen=True, slots=True)
class _Due:
    """A file that should be written."""

    folder: ClientFolder
    engagement: Engagement
    kind: Emit
    shows: str
    """What it is made from; empty for vouchers, whose state says that they have been written."""


@needs(Right.WORK)
async def stage_outgoing(ctx: Context, folders: list[ClientFolder], staging: Path) -> list[Emitted]:
    """Write what the rules ask for and the ``out`` folders do not have yet into ``staging``; a batch at a time."""
    due = await ctx.store.read(lambda tx: list(islice(_due(ctx, tx, folders), BATCH)))
    return [await _stage(ctx, staging, one) for one in due]


def _due(ctx: Context, tx: Transaction, folders: list[ClientFolder]) -> Iterator[_Due]:
    by_client = {folder.client.id: folder for folder in folders}
    rules = every_rule(tx, ctx.settings, by_client)
    if not any(one.emit for one in rules.values()):
        return
    newest, emitted = imports.newest_ids(tx), exchangerules.emitted(tx)
    counted = vouchers.counts(tx)
    for engagement in engagements.every(tx):
        folder = by_client.get(engagement.client_id)
        if folder is None:
            continue
        for kind in sorted(rules[engagement.client_id].emit):
            run = newest.get(engagement.id)
            has_vouchers = engagement.id in counted
            shows = _shows(tx, engagement, kind, run, has_vouchers=has_vouchers)
            if shows is not None and shows != emitted.get((engagement.id, kind)):
                yield _Due(folder, engagement, kind, shows)


def _shows(
    tx: Transaction, engagement: Engagement, kind: Emit, run: tuple[str, bool] | None, *, has_vouchers: bool
) -> str | None:
    """What a file of the kind would be made from now, or None where there is nothing to write."""
    if kind is Emit.VOUCHERS:
        return "" if has_vouchers and _has_ready(tx, engagement) else None
    if run is None:
        return None
    run_id, has_ledgers = run
    if kind is Emit.YEAR:
        return run_id if engagement.source is SourceKind.FORTNOX else None
    if kind is Emit.ANNEXES:
        return run_id if has_ledgers else None
    made = vouchers.of_engagement(tx, engagement.id, _IN_THE_BOOKS) if has_vouchers else []
    content = "\n".join(f"{one.id} {one.revision}" for one in made if one.year == engagement.year)
    return f"{run_id} {hashlib.sha256(content.encode()).hexdigest()[:16]}"


def _has_ready(tx: Transaction, engagement: Engagement) -> bool:
    if engagement.source is not SourceKind.SIE4 or engagement.locked:
        return False
    ready = vouchers.of_engagement(tx, engagement.id, {VoucherState.READY})
    return any(voucher.year == engagement.year for voucher in ready)


async def _stage(ctx: Context, staging: Path, due: _Due) -> Emitted:
    label, ending = _NAMES[due.kind]
    stamp, year = ctx.now().strftime("%Y%m%dT%H%M%S"), due.engagement.year.to_date.year
    name = f"{due.folder.name}_{year}_{label}_{stamp}_{ctx.new_id()[-8:]}.{ending}"
    client_id = due.folder.client.id

    def also(tx: Transaction, _result: object) -> None:
        exchange.add_outgoing(tx, name, client_id, ctx.now())

    try:
        if due.kind is Emit.VOUCHERS:
            await export_to_file(joined(ctx, also), due.engagement.id, staging / name)
        else:
            await _WRITERS[due.kind](ctx, due, staging / name)
            await ctx.store.write(lambda tx: _note(ctx, tx, due, name))
    except BryggaError as error:
        return Emitted(client_id, name, error)
    return Emitted(client_id, name)


def _note(ctx: Context, tx: Transaction, due: _Due, name: str) -> None:
    exchange.add_outgoing(tx, name, due.folder.client.id, ctx.now())
    exchangerules.put_emitted(tx, due.engagement.id, due.kind, due.shows)
    ctx.record(
        tx,
        "exchange.emitted",
        client_id=due.folder.client.id,
        engagement_id=due.engagement.id,
        kind=due.kind.value,
        file=name,
    )


async def _write_books(ctx: Context, due: _Due, path: Path) -> None:
    """The books byte for byte as Fortnox sent them."""
    packed = await ctx.store.read(lambda tx: imports.packed_sie(tx, due.shows))
    data = await asyncio.to_thread(imports.unpack_sie, packed)
    await asyncio.to_thread(write_file, path, data)


async def _write_closed_year(ctx: Context, due: _Due, path: Path) -> None:
    await write_year(ctx, due.engagement.id, path)


async def _write_annexes(ctx: Context, due: _Due, path: Path) -> None:
    from core.usecases.documents import annex_document, render

    made = await annexes(ctx, due.engagement.id)
    document = annex_document(due.folder.client, due.engagement, made)
    await asyncio.to_thread(lambda: write_file(path, render(document, "xlsx")))


_WRITERS: Mapping[Emit, Callable[[Context, _Due, Path], Awaitable[None]]] = {
    Emit.YEAR: _write_books,
    Emit.CLOSED_YEAR: _write_closed_year,
    Emit.ANNEXES: _write_annexes,
}


async def waiting_files(ctx: Context) -> dict[str, str]:
    """The staged files that wait to be published: the client's id by the file's name."""
    return await ctx.store.read(exchange.outgoing)


@needs(Right.WORK)
async def published(ctx: Context, name: str) -> None:
    """The file lies in the client's folder."""

    def work(tx: Transaction) -> None:
        exchange.remove_outgoing(tx, name)

    await ctx.store.write(work)
