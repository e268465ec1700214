"""``brygga engagement``: the fiscal years being closed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated

from bridge.cli import shape, words
from bridge.cli.parameters import ClientName, OptionalClient, Year, option
from bridge.cli.session import Run
from bridge.cli.tables import facts, table
from core.i18n import _, mark
from core.register import Client, Engagement, SourceKind
from core.usecases import clients, engagements

Pair = tuple[Client, Engagement]


async def add(
    client: ClientName,
    /,
    *,
    from_date: Annotated[date, option(mark("the first day of the fiscal year"), "--from")],
    to_date: Annotated[date, option(mark("the last day of the fiscal year"), "--to")],
    source: Annotated[SourceKind, option(mark("where the books come from"))],
    run: Run,
) -> None:
    """Add a fiscal year to be closed."""
    async with run.context() as ctx:
        owner = await clients.find_client(ctx, client)
        made = await engagements.add_engagement(ctx, owner.id, from_date, to_date, source)
    _answer_one(run, owner, made)


async def show_all(client: OptionalClient = None, /, *, run: Run) -> None:
    """List the engagements."""
    async with run.context() as ctx:
        owners = [await clients.find_client(ctx, client)] if client else await clients.list_clients(ctx)
        found = await engagements.list_engagements(ctx, owners[0].id if client else None)
    pairs = _paired(owners, found)
    run.output.answer(_record(pairs), lambda: _list_lines(pairs))


async def source(
    client: ClientName,
    source: Annotated[SourceKind, option(mark("where the books come from"), "SOURCE")],
    /,
    *,
    year: Year = None,
    run: Run,
) -> None:
    """Choose where the books come from."""
    async with run.context() as ctx:
        owner, found = await engagements.find_engagement(ctx, client, year)
        changed = await engagements.set_source(ctx, found.id, source)
    _answer_one(run, owner, changed)


async def roll(
    *, to: Annotated[int, option(mark("the calendar year in which the new fiscal years end"))], run: Run
) -> None:
    """Add the next fiscal year for every client."""
    async with run.context() as ctx:
        made = await engagements.roll(ctx, to)
        owners = await clients.list_clients(ctx)
    pairs = _paired(owners, made)
    run.output.answer(_record(pairs), lambda: _list_lines(pairs) if pairs else _nothing_added(to))


def _nothing_added(year: int) -> Iterator[str]:
    yield _(
        "Nothing was added: no client's latest fiscal year is followed by one that ends in {year}."
    ).format(year=year)


async def lock(client: ClientName, /, *, year: Year = None, run: Run) -> None:
    """Sign an engagement off."""
    await _set_locked(client, year, run, locked=True)


async def unlock(client: ClientName, /, *, year: Year = None, run: Run) -> None:
    """Open a signed-off engagement again."""
    await _set_locked(client, year, run, locked=False)


async def _set_locked(client: str, year: str | None, run: Run, *, locked: bool) -> None:
    async with run.context() as ctx:
        owner, found = await engagements.find_engagement(ctx, client, year)
        changed = await engagements.set_locked(ctx, found.id, locked=locked)
    _answer_one(run, owner, changed)


def _answer_one(run: Run, owner: Client, engagement: Engagement) -> None:
    run.output.answer(shape.engagement(owner, engagement), lambda: _lines(owner, engagement))


def _lines(owner: Client, engagement: Engagement) -> Iterator[str]:
    return facts(
        [
            (_("Client"), owner.name),
            (_("Fiscal year"), str(engagement.year)),
            (_("Source"), words.source(engagement.source)),
            (_("Locked"), words.yes_no(engagement.locked)),
        ]
    )


def _paired(owners: Iterable[Client], some: Iterable[Engagement]) -> list[Pair]:
    by_id = {owner.id: owner for owner in owners}
    return [(by_id[engagement.client_id], engagement) for engagement in some]


def _record(pairs: list[Pair]) -> shape.Json:
    return {"engagements": [shape.engagement(owner, engagement) for owner, engagement in pairs]}


def _list_lines(pairs: list[Pair]) -> Iterator[str]:
    if not pairs:
        yield _("There are no engagements. Add one with brygga engagement add.")
        return
    heads = (_("No."), _("Client"), _("Fiscal year"), _("Source"), _("Locked"))
    yield from table(
        heads,
        [
            (
                owner.number,
                owner.name,
                str(engagement.year),
                words.source(engagement.source),
                words.yes_no(engagement.locked),
            )
            for owner, engagement in pairs
        ],
    )
