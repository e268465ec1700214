"""``brygga annex``: the annexes of the latest import, on screen or as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from bridge.cli import annex_shape
from bridge.cli.files import refuse_existing, write_new
from bridge.cli.parameters import ClientName, Target, Year, option
from bridge.cli.session import Run
from bridge.cli.tables import amount, facts, table
from core.errors import UsageError
from core.i18n import _, mark
from core.model import Annex, OpenItem
from core.register import Client, Engagement
from core.usecases.annexes import annexes, explanation_text
from core.usecases.engagements import find_engagement

Format = Literal["text", "csv", "xlsx", "pdf"]


async def annex(
    client: ClientName,
    /,
    *,
    year: Year = None,
    account: Annotated[str | None, option(mark("only the annex of this account"))] = None,
    format: Annotated[Format, option(mark("how to write it; xlsx and pdf need --output"))] = "text",  # noqa: A002 the option's name
    output: Target = None,
    run: Run,
) -> None:
    """Show the annexes, or write them to a file."""
    if output is not None:
        refuse_existing(output)
    elif format in {"xlsx", "pdf"}:
        raise UsageError(
            "usage",
            _("--format {format} needs --output FILE.").format(format=format),
            _("A binary document is not printed on a terminal."),
            _("For example: -o annexes.{format}").format(format=format),
        )
    async with run.context() as ctx:
        owner, engagement = await find_engagement(ctx, client, year)
        found = await annexes(ctx, engagement.id, account)
    title = f"{owner.name} {owner.orgnr}"
    if format == "text":
        lines = list(text_lines(owner, engagement, found))
        if output is not None:
            write_new(output, ("\n".join(lines) + "\n").encode())
            run.output.narrate(_("Wrote {path}.").format(path=output))
        record = _record(owner, engagement, found)
        if output is None or run.output.json:
            run.output.answer(record, lambda: lines)
        return
    data = render(format, title, found)
    if output is None:
        run.output.data(data)
        return
    write_new(output, data)
    run.output.answer(
        {**_record(owner, engagement, found), "file": str(output)},
        lambda: [_("Wrote {path}.").format(path=output)],
    )


def render(format: Format, title: str, found: list[Annex]) -> bytes:  # noqa: A002 as the option
    """The annexes as a document."""
    from bridge.cli import annex_files

    writers = {"csv": annex_files.to_csv, "xlsx": annex_files.to_xlsx, "pdf": annex_files.to_pdf}
    return writers[format](title, found)


def _record(owner: Client, engagement: Engagement, found: list[Annex]) -> dict[str, object]:
    return {
        "client": owner.name,
        "year": [engagement.year.from_date.isoformat(), engagement.year.to_date.isoformat()],
        "annexes": [annex_shape.annex(one) for one in found],
    }


def text_lines(owner: Client, engagement: Engagement, found: Iterable[Annex]) -> Iterator[str]:
    """The annexes for people."""
    shown = list(found)
    if not shown:
        yield _("There are no annexes yet: nothing has been imported for {year}.").format(
            year=engagement.year
        )
        return
    for position, one in enumerate(shown):
        if position:
            yield ""
        yield _("Annex {account}  {client}  as of {date}").format(
            account=one.account, client=owner.name, date=one.date
        )
        yield from _annex_lines(one)


def _annex_lines(one: Annex) -> Iterator[str]:
    if one.items is None:
        yield _("The source carries no ledger (a SIE file).")
    elif one.items:
        yield ""
        yield from _item_lines(one.items)
    yield ""
    yield from totals(one)
    for explanation in one.explanations:
        yield f"  {explanation_text(explanation, one.account)}"
    if one.apart:
        yield ""
        yield _("Beside the annex, not in its total:")
        yield from _item_lines(one.apart)


def _item_lines(items: Iterable[OpenItem]) -> Iterator[str]:
    heads = (_("Invoice"), _("Name"), _("Date"), _("Due"), _("Amount"), _("Open amount"), _("Note"))
    rows = [
        (
            item.number,
            item.name,
            item.invoice_date.isoformat(),
            item.due_date.isoformat() if item.due_date else "–",
            amount(item.total),
            amount(item.open),
            item.note,
        )
        for item in items
    ]
    return table(heads, rows, right=(4, 5))


def totals(one: Annex) -> Iterator[str]:
    """Ledger, books and difference."""
    pairs = [
        (_("According to the subledger"), amount(one.total)),
        (_("According to the general ledger"), amount(one.books)),
        (_("Difference"), amount(one.difference)),
    ]
    width = max(len(shown) for _name, shown in pairs)
    return facts((name, shown.rjust(width)) for name, shown in pairs)
