"""``brygga report``: the statements; ``brygga binder``: the whole year in one file; ``brygga item note``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from bridge.cli import shape
from bridge.cli.deliver import FormatOption, check_target, deliver
from bridge.cli.files import refuse_existing, write_new
from bridge.cli.parameters import ClientName, Target, Year, option
from bridge.cli.session import Run
from bridge.cli.tables import amount, table
from core.i18n import _, mark
from core.usecases import annexes, reports
from core.usecases.engagements import find_engagement
from core.usecases.reports import LineKind, Report, ReportKind

if TYPE_CHECKING:
    from core.usecases.documents import Document


async def report(
    client: ClientName,
    kind: Annotated[ReportKind, option(mark("balance sheet, income statement or trial balance"), "KIND")],
    /,
    *,
    year: Year = None,
    format: FormatOption = "text",  # noqa: A002 the option's name
    output: Target = None,
    run: Run,
) -> None:
    """Show a statement with the previous year."""
    check_target(format, output)
    async with run.context() as ctx:
        __, engagement = await find_engagement(ctx, client, year)
        made = await reports.report(ctx, engagement.id, kind)

    def document() -> Document:
        from core.usecases.documents import report_document

        return report_document(made)

    deliver(run, format, output, _record(made), lambda: _lines(made), document)


def _record(made: Report) -> shape.Json:
    return {
        "client": made.client.name,
        "year": shape.years(made.engagement.year),
        "report": made.kind.value,
        "date": shape.day(made.date),
        "imported": shape.moment(made.made_at),
        "lines": [
            {
                "type": line.kind.value,
                "code": line.code,
                "label": line.label,
                "ib": shape.amount(line.ib),
                "change": shape.amount(line.change),
                "ub": shape.amount(line.ub),
                "previous_ub": shape.amount(line.previous),
            }
            for line in made.lines
        ],
        "notes": list(made.notes),
    }


def _lines(made: Report) -> Iterator[str]:
    """For people: income positive in the income statement, debit positive elsewhere."""
    if made.made_at is None:
        yield _("Nothing has been imported for {year} yet.").format(year=made.engagement.year)
        return
    yield f"{reports.report_title(made.kind)}  {made.client.name}  {made.engagement.year}"
    income = made.kind is ReportKind.INCOME
    heads = [_("Account"), _("Name")]
    heads += [] if income else [_("Opening balance"), _("Change")]
    heads += [_("This year") if income else _("Closing balance"), _("Last year")]
    rows = []
    for line in made.lines:
        number = line.code if line.kind is LineKind.ACCOUNT else ""
        figures = [-line.ub, -line.previous] if income else [line.ib, line.change, line.ub, line.previous]
        shown = [amount(ore) for ore in figures] if line.kind is not LineKind.HEADING else [""] * len(figures)
        rows.append((number, line.label, *shown))
    yield from table(heads, rows, right=range(2, len(heads)))
    if made.notes:
        yield ""
        yield from made.notes


async def binder(
    client: ClientName,
    /,
    *,
    year: Year = None,
    output: Target = None,
    run: Run,
) -> None:
    """Write the engagement's annexes, statements, vouchers and sign-offs to one zip."""
    from core.usecases.binder import make_binder

    if output is not None:
        refuse_existing(output)
    async with run.context() as ctx:
        __, engagement = await find_engagement(ctx, client, year)
        made = await make_binder(ctx, engagement.id)
    target = output or Path(made.name)
    write_new(target, made.data)
    record: shape.Json = {
        "client": made.client.name,
        "year": shape.years(made.engagement.year),
        "file": str(target),
        "contents": list(made.contents),
    }
    run.output.answer(record, lambda: [_("Wrote {path}.").format(path=target), *made.contents])


async def item_note(
    client: ClientName,
    account: Annotated[str, option(mark("the annex's account"), "ACCOUNT")],
    number: Annotated[str, option(mark("the invoice number"), "INVOICE")],
    text: Annotated[str, option(mark("the note; left out: take it away"), "TEXT")] = "",
    /,
    *,
    year: Year = None,
    run: Run,
) -> None:
    """Keep a note on an item of an annex."""
    async with run.context() as ctx:
        __, engagement = await find_engagement(ctx, client, year)
        note = await annexes.set_item_note(ctx, engagement.id, account, number, text)
    record: shape.Json = {
        "account": account,
        "number": note.number,
        "note": note.note or None,
        "by": note.person,
        "at": shape.moment(note.at),
    }
    run.output.answer(record, lambda: [f"{account} {note.number}: {note.note or '–'}"])
