"""Balance sheet, income statement and trial balance of the latest import, with the previous year."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from core.i18n import _
from core.ledger.statements import Figure, Line, LineKind, balance_sheet, income_statement, trial_balance
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
    return Report(kind, client, engagement, engagement.year.to_date, made_at, lines)


def _translated(line: Line) -> Line:
    return line if line.kind is LineKind.ACCOUNT else replace(line, label=_(line.label))


def report_title(kind: ReportKind) -> str:
    """The statement's name in the language in use."""
    return {
        ReportKind.BALANCE: _("Balance sheet"),
        ReportKind.INCOME: _("Income statement"),
        ReportKind.TRIAL: _("Trial balance"),
    }[kind]
