"""Forgetting a client for good: everything but the audit, which names it by an id that then leads nowhere."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from core.config import Settings
from core.errors import UsageError
from core.i18n import _
from core.reasons import reason
from core.register import Client
from core.store import clients, connections, forget
from core.store.database import Transaction
from core.store.schema import copies_aside
from core.text import clean
from core.usecases import invite
from core.usecases.backup import list_backups
from core.usecases.clients import get_client, still_connected, unknown_client
from core.usecases.context import Context
from core.usecases.restore import replaced_stores
from core.usecases.retention import Retention, must_be_kept, retention_of
from core.usecases.rights import Right, needs

Forgetter: TypeAlias = Callable[[Context, str], Awaitable[int]]
"""Forgets what another part of brygga holds of the client with the id; the number of records."""

FORGETTERS: Final[tuple[Forgetter, ...]] = (invite.forget_client,)
"""What other parts of brygga add: each is asked before the client's own records go. Doing it twice is no fault."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What brygga holds of a client."""

    client: Client
    retention: Retention
    connected: bool
    counts: dict[str, int]
    """Number of records by kind: engagements imports annexes vouchers sign_offs receipts secrets invitations exchange_files."""
    folder: Path | None
    """The client's exchange folder, where there is one."""
    files: list[Path] = field(default_factory=list)
    """The files in that folder."""
    letters: list[Path] = field(default_factory=list)
    """Letters to people at the client that lie as files."""
    copies: list[Path] = field(default_factory=list)
    """Backups and older stores in which the client may still be."""


async def remembered(ctx: Context, client_id: str) -> Memory:
    """What there is of a client, and until when it is kept. Changes nothing.

    Raises:
        UsageError: ``client_unknown``.
    """
    client = await get_client(ctx, client_id)
    today = ctx.now().astimezone().date()

    def work(tx: Transaction) -> tuple[Retention, bool, dict[str, int], str, list[str]]:
        return (
            retention_of(tx, client, today),
            connections.get(tx, client_id) is not None,
            forget.counts(tx, client_id),
            forget.folder_of(tx, client_id),
            forget.letters_of(tx, client_id),
        )

    kept, connected, counts, name, ids = await ctx.store.read(work)
    letters = await asyncio.to_thread(_letters, ctx.settings, ids)
    exchange = ctx.settings.exchange_dir
    folder = exchange / name if exchange and name else None
    files = await asyncio.to_thread(_files, folder) if folder else []
    return Memory(client, kept, connected, counts, folder, files, letters, await _copies(ctx.settings))


@needs(Right.MANAGE)
async def forget_client(ctx: Context, client_id: str, *, why: str = "") -> Memory:
    """Remove everything that brygga holds of a client; what there was.

    Args:
        ctx: the open brygga.
        client_id: whom to forget.
        why: the reason, which a client whose bookkeeping was never here needs.

    Raises:
        UsageError: ``client_unknown``; ``usage`` while it is connected, or without a reason.
        Refused: ``retention``: its bookkeeping must be kept still. Nothing was removed.
    """
    memory = await remembered(ctx, client_id)
    today = ctx.now().astimezone().date()
    why = clean(why).strip()
    _refuse(memory, why)
    others = 0
    for forgetter in FORGETTERS:
        others += await forgetter(ctx, client_id)
    for letter in memory.letters:
        letter.unlink(missing_ok=True)
    if memory.folder is not None:
        await asyncio.to_thread(_remove_folder, memory.folder)

    def work(tx: Transaction) -> None:
        client = clients.get(tx, client_id)
        if client is None:
            raise unknown_client(client_id)
        kept = retention_of(tx, client, today)
        if not kept.is_over:
            raise must_be_kept(client, kept.until)
        if connections.get(tx, client_id) is not None:
            raise still_connected(client)
        forget.erase(tx, client_id)
        ctx.record(tx, "client.forgotten", client_id=client_id, why=why, others=others, removed=memory.counts)

    await ctx.store.erase(work)
    return memory


def _refuse(memory: Memory, why: str) -> None:
    if memory.connected:
        raise still_connected(memory.client)
    if not memory.retention.is_over:
        raise must_be_kept(memory.client, memory.retention.until)
    if memory.retention.until is None and not why:
        raise UsageError(
            "usage",
            _("A reason is needed to forget {name}.").format(name=memory.client.name),
            _("There is no bookkeeping of this client here, so no retention has passed."),
            _("Write it with --reason; it is kept in the audit."),
        )


async def _copies(settings: Settings) -> list[Path]:
    backups = [one.path for one in await list_backups(settings)]
    return [*backups, *copies_aside(settings.store_path), *replaced_stores(settings.store_path)]


def _letters(settings: Settings, ids: list[str]) -> list[Path]:
    places = [settings.paths.letters / f"{one.lower()}.eml" for one in ids]
    return [place for place in places if place.exists()]


def _files(folder: Path) -> list[Path]:
    """Every file below, by its name; links are not followed."""
    if folder.is_symlink() or not folder.is_dir():
        return []
    return sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())


def _remove_folder(folder: Path) -> None:
    """Remove the folder and all that is in it, following no link out of it."""
    if folder.is_symlink() or not folder.is_dir():
        return
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise UsageError(
            "file_missing",
            _("The exchange folder {path} could not be removed.").format(path=folder),
            reason(error),
            _("Give this user the right to remove it, then forget the client again."),
        ) from error
