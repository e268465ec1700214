"""The closing vouchers and the sign-offs as documents of the binder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from core.i18n import _
from core.output.document import Column, Document, Kind, Money, Sheet, SheetRow
from core.register import Client, ClosingVoucher, SignOff
from core.usecases.sign_off_words import undone_text, who
from core.usecases.voucher_words import voucher_state


def voucher_document(
    client: Client, day: date, vouchers: Iterable[ClosingVoucher], names: Mapping[str, str]
) -> Document:
    """The closing vouchers with their rows and sums; ``names`` are the accounts'."""
    columns = (
        Column(_("Voucher"), width=20),
        Column(_("Date"), Kind.DATE, 12),
        Column(_("Account"), width=9),
        Column(_("Text"), width=50),
        Column(_("Debit"), Kind.MONEY, 16),
        Column(_("Credit"), Kind.MONEY, 16),
    )
    rows: list[SheetRow] = []
    for voucher in vouchers:
        rows += _voucher_rows(voucher, names, len(rows))
    notes = () if rows else (_("There are no closing vouchers."),)
    sheet = Sheet(_("Closing vouchers"), _("Closing vouchers"), columns, rows, notes)
    return Document(client.name, client.orgnr, day, [sheet])


def _voucher_rows(voucher: ClosingVoucher, names: Mapping[str, str], above: int) -> Iterator[SheetRow]:
    """The voucher's head, its rows, and a sum that computes itself; ``above`` rows stand before it."""
    number = f"{voucher.series} {voucher.number}".strip() if voucher.number else ""
    name = " ".join(filter(None, (voucher_state(voucher.state), number)))
    yield SheetRow((name, voucher.date, "", voucher.text, None, None), strong=True)
    for row in voucher.rows:
        debit = Money(row.amount) if row.amount >= 0 else None
        credit = Money(-row.amount) if row.amount < 0 else None
        text = " · ".join(filter(None, (names.get(row.account, ""), row.text)))
        yield SheetRow(("", None, row.account, text, debit, credit))
    span = [(above + 1, above + len(voucher.rows))] if voucher.rows else []
    debit_sum = Money(sum(row.amount for row in voucher.rows if row.amount > 0), span)
    credit_sum = Money(-sum(row.amount for row in voucher.rows if row.amount < 0), span)
    yield SheetRow(("", None, "", _("Sum"), debit_sum, credit_sum), strong=True)


def sign_off_document(client: Client, day: date, history: Iterable[SignOff]) -> Document:
    """Every sign-off, also those undone."""
    columns = (
        Column(_("Account"), width=9),
        Column(_("Closing balance"), Kind.MONEY, 16),
        Column(_("Reconciled by"), width=24),
        Column(_("Read by"), width=24),
        Column(_("Comment"), width=40),
        Column(_("Undone"), width=50),
    )
    rows = [
        SheetRow(
            (
                one.account,
                Money(one.balance),
                who(one.done_by, one.done_at),
                who(one.reviewed_by, one.reviewed_at),
                one.comment,
                undone_text(one) if one.undone_at is not None else "",
            )
        )
        for one in history
    ]
    notes = () if rows else (_("No account has been signed off."),)
    sheet = Sheet(_("Sign-offs"), _("Sign-offs"), columns, rows, notes)
    return Document(client.name, client.orgnr, day, [sheet])
