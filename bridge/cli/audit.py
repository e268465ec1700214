"""``brygga audit``: who did what, and whether the chain holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from bridge.cli import shape
from bridge.cli.doctor import check_lines
from bridge.cli.exits import Exit
from bridge.cli.parameters import OptionalClient, option
from bridge.cli.session import Run
from bridge.cli.tables import table
from core.clock import rfc3339
from core.i18n import _, mark
from core.usecases.activity import activity
from core.usecases.audit import export_audit, verify_audit, write_audit_head
from core.usecases.audit_file import verify_audit_file
from core.usecases.clients import find_client, list_clients


async def show(
    client: OptionalClient = None,
    /,
    *,
    limit: Annotated[int, option(mark("how many, the newest first"))] = 50,
    run: Run,
) -> None:
    """Show who did what to which client, the newest first."""
    async with run.context() as ctx:
        wanted = (await find_client(ctx, client)).id if client else None
        events = await activity(ctx, limit, wanted)
        names = {one.id: one.name for one in await list_clients(ctx)}
    record = [
        {
            "at": rfc3339(event.at),
            "person": event.person,
            "action": event.action,
            "client": event.client_id or None,
            "engagement": event.engagement_id or None,
            "outcome": event.outcome,
            "details": dict(event.details),
        }
        for event in events
    ]
    heads = (_("Time"), _("Person"), _("Client"), _("Action"), _("Voucher"), _("Outcome"))
    rows = [
        (
            rfc3339(event.at),
            event.person,
            names.get(event.client_id, event.client_id) or "–",
            event.action,
            _place(event.details),
            event.outcome,
        )
        for event in events
    ]
    run.output.answer({"events": record}, lambda: table(heads, rows))


def _place(details: Mapping[str, object]) -> str:
    """Series and number of the voucher that an event is about."""
    number = details.get("number")
    return f"{details.get('series', '')} {number}".strip() if number else "–"


async def verify(
    *,
    head: Annotated[Path | None, option(mark("add where the chain ends now to this file"))] = None,
    heads: Annotated[Path | None, option(mark("hold the chain against the heads in this file"))] = None,
    file: Annotated[Path | None, option(mark("look at this exported file instead of the store"))] = None,
    run: Run,
) -> int:
    """Follow the chain of the audit and find rows that were changed, removed or moved."""
    if file is not None:
        told, found = await verify_audit_file(file)
        whole = all(check.ok for check in found)
        end_of_file = {"seq": told.seq, "hash": told.hash, "at": told.at} if told else None
        run.output.answer(
            {"ok": whole, "head": end_of_file, **shape.checks(found)}, lambda: check_lines(found)
        )
        return Exit.DONE if whole else Exit.FAILED
    async with run.context() as ctx:
        end, checks = await verify_audit(ctx, heads)
        held = all(check.ok for check in checks)
        if head is not None and held:
            await write_audit_head(ctx, head)
    run.output.answer({"ok": held, "head": asdict(end), **shape.checks(checks)}, lambda: check_lines(checks))
    return Exit.DONE if held else Exit.FAILED


async def export(
    file: Annotated[Path, option(mark("write to this file; it must not exist"), "FILE")],
    /,
    *,
    year: Annotated[int | None, option(mark("only what was done in this calendar year"))] = None,
    force: Annotated[bool, option(mark("write over the file if it exists"))] = False,
    run: Run,
) -> None:
    """Write the audit as JSON lines that can be verified on their own."""
    async with run.context() as ctx:
        end, count = await export_audit(ctx, file, year=year, force=force)
    text = _("Wrote {count} rows to {path}.").format(count=count, path=file)
    run.output.answer({"file": str(file), "head": asdict(end)}, lambda: [text])
