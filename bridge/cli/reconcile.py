"""``brygga reconcile``: the reconciliation list, and ``brygga account``: what people say of an account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, Token

from bridge.cli import shape
from bridge.cli.deliver import FormatOption, check_target, deliver
from bridge.cli.parameters import ClientName, Target, Year, option
from bridge.cli.session import Run
from bridge.cli.tables import amount, facts, table
from core.errors import UsageError
from core.i18n import _, mark
from core.money import from_decimal, parse_amount, to_decimal
from core.register import SignOff
from core.usecases import drilldown, reconcile
from core.usecases.annexes import accept_annex, decline_annex
from core.usecases.context import Context
from core.usecases.engagements import find_engagement
from core.usecases.reconcile import ReconciledAccount, Reconciliation

if TYPE_CHECKING:
    from core.usecases.documents import Document

AccountNumbers = Annotated[tuple[str, ...], option(mark("account numbers"), "ACCOUNT")]
OneAccount = Annotated[str, option(mark("the account number"), "ACCOUNT")]
Comment = Annotated[str, option(mark("what to remember about it"))]


async def reconcile_list(
    client: ClientName,
    /,
    *,
    year: Year = None,
    open: Annotated[bool, option(mark("only the accounts that are not signed off"))] = False,  # noqa: A002 the option's name
    differing: Annotated[bool, option(mark("only the accounts with a difference"))] = False,
    format: FormatOption = "text",  # noqa: A002 the option's name
    output: Target = None,
    run: Run,
) -> None:
    """Show every balance account against what supports it."""
    check_target(format, output)
    async with run.context() as ctx:
        __, engagement = await find_engagement(ctx, client, year)
        listed = await reconcile.reconciliation_list(ctx, engagement.id)
    shown = [
        row for row in listed.accounts if not (open and row.done) and not (differing and not row.difference)
    ]

    def document() -> Document:
        from core.usecases.documents import reconciliation_document

        return reconciliation_document(listed)

    deliver(run, format, output, _record(listed, shown), lambda: _list_lines(listed, shown), document)


def _record(listed: Reconciliation, shown: Iterable[ReconciledAccount]) -> shape.Json:
    return {
        "client": listed.client.name,
        "year": shape.years(listed.engagement.year),
        "date": shape.day(listed.date),
        "imported": shape.moment(listed.made_at),
        "locked": listed.engagement.locked,
        "accounts": [account_record(row) for row in shown],
    }


def account_record(row: ReconciledAccount) -> shape.Json:
    """One line of the list; amounts ledger-signed."""
    sign, entered = row.sign_off, row.supported
    return {
        "account": row.account.number,
        "name": row.account.name,
        "ib": shape.amount(row.ib),
        "change": shape.amount(row.change),
        "ub": shape.amount(row.ub),
        "previous_ub": shape.amount(row.previous_ub),
        "annex": shape.amount(row.annex),
        "annex_changed": row.annex_changed,
        "supported": shape.amount(row.supported_amount),
        "supported_note": (entered.note or None) if entered else None,
        "supported_reference": (entered.reference or None) if entered else None,
        "supported_by": entered.person if entered else None,
        "difference": shape.amount(row.difference),
        "done": row.done,
        "done_by": sign.done_by if sign else None,
        "done_at": shape.moment(sign.done_at) if sign else None,
        "reviewed_by": (sign.reviewed_by or None) if sign else None,
        "reviewed_at": shape.moment(sign.reviewed_at) if sign else None,
        "comment": (sign.comment or None) if sign else None,
        "undone": undone_record(row.undone),
        "checks": [
            {"code": check.code, "state": check.state.value, "text": reconcile.check_text(check) or None}
            for check in row.checks
        ],
    }


def undone_record(sign_off: SignOff | None) -> shape.Json | None:
    """A sign-off that a changed balance has undone."""
    if sign_off is None:
        return None
    return {
        "done_by": sign_off.done_by,
        "done_at": shape.moment(sign_off.done_at),
        "undone_at": shape.moment(sign_off.undone_at),
        "before": shape.amount(sign_off.balance),
        "after": shape.amount(sign_off.balance_after),
    }


def _list_lines(listed: Reconciliation, shown: Sequence[ReconciledAccount]) -> Iterator[str]:
    if listed.made_at is None:
        yield _("Nothing has been imported for {year} yet.").format(year=listed.engagement.year)
        return
    heads = (
        *(_("Account"), _("Name"), _("Opening balance"), _("Change"), _("Closing balance"), _("Last year")),
        *(_("Supported amount"), _("Difference"), _("Reconciled by"), _("Read by")),
    )
    rows = [
        (
            row.account.number,
            row.account.name,
            amount(row.ib),
            amount(row.change),
            amount(row.ub),
            amount(row.previous_ub),
            amount(row.supported_amount),
            amount(row.difference),
            row.sign_off.done_by if row.sign_off else _undone_word(row),
            row.sign_off.reviewed_by if row.sign_off else "",
        )
        for row in shown
    ]
    yield from table(heads, rows, right=(2, 3, 4, 5, 6, 7))
    yield ""
    yield _("Signed off: {done} of {all} accounts.").format(done=listed.done, all=len(listed.accounts))
    for row in shown:
        for check in row.found:
            yield f"{row.account.number} {row.account.name}: {reconcile.check_text(check)}"


def _undone_word(row: ReconciledAccount) -> str:
    return _("undone") if row.undone is not None else ""


async def rows(client: ClientName, account: OneAccount, /, *, year: Year = None, run: Run) -> None:
    """Show the account's vouchers with a running balance."""
    async with run.context() as ctx:
        __, engagement = await find_engagement(ctx, client, year)
        found = await drilldown.drill_down(ctx, engagement.id, account)
    record: shape.Json = {
        "account": found.account.number,
        "name": found.account.name,
        "ib": shape.amount(found.ib),
        "ub": shape.amount(found.ub),
        "rows": [
            {
                "date": shape.day(row.date),
                "series": row.series,
                "number": row.number,
                "text": row.text,
                "amount": shape.amount(row.amount),
                "balance": shape.amount(row.balance),
            }
            for row in found.rows
        ],
        "periods": {str(period): shape.amount(change) for period, change in found.periods.items()},
    }
    run.output.answer(record, lambda: _row_lines(found))


