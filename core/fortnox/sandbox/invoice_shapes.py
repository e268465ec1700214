"""Invoices and payments as Fortnox's JSON: the short forms of lists and the long forms of single answers."""

from __future__ import annotations

from decimal import Decimal

from core.fortnox.sandbox import chart
from core.fortnox.sandbox.answers import Document, kronor, kronor_text
from core.fortnox.sandbox.records import Invoice, Payment


def rate(value: Decimal) -> int | float:
    """A currency rate as a JSON number."""
    return int(value) if value == value.to_integral_value() else float(value)


def _voucher_reference(item: Invoice | Payment) -> Document:
    booked = item.voucher
    return {
        "VoucherNumber": booked.number if booked else None,
        "VoucherSeries": booked.series if booked else None,
        "VoucherYear": booked.year if booked else None,
    }


def _ocr(item: Invoice) -> str:
    return f"{item.number}{item.number % 10}"


def invoice(item: Invoice, base: str) -> Document:
    """A customer invoice in a list: CurrencyRate is a string here, and nothing says whether it is a credit."""
    return {
        "@url": f"{base}/invoices/{item.number}",
        "Balance": kronor(item.balance),
        "Booked": item.booked,
        "Cancelled": item.cancelled,
        "CostCenter": "",
        "Currency": item.currency,
        "CurrencyRate": str(rate(item.rate)),
        "CurrencyUnit": 1,
        "CustomerName": item.party.name,
        "CustomerNumber": item.party.number,
        "DocumentNumber": str(item.number),
        "DueDate": item.due.isoformat(),
        "ExternalInvoiceReference1": "",
        "ExternalInvoiceReference2": "",
        "InvoiceDate": item.date.isoformat(),
        "InvoiceType": item.kind,
        "NoxFinans": False,
        "OCR": _ocr(item),
        **_voucher_reference(item),
        "WayOfDelivery": "",
        "TermsOfPayment": "30",
        "Project": "",
        "Sent": item.booked,
        "Total": kronor(item.total),
        "FinalPayDate": item.final_pay_date.isoformat() if item.final_pay_date else None,
    }


_INVOICE_BLANKS = dict.fromkeys(
    [
        "Address1",
        "Address2",
        "City",
        "Comments",
        "Country",
        "DeliveryAddress1",
        "DeliveryAddress2",
        "DeliveryCity",
        "DeliveryCountry",
        "DeliveryName",
        "DeliveryZipCode",
        "InvoicePeriodEnd",
        "InvoicePeriodStart",
        "OrganisationNumber",
        "OurReference",
        "PaymentWay",
        "Phone1",
        "Phone2",
        "Remarks",
        "TermsOfDelivery",
        "YourOrderNumber",
        "YourReference",
        "ZipCode",
    ],
    "",
)
_INVOICE_ZEROS = dict.fromkeys(
    [
        "AdministrationFee",
        "AdministrationFeeVAT",
        "ContractReference",
        "ContributionPercent",
        "ContributionValue",
        "Freight",
        "FreightVAT",
        "Reminders",
        "RoundOff",
    ],
    0,
)


def single_invoice(item: Invoice, base: str) -> Document:
    """A customer invoice alone: Credit and CreditInvoiceReference are strings."""
    return {
        **invoice(item, base),
        **_INVOICE_BLANKS,
        **_INVOICE_ZEROS,
        "@urlTaxReductionList": f"{base}/taxreductions?filter=invoices&referencenumber={item.number}",
        "AccountingMethod": item.method,
        "BasisTaxReduction": kronor(item.total) if item.tax_reduction else 0,
        "Credit": "true" if item.credit else "false",
        "CreditInvoiceReference": str(item.credit_reference),
        "CurrencyRate": rate(item.rate),
        "DeliveryDate": None,
        "EDIInformation": {},
        "EmailInformation": {},
        "EUQuarterlyReport": False,
        "Gross": kronor(item.net),
        "HouseWork": bool(item.tax_reduction),
        "InvoiceReference": "0",
        "InvoiceRows": [_invoice_row(item, index) for index in range(len(item.rows))],
        "Labels": [],
        "Language": "SV",
        "LastRemindDate": None,
        "Net": kronor(item.net),
        "NotCompleted": False,
        "OfferReference": "0",
        "OrderReference": "0",
        "OutboundDate": item.date.isoformat(),
        "PriceList": "A",
        "PrintTemplate": "st",
        "TaxReduction": kronor(item.tax_reduction) if item.tax_reduction else None,
        "TaxReductionType": "rot" if item.tax_reduction else "none",
        "TimeBasisReference": None,
        "TotalToPay": kronor(item.total - item.tax_reduction),
        "TotalVAT": kronor(item.vat),
        "VATIncluded": False,
        "WarehouseReady": True,
    }


def _invoice_row(item: Invoice, index: int) -> Document:
    row = item.rows[index]
    return {
        "RowId": index + 1,
        "AccountNumber": row.account,
        "ArticleNumber": "",
        "CostCenter": row.cost_center,
        "DeliveredQuantity": "1.00",
        "Description": row.text,
        "Discount": 0,
        "HouseWork": bool(item.tax_reduction),
        "Price": kronor(row.net),
        "Project": "",
        "Total": kronor(row.net),
        "Unit": "",
        "VAT": row.vat_rate,
    }


