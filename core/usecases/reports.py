"""Balance sheet, income statement and trial balance of the latest import, with the previous year."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from core.i18n import _
from core.ledger.statements import (
    Figure,
    Imbalance,
    Line,
    LineKind,
    balance_sheet,
    imbalance,
    income_statement,
    trial_balance,
)
from core.money import to_swedish
from core.register import Client, Engagement
from core.store.database import Transaction
from core.usecases.books import latest_books
from core.usecases.context import Context
from core.usecases.engagements import load

__all__ = ["Line", "LineKind", "Report", "ReportKind", "report", "report_title"]


class ReportKind(StrEnum):
    """Which statement."""

    BALANCE = "balance"
    INCOME = "income"
    TRIAL = "trial"


_MAKERS = {
    ReportKind.BALANCE: balance_sheet,
    ReportKind.INCOME: income_statement,
    ReportKind.TRIAL: trial_balance,
}


@dataclass(frozen=True, slots=True)
class Report:
    """A statement of one engagement; labels are in the language in use, amounts ledger-signed öre."""

    kind: ReportKind
    client: Client
    engagement: Engagement
    date: date
    made_at: datetime | None
    """When the books were imported; None before the first import."""
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()
    """What a reader must know: why the books do not balance, that there is no previous year."""


async def report(ctx: Context, engagement_id: str, kind: ReportKind) -> Report:
    """The statement; without lines before the first import.

    Raises:
        UsageError: ``id_unknown``.
    """
    return await ctx.store.read(lambda tx: read_report(tx, engagement_id, kind))


def read_report(tx: Transaction, engagement_id: str, kind: ReportKind) -> Report:
    """The statement inside a transaction."""
    client, engagement = load(tx, engagement_id)
    run, sums = latest_books(tx, engagement)
    figures = [
        Figure(one.account.number, one.account.name, one.ib, one.change, one.ub, one.previous_ub)
        for one in sums
    ]
    lines = tuple(map(_translated, _MAKERS[kind](figures))) if run is not None else ()
    made_at = run.made_at if run is not None else None
    notes = tuple(_notes(figures, kind)) if run is not None else ()
    return Report(kind, client, engagement, engagement.year.to_date, made_at, lines, notes)


def _translated(line: Line) -> Line:
    if line.kind is LineKind.ACCOUNT:
        return line
    label = _(line.label)
    if line.kind is LineKind.SUM:
        label = _("Total {group}").format(group=label[:1].lower() + label[1:])
    return replace(line, label=label)


def _notes(figures: Sequence[Figure], kind: ReportKind) -> Iterator[str]:
    told = imbalance(figures)
    if told is not None and kind is not ReportKind.INCOME:
        yield from _imbalance_notes(told)
    if not any(one.previous for one in figures):
        yield _("The source has no amounts for the previous year.")


def _imbalance_notes(told: Imbalance) -> Iterator[str]:
    if told.last_result:
        yield _(
            "The opening balances come to {amount} and not zero: it is last year's result, "
            "which has not been moved to equity."
        ).format(amount=to_swedish(told.opening))
    elif told.opening:
        yield _(
            "The opening balances come to {amount} and not zero. Is last year closed, its result moved to "
            "equity, and are its balances carried over?"
        ).format(amount=to_swedish(told.opening))
    if told.rows:
        yield _("The year's vouchers come to {amount} and not zero: a voucher does not balance.").format(
            amount=to_swedish(told.rows)
        )
    if told.stated:
        yield _(
            "The closing balances of the source differ by {amount} from opening balances and vouchers."
        ).format(amount=to_swedish(told.stated))


def report_title(kind: ReportKind) -> str:
    """The statement's name in the language in use."""
    return {
        ReportKind.BALANCE: _("Balance sheet"),
        ReportKind.INCOME: _("Income statement"),
        ReportKind.TRIAL: _("Trial balance"),
    }[kind]
