"""``brygga annex``: the annexes of the latest import, on screen or as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from bridge.cli import annex_shape
from bridge.cli.deliver import FormatOption, check_target, deliver
from bridge.cli.parameters import ClientName, Target, Year, option
from bridge.cli.session import Run
from bridge.cli.tables import amount, facts, table
from core.i18n import _, mark
from core.model import Annex, Day, OpenItem
from core.money import Ore
from core.register import Client, Engagement
from core.usecases.annex_comparison import changed_sentences, signed_off_sentence
from core.usecases.annex_days import annexes_of_day
from core.usecases.annexes import AnnexView, annex_views, explanation_text, note_of, only_account
from core.usecases.engagements import find_engagement

if TYPE_CHECKING:
    from core.usecases.documents import Document


async def annex(
    client: ClientName,
    /,
    *,
    year: Year = None,
    account: Annotated[str | None, option(mark("only the annex of this account"))] = None,
    date: Annotated[
        Day | None, option(mark("the open items on another day of the year, from the latest import"))
    ] = None,
    format: FormatOption = "text",  # noqa: A002 the option's name
    output: Target = None,
    run: Run,
) -> None:
    """Show the annexes, or write them to a file."""
    check_target(format, output)
    async with run.context() as ctx:
        owner, engagement = await find_engagement(ctx, client, year)
        if date is None:
            views = await annex_views(ctx, engagement.id)
            found = only_account([view.shown for view in views], account)
        else:
            views = []
            found = await annexes_of_day(ctx, engagement.id, date, account)
    by_account = {view.latest.account: view for view in views}
    signed = {view.latest.account: [signed_off_sentence(view), *changed_sentences(view)] for view in views}

    def document() -> Document:
        from core.usecases.documents import annex_document

        return annex_document(owner, engagement, found)

    record = _record(owner, engagement, found, by_account, single=account is not None)
    deliver(run, format, output, record, lambda: text_lines(owner, engagement, found, signed), document)


def _record(
    owner: Client,
    engagement: Engagement,
    found: list[Annex],
    views: Mapping[str, AnnexView],
    *,
    single: bool,
) -> dict[str, object]:
    """``single``: one account was asked for, and its annex's own keys stand at the top too."""
    annexes = [annex_shape.annex(one, views.get(one.account)) for one in found]
    return {
        **(annexes[0] if single else {}),
        "client": owner.name,
        "year": [engagement.year.from_date.isoformat(), engagement.year.to_date.isoformat()],
        "annexes": annexes,
    }


def text_lines(
    owner: Client, engagement: Engagement, found: Iterable[Annex], signed: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """The annexes for people; ``signed`` tells of their sign-offs and what has changed since, by account."""
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
        yield from filter(None, signed.get(one.account, ()))


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
    yield from _reading_lines(one)
    if one.apart:
        yield ""
        yield _("Beside the annex, not in its total:")
        yield from _item_lines(one.apart)


def _reading_lines(one: Annex) -> Iterator[str]:
    """Ages, reclassification and old claims."""
    from core.usecases.documents import annex_reading

    for sentence in annex_reading(one):
        yield f"  {sentence}"


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
            note_of(item),
        )
        for item in items
    ]
    return table(heads, rows, right=(4, 5))


def on_the_accounts_side(one: Annex) -> Ore | None:
    """The ledger with the sign that the account has in the books, so that the two can be compared."""
    return None if one.difference is None else one.books + one.difference


def totals(one: Annex) -> Iterator[str]:
    """Ledger, books and difference."""
    pairs = [
        (_("According to the subledger"), amount(on_the_accounts_side(one))),
        (_("According to the general ledger"), amount(one.books)),
        (_("Difference"), amount(one.difference)),
    ]
    width = max(len(shown) for _name, shown in pairs)
    return facts((name, shown.rjust(width)) for name, shown in pairs)
