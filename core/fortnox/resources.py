"""Typed functions for every endpoint that brygga reads or writes.

Fiscal years are named by their Id and always sent: without one, Fortnox answers for whatever year the
company has chosen last.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from core import orgnr
from core.errors import BryggaError
from core.fortnox import errors, invoice_schemas, schemas, values, voucher_schemas
from core.fortnox.api import Api, Outcome, WriteResult
from core.fortnox.paging import PageReport, first_page, listed, segment, single
from core.fortnox.schemas import FinancialYear
from core.fortnox.transport import SIE_LIMIT, SIE_SECONDS
from core.fortnox.voucher_schemas import BookedVoucher, VoucherHead
from core.i18n import _
from core.model import (
    COST_CENTRE,
    PROJECT,
    Account,
    Company,
    Invoice,
    Ledger,
    ObjectRule,
    Payment,
    Row,
    Series,
    VoucherRef,
    VoucherRequest,
)
from core.money import to_decimal
from core.together import together

AT_A_TIME = 4
"""Documents read one by one that are under way together."""
RECEIVABLE = "CUSTCLAIM"
PAYABLE = "SUPDEBT"
"""Names of the predefined accounts behind the two ledgers."""

_Item = TypeVar("_Item")
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class LedgerPaths:
    """Where a ledger's documents are found, and under which keys."""

    invoices: str
    invoices_key: str
    invoice_key: str
    payments: str
    payments_key: str
    payment_key: str
    item: type[invoice_schemas.CustomerInvoiceItem | invoice_schemas.SupplierInvoiceItem]


PATHS: Mapping[Ledger, LedgerPaths] = {
    Ledger.CUSTOMER: LedgerPaths(
        "invoices",
        "Invoices",
        "Invoice",
        "invoicepayments",
        "InvoicePayments",
        "InvoicePayment",
        invoice_schemas.CustomerInvoiceItem,
    ),
    Ledger.SUPPLIER: LedgerPaths(
        "supplierinvoices",
        "SupplierInvoices",
        "SupplierInvoice",
        "supplierinvoicepayments",
        "SupplierInvoicePayments",
        "SupplierInvoicePayment",
        invoice_schemas.SupplierInvoiceItem,
    ),
}


async def company(api: Api) -> Company:
    """The company behind the connection, its organisation number in the canonical form when it is one."""
    item = await single(api, "companyinformation", "CompanyInformation", schemas.CompanyItem)
    record = item.record()
    try:
        return Company(record.name, orgnr.normalise(record.orgnr), record.tenant)
    except ValueError:
        return record


async def financial_years(api: Api, day: date | None = None) -> list[FinancialYear]:
    """The company's fiscal years, oldest first; with ``day`` only the one it lies in, if any."""
    params = {"date": day.isoformat()} if day else {}
    items = await listed(api, "financialyears", "FinancialYears", schemas.FinancialYearItem, params)
    return sorted((item.record() for item in items), key=lambda found: found.year)


async def sie(api: Api, year_id: str) -> bytes:
    """The fiscal year's SIE 4 file, byte for byte."""
    return await api.get(
        "sie/4", {"financialyear": year_id}, accept="*/*", read_seconds=SIE_SECONDS, limit=SIE_LIMIT
    )


async def accounts(api: Api, year_id: str, report: PageReport | None = None) -> list[Account]:
    """The chart of accounts of the fiscal year."""
    items = await listed(api, "accounts", "Accounts", schemas.AccountItem, {"financialyear": year_id}, report)
    return [item.record() for item in items]


async def create_account(api: Api, year_id: str, account: Account) -> WriteResult:
    """Add an account to the fiscal year's chart, active.

    Raises:
        LoginNeeded, TryLater: no token was to be had; nothing was sent.
    """
    return await api.post("accounts", {"financialyear": year_id}, _account_body(account))


async def activate_account(api: Api, year_id: str, account: Account) -> WriteResult:
    """Make an account of the fiscal year's chart active, all else as it is. Raises as ``create_account``."""
    body = _account_body(Account(account.number, account.name))
    return await api.put(f"accounts/{segment(account.number)}", {"financialyear": year_id}, body)


def _account_body(account: Account) -> bytes:
    rules = {"CostCenterSettings": account.cost_centre, "ProjectSettings": account.project}
    body: dict[str, Any] = {
        "Number": int(account.number),
        "Description": account.name,
        "Active": True,
        **{key: rule.value.upper() for key, rule in rules.items() if rule is not ObjectRule.ALLOWED},
    }
    if account.vat_code:
        body["VATCode"] = account.vat_code
    if account.sru.isdigit():
        body["SRU"] = int(account.sru)
    return msgspec.json.encode({"Account": body})


