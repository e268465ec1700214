"""Engagements from a CSV list, shown before they are added; and what a change of source will do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core.csvlist import named_rows
from core.errors import BryggaError, UsageError
from core.i18n import _
from core.model import FiscalYear
from core.register import Client, Engagement, SourceKind
from core.store.database import Transaction
from core.text import clean
from core.usecases.clients import find_client
from core.usecases.context import Context
from core.usecases.engagements import checked_year, insert_engagement, list_engagements
from core.usecases.rights import Right, needs

_COLUMNS = {
    "client": ("klient", "client", "namn", "name"),
    "number": ("klientnummer", "klientnr", "nummer", "number", "nr", "client number"),
    "orgnr": ("organisationsnummer", "orgnr", "org.nr", "organisation number"),
    "from": ("från", "from", "räkenskapsår från"),
    "to": ("till", "to", "räkenskapsår till"),
    "source": ("datakälla", "källa", "source"),
}
_OF_CLIENT = ("number", "client", "orgnr")
"""What tells the client, the surest first."""


@dataclass(frozen=True, slots=True)
class PlannedEngagement:
    """A row of the list: what it would add, or why it would not."""

    line: int
    client: Client | None
    year: FiscalYear | None
    source: SourceKind
    exists: bool = False
    """The client has that year already; it is passed over."""
    problem: str = ""


async def preview_engagements(ctx: Context, data: bytes) -> list[PlannedEngagement]:
    """What the list would add. Columns: client (number, organisation number or name), from, to, source.

    Raises:
        UsageError: ``usage``: no CSV, or a column is missing.
    """
    rows = named_rows(data, _COLUMNS, (_OF_CLIENT, ("from",), ("to",)), "klient;från;till;datakälla")
    return [await _plan(ctx, line, row) for line, row in rows]


@needs(Right.WORK)
async def import_engagements(ctx: Context, data: bytes) -> list[Engagement]:
    """Add the engagements of the list, all or none; those that exist are passed over.

    Raises:
        UsageError: ``usage`` with the row that has a problem.
    """
    planned = await preview_engagements(ctx, data)
    for row in planned:
        if row.problem:
            raise UsageError(
                "usage",
                _("Row {line} of the list: {problem}").format(line=row.line, problem=row.problem),
                _("Nothing was added."),
                _("Correct the list and read it again."),
            )
    made = {
        (row.client.id, row.year): Engagement(ctx.new_id(), row.client.id, row.year, row.source)
        for row in planned
        if row.client is not None and row.year is not None and not row.exists
    }

    def work(tx: Transaction) -> None:
        for engagement in made.values():
            insert_engagement(ctx, tx, engagement)

    await ctx.store.write(work)
    return list(made.values())


async def _plan(ctx: Context, line: int, row: dict[str, str]) -> PlannedEngagement:
    source = row.get("source", "").strip().casefold() or SourceKind.FORTNOX.value
    if source not in set(SourceKind):
        return PlannedEngagement(
            line,
            None,
            None,
            SourceKind.FORTNOX,
            problem=_("{source} is no source; write fortnox or sie4.").format(source=clean(source)),
        )
    kind = SourceKind(source)
    try:
        client = await find_client(
            ctx, next(filter(None, (row.get(key, "").strip() for key in _OF_CLIENT)), "")
        )
        year = checked_year(_day(row.get("from", "")), _day(row.get("to", "")))
    except BryggaError as error:
        return PlannedEngagement(line, None, None, kind, problem=error.title)
    exists = any(one.year == year for one in await list_engagements(ctx, client.id))
    return PlannedEngagement(line, client, year, kind, exists)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(
            "usage", _("{text} is no date; write for example 2025-12-31.").format(text=clean(text) or "–")
        ) from error
