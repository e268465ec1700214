"""``brygga import``: fetch the books and the ledgers, of one client or of all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated

from bridge.cli import annex_shape, shape
from bridge.cli.annex import on_the_accounts_side
from bridge.cli.exits import Exit, combine, error_record, exit_code
from bridge.cli.findings import finding_json, finding_lines
from bridge.cli.parameters import OptionalClient, Year, option
from bridge.cli.session import Run
from bridge.cli.tables import amount, table
from core.errors import UsageError
from core.i18n import _, mark, ngettext
from core.model import Annex, Ledger
from core.usecases import imports
from core.usecases.engagements import find_engagement
from core.usecases.imports import ImportOutcome, ImportResult


async def import_books(
    client: OptionalClient = None,
    /,
    *,
    year: Year = None,
    no_ledgers: Annotated[bool, option(mark("only the books (SIE4), not the ledgers"))] = False,
    file: Annotated[Path | None, option(mark("read this SIE4 file; the engagement's source is sie4"))] = None,
    as_of: Annotated[
        date | None, option(mark("the date of the annexes; left out: the last day of the year"))
    ] = None,
    all: Annotated[bool, option(mark("every engagement that is not locked"))] = False,  # noqa: A002 the option's name
    run: Run,
) -> int:
    """Fetch the books and the ledgers."""
    _refuse_contradiction(client, year, file, every=all)
    async with run.keyed_context() as ctx:
        if client is None:
            return _answer_all(run, await imports.import_all(ctx, progress=run.report))
        __, engagement = await find_engagement(ctx, client, year)
        if file is not None:
            result = await imports.import_file(ctx, engagement.id, file, progress=run.report, on=as_of)
        else:
            wanted = frozenset[Ledger]() if no_ledgers else frozenset(Ledger)
            result = await imports.import_year(
                ctx, engagement.id, ledgers=wanted, progress=run.report, on=as_of
            )
    run.output.answer(import_record(result), lambda: import_lines(result))
    return Exit.DONE


def _refuse_contradiction(client: str | None, year: str | None, file: Path | None, *, every: bool) -> None:
    if every == (client is None) and not (every and (year or file)):
        return
    raise UsageError(
        "usage",
        _("Name one client, or give --all."),
        _("--all takes every engagement and goes with neither a client, --year nor --file."),
        _("See: brygga {name} --help").format(name="import"),
    )


def import_record(result: ImportResult) -> shape.Json:
    """What an import did, as JSON."""
    run, changes = result.run, result.changes
    return {
        "client": result.client.name,
        "orgnr": result.client.orgnr,
        "year": shape.years(result.engagement.year),
        "source": run.source.value,
        "accounts": run.accounts,
        "vouchers": run.vouchers,
        "transactions": run.transactions,
        "annexes": [annex_shape.summary(annex) for annex in result.annexes],
        "changes": {"added": changes.added, "removed": changes.removed, "altered": changes.altered}
        if changes
        else None,
        "findings": [finding_json(finding) for finding in result.findings],
    }


def import_lines(result: ImportResult) -> Iterator[str]:
    """What an import did, for people."""
    run, changes = result.run, result.changes
    yield _("{client} {year}: imported {accounts} accounts, {vouchers} vouchers, {rows} rows.").format(
        client=result.client.name,
        year=result.engagement.year,
        accounts=run.accounts,
        vouchers=run.vouchers,
        rows=run.transactions,
    )
    if changes:
        yield _("Since the import before: {added} added, {removed} removed, {altered} altered.").format(
            added=changes.added, removed=changes.removed, altered=changes.altered
        )
    yield from annex_summary(result.annexes)
    yield from finding_lines(result.findings)


def annex_summary(annexes: list[Annex]) -> Iterator[str]:
    """A line for each annex: items, ledger, books, difference."""
    if not annexes:
        return
    heads = (_("Annex"), _("Items"), _("Subledger"), _("Books"), _("Difference"))
    rows = [
        (
            annex.account,
            "–" if annex.items is None else str(len(annex.items)),
            amount(on_the_accounts_side(annex)),
            amount(annex.books),
            amount(annex.difference),
        )
        for annex in annexes
    ]
    yield from table(heads, rows, right=(1, 2, 3, 4))


def _answer_all(run: Run, outcomes: list[ImportOutcome]) -> int:
    done = [outcome.result for outcome in outcomes if outcome.result is not None]
    failed = [(outcome, outcome.error) for outcome in outcomes if outcome.error is not None]
    record = {
        "imports": [import_record(result) for result in done],
        "failed": [
            {
                "client": outcome.client.name,
                "year": shape.years(outcome.engagement.year),
                "error": error_record(error),
            }
            for outcome, error in failed
        ],
    }
    run.output.answer(record, lambda: _all_lines(done))
    for outcome, error in failed:
        run.output.narrate(f"{outcome.client.name}: {' '.join(str(error).splitlines())}")
    return combine((exit_code(error) for _outcome, error in failed), some_done=bool(done))


def _all_lines(done: list[ImportResult]) -> Iterator[str]:
    for result in done:
        yield from import_lines(result)
    yield ngettext("Imported {count} engagement.", "Imported {count} engagements.", len(done)).format(
        count=len(done)
    )
