"""Annexes, the reconciliation and the statements as documents: xlsx, PDF, CSV or text, from one form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

from core.i18n import _
from core.ledger.annex import ledger_of
from core.ledger.sentences import sentence
from core.ledger.statements import Line, LineKind
from core.model import Annex, OpenItem
from core.money import Ore, to_swedish
from core.output.document import Cell, Column, Document, Kind, Money, Sheet, SheetRow
from core.output.pdf import can_write_pdf, to_pdf
from core.output.textual_forms import to_csv, to_plain
from core.output.workbook import to_xlsx
from core.register import Client, Engagement
from core.usecases.annexes import annex_facts, note_of
from core.usecases.reconcile import ReconciledAccount, Reconciliation, check_text
from core.usecases.reports import Report, ReportKind, report_title
from core.usecases.sign_off_words import undone_text, who

__all__ = [
    "FORMATS",
    "Document",
    "Format",
    "annex_document",
    "can_write_pdf",
    "reconciliation_document",
    "render",
    "report_document",
]

Format = Literal["text", "csv", "xlsx", "pdf"]

FORMATS: Mapping[Format, Callable[[Document], bytes]] = {
    "text": to_plain,
    "csv": to_csv,
    "xlsx": to_xlsx,
    "pdf": to_pdf,
}


def render(document: Document, format: Format) -> bytes:  # noqa: A002 the option's name
    """The document's bytes, the same for the same document.

    Raises:
        UsageError: ``usage``: PDF without reportlab.
    """
    return FORMATS[format](document)


def annex_document(client: Client, engagement: Engagement, annexes: Sequence[Annex]) -> Document:
    """A sheet an annex, with its ages, explanations and what stands apart."""
    day = annexes[0].date if annexes else engagement.year.to_date
    return Document(client.name, client.orgnr, day, [_annex_sheet(annex) for annex in annexes])


def _annex_sheet(annex: Annex) -> Sheet:
    columns = (
        Column(_("Account"), width=8),
        Column(_("Invoice"), width=11),
        Column(_("Name"), width=32),
        Column(_("Type"), width=13),
        Column(_("Invoice date"), Kind.DATE, 15),
        Column(_("Booked"), Kind.DATE, 12),
        Column(_("Due"), Kind.DATE, 12),
        Column(_("Currency"), width=8),
        Column(_("Total"), Kind.MONEY, 15),
        Column(_("Open"), Kind.MONEY, 15),
        Column(_("Settled later"), Kind.DATE, 15),
        Column(_("Note"), width=36),
    )
    items = [SheetRow(_item_cells(annex.account, item)) for item in annex.items or ()]
    rows = [*items, *_annex_sums(annex, len(items))]
    if annex.apart:
        rows.append(SheetRow(("", "", _("Beside the annex, not in its total:"), *[None] * 9), strong=True))
        rows += [SheetRow(_item_cells(annex.account, item)) for item in annex.apart]
    title = _("Annex {account}").format(account=annex.account)
    return Sheet(annex.account, title, columns, rows, tuple(_annex_notes(annex)))


def _item_cells(account: str, item: OpenItem) -> Sequence[Cell]:
    return (
        account,
        item.number,
        item.name,
        item_kind(item.kind),
        item.invoice_date,
        item.booked,
        item.due_date,
        item.currency,
        Money(item.total),
        Money(item.open),
        item.settled_later,
        note_of(item),
    )


def item_kind(kind: str) -> str:
    """What an item is, in the language in use."""
    return {
        "invoice": _("invoice"),
        "credit": _("credit note"),
        "tax_reduction": _("ROT/RUT"),
        "sold": _("sold"),
        "unbooked": _("not booked"),
        "cut_off": _("other period"),
    }.get(kind, kind)


def _annex_sums(annex: Annex, items: int) -> Iterator[SheetRow]:
    """Ledger, books and difference under the items, on the account's own side; sum and difference compute themselves."""

    def row(label: str, money: Money) -> SheetRow:
        return SheetRow(("", "", label, *[None] * 6, money, None, ""), strong=True)

    if annex.total is not None and annex.difference is not None:
        total = annex.difference + annex.books
        over = [(0, items - 1)] if items else ()
        yield row(_("According to the subledger"), Money(total, over, side=1 if total == annex.total else -1))
        yield row(_("According to the general ledger"), Money(annex.books))
        yield row(_("Difference"), Money(annex.difference, of=items, less=items + 1))
    else:
        yield row(_("According to the general ledger"), Money(annex.books))


def _annex_notes(annex: Annex) -> Iterator[str]:
    if annex.items is None:
        yield _("No ledger was read: the books came from a SIE file, or the import left the ledgers out.")
        return
    yield from (sentence(one, annex.account) for one in annex.explanations)
    yield from annex_reading(annex)


def annex_reading(annex: Annex) -> Iterator[str]:
    """Ages, who stands on the wrong side and old claims of an annex, as sentences."""
    facts = annex_facts(annex)
    if annex.items:
        words = [
            _("not due"),
            *(
                _("{first}–{last} days").format(first=one.from_days, last=one.to_days)
                for one in facts.ages[1:-1]
            ),
            _("over 90 days"),
        ]
        ages = zip(words, facts.ages, strict=True)
        yield _("By age: {ages}").format(
            ages=", ".join(f"{word} {to_swedish(one.total)}" for word, one in ages)
        )
    for party in facts.wrong_side:
        text = (
            _("{name} is in credit by {amount}: reclassify it as a debt.")
            if ledger_of(annex.account) == "customer"
            else _("{name} is in debit by {amount}: reclassify it as a claim.")
        )
        yield text.format(name=party.name, amount=to_swedish(party.amount))
    for item in facts.old_claims:
        yield _("Invoice {number} {name} of {amount} is more than 90 days overdue.").format(
            number=item.number, name=item.name, amount=to_swedish(item.open)
        )