def _row_lines(found: drilldown.AccountLedger) -> Iterator[str]:
    yield f"{found.account.number} {found.account.name}"
    heads = (_("Date"), _("Voucher"), _("Text"), _("Amount"), _("Balance"))
    opening = ("", "", _("Opening balance"), "", amount(found.ib))
    listed = [
        (str(row.date), f"{row.series} {row.number}", row.text, amount(row.amount), amount(row.balance))
        for row in found.rows
    ]
    closing = ("", "", _("Closing balance"), "", amount(found.ub))
    yield from table(heads, [opening, *listed, closing], right=(3, 4))
    if found.periods:
        months = [(f"{month // 100}-{month % 100:02d}", amount(ore)) for month, ore in found.periods.items()]
        yield ""
        yield from table((_("Month"), _("Change")), months, right=(1,))


def _kronor(_type: object, tokens: Sequence[Token]) -> Decimal:
    """An amount as people write it: ``1 834 415,60`` as well as ``1834415.60``; ValueError: a usage error."""
    return to_decimal(parse_amount(tokens[0].value))


async def support(
    client: ClientName,
    account: OneAccount,
    value: Annotated[
        Decimal | None,
        Parameter(
            name="AMOUNT",
            help=mark("the amount, debit positive; left out: take it away"),
            converter=_kronor,
            allow_leading_hyphen=True,
        ),
    ] = None,
    /,
    *,
    note: Annotated[str, option(mark("what the amount rests on"))] = "",
    file: Annotated[str, option(mark("the underlag: a file or paper"))] = "",
    year: Year = None,
    run: Run,
) -> None:
    """Enter what an underlag says that the account should stand at."""
    async with run.context() as ctx:
        __, engagement = await find_engagement(ctx, client, year)
        entered = None if value is None else from_decimal(value)
        row = await reconcile.set_supported(ctx, engagement.id, account, entered, note=note, reference=file)
    _answer(run, [row])


