"""The reconciliation list as it is read: every balance account, what supports it, and what the checks saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from core.i18n import _
from core.ledger.account_checks import AccountCheck, CheckState, Figures, check_account, is_suspense
from core.ledger.annex import is_task
from core.ledger.sentences import sentence
from core.model import Account, Annex
from core.money import Ore, to_swedish
from core.register import (
    Client,
    Engagement,
    SignOff,
    SupportedAmount,
)
from core.store import reconciliation, rowindex
from core.store.database import Transaction
from core.usecases.annexes import AnnexView, views
from core.usecases.books import AccountBalance, latest_books, previous_run
from core.usecases.context import Context
from core.usecases.engagements import load


@dataclass(frozen=True, slots=True)
class ReconciledAccount:
    """A balance account with what supports it; amounts ledger-signed öre."""

    account: Account
    ib: Ore
    change: Ore
    ub: Ore
    previous_ub: Ore
    annex: Ore | None
    """What the ledger's annex says the account should stand at; None without an annex or a ledger."""
    annex_difference: Ore | None
    supported: SupportedAmount | None
    """What a person entered; it goes before the annex."""
    checks: tuple[AccountCheck, ...]
    sign_off: SignOff | None
    undone: SignOff | None
    """The latest sign-off when a changed balance undid it and nobody has signed off since."""
    annex_changed: bool = False
    """The annex is not the one that was signed off."""
    reason: str = ""
    """What explains most of the annex's difference, as a sentence."""
    is_task: bool = False
    """The annex's difference is work to do in the client's own program, not an error (kontantmetoden)."""

    @property
    def supported_amount(self) -> Ore | None:
        """The entered amount, else the annex's."""
        return self.supported.amount if self.supported is not None else self.annex

    @property
    def difference(self) -> Ore | None:
        """Supported less books; None where nothing supports the account."""
        return self.supported.amount - self.ub if self.supported is not None else self.annex_difference

    @property
    def done(self) -> bool:
        """Whether it is signed off (avstämd)."""
        return self.sign_off is not None

    @property
    def found(self) -> tuple[AccountCheck, ...]:
        """The checks that saw something."""
        return tuple(check for check in self.checks if check.state is CheckState.FOUND)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The list of one engagement as of the year's last day."""

    client: Client
    engagement: Engagement
    date: date
    made_at: datetime | None
    """When the books were imported; None before the first import."""
    accounts: tuple[ReconciledAccount, ...]

    @property
    def done(self) -> int:
        """How many accounts are signed off."""
        return sum(row.done for row in self.accounts)


async def reconciliation_list(ctx: Context, engagement_id: str) -> Reconciliation:
    """Every account that is no income or cost and has a figure, a row or something entered, by number.

    Raises:
        UsageError: ``id_unknown``.
    """
    return await ctx.store.read(lambda tx: read_list(tx, engagement_id))


def read_list(tx: Transaction, engagement_id: str) -> Reconciliation:
    """The list inside a transaction."""
    client, engagement = load(tx, engagement_id)
    run, sums = latest_books(tx, engagement)
    if run is None:
        return Reconciliation(client, engagement, engagement.year.to_date, None, ())
    counts = rowindex.counts(tx, run.id)
    found = _Found(
        run_id=run.id,
        day=engagement.year.to_date,
        counts=counts,
        indexed=bool(counts) or run.transactions == 0,
        has_previous=any(one.previous_ub for one in sums) or previous_run(tx, engagement) is not None,
        supported=reconciliation.supported(tx, engagement_id),
        sign_offs={one.account: one for one in reconciliation.sign_offs(tx, engagement_id)},
        annexes={view.latest.account: view for view in views(tx, engagement_id, run)},
    )
    missing = found.annexes.keys() - {one.account.number for one in sums}
    sums = [*sums, *(AccountBalance(Account(number, ""), 0, 0, 0, 0) for number in missing)]
    sums.sort(key=lambda one: one.account.number)
    rows = tuple(
        _row(tx, one, found) for one in sums if is_balance(one.account.number) and _matters(one, found)
    )
    return Reconciliation(client, engagement, engagement.year.to_date, run.made_at, rows)


