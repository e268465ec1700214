"""What the reconciliation shows in a row: accounts, lines of statements, rows of an account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from core.i18n import _, mark
from core.model import Voucher
from core.money import Ore, to_swedish
from core.register import LedgerRow
from tui.paint import Line, Span, titled, wrap
from tui.theme import Tone
from tui.widgets.columns import Column
from tui.wording import amount, difference, lesson

if TYPE_CHECKING:
    from core.usecases.reconcile import ReconciledAccount, Reconciliation
    from core.usecases.reports import Line as StatementLine

COLUMNS: Final = (
    Column("account", mark("Acc."), 5),
    Column("name", mark("Name")),
    Column("ib", mark("Opening"), 13, right=True, wide=True),
    Column("change", mark("Change"), 13, right=True, wide=True),
    Column("ub", mark("Closing"), 13, right=True),
    Column("supported", mark("Supported"), 13, right=True),
    Column("difference", mark("Diff."), 10, right=True),
    Column("done", mark("Signed off"), 10),
    Column("reviewed", mark("Read by"), 12, wide=True),
)

STATEMENT: Final = (
    Column("account", mark("Acc."), 5),
    Column("name", mark("Name")),
    Column("ib", mark("Opening"), 13, right=True, wide=True),
    Column("change", mark("Change"), 13, right=True),
    Column("ub", mark("Closing"), 13, right=True),
    Column("previous", mark("Last year"), 13, right=True),
)

INCOME: Final = (
    Column("account", mark("Acc."), 5),
    Column("name", mark("Name")),
    Column("ub", mark("This year"), 15, right=True),
    Column("previous", mark("Last year"), 15, right=True),
)

MOST_SAID: Final = 4
"""Lines about the account under the cursor, so that the list keeps most of the screen."""

LEDGER: Final = (
    Column("date", mark("Date"), 10),
    Column("voucher", mark("Vou. no."), 9),
    Column("text", mark("Text")),
    Column("amount", mark("Amount"), 13, right=True),
    Column("balance", mark("Balance"), 14, right=True),
)


def is_account(row: ReconciledAccount | StatementLine) -> TypeGuard[ReconciledAccount]:
    """Whether it is an account of the reconciliation, not a line of a statement."""
    return hasattr(row, "checks")


def key_of(row: ReconciledAccount | StatementLine) -> str:
    """What the cursor and the marks follow."""
    return row.account.number if is_account(row) else f"{row.kind.value} {row.code}"  # type: ignore[union-attr] # narrowed by the guard


def number_of(row: ReconciledAccount | StatementLine | None) -> str:
    """The account of a row; empty for headings and sums."""
    if row is None:
        return ""
    if is_account(row):
        return row.account.number
    return row.code if row.kind.value == "account" else ""  # type: ignore[union-attr] # narrowed by the guard


def cells_of(row: ReconciledAccount | StatementLine) -> Sequence[Span]:
    """The cells in the order of the columns in use."""
    return _account_cells(row) if is_account(row) else _statement_cells(row)  # type: ignore[arg-type] # narrowed by the guard


def _account_cells(row: ReconciledAccount) -> Sequence[Span]:
    found = bool(row.found)
    return (
        (row.account.number, Tone.STRONG),
        (("▲ " if found else "") + row.account.name, Tone.WARN if found else Tone.PLAIN),
        amount(row.ib),
        amount(row.change),
        amount(row.ub),
        amount(row.supported_amount),
        difference(row.difference),
        _done(row),
        (row.sign_off.reviewed_by if row.sign_off else "", Tone.PLAIN),
    )


def _done(row: ReconciledAccount) -> Span:
    if row.sign_off is not None:
        sign = "▲" if row.annex_changed else "✓"
        return f"{sign} {row.sign_off.done_by}", Tone.WARN if row.annex_changed else Tone.GOOD
    return ("✕ " + _("undone"), Tone.WARN) if row.undone is not None else ("", Tone.DIM)


def _statement_cells(line: StatementLine) -> Sequence[Span]:
    kind = line.kind.value
    tone = Tone.PLAIN if kind == "account" else Tone.STRONG
    number = line.code if kind == "account" else ""
    figures = (line.ib, line.change, line.ub, line.previous)
    shown = [("", tone)] * 4 if kind == "heading" else [(to_swedish(ore), tone) for ore in figures]
    return ((number, Tone.STRONG), (line.label, tone), *shown)


def income_cells(line: StatementLine) -> Sequence[Span]:
    """A line of the income statement: income positive, without opening balance and change."""
    number, label, *_figures = _statement_cells(line)
    if line.kind.value == "heading":
        return (number, label, ("", label[1]), ("", label[1]))
    return (number, label, (to_swedish(-line.ub), label[1]), (to_swedish(-line.previous), label[1]))


def rank_of(row: ReconciledAccount | StatementLine, column: str) -> Any:
    """What a column sorts by: names as words, amounts the largest first."""
    if not is_account(row):
        return 0
    ranks: dict[str, Any] = {
        "account": row.account.number,
        "name": row.account.name.casefold(),
        "ib": -abs(row.ib),
        "change": -abs(row.change),
        "ub": -abs(row.ub),
        "supported": -abs(row.supported_amount or 0),
        "difference": -abs(row.difference or 0),
        "done": row.sign_off.done_by if row.sign_off else "",
        "reviewed": row.sign_off.reviewed_by if row.sign_off else "",
    }
    return ranks[column]


def ledger_cells(row: LedgerRow) -> Sequence[Span]:
    """The cells of a voucher row in the order of ``LEDGER``."""
    return (
        (str(row.date), Tone.PLAIN),
        (f"{row.series} {row.number}", Tone.STRONG),
        (row.text, Tone.PLAIN),
        (to_swedish(row.amount), Tone.PLAIN),
        (to_swedish(row.balance), Tone.DIM),
    )


def ledger_key(row: LedgerRow) -> str:
    """A row is known by its voucher and the balance after it."""
    return f"{row.date} {row.series} {row.number} {row.balance}"


def ledger_rank(row: LedgerRow, column: str) -> Any:
    """What a column sorts by."""
    match column:
        case "voucher":
            return (row.series, len(row.number), row.number)
        case "text":
            return row.text.casefold()
        case "amount":
            return -abs(row.amount)
        case "balance":
            return -abs(row.balance)
        case _:
            return row.date


def month_lines(periods: Mapping[int, Ore], width: int) -> list[Line]:
    """The change of each month (YYYYMM), several in a row."""
    if not periods:
        return []
    entries = [f"{month // 100}-{month % 100:02d} {to_swedish(ore):>13}  " for month, ore in periods.items()]
    in_row = max(1, (width - 2) // len(entries[0]))
    shown = ["".join(entries[at : at + in_row]) for at in range(0, len(entries), in_row)]
    heading = ((" " + _("By month"), Tone.DIM),)
    return [heading, *(((" " + row, Tone.PLAIN),) for row in shown)]


def progress_of(listed: Reconciliation) -> Line:
    """How many accounts are signed off, and how many differ."""
    differing = sum(bool(row.difference) for row in listed.accounts)
    done = _("{done} of {all} signed off").format(done=listed.done, all=len(listed.accounts))
    differs = _("{count} with a difference").format(count=differing)
    return (
        (f" {done}", Tone.GOOD if listed.done == len(listed.accounts) else Tone.PLAIN),
        (" · ", Tone.DIM),
        (differs, Tone.WARN if differing else Tone.DIM),
    )


def said_of(row: ReconciledAccount, width: int) -> list[Line]:
    """What is known of the account under the cursor: who signed it off, why it differs, underlag, checks."""
    from core.usecases.reconcile import check_text
    from core.usecases.sign_off_words import undone_text

    said = [undone_text(row.undone)] if row.undone is not None else []
    if row.annex_changed:
        said.append(_("The annex has changed since it was signed off; m signs off the new one."))
    said.append(_signed(row))
    if row.supported is not None:
        said.append(" · ".join(filter(None, (row.supported.note, row.supported.reference))))
    said += [row.reason, *(check_text(check) for check in row.found)]
    pieces = [piece for sentence in said if sentence for piece in wrap(sentence, width - 2)]
    return [((" " + piece, Tone.DIM),) for piece in pieces[:MOST_SAID]]


def _signed(row: ReconciledAccount) -> str:
    """Who signed the account off and read it, when, and what they said."""
    from core.usecases.sign_off_words import who

    sign = row.sign_off
    if sign is None:
        return ""
    said = [_("Signed off by {who}").format(who=who(sign.done_by, sign.done_at))]
    if sign.reviewed_at is not None:
        said.append(_("read by {who}").format(who=who(sign.reviewed_by, sign.reviewed_at)))
    return " · ".join(filter(None, (*said, sign.comment)))


def voucher_lines(voucher: Voucher, width: int) -> list[Line]:
    """A voucher with its rows, as many as there is room for."""
    lines = titled(f"{voucher.series} {voucher.number}  {voucher.date}  {voucher.text}", width)
    lines += [
        (
            (f" {row.account:6}", Tone.STRONG),
            (f"{to_swedish(row.amount):>16}  ", Tone.PLAIN),
            (row.text, Tone.DIM),
        )
        for row in voucher.rows[:8]
    ]
    left = len(voucher.rows) - 8
    if left > 0:
        lines.append(((" " + _("and {count} more rows").format(count=left), Tone.DIM),))
    return lines


def nothing_imported() -> Sequence[Line]:
    """What the screen is, before the first import."""
    return lesson(
        _("Every balance account stands here against what supports it, and is signed off."),
        _("Nothing has been imported yet."),
        _("Press 3, then i, to import the year."),
    )
