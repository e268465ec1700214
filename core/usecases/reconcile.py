"""The reconciliation list (avstämning): every balance account against what supports it, and who says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from core.errors import UsageError
from core.i18n import _
from core.ledger.account_checks import AccountCheck, CheckState, Figures, check_account, is_suspense
from core.model import Account, Row
from core.money import Ore, to_swedish
from core.register import (
    Client,
    ClosingVoucher,
    DraftVoucher,
    Engagement,
    FrozenAnnex,
    SignOff,
    SupportedAmount,
)
from core.store import reconciliation, rowindex
from core.store.database import Transaction
from core.text import clean
from core.usecases.annexes import AnnexView, views
from core.usecases.books import AccountBalance, latest_books, previous_run
from core.usecases.context import Context
from core.usecases.engagements import load, refuse_locked
from core.usecases.rights import Right, needs
from core.usecases.vouchers import add_vouchers


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
    def reviewed(self) -> bool:
        """Whether a second reader has looked (granskad)."""
        return self.sign_off is not None and self.sign_off.reviewed_at is not None

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
    """Every balance account that has a figure, a row or something entered, by number.

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
    """Classes 1 and 2 of the BAS chart are the balance sheet."""
    return number[:1] in {"1", "2"}


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
    difference = annex.difference if annex is not None else None
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
        annex=annex.books + difference if annex is not None and difference is not None else None,
        annex_difference=difference,
        supported=found.supported.get(number),
        checks=check_account(figures, _amounts(tx, found.run_id, figures)),
        sign_off=sign_off if sign_off is not None and sign_off.undone_at is None else None,
        undone=sign_off if sign_off is not None and _was_undone_by_import(sign_off) else None,
        annex_changed=view is not None and view.changed,
    )


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
    }[check.code].format(amount=amount, count=check.count)


Change = Callable[[Transaction, Reconciliation, ReconciledAccount], None]


@needs(Right.WORK)
async def set_supported(
    ctx: Context, engagement_id: str, account: str, amount: Ore | None, *, note: str = "", reference: str = ""
) -> ReconciledAccount:
    """Enter what an underlag says that the account should stand at, ledger-signed; None takes it away.

    Raises:
        UsageError: ``id_unknown``, ``account_unknown``.
        Refused: ``engagement_locked``.
    """

    def change(tx: Transaction, _all: Reconciliation, row: ReconciledAccount) -> None:
        if amount is None:
            reconciliation.drop_supported(tx, engagement_id, row.account.number)
            return
        entered = SupportedAmount(
            row.account.number, amount, clean(note, 500), clean(reference, 500), ctx.person, ctx.now()
        )
        reconciliation.put_supported(tx, engagement_id, entered)

    return (await _change(ctx, engagement_id, [account], "account.supported", change))[0]


@needs(Right.WORK)
async def sign_off(
    ctx: Context, engagement_id: str, accounts: Sequence[str], *, comment: str = ""
) -> list[ReconciledAccount]:
    """Mark accounts as reconciled at the balance they have; an annex on them is frozen. All or none.

    Raises:
        UsageError: ``id_unknown``, ``account_unknown``; ``usage``: a difference without a comment.
        Refused: ``engagement_locked``.
    """

    def change(tx: Transaction, listed: Reconciliation, row: ReconciledAccount) -> None:
        if row.done and not row.annex_changed:
            return
        if row.difference and not comment.strip():
            raise _difference_unexplained(row)
        run, __ = latest_books(tx, listed.engagement)
        assert run is not None
        if row.sign_off is not None:
            reconciliation.undo(tx, row.sign_off.id, ctx.person, ctx.now(), None)
        made = SignOff(
            ctx.new_id(), row.account.number, run.id, row.ub, clean(comment, 1000), ctx.person, ctx.now()
        )
        reconciliation.add_sign_off(tx, engagement_id, made)
        view = next(
            (one for one in views(tx, engagement_id, run) if one.latest.account == made.account), None
        )
        if view is not None and not view.declined and view.latest.date == listed.date:
            frozen = FrozenAnnex(view.latest, run.id, ctx.person, ctx.now())
            reconciliation.freeze(tx, engagement_id, frozen)

    return await _change(ctx, engagement_id, accounts, "account.signed_off", change)


