"""The annexes: open items of a ledger as of a date beside the account in the books, one for each account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from core.ledger.differences import Books, find_differences
from core.ledger.open_items import OpenItems, items_of
from core.ledger.subledger import MAIN_ACCOUNTS, Subledger
from core.model import Annex, Explanation, Invoice, Ledger, OpenItem
from core.money import Ore

TASKS = frozenset({"cash_method", "cash_method_rest"})
"""Explanations that are work to do in the client's own program rather than an error."""

HINTS = frozenset({"arises", "same_amount", "open_item_amount", "open_item_part", "read_from_lists"})
"""Explanations that point at a place to look but carry no part of the difference themselves."""


def make_annexes(
    books: Books, subledgers: Iterable[Subledger], on: date | None = None, *, cash_method: bool = False
) -> list[Annex]:
    """An annex for every account that the ledgers' own vouchers used, in account order.

    Each ledger's main account always has one, others where something stands on them. Items are grouped by the account their voucher used, so that
    every annex is comparable with one account.

    Args:
        books: the fiscal year being closed.
        subledgers: the ledgers that were read.
        on: the annex date; the fiscal year's end when left out.
        cash_method: the company books by payment (kontantmetoden): a difference is then expected until the
            unpaid invoices have been booked on the last day.
    """
    day = on or books.year.to_date
    annexes: list[Annex] = []
    for read in subledgers:
        subledger = replace(read, booked_on=_by_invoice_date) if cash_method else read
        opened = items_of(subledger, day)
        made = [
            _annex(books, subledger, opened, account, cash_method=cash_method)
            for account in _accounts(subledger, opened)
        ]
        annexes += [annex for annex in made if annex.account == subledger.main or _has_content(annex)]
    return sorted(annexes, key=lambda annex: annex.account)


def annexes_without_ledgers(
    books: Books, on: date | None = None, accounts: Mapping[Ledger, str] = MAIN_ACCOUNTS
) -> list[Annex]:
    """The annexes of a source that carries no ledger (a SIE file): the books' side alone."""
    day = on or books.year.to_date
    return [
        Annex(account, day, None, None, books.balance(account, day), None)
        for account in sorted(accounts.values())
    ]


def ledger_of(account: str) -> Ledger:
    """The ledger of an annex: claims stand on accounts of class 1, debts on class 2."""
    return Ledger.CUSTOMER if account.startswith("1") else Ledger.SUPPLIER


def _has_content(annex: Annex) -> bool:
    return bool(annex.items or annex.apart or annex.books)


def _by_invoice_date(invoice: Invoice) -> date | None:
    """The cash method books an invoice when it is paid: in the ledger it stands from its own date."""
    return invoice.invoice_date if invoice.booked else None


def _accounts(subledger: Subledger, opened: OpenItems) -> set[str]:
    booked = [invoice for invoice in subledger.invoices if invoice.booked and not invoice.cancelled]
    used = {subledger.account(invoice) for invoice in booked}
    used |= {subledger.tax_account(invoice) for invoice in booked if invoice.tax_reduction}
    return used | {subledger.main} | {item.account for item in opened.items}


def _annex(
    books: Books, subledger: Subledger, opened: OpenItems, account: str, *, cash_method: bool
) -> Annex:
    items = _on(account, opened.items)
    total = sum(item.open for item in items)
    balance = books.balance(account, opened.on)
    difference = subledger.side * total - balance
    return Annex(
        account,
        opened.on,
        items,
        total,
        balance,
        difference,
        _explain(books, subledger, account, opened, difference, cash_method=cash_method),
        _on(account, opened.apart),
    )


def _on(account: str, items: Iterable[OpenItem]) -> tuple[OpenItem, ...]:
    return tuple(item for item in items if item.account == account)


def _explain(
    books: Books,
    subledger: Subledger,
    account: str,
    opened: OpenItems,
    difference: Ore,
    *,
    cash_method: bool,
) -> tuple[Explanation, ...]:
    if difference and cash_method:
        done = _booked_at_year_end(books, account, opened.on)
        return (Explanation("cash_method_rest" if done else "cash_method", difference, opened.on),)
    return find_differences(subledger, books, account, opened.on, difference, _on(account, opened.items))


def _booked_at_year_end(books: Books, account: str, on: date) -> bool:
    """Whether the unpaid invoices have been booked on the account (årsomföring) on the annex date."""
    return any(
        row.account == account for voucher in books.vouchers if voucher.date == on for row in voucher.rows
    )


def is_task(annex: Annex) -> bool:
    """Whether the difference is expected until somebody has done their work in the client's own program."""
    return bool(annex.difference) and any(one.code in TASKS for one in annex.explanations)


def unexplained(annex: Annex) -> Ore | None:
    """What is left of the difference after the explanations that carry a part of it; None without a ledger."""
    if annex.difference is None:
        return None
    return annex.difference - sum(one.amount for one in annex.explanations if one.code not in HINTS)
