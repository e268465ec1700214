"""The sentences of the difference finder, in the language in use."""

from __future__ import annotations

from collections.abc import Mapping

from core.i18n import _, mark
from core.model import Explanation
from core.money import to_swedish

_SENTENCES: Mapping[str, str] = {
    "direct_voucher": mark("{reference} booked straight on {account} ({amount}): {text}"),
    "invoice_edited": mark(
        "Invoice {reference} ({text}) was changed after it was booked on {date}: ledger and voucher differ by {amount}"
    ),
    "invoice_cancelled": mark(
        "Invoice {reference} ({text}) is cancelled in the ledger but still booked on {date} ({amount})"
    ),
    "invoice_not_in_books": mark(
        "Invoice {reference} ({text}) is booked in the ledger on {date}, but no voucher holds it on {account} ({amount})"
    ),
    "invoice_other_account": mark(
        "The voucher of invoice {reference} ({text}) of {date} does not use {account} ({amount})"
    ),
    "payment_altered": mark(
        "The voucher of {date} for the payment of invoice {reference} ({text}) holds another amount on {account}: differs by {amount}"
    ),
    "voucher_altered": mark(
        "{reference} of {date} holds several invoices or payments, but not their sum on {account}: differs by {amount}"
    ),
    "payment_not_in_books": mark(
        "The payment of invoice {reference} ({text}) on {date} is not on {account} in the books ({amount})"
    ),
    "payment_across_year_end": mark(
        "The payment of invoice {reference} ({text}) is dated {date}, but the books have it on the other side of the balance day ({amount})"
    ),
    "settled_without_payment": mark(
        "Invoice {reference} ({text}) was settled on {date} without a payment; nothing on {account} answers to it ({amount})"
    ),
    "opening_difference": mark(
        "Ledger and {account} already differed when the year began on {date} ({amount})"
    ),
    "open_item_amount": mark("Invoice {reference} ({text}) is open with the same amount ({amount})"),
    "open_item_part": mark("Invoice {reference} ({text}) is open with a part of the amount ({amount})"),
    "same_amount": mark("{reference} of {date} holds the same amount on another account ({amount}): {text}"),
    "arises": mark("The difference arises on {date}"),
    "read_from_lists": mark(
        "{reference} items settled after {date} were read in list form; an import as of {date} reads their part"
        " payments and credits in full"
    ),
    "cash_method": mark(
        "Cash method: unpaid invoices of {amount} are not yet booked on {account}. "
        "Book them in the client's program as of {date}; until then the difference is expected"
    ),
    "cash_method_rest": mark(
        "Cash method: the unpaid invoices booked on {account} as of {date} are not those of the ledger ({amount}). "
        "Correct it in the client's program"
    ),
}


def sentence(explanation: Explanation, account: str) -> str:
    """The explanation of a difference on ``account`` as one sentence without a full stop."""
    template = _SENTENCES.get(explanation.code)
    if template is None:
        return explanation.text or explanation.code
    text = _(template).format(
        reference=explanation.reference,
        account=account,
        amount=to_swedish(abs(explanation.amount)),
        date=explanation.date or "",
        text=explanation.text,
    )
    return text.removesuffix(": ").replace(" ()", "")