def supplier_invoice(item: Invoice, base: str) -> Document:
    """A supplier invoice in a list: amounts are strings, and a cancelled one says Cancel."""
    booked = item.voucher
    vouchers = (
        [
            {
                "Number": booked.number,
                "ReferenceType": booked.reference.value,
                "Series": booked.series,
                "Year": booked.year,
            }
        ]
        if booked
        else []
    )
    return {
        "@url": f"{base}/supplierinvoices/{item.number}",
        "AuthorizerName": "",
        "Balance": kronor_text(item.balance),
        "Booked": item.booked,
        "Cancel": item.cancelled,
        "CostCenter": "",
        "Credit": item.credit,
        "Currency": item.currency,
        "CurrencyRate": str(rate(item.rate)),
        "CurrencyUnit": 1,
        "DueDate": item.due.isoformat(),
        "ExternalInvoiceNumber": "",
        "ExternalInvoiceSeries": "",
        "FinalPayDate": item.final_pay_date.isoformat() if item.final_pay_date else None,
        "GivenNumber": str(item.number),
        "InvoiceDate": item.date.isoformat(),
        "InvoiceNumber": item.external_number,
        "Project": "",
        "SupplierName": item.party.name,
        "SupplierNumber": item.party.number,
        "Total": kronor_text(item.total),
        "Vouchers": vouchers,
    }


def single_supplier_invoice(item: Invoice, base: str) -> Document:
    """A supplier invoice alone: a cancelled one says Cancelled."""
    document = supplier_invoice(item, base)
    del document["Cancel"], document["AuthorizerName"]
    return document | {
        "AccountingMethod": item.method,
        "AdministrationFee": "0",
        "Cancelled": item.cancelled,
        "Comments": "",
        "CreditReference": item.credit_reference,
        "DisablePaymentFile": False,
        "Freight": "0",
        "OCR": "",
        "OurReference": "",
        "PaymentPending": False,
        "RoundOffValue": "0",
        "SalesType": "STOCK",
        "SupplierInvoiceRows": _supplier_rows(item),
        "VAT": kronor_text(item.vat),
        "VATType": "NORMAL",
        "YourReference": "",
        **_voucher_reference(item),
    }


def _supplier_rows(item: Invoice) -> list[Document]:
    """The total on the ledger account, the VAT and the costs."""
    lines = [("TOT", chart.SUPPLIERS, -item.total, ""), ("VAT", chart.INPUT_VAT, item.vat, "")]
    lines += [("ACC", row.account, row.net, row.cost_center) for row in item.rows]
    return [
        {
            "Account": account,
            "ArticleNumber": "",
            "Code": code,
            "CostCenter": center,
            "Credit": kronor(max(0, -amount)),
            "Debit": kronor(max(0, amount)),
            "Project": "",
            "Total": kronor(abs(amount)),
        }
        for code, account, amount, center in lines
    ]


def _payment(item: Payment, path: str, base: str) -> Document:
    return {
        "@url": f"{base}/{path}/{item.number}",
        "Amount": kronor(item.amount),
        "Booked": item.booked,
        "Currency": item.invoice.currency,
        "CurrencyRate": rate(item.rate),
        "CurrencyUnit": 1,
        "PaymentDate": item.date.isoformat(),
        "Source": "manual",
    }


def invoice_payment(item: Payment, base: str) -> Document:
    """A customer payment in a list: InvoiceNumber is an integer, Number a string."""
    return _payment(item, "invoicepayments", base) | {
        "InvoiceNumber": item.invoice.number,
        "Number": str(item.number),
        "WriteOffExist": bool(item.write_offs),
    }


def supplier_payment(item: Payment, base: str) -> Document:
    """A supplier payment in a list: InvoiceNumber is a string, Number an integer."""
    return _payment(item, "supplierinvoicepayments", base) | {
        "InvoiceNumber": str(item.invoice.number),
        "Number": item.number,
        "WriteOffExist": bool(item.write_offs),
    }


def _payment_details(item: Payment) -> Document:
    return {
        "AmountCurrency": kronor(item.amount_currency),
        "InvoiceDueDate": item.invoice.due.isoformat(),
        "InvoiceOCR": _ocr(item.invoice),
        "InvoiceTotal": kronor_text(item.invoice.total),
        "ModeOfPayment": "BG",
        "WriteOffs": [
            {
                "Amount": kronor(write_off.amount),
                "AccountNumber": write_off.account,
                "CostCenter": "",
                "Currency": item.invoice.currency,
                "Description": "",
                "Project": "",
                "TransactionInformation": "",
            }
            for write_off in item.write_offs
        ],
        **_voucher_reference(item),
    }


def single_invoice_payment(item: Payment, base: str) -> Document:
    """A customer payment alone, with its write-offs."""
    document = invoice_payment(item, base) | _payment_details(item)
    del document["WriteOffExist"]
    return document | {
        "ExternalInvoiceReference1": "",
        "ExternalInvoiceReference2": "",
        "InvoiceCustomerName": item.invoice.party.name,
        "InvoiceCustomerNumber": item.invoice.party.number,
        "ModeOfPaymentAccount": item.account,
    }


def single_supplier_payment(item: Payment, base: str) -> Document:
    """A supplier payment alone, with its write-offs."""
    document = supplier_payment(item, base) | _payment_details(item)
    del document["WriteOffExist"]
    return document | {
        "Information": "",
        "InvoiceSupplierName": item.invoice.party.name,
        "InvoiceSupplierNumber": item.invoice.party.number,
    }
