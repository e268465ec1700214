"""The batch out: at most fifty rows in the order of Digital byrå's list, to a file or field by field."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core import orgnr
from core.errors import Refused, UsageError
from core.fence import personal
from core.files import PRIVATE_FILE, shown
from core.i18n import _
from core.invite.checks import sentence
from core.invite.rows import InviteState
from core.invite.words import choice_word, state_word
from core.model import Severity
from core.register import Client
from core.store import invitations
from core.store.database import Transaction
from core.usecases.clients import describe
from core.usecases.context import Context
from core.usecases.invite import move
from core.usecases.invite_desk import Desk, DeskRow, desk, load_desk, no_batch
from core.usecases.newfile import write_file
from core.usecases.rights import Right, needs

FORMATS = (".csv", ".xlsx")


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch: its number, its rows in order, and what is not in it."""

    number: int
    rows: Sequence[DeskRow]
    left_out: Sequence[DeskRow] = ()
    """Drafts that a check keeps out."""
    queued: int = 0
    """Drafts that wait for the batch after."""
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class CopyField:
    """One value to copy: whose it is, what it is called in Digital byrå's list, and what to paste."""

    place: int
    """The row's place in the batch, counted from 1."""
    client: Client
    label: str
    value: str


def head() -> list[str]:
    """The columns, in the order in which Digital byrå's list is filled in."""
    return [
        _("Place"),
        _("Client number"),
        _("Client"),
        _("Organisation number"),
        _("Name"),
        _("The user's e-mail"),
        _("Username (suggestion)"),
        _("Mobile number"),
        _("Choice"),
        _("Status"),
        _("Row id"),
    ]


async def show_batch(ctx: Context, number: int | None = None) -> Batch:
    """The next batch, or one that was exported before.

    Raises:
        UsageError: ``usage``: there is no batch with that number.
    """
    return _chosen(await desk(ctx), number)


def _chosen(now: Desk, number: int | None) -> Batch:
    if number is None or number == now.batches.number:
        planned = now.batches
        rows = [now.by_id[one] for one in planned.current]
        left_out = [now.by_id[one] for one in planned.unfit]
        return Batch(planned.number, rows, left_out, len(planned.queued))
    rows = [line for line in now.rows if line.row is not None and line.row.batch == number]
    if not rows:
        raise no_batch(number, now.batches.number)
    return Batch(number, rows)


@needs(Right.WORK)
async def export_batch(ctx: Context, path: Path, *, number: int | None = None) -> Batch:
    """Write the next batch as csv or xlsx and mark its rows as exported; an earlier one is written again as it is.

    Nothing is written when no row can go.

    Raises:
        UsageError: ``usage``: another kind of file, or no such batch; ``file_missing``.
        Refused: ``file_exists``; ``invitation_faulty``: there are rows, but a check keeps every one out.
    """
    if path.suffix.casefold() not in FORMATS:
        raise UsageError(
            "usage",
            _("{path} ends neither in .csv nor in .xlsx.").format(path=shown(path)),
            _("Nothing was written."),
            _("The end of the name chooses what is written, for example batch.xlsx."),
        )
    path = personal(path)
    batch = await show_batch(ctx, number)
    if not batch.rows:
        if batch.left_out:
            raise _all_left_out(batch.left_out)
        return batch
    data = await asyncio.to_thread(_render, batch, path.suffix.casefold())
    await asyncio.to_thread(write_file, path, data, mode=PRIVATE_FILE)
    try:
        await ctx.store.write(lambda tx: _handed_over(ctx, tx, batch))
    except BaseException:
        with contextlib.suppress(OSError):
            await asyncio.to_thread(path.unlink)
        raise
    return Batch(batch.number, batch.rows, batch.left_out, batch.queued, path)


def _handed_over(ctx: Context, tx: Transaction, batch: Batch) -> None:
    """The rows are exported, unless somebody changed the batch meanwhile or it was exported before."""
    now = load_desk(ctx, tx)
    if batch.number != now.batches.number:
        return
    if [line.key for line in batch.rows] != list(now.batches.current):
        raise Refused(
            "invitation_faulty",
            _("Somebody changed the batch while it was written."),
            _("The file was taken away again and no row was marked."),
            _("Export once more."),
        )
    invitations.add_batch(tx, batch.number, ctx.now(), len(batch.rows))
    for line in batch.rows:
        assert line.row is not None
        moved = move(ctx, tx, line.row, InviteState.EXPORTED)
        invitations.put(tx, replace(moved, batch=batch.number))
    ctx.record(tx, "invite.batch", batch=batch.number, rows=len(batch.rows))


def _render(batch: Batch, suffix: str) -> bytes:
    from core.output.text_table import to_text_csv, to_text_xlsx

    rows = [_cells(place, line) for place, line in enumerate(batch.rows, start=1)]
    if suffix == ".csv":
        return to_text_csv(head(), rows)
    return to_text_xlsx(_("Batch {number}").format(number=batch.number), head(), rows)


def _cells(place: int, line: DeskRow) -> list[str]:
    row, client = line.row, line.client
    assert row is not None
    return [
        str(place),
        client.number,
        client.name,
        shown_orgnr(client),
        row.name,
        row.email,
        row.username,
        row.mobile,
        choice_word(row.choice),
        state_word(InviteState.EXPORTED if row.state is InviteState.DRAFT else row.state),
        row.id,
    ]


def shown_orgnr(client: Client) -> str:
    """The organisation number; nothing where it is somebody's personal identity number."""
    return "" if orgnr.is_personal(client.orgnr) else client.orgnr


def copy_fields(batch: Batch) -> list[CopyField]:
    """The batch as values to copy one after the other into Digital byrå's list."""
    fields: list[CopyField] = []
    for place, line in enumerate(batch.rows, start=1):
        row = line.row
        assert row is not None
        pairs = [
            (_("Name"), row.name),
            (_("The user's e-mail"), row.email),
            (_("Username (suggestion)"), row.username),
            (_("Mobile number"), row.mobile),
        ]
        fields += [CopyField(place, line.client, label, value) for label, value in pairs if value]
    return fields


def _all_left_out(left_out: Sequence[DeskRow]) -> Refused:
    reasons = [
        f"{describe(line.client)}: "
        + " ".join(sentence(one.code) for one in line.findings if one.severity is Severity.ERROR)
        for line in left_out
    ]
    return Refused(
        "invitation_faulty",
        _("No row can be handed over."),
        "; ".join(reasons[:5]) + (" …" if len(reasons) > 5 else ""),
        _(
            "Correct the rows; the tick of the system administrator is set by a person: brygga invite mark CLIENT --admin"
        ),
        {"left_out": reasons},
    )
