"""The reconciliation (avstämning): amounts, sign-offs, second readers, and a closing voucher of a difference."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.errors import UsageError
from core.i18n import _
from core.model import Row
from core.money import Ore, to_swedish
from core.register import (
    ClosingVoucher,
    DraftVoucher,
    FrozenAnnex,
    SignOff,
    SupportedAmount,
)
from core.store import reconciliation
from core.store.database import Transaction
from core.text import clean
from core.usecases.annexes import views
from core.usecases.books import latest_books
from core.usecases.context import Context
from core.usecases.engagements import refuse_locked
from core.usecases.reconciled import (
    ReconciledAccount,
    Reconciliation,
    check_text,
    is_balance,
    read_list,
    reconciliation_list,
)
from core.usecases.rights import Right, needs
from core.usecases.sign_off_words import who
from core.usecases.vouchers import add_vouchers

__all__ = [
    "ReconciledAccount",
    "Reconciliation",
    "check_text",
    "draft_from_difference",
    "is_balance",
    "read_list",
    "reconciliation_list",
    "second_read",
    "set_supported",
    "sign_off",
    "sign_off_history",
    "undo_sign_off",
]


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
        UsageError: ``id_unknown``, ``account_unknown``; ``usage``: a difference without a comment, or a comment on an account that is
            signed off already.
        Refused: ``engagement_locked``.
    """

    def change(tx: Transaction, listed: Reconciliation, row: ReconciledAccount) -> None:
        if row.done and not row.annex_changed:
            if comment.strip():
                raise _signed_off_already(row)
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
        UsageError: ``id_unknown``, ``account_unknown``; ``usage``: there is no difference, or it is a task (kontantmetoden) for
            the client's own program.
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
    if row.supported is None and row.is_task:
        raise _done_in_their_program(row)
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


def _done_in_their_program(row: ReconciledAccount) -> UsageError:
    return UsageError(
        "usage",
        _("The difference on {account} is a task and no error.").format(account=row.account.number),
        row.reason,
        _("Import again when it is done. What the account should stand at otherwise can be entered."),
    )


def _signed_off_already(row: ReconciledAccount) -> UsageError:
    assert row.sign_off is not None
    return UsageError(
        "usage",
        _("Account {account} is signed off already, by {who}.").format(
            account=row.account.number, who=who(row.sign_off.done_by, row.sign_off.done_at)
        ),
        _("The comment would replace what was signed; nothing was changed."),
        _("Open it again first (brygga account reopen, or u)."),
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