async def voucher_series(api: Api, year_id: str) -> list[Series]:
    """The voucher series of the fiscal year."""
    items = await listed(
        api, "voucherseries", "VoucherSeriesCollection", schemas.SeriesItem, {"financialyear": year_id}
    )
    return [item.record() for item in items]


async def locked_period(api: Api) -> date | None:
    """The last day of the locked period; None when nothing is locked. The automatic lock is not told."""
    item = await single(api, "settings/lockedperiod", "LockedPeriod", schemas.LockedPeriodItem)
    return values.day(item.end_date)


async def predefined_accounts(api: Api) -> dict[str, str]:
    """Account numbers by predefined name, ``CUSTCLAIM`` and ``SUPDEBT`` among them."""
    items = await listed(api, "predefinedaccounts", "PreDefinedAccounts", schemas.PredefinedAccountItem)
    return {values.text(item.name): values.text(item.account) for item in items}


async def invoices(
    api: Api,
    ledger: Ledger,
    *,
    filters: Mapping[str, str] | None = None,
    report: PageReport | None = None,
) -> list[Invoice]:
    """The ledger's invoices and credit notes as of today.

    ``filters`` are Fortnox's own parameters (``filter=unpaid``, ``fromfinalpaydate`` on the customer side).
    An invoice whose amounts the list leaves out is read once more by itself.
    """
    paths = PATHS[ledger]
    items = await listed(api, paths.invoices, paths.invoices_key, paths.item, filters or {}, report)
    found: list[Invoice] = []
    for item in items:
        record = item.record()
        found.append(record if record is not None else await invoice(api, ledger, _number(item)))
    return found


def _number(item: invoice_schemas.CustomerInvoiceItem | invoice_schemas.SupplierInvoiceItem) -> str:
    if isinstance(item, invoice_schemas.CustomerInvoiceItem):
        return values.text(item.document_number)
    return values.text(item.given_number)


async def invoice(api: Api, ledger: Ledger, number: str) -> Invoice:
    """One invoice in its single form, which alone tells tax reduction and credit references."""
    paths = PATHS[ledger]
    item = await single(api, f"{paths.invoices}/{segment(number)}", paths.invoice_key, paths.item)
    record = item.record()
    if record is None:
        raise errors.missing(f"Total/Balance ({number})")
    return record


async def payments(
    api: Api,
    ledger: Ledger,
    *,
    matters: Callable[[str], bool] | None = None,
    report: PageReport | None = None,
) -> list[Payment]:
    """All payments of the ledger.

    The list leaves out write-offs and the amounts of foreign currencies. Those payments are read once more by
    themselves where ``matters`` says that the invoice with that number matters (None: always); of the others
    the ones in a foreign currency are left out, because their amounts are not known.
    """
    paths = PATHS[ledger]
    items = await listed(api, paths.payments, paths.payments_key, invoice_schemas.PaymentItem, {}, report)

    def needed(item: invoice_schemas.PaymentItem) -> bool:
        return item.needs_single and (matters is None or matters(values.text(item.invoice_number)))

    async def whole(item: invoice_schemas.PaymentItem) -> Payment:
        return await payment(api, ledger, values.text(item.number))

    alone = await each(items, needed, whole)
    return [
        alone[place] if place in alone else item.record(ledger)
        for place, item in enumerate(items)
        if place in alone or not item.needs_single or item.is_in_kronor
    ]


async def each(
    items: Sequence[_Item], needed: Callable[[_Item], bool], read: Callable[[_Item], Awaitable[_Read]]
) -> dict[int, _Read]:
    """``read`` of the items that need it, by place, a few at a time: the request window sets the pace."""
    places = asyncio.Semaphore(AT_A_TIME)

    async def one(place: int, item: _Item) -> tuple[int, _Read]:
        async with places:
            return place, await read(item)

    return dict(await together(one(place, item) for place, item in enumerate(items) if needed(item)))


async def payment(api: Api, ledger: Ledger, number: str) -> Payment:
    """One payment in its single form, with its write-offs."""
    paths = PATHS[ledger]
    item = await single(
        api, f"{paths.payments}/{segment(number)}", paths.payment_key, invoice_schemas.PaymentItem
    )
    return item.record(ledger)