def is_balance(number: str) -> bool:
    """Whether it is carried to the next year: classes 1 and 2 of the BAS chart, and what lies outside the classes."""
    return number[:1] not in set("345678")


@dataclass(frozen=True, slots=True)
class _Found:
    """Everything that is known beside the balances."""

    run_id: str
    day: date
    """The year's last day; an annex of another day supports nothing."""
    counts: dict[str, int]
    indexed: bool
    has_previous: bool
    supported: dict[str, SupportedAmount]
    sign_offs: dict[str, SignOff]
    annexes: dict[str, AnnexView]


def _matters(one: AccountBalance, found: _Found) -> bool:
    number = one.account.number
    known = (found.counts, found.supported, found.sign_offs, found.annexes)
    return bool(one.ib or one.ub or one.previous_ub) or any(number in some for some in known)


def _row(tx: Transaction, one: AccountBalance, found: _Found) -> ReconciledAccount:
    number = one.account.number
    view, sign_off = found.annexes.get(number), found.sign_offs.get(number)
    annex = view.shown if view is not None and view.shown.date == found.day else None
    supports = None
    if annex is not None and annex.difference is not None:
        supports = annex.books + annex.difference
    figures = Figures(
        number,
        one.account.name,
        one.ib,
        one.ub,
        one.previous_ub,
        found.counts.get(number, 0) if found.indexed else None,
        found.has_previous,
    )
    return ReconciledAccount(
        one.account,
        one.ib,
        one.change,
        one.ub,
        one.previous_ub,
        annex=supports,
        annex_difference=supports - one.ub if supports is not None else None,
        supported=found.supported.get(number),
        checks=check_account(figures, _amounts(tx, found.run_id, figures)),
        sign_off=sign_off if sign_off is not None and sign_off.undone_at is None else None,
        undone=sign_off if sign_off is not None and _was_undone_by_import(sign_off) else None,
        annex_changed=view is not None and view.changed,
        reason=_reason(annex) if annex is not None and number not in found.supported else "",
        is_task=annex is not None and is_task(annex),
    )


def _reason(annex: Annex) -> str:
    """What explains most of the annex's difference; empty where nothing differs."""
    if not annex.difference:
        return ""
    if not annex.explanations:
        return _("no explanation was found")
    return sentence(annex.explanations[0], annex.account)


def _was_undone_by_import(sign_off: SignOff) -> bool:
    return sign_off.undone_at is not None and sign_off.balance_after is not None


def _amounts(tx: Transaction, run_id: str, figures: Figures) -> Sequence[Ore]:
    """The rows of a suspense account; those of the others are not looked at."""
    if not figures.rows or not is_suspense(figures.number, figures.name):
        return ()
    body = rowindex.body_of(tx, run_id, figures.number)
    return [row.amount for row in rowindex.unpack(body, 0)] if body else ()


def check_text(check: AccountCheck) -> str:
    """What a check saw, as a sentence in the language in use; empty when it saw nothing."""
    if check.state is CheckState.CLEAR:
        return ""
    if check.state is CheckState.NOT_RUN:
        return {
            "opening": _("The previous year's closing balances are not known."),
            "dormant": _("The rows of the account are not known."),
        }.get(check.code, _("The check could not be made."))
    amount = to_swedish(check.amount)
    return {
        "opening": _("The opening balance differs from last year's closing balance by {amount}."),
        "sign": _("The account stands on the wrong side: {amount}."),
        "dormant": _("The balance {amount} has not moved during the year."),
        "suspense": _("A suspense account: {amount} stands on it, {count} rows are round sums."),
        "last_result": _(
            "Last year's result {amount} still stands on the account: move it to retained earnings."
        ),
    }[check.code].format(amount=amount, count=check.count)