@needs(Right.WORK)
async def second_read(
    ctx: Context, engagement_id: str, accounts: Sequence[str], *, comment: str = ""
) -> list[ReconciledAccount]:
    """Say as another person that signed-off accounts have been read (granskad). All or none.

    Raises:
        UsageError: ``id_unknown``, ``account_unknown``; ``usage``: not signed off yet, or by the same person.
        Refused: ``engagement_locked``.
    """

    def change(tx: Transaction, _all: Reconciliation, row: ReconciledAccount) -> None:
        if row.sign_off is None:
            raise _not_signed_off(row)
        if row.sign_off.done_by == ctx.person:
            raise _same_person(row)
        said = "; ".join(filter(None, (row.sign_off.comment, clean(comment, 1000))))
        reconciliation.review(tx, row.sign_off.id, ctx.person, ctx.now(), said)

    return await _change(ctx, engagement_id, accounts, "account.reviewed", change)


@needs(Right.WORK)
async def undo_sign_off(ctx: Context, engagement_id: str, accounts: Sequence[str]) -> list[ReconciledAccount]:
    """Open signed-off accounts again; what was signed stays in the history.

    Raises:
        UsageError: ``id_unknown``, ``account_unknown``.
        Refused: ``engagement_locked``.
    """

    def change(tx: Transaction, _all: Reconciliation, row: ReconciledAccount) -> None:
        if row.sign_off is not None:
            reconciliation.undo(tx, row.sign_off.id, ctx.person, ctx.now(), None)

    return await _change(ctx, engagement_id, accounts, "account.reopened", change)


@needs(Right.WORK)
async def draft_from_difference(
    ctx: Context, engagement_id: str, account: str, counter_account: str = ""
) -> ClosingVoucher:
    """Make a closing voucher that takes the account from its books to what supports it.

    Without a counter account it is an unfinished draft that lacks its other half.

    Raises:
        UsageError: ``id_unknown``, ``account_unknown``; ``usage``: there is no difference.
        Refused: ``engagement_locked``.
    """
    listed = await reconciliation_list(ctx, engagement_id)
    row = _find(listed, account)
    difference = row.difference
    if not difference:
        raise UsageError(
            "usage",
            _("Account {account} has no difference.").format(account=row.account.number),
            _("A closing voucher is made from what the books lack."),
            _("Enter what the account should stand at first."),
        )
    rows = [Row(row.account.number, difference)]
    if counter_account:
        rows.append(Row(clean(counter_account), -difference))
    text = _("Difference on {account} {name}").format(account=row.account.number, name=row.account.name)
    if row.supported is not None and row.supported.note:
        text = f"{text}, {row.supported.note}"
    draft = DraftVoucher(listed.date, clean(text, 100), tuple(rows))
    return (await add_vouchers(ctx, engagement_id, [draft], allow_unbalanced=not counter_account))[0]


async def sign_off_history(ctx: Context, engagement_id: str) -> list[SignOff]:
    """Every sign-off that was made, also those undone, oldest first."""
    return await ctx.store.read(lambda tx: reconciliation.sign_offs(tx, engagement_id))


async def _change(
    ctx: Context, engagement_id: str, accounts: Sequence[str], action: str, change: Change
) -> list[ReconciledAccount]:
    """Change some accounts in one transaction and give them back as they are then."""

    def work(tx: Transaction) -> list[ReconciledAccount]:
        listed = read_list(tx, engagement_id)
        refuse_locked(listed.client, listed.engagement)
        rows = [_find(listed, account) for account in accounts]
        for row in rows:
            change(tx, listed, row)
        ctx.record(
            tx,
            action,
            client_id=listed.client.id,
            engagement_id=engagement_id,
            accounts=[row.account.number for row in rows],
        )
        after = read_list(tx, engagement_id)
        return [_find(after, row.account.number) for row in rows]

    return await ctx.store.write(work)


def _find(listed: Reconciliation, account: str) -> ReconciledAccount:
    for row in listed.accounts:
        if row.account.number == account:
            return row
    raise UsageError(
        "account_unknown",
        _("There is no balance account {account} in the reconciliation.").format(account=clean(account)),
        _("It lists the accounts of classes 1 and 2 that have a balance or a row."),
        _("See them all with: brygga reconcile"),
    )


def _difference_unexplained(row: ReconciledAccount) -> UsageError:
    return UsageError(
        "usage",
        _("Account {account} differs by {amount}.").format(
            account=row.account.number, amount=to_swedish(row.difference or 0)
        ),
        _("An account with a difference is signed off only with a comment that says why."),
        _("Write a comment, or make a closing voucher of the difference."),
    )


def _not_signed_off(row: ReconciledAccount) -> UsageError:
    return UsageError(
        "usage",
        _("Account {account} is not signed off.").format(account=row.account.number),
        _("The second reader reads what somebody has reconciled."),
        _("Sign it off first."),
    )


def _same_person(row: ReconciledAccount) -> UsageError:
    return UsageError(
        "usage",
        _("Account {account} was signed off by the same person.").format(account=row.account.number),
        _("The second reader is somebody else."),
        _("Let a colleague read it."),
    )
