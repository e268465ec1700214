"""``brygga status``: the overview, from the store alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Annotated

from bridge.cli import shape, words
from bridge.cli.parameters import OptionalClient, option
from bridge.cli.session import Run
from bridge.cli.tables import amount, table
from core.clock import local_time
from core.i18n import _, mark
from core.register import EngagementStatus, VoucherState
from core.usecases.clients import find_client
from core.usecases.context import Context
from core.usecases.status import overview

WATCH_SECONDS = 2.0


async def status(
    client: OptionalClient = None,
    /,
    *,
    watch: Annotated[bool, option(mark("stay, and print a line for every change"))] = False,
    run: Run,
) -> None:
    """Show what each engagement needs next."""
    async with run.context() as ctx:
        client_id = (await find_client(ctx, client)).id if client else None
        rows = await overview(ctx, client_id)
        run.output.answer(shape.status(rows), lambda: status_lines(rows))
        while watch:
            await asyncio.sleep(WATCH_SECONDS)
            rows = await _print_changes(run, ctx, client_id, rows)


async def _print_changes(
    run: Run, ctx: Context, client_id: str | None, before: list[EngagementStatus]
) -> list[EngagementStatus]:
    now = await overview(ctx, client_id)
    known = {_key(row): row for row in before}
    for row in now:
        if known.get(_key(row)) != row:
            run.output.answer(shape.status([row]), partial(_change_lines, row))
    return now


def _key(row: EngagementStatus) -> tuple[str, str]:
    return row.client.id, row.engagement.id if row.engagement else ""


def _change_lines(row: EngagementStatus) -> list[str]:
    return ["  ".join(cell for cell in _cells(row) if cell)]


def status_lines(rows: Iterable[EngagementStatus]) -> Iterator[str]:
    """The overview as a table."""
    shown = list(rows)
    if not shown:
        yield _("There are no clients yet. Add one with brygga client add or brygga connect --new.")
        return
    heads = (
        _("Client"),
        _("Year"),
        _("Connection"),
        _("Import"),
        _("Differences"),
        _("Vouchers"),
        _("Next"),
    )
    yield from table(heads, [_cells(row) for row in shown])
    paused = {row.client.name: row.paused_until for row in shown if row.paused_until}
    for name, until in paused.items():
        yield _("{client}: Fortnox has failed several times; the bridge tries again at {time}.").format(
            client=name, time=local_time(until)
        )


def _cells(row: EngagementStatus) -> tuple[str, ...]:
    differences = [
        f"{annex.account} {amount(annex.difference)}" for annex in row.annexes if annex.difference is not None
    ]
    return (
        row.client.name,
        row.engagement.year.label if row.engagement else "–",
        words.connection(row.connection),
        local_time(row.last_import) if row.last_import else "–",
        " ".join(differences) or "–",
        finished(row),
        words.next_step(row),
    )


def finished(row: EngagementStatus) -> str:
    """``2/3``: vouchers that reached the books or a file, of all."""
    done = row.vouchers.get(VoucherState.POSTED, 0) + row.vouchers.get(VoucherState.EXPORTED, 0)
    everything = sum(count for state, count in row.vouchers.items() if state is not VoucherState.EXCLUDED)
    return f"{done}/{everything}" if everything else "–"
