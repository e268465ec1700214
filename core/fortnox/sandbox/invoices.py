"""Resources: customer and supplier invoices and their payments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from core.fortnox.sandbox import invoice_shapes as shapes
from core.fortnox.sandbox import lists
from core.fortnox.sandbox.answers import Document, bad_parameter, not_found
from core.fortnox.sandbox.records import Invoice, Payment
from core.fortnox.sandbox.routes import Call, one, resource
from core.model import Ledger

GLOBAL = "lastmodified financialyear financialyeardate"
CUSTOMER_FILTERS = frozenset({"cancelled", "fullypaid", "unpaid", "unpaidoverdue", "unbooked"})
SUPPLIER_FILTERS = CUSTOMER_FILTERS | {"pendingpayment", "authorizepending"}
INVOICE_KEYS: dict[str, Callable[[Invoice], object]] = {
    "documentnumber": lambda item: item.number,
    "givennumber": lambda item: item.number,
    "customername": lambda item: item.party.name,
    "customernumber": lambda item: item.party.number,
    "invoicedate": lambda item: item.date,
    "ocr": lambda item: item.number,
    "total": lambda item: item.total,
}
PAYMENT_KEYS: dict[str, Callable[[Payment], object]] = {"paymentdate": lambda item: item.date}


def _filtered(items: Iterable[Invoice], call: Call, known: frozenset[str]) -> list[Invoice]:
    name = call.query.get("filter", "")
    if name and name not in known:
        raise lists.bad_filter()
    today = call.books.today
    tests: dict[str, Callable[[Invoice], bool]] = {
        "": lambda _item: True,
        "cancelled": lambda item: item.cancelled,
        "fullypaid": lambda item: item.booked and not item.balance,
        "unpaid": lambda item: item.booked and bool(item.balance),
        "unpaidoverdue": lambda item: item.booked and bool(item.balance) and item.due < today,
        "unbooked": lambda item: not item.booked and not item.cancelled,
        "pendingpayment": lambda _item: False,
        "authorizepending": lambda _item: False,
    }
    since = lists.modified_since(call.query)
    wanted = tests[name]
    return [item for item in items if wanted(item) and (since is None or item.modified >= since)]


def _between(
    items: list[Invoice], call: Call, low: str, high: str, day: Callable[[Invoice], date | None]
) -> list[Invoice]:
    first, last = lists.day(call.query, low), lists.day(call.query, high)
    if first is None and last is None:
        return items
    return [
        item
        for item in items
        if (on := day(item)) is not None and (first is None or on >= first) and (last is None or on <= last)
    ]


@resource(
    "GET",
    "/3/invoices",
    "invoice",
    f"{GLOBAL} filter fromdate todate fromfinalpaydate tofinalpaydate customernumber customername "
    "documentnumber credit currency invoicetype",
    listing=True,
)
def invoices(call: Call) -> Document:
    """Customer invoices in their short form."""
    items = _filtered(call.books.invoices[Ledger.CUSTOMER].values(), call, CUSTOMER_FILTERS)
    items = _between(items, call, "fromdate", "todate", lambda item: item.date)
    items = _between(items, call, "fromfinalpaydate", "tofinalpaydate", lambda item: item.final_pay_date)
    items = [item for item in items if _matches(item, call)]
    ordered = lists.ordered(items, call.query, INVOICE_KEYS)
    return lists.page("Invoices", ordered, call.query, lambda item: shapes.invoice(item, call.base))


def _matches(item: Invoice, call: Call) -> bool:
    """Search parameters match any part of the value, whatever its case."""
    values = {
        "customernumber": item.party.number,
        "customername": item.party.name,
        "documentnumber": str(item.number),
        "currency": item.currency,
        "invoicetype": item.kind,
        "credit": "true" if item.credit else "false",
    }
    return all(
        wanted.casefold() in values[name].casefold() for name, wanted in call.query.items() if name in values
    )


@resource("GET", "/3/invoices/{DocumentNumber}", "invoice")
def invoice(call: Call) -> Document:
    """A customer invoice alone."""
    found = call.books.invoices[Ledger.CUSTOMER]
    item = one(found, call.path["DocumentNumber"], not_found("fakturan", 2000434))
    return {"Invoice": shapes.single_invoice(item, call.base)}


@resource("GET", "/3/supplierinvoices", "supplierinvoice", f"{GLOBAL} filter", listing=True)
def supplier_invoices(call: Call) -> Document:
    """Supplier invoices in their short form."""
    items = _filtered(call.books.invoices[Ledger.SUPPLIER].values(), call, SUPPLIER_FILTERS)
    ordered = lists.ordered(items, call.query, INVOICE_KEYS)
    return lists.page(
        "SupplierInvoices", ordered, call.query, lambda item: shapes.supplier_invoice(item, call.base)
    )


@resource("GET", "/3/supplierinvoices/{GivenNumber}", "supplierinvoice")
def supplier_invoice(call: Call) -> Document:
    """A supplier invoice alone."""
    found = call.books.invoices[Ledger.SUPPLIER]
    item = one(found, call.path["GivenNumber"], not_found("fakturan", 2000434))
    return {"SupplierInvoice": shapes.single_supplier_invoice(item, call.base)}


def _payments(call: Call, ledger: Ledger) -> list[Payment]:
    wanted = call.query.get("invoicenumber", "")
    if wanted and not wanted.isdigit():
        raise bad_parameter("invoicenumber")
    since = lists.modified_since(call.query)
    found = [
        item
        for item in call.books.payments[ledger].values()
        if wanted in str(item.invoice.number) and (since is None or item.modified >= since)
    ]
    return lists.ordered(found, call.query, PAYMENT_KEYS)


@resource("GET", "/3/invoicepayments", "payment", f"{GLOBAL} invoicenumber", listing=True)
def invoice_payments(call: Call) -> Document:
    """Customer payments in their short form."""
    found = _payments(call, Ledger.CUSTOMER)
    return lists.page(
        "InvoicePayments", found, call.query, lambda item: shapes.invoice_payment(item, call.base)
    )


@resource("GET", "/3/invoicepayments/{Number}", "payment")
def invoice_payment(call: Call) -> Document:
    """A customer payment alone."""
    found = call.books.payments[Ledger.CUSTOMER]
    item = one(found, call.path["Number"], not_found("betalningen", 2000435))
    return {"InvoicePayment": shapes.single_invoice_payment(item, call.base)}


@resource("GET", "/3/supplierinvoicepayments", "payment", f"{GLOBAL} invoicenumber", listing=True)
def supplier_payments(call: Call) -> Document:
    """Supplier payments in their short form."""
    found = _payments(call, Ledger.SUPPLIER)
    return lists.page(
        "SupplierInvoicePayments", found, call.query, lambda item: shapes.supplier_payment(item, call.base)
    )


@resource("GET", "/3/supplierinvoicepayments/{Number}", "payment")
def supplier_payment(call: Call) -> Document:
    """A supplier payment alone."""
    found = call.books.payments[Ledger.SUPPLIER]
    item = one(found, call.path["Number"], not_found("betalningen", 2000435))
    return {"SupplierInvoicePayment": shapes.single_supplier_payment(item, call.base)}