async def done(
    client: ClientName, account: AccountNumbers, /, *, comment: Comment = "", year: Year = None, run: Run
) -> None:
    """Sign accounts off as reconciled."""
    async with run.context() as ctx:
        engagement_id = await _engagement(ctx, client, year)
        _answer(run, await reconcile.sign_off(ctx, engagement_id, _some(account), comment=comment))


async def review(
    client: ClientName, account: AccountNumbers, /, *, comment: Comment = "", year: Year = None, run: Run
) -> None:
    """Say as second reader that signed-off accounts have been read."""
    async with run.context() as ctx:
        engagement_id = await _engagement(ctx, client, year)
        _answer(run, await reconcile.second_read(ctx, engagement_id, _some(account), comment=comment))


async def reopen(client: ClientName, account: AccountNumbers, /, *, year: Year = None, run: Run) -> None:
    """Open signed-off accounts again."""
    async with run.context() as ctx:
        engagement_id = await _engagement(ctx, client, year)
        _answer(run, await reconcile.undo_sign_off(ctx, engagement_id, _some(account)))


async def decline(
    client: ClientName,
    account: OneAccount,
    /,
    *,
    undo: Annotated[bool, option(mark("take the annex of the latest import after all"))] = False,
    year: Year = None,
    run: Run,
) -> None:
    """Keep the signed-off annex and turn down the one of the latest import."""
    choose = accept_annex if undo else decline_annex
    async with run.context() as ctx:
        engagement_id = await _engagement(ctx, client, year)
        await choose(ctx, engagement_id, account)
        listed = await reconcile.reconciliation_list(ctx, engagement_id)
    _answer(run, [row for row in listed.accounts if row.account.number == account])


async def draft(
    client: ClientName,
    account: OneAccount,
    /,
    *,
    against: Annotated[
        str, option(mark("the counter account; left out: the draft lacks its other half"))
    ] = "",
    year: Year = None,
    run: Run,
) -> None:
    """Make a closing voucher of the account's difference."""
    from bridge.cli.voucher import voucher_table

    async with run.context() as ctx:
        engagement_id = await _engagement(ctx, client, year)
        made = await reconcile.draft_from_difference(ctx, engagement_id, account, against)
    run.output.answer(shape.vouchers([made]), lambda: voucher_table([made]))


async def _engagement(ctx: Context, client: str, year: str | None) -> str:
    return (await find_engagement(ctx, client, year))[1].id


def _some(accounts: Sequence[str]) -> Sequence[str]:
    if not accounts:
        raise UsageError(
            "usage",
            _("No account was named."),
            _("One or more accounts are signed off at a time."),
            _("For example: brygga account done 101 1930 2650"),
        )
    return accounts


def _answer(run: Run, changed: Sequence[ReconciledAccount]) -> None:
    run.output.answer({"accounts": [account_record(row) for row in changed]}, lambda: _changed_lines(changed))


def _changed_lines(changed: Iterable[ReconciledAccount]) -> Iterator[str]:
    for row in changed:
        sign = row.sign_off
        yield from facts(
            [
                (_("Account"), f"{row.account.number} {row.account.name}"),
                (_("Closing balance"), amount(row.ub)),
                (_("Supported amount"), amount(row.supported_amount)),
                (_("Difference"), amount(row.difference)),
                (_("Reconciled by"), sign.done_by if sign else "–"),
                (_("Read by"), (sign.reviewed_by if sign else "") or "–"),
            ]
        )