@dataclass(frozen=True, slots=True)
class VoucherResult:
    """What became of it: ``reference`` when it is booked, ``error`` when it is not or may not be."""

    outcome: Outcome
    reference: VoucherRef | None = None
    error: BryggaError | None = None


async def create_voucher(api: Api, request: VoucherRequest) -> VoucherResult:
    """Send a voucher once and say what is certain about it.

    Raises:
        LoginNeeded, TryLater: no token was to be had; nothing was sent.
    """
    sent = await api.post("vouchers", {"financialyear": request.year_id}, voucher_body(request))
    if sent.outcome is not Outcome.DONE:
        return VoucherResult(sent.outcome, error=sent.error)
    try:
        item = values.decode(values.envelope(sent.body)["Voucher"], voucher_schemas.VoucherItem)
        head = item.head()
    except (BryggaError, KeyError):
        return VoucherResult(Outcome.UNKNOWN, error=errors.unreadable(_("The receipt could not be read.")))
    if not head.reference.number:
        return VoucherResult(
            Outcome.UNKNOWN, error=errors.unreadable(_("The receipt has no voucher number."))
        )
    return VoucherResult(Outcome.DONE, head.reference)


def voucher_body(request: VoucherRequest) -> bytes:
    """The JSON of a voucher: amounts exact with two decimals, never an exponent or a float."""
    voucher: dict[str, Any] = {
        "Description": request.text,
        "TransactionDate": request.date.isoformat(),
        "VoucherSeries": request.series,
        "VoucherRows": [_row_body(row) for row in request.rows],
    }
    if request.comments:
        voucher["Comments"] = request.comments
    return msgspec.json.Encoder(decimal_format="number").encode({"Voucher": voucher})


def _row_body(row: Row) -> dict[str, Any]:
    objects = dict(row.objects)
    body: dict[str, Any] = {
        "Account": int(row.account),
        "Debit": to_decimal(row.amount) if row.amount > 0 else Decimal(0),
        "Credit": to_decimal(-row.amount) if row.amount < 0 else Decimal(0),
    }
    optional = {
        "TransactionInformation": row.text,
        "CostCenter": objects.get(COST_CENTRE),
        "Project": objects.get(PROJECT),
    }
    body.update({key: value for key, value in optional.items() if value})
    return body


async def list_vouchers(
    api: Api,
    year_id: str,
    series: str | None = None,
    *,
    from_date: date | None = None,
    to_date: date | None = None,
    modified_since: datetime | None = None,
    report: PageReport | None = None,
) -> list[VoucherHead]:
    """The vouchers of the fiscal year without rows, by number.

    Fortnox's own search matches parts of words, so series and dates are checked here once more.
    ``modified_since`` is sent in Fortnox's local form, to the minute.
    """
    params = {"financialyear": year_id}
    if series is not None:
        params["voucherseries"] = series
    if from_date is not None:
        params["fromdate"] = from_date.isoformat()
    if to_date is not None:
        params["todate"] = to_date.isoformat()
    if modified_since is not None:
        params["lastmodified"] = modified_since.strftime("%Y-%m-%d %H:%M")
    items = await listed(api, "vouchers", "Vouchers", voucher_schemas.VoucherItem, params, report)
    heads = (item.head() for item in items)
    return [
        head
        for head in heads
        if (series is None or head.reference.series == series)
        and (from_date is None or head.date >= from_date)
        and (to_date is None or head.date <= to_date)
    ]


async def first_vouchers(
    api: Api, year_id: str, from_date: date | None = None
) -> tuple[list[VoucherHead], int]:
    """At most 500 vouchers of the fiscal year, from a day on if one is given, and how many there are."""
    params = {"financialyear": year_id}
    if from_date is not None:
        params["fromdate"] = from_date.isoformat()
    items, count = await first_page(api, "vouchers", "Vouchers", voucher_schemas.VoucherItem, params)
    return [item.head() for item in items], count


async def voucher_count(api: Api, year_id: str) -> int:
    """How many vouchers the fiscal year has, in one small request."""
    params = {"financialyear": year_id}
    __, count = await first_page(api, "vouchers", "Vouchers", voucher_schemas.VoucherItem, params, size=1)
    return count


async def get_voucher(api: Api, reference: VoucherRef) -> BookedVoucher:
    """A voucher with its live rows."""
    item = await single(
        api,
        f"vouchers/{segment(reference.series)}/{segment(reference.number)}",
        "Voucher",
        voucher_schemas.VoucherItem,
        {"financialyear": reference.year_id},
    )
    return item.record()
