"""``brygga engagement settings|import`` and ``brygga account name``: sources, lists and account names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

from msgspec.structs import replace

from bridge.cli import shape, words
from bridge.cli.files import read_file
from bridge.cli.parameters import ClientName, Switch, Year, option
from bridge.cli.session import Run
from bridge.cli.tables import facts, table
from core.i18n import _, mark
from core.register import AccountNames, PreviousYear, SourceKind
from core.usecases import engagement_list, sourcesettings
from core.usecases.engagement_list import PlannedEngagement
from core.usecases.engagements import find_engagement
from core.usecases.sourcesettings import SourceChange


async def settings(
    client: ClientName,
    /,
    *,
    source: Annotated[SourceKind | None, option(mark("where the books come from"))] = None,
    names: Annotated[
        AccountNames | None, option(mark("the source's account names, or those edited here"))
    ] = None,
    periods: Annotated[Switch | None, option(mark("keep the change of every month"))] = None,
    previous: Annotated[
        PreviousYear | None,
        option(mark("last year's figures from the source or from last year's engagement")),
    ] = None,
    dry_run: Annotated[bool, option(mark("only say what would be kept and replaced"))] = False,
    year: Year = None,
    run: Run,
) -> None:
    """Show or change how the chart of accounts and the balances are handled."""
    async with run.context() as ctx:
        __, engagement = await find_engagement(ctx, client, year)
        now = await sourcesettings.source_settings(ctx, engagement.id)
        wanted = replace(
            now,
            names=names or now.names,
            period_balances=periods == "on" if periods else now.period_balances,
            previous_year=previous or now.previous_year,
        )
        kind = source or engagement.source
        change = await sourcesettings.plan_source(ctx, engagement.id, kind, wanted)
        changed = not dry_run and (wanted != now or kind is not engagement.source)
        if changed:
            await sourcesettings.change_source(ctx, engagement.id, kind, wanted)
    record: shape.Json = {
        "source": kind.value,
        "names": wanted.names.value,
        "period_balances": wanted.period_balances,
        "previous_year": wanted.previous_year.value,
        "kept": list(change.kept),
        "replaced": list(change.replaced),
        "changed": changed,
    }
    run.output.answer(record, lambda: _settings_lines(change))


def _settings_lines(change: SourceChange) -> Iterator[str]:
    wanted = change.settings
    yield from facts(
        [
            (_("Source"), words.source(change.source)),
            (_("Account names"), words.account_names(wanted.names)),
            (_("Period balances"), words.yes_no(wanted.period_balances)),
            (_("Previous year"), words.previous_year(wanted.previous_year)),
        ]
    )
    if change.replaced:
        yield ""
        yield from change.replaced
        yield from change.kept


async def name_account(
    client: ClientName,
    account: Annotated[str, option(mark("the account number"), "ACCOUNT")],
    name: Annotated[str, option(mark("the name; left out: the source's own"), "NAME")] = "",
    /,
    *,
    year: Year = None,
    run: Run,
) -> None:
    """Edit an account's name in the engagement."""
    async with run.context() as ctx:
        __, engagement = await find_engagement(ctx, client, year)
        await sourcesettings.rename_account(ctx, engagement.id, account, name)
    record: shape.Json = {"account": account, "name": name or None}
    run.output.answer(record, lambda: [f"{account} {name or '–'}"])


async def import_list(
    file: Annotated[Path, option(mark("a CSV file with columns client, from, to; source"))],
    /,
    *,
    preview: Annotated[bool, option(mark("only show what would be added"))] = False,
    run: Run,
) -> None:
    """Add the engagements of a CSV file, all or none."""
    data = read_file(file)
    async with run.context() as ctx:
        planned = await engagement_list.preview_engagements(ctx, data)
        if not preview:
            await engagement_list.import_engagements(ctx, data)
    record: shape.Json = {"added": not preview, "engagements": [_planned_record(one) for one in planned]}
    run.output.answer(record, lambda: _planned_lines(planned))


def _planned_record(one: PlannedEngagement) -> shape.Json:
    return {
        "line": one.line,
        "client": one.client.name if one.client else None,
        "orgnr": one.client.orgnr if one.client else None,
        "year": shape.years(one.year),
        "source": one.source.value,
        "exists": one.exists,
        "problem": one.problem or None,
    }


def _planned_lines(planned: Iterable[PlannedEngagement]) -> Iterator[str]:
    heads = (_("Row"), _("Client"), _("Fiscal year"), _("Source"), _("Note"))
    cells = [
        (
            str(one.line),
            one.client.name if one.client else "–",
            str(one.year) if one.year else "–",
            words.source(one.source),
            one.problem or (_("is there already") if one.exists else ""),
        )
        for one in planned
    ]
    yield from table(heads, cells)
