"""``brygga status``: the overview, from the store alone."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Annotated

from bridge.cli import shape, words
from bridge.cli.parameters import OptionalClient, option
from bridge.cli.session import Run
from bridge.cli.tables import GAP, amount, table
from core.clock import local_time
from core.i18n import _, mark
from core.register import EngagementStatus, VoucherState
from core.text import clean
from core.usecases.clients import find_client
from core.usecases.context import Context
from core.usecases.status import overview

WATCH_SECONDS = 2.0
SHORTEST_NAME = 12
"""Characters of a client's name, at least, on a narrow terminal."""


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
        run.output.answer(shape.status(rows), lambda: status_lines(rows, terminal_width()))
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


def terminal_width() -> int | None:
    """The terminal's columns; None where nobody reads on a terminal."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def status_lines(rows: Iterable[EngagementStatus], width: int | None = None) -> Iterator[str]:
    """The overview as a table; on a terminal too narrow for it (``width``) two lines for each engagement."""
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
    lines = list(table(heads, [_cells(row) for row in shown]))
    yield from lines if width is None or max(map(len, lines)) <= width else _folded(heads, shown, width)
    paused = {row.client.name: row.paused_until for row in shown if row.paused_until}
    for name, until in paused.items():
        yield _("{client}: Fortnox has failed several times; the bridge tries again at {time}.").format(
            client=name, time=local_time(until)
        )


def _folded(heads: Sequence[str], rows: Sequence[EngagementStatus], width: int) -> Iterator[str]:
    """The engagement, its connection and what comes next; below it what the import found."""
    cells = [_cells(row) for row in rows]
    beside = [(year, link, after) for _name, year, link, *_rest, after in cells]
    room = max(
        SHORTEST_NAME, width - len(GAP) - max(map(len, table((heads[1], heads[2], heads[-1]), beside)))
    )
    firsts = [(clean(row[0], room), *others) for row, others in zip(cells, beside, strict=True)]
    head, *lines = table((heads[0], heads[1], heads[2], heads[-1]), firsts)
    yield head
    for row, line, (*_names, when, differences, vouchers, _after) in zip(rows, lines, cells, strict=True):
        yield line
        if row.engagement is not None:
            yield f"  {when}{GAP}{differences}{GAP}{heads[5]} {vouchers}"


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
