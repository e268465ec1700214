"""What goes out through the exchange folder: ready closing vouchers as SIE 4I, each exactly once.

The file is staged first; the transaction that marks its vouchers as exported also writes down that it waits to
be published. So a crash loses no file and writes none twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import BryggaError
from core.register import SourceKind, VoucherState
from core.store import engagements, exchange, vouchers
from core.store.database import Transaction
from core.usecases.context import Context
from core.usecases.exchange import Joined
from core.usecases.exchangefolders import ClientFolder
from core.usecases.export_file import export_to_file
from core.usecases.rights import Right, needs


@dataclass(frozen=True, slots=True)
class Emitted:
    """A file for a client's ``out`` folder, or why there is none."""

    client_id: str
    name: str
    error: BryggaError | None = None


@needs(Right.WORK)
async def stage_ready_vouchers(ctx: Context, folders: list[ClientFolder], staging: Path) -> list[Emitted]:
    """Write the ready vouchers of every engagement whose books come from files into ``staging``.

    Only where the firm has chosen ``exchange.auto_export``.
    """
    if not ctx.settings.exchange.auto_export:
        return []

    def due(tx: Transaction) -> list[tuple[ClientFolder, str, int]]:
        return [
            (folder, one.id, one.year.to_date.year)
            for folder in folders
            for one in engagements.every(tx, folder.client.id)
            if one.source is SourceKind.SIE4
            and not one.locked
            and any(v.year == one.year for v in vouchers.of_engagement(tx, one.id, {VoucherState.READY}))
        ]

    return [await _stage(ctx, staging, *one) for one in await ctx.store.read(due)]


async def _stage(ctx: Context, staging: Path, folder: ClientFolder, engagement_id: str, year: int) -> Emitted:
    stamp = ctx.now().strftime("%Y%m%dT%H%M%S")
    name = f"{folder.name}_{year}_4I_{stamp}_{ctx.new_id()[-8:]}.si"

    def also(tx: Transaction, _exported: object) -> None:
        exchange.add_outgoing(tx, name, folder.client.id, ctx.now())

    try:
        await export_to_file(replace(ctx, store=Joined(ctx.store, also)), engagement_id, staging / name)
    except BryggaError as error:
        return Emitted(folder.client.id, name, error)
    return Emitted(folder.client.id, name)


async def waiting_files(ctx: Context) -> dict[str, str]:
    """The staged files that wait to be published: the client's id by the file's name."""
    return await ctx.store.read(exchange.outgoing)


@needs(Right.WORK)
async def published(ctx: Context, name: str) -> None:
    """The file lies in the client's folder."""

    def work(tx: Transaction) -> None:
        exchange.remove_outgoing(tx, name)

    await ctx.store.write(work)
