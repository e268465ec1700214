"""``brygga client retention`` and ``client forget``: how long clients are kept, and forgetting them for good."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from bridge.cli import shape
from bridge.cli.parameters import ClientName, option
from bridge.cli.session import Run
from bridge.cli.tables import facts, table
from core.i18n import _, mark
from core.usecases.clients import find_client
from core.usecases.forget import Memory, forget_client, remembered
from core.usecases.retention import Retention, retentions

_KINDS = {
    "engagements": mark("Engagements"),
    "imports": mark("Imports"),
    "annexes": mark("Annexes"),
    "vouchers": mark("Closing vouchers"),
    "sign_offs": mark("Sign-offs"),
    "receipts": mark("Receipts"),
    "invitations": mark("Invited people"),
    "secrets": mark("Stored tokens"),
    "exchange_files": mark("Files taken in"),
}
SHOWN_FILES = 20


async def retention(*, run: Run) -> None:
    """List until when each client must be kept."""
    async with run.context() as ctx:
        found = await retentions(ctx)
    run.output.answer({"clients": [_retention_record(one) for one in found]}, lambda: _retention_lines(found))


async def forget(
    client: ClientName,
    /,
    *,
    yes: Annotated[bool, option(mark("remove it; without this it is only shown what would go"))] = False,
    reason: Annotated[str, option(mark("why, for a client that no bookkeeping was imported for"))] = "",
    run: Run,
) -> None:
    """Forget a client for good, once its bookkeeping need not be kept any longer."""
    async with run.context() as ctx:
        found = await find_client(ctx, client)
        if yes:
            memory = await forget_client(ctx, found.id, why=reason)
        else:
            memory = await remembered(ctx, found.id)
    record = {"forgotten": yes, **_memory_record(memory)}
    run.output.answer(record, lambda: _memory_lines(memory, forgotten=yes))


def _retention_record(one: Retention) -> shape.Json:
    return {
        **shape.client(one.client),
        "kept_until": one.until.isoformat() if one.until else None,
        "over": one.is_over,
    }


def _retention_lines(found: list[Retention]) -> Iterator[str]:
    rows = [(one.client.number, one.client.name, _until(one)) for one in found]
    yield from table((_("No."), _("Client"), _("Kept until")), rows)


def _until(one: Retention) -> str:
    if one.until is None:
        return _("no bookkeeping here")
    text = one.until.isoformat()
    return _("{date}, may be forgotten").format(date=text) if one.is_over else text


def _memory_record(memory: Memory) -> shape.Json:
    return {
        **_retention_record(memory.retention),
        "connected": memory.connected,
        "counts": memory.counts,
        "folder": str(memory.folder) if memory.folder else None,
        "files": [str(path) for path in memory.files],
        "letters": [str(path) for path in memory.letters],
        "copies": [str(path) for path in memory.copies],
    }


def _memory_lines(memory: Memory, *, forgotten: bool) -> Iterator[str]:
    name = memory.client.name
    yield (
        _("{name} is forgotten. This was removed:").format(name=name)
        if forgotten
        else _("This is what there is of {name}:").format(name=name)
    )
    yield from facts([(_(_KINDS[kind]), str(count)) for kind, count in memory.counts.items()])
    if memory.folder is not None:
        yield _("Exchange folder: {path}").format(path=memory.folder)
        yield from (f"  {path.relative_to(memory.folder)}" for path in memory.files[:SHOWN_FILES])
        if len(memory.files) > SHOWN_FILES:
            yield "  " + _("and {count} more files").format(count=len(memory.files) - SHOWN_FILES)
    yield from (_("Letter: {path}").format(path=path) for path in memory.letters)
    if memory.copies:
        yield _("The client is still in these copies, until they are removed:")
        yield from (f"  {path}" for path in memory.copies)
    if not forgotten:
        yield _("Kept until: {until}").format(until=_until(memory.retention))
        yield _("Nothing was removed. To remove it add --yes.")