def reconciliation_document(listed: Reconciliation) -> Document:
    """The reconciliation list as one sheet."""
    day = listed.date
    return Document(listed.client.name, listed.client.orgnr, day, [_reconciliation_sheet(listed)])


def _reconciliation_sheet(listed: Reconciliation) -> Sheet:
    columns = (
        Column(_("Account"), width=8),
        Column(_("Name"), width=30),
        Column(_("Opening balance"), Kind.MONEY, 15),
        Column(_("Change"), Kind.MONEY, 15),
        Column(_("Closing balance"), Kind.MONEY, 15),
        Column(_("Last year"), Kind.MONEY, 15),
        Column(_("Supported amount"), Kind.MONEY, 15),
        Column(_("Difference"), Kind.MONEY, 13),
        Column(_("Reconciled by"), width=18),
        Column(_("Read by"), width=18),
        Column(_("Comment"), width=34),
    )
    rows = [SheetRow(_reconciled_cells(row)) for row in listed.accounts]
    if rows:
        span = [(0, len(rows) - 1)]
        sums = [
            sum(one)
            for one in zip(*((r.ib, r.change, r.ub, r.previous_ub) for r in listed.accounts), strict=True)
        ]
        totals: list[Cell] = ["", _("Sum"), *(Money(ore, span) for ore in sums), None, None, "", "", ""]
        rows.append(SheetRow(totals, strong=True))
    notes = [
        f"{row.account.number} {row.account.name}: {check_text(check)}"
        for row in listed.accounts
        for check in row.found
    ]
    return Sheet(_("Reconciliation"), _("Reconciliation"), columns, rows, tuple(notes))


def _reconciled_cells(row: ReconciledAccount) -> Sequence[Cell]:
    sign = row.sign_off
    comment = [sign.comment] if sign is not None else []
    if row.supported is not None:
        comment += [row.supported.note, row.supported.reference]
    if row.undone is not None:
        comment.append(undone_text(row.undone))
    return (
        row.account.number,
        row.account.name,
        Money(row.ib),
        Money(row.change),
        Money(row.ub),
        Money(row.previous_ub),
        _money(row.supported_amount),
        _money(row.difference),
        who(sign.done_by, sign.done_at) if sign is not None else "",
        who(sign.reviewed_by, sign.reviewed_at) if sign is not None else "",
        "; ".join(filter(None, comment)),
    )


def _money(ore: Ore | None) -> Money | None:
    return None if ore is None else Money(ore)


def report_document(*reports: Report) -> Document:
    """Statements of one engagement, a sheet each."""
    first = reports[0]
    return Document(
        first.client.name, first.client.orgnr, first.date, [_report_sheet(one) for one in reports]
    )


def _report_sheet(report: Report) -> Sheet:
    """Income and costs with the sign that readers expect: income positive."""
    turned = -1 if report.kind is ReportKind.INCOME else 1
    rows = [_statement_row(line, turned, report.kind) for line in report.lines]
    columns = [Column(_("Account"), width=8), Column(_("Name"), width=44)]
    if report.kind is not ReportKind.INCOME:
        columns += [
            Column(_("Opening balance"), Kind.MONEY, 17),
            Column(_("Change"), Kind.MONEY, 17),
        ]
    ending = _("This year") if report.kind is ReportKind.INCOME else _("Closing balance")
    columns += [Column(ending, Kind.MONEY, 17), Column(_("Last year"), Kind.MONEY, 17)]
    title = report_title(report.kind)
    period = "" if report.kind is ReportKind.BALANCE else str(report.engagement.year)
    return Sheet(title, title, columns, _with_sums(rows, report.lines), report.notes, period)


def _statement_row(line: Line, turned: int, kind: ReportKind) -> list[Cell]:
    number = line.code if line.kind is LineKind.ACCOUNT else ""
    figures = [line.ub, line.previous]
    if kind is not ReportKind.INCOME:
        figures = [line.ib, line.change, *figures]
    if line.kind is LineKind.HEADING:
        return [number, line.label, *[None] * len(figures)]
    return [number, line.label, *(Money(turned * ore) for ore in figures)]


def _with_sums(rows: Sequence[list[Cell]], lines: Sequence[Line]) -> list[SheetRow]:
    """The rows; a group's sum computes itself from its accounts, a result from all accounts above it."""
    made: list[SheetRow] = []
    blocks: list[tuple[int, int]] = []
    first = 0
    for at, (cells, line) in enumerate(zip(rows, lines, strict=True)):
        if line.kind is LineKind.ACCOUNT:
            made.append(SheetRow(cells))
            continue
        if first < at:
            blocks.append((first, at - 1))
        first = at + 1
        over = blocks[-1:] if line.kind is LineKind.SUM else list(blocks)
        made.append(SheetRow(_summed(cells, rows, over), strong=True))
    return made


def _summed(
    cells: Sequence[Cell], rows: Sequence[Sequence[Cell]], blocks: list[tuple[int, int]]
) -> list[Cell]:
    """The amounts as sums of the blocks, where that is what they are."""
    places = [at for first, last in blocks for at in range(first, last + 1)]

    def summed(column: int, cell: Cell) -> Cell:
        if not isinstance(cell, Money):
            return cell
        figures = [one.ore for at in places if isinstance(one := rows[at][column], Money)]
        return Money(cell.ore, blocks) if figures and sum(figures) == cell.ore else cell

    return [summed(column, cell) for column, cell in enumerate(cells)]
