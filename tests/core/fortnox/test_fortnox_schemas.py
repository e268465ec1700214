from __future__ import annotations

from decimal import Decimal

import msgspec

from core.fortnox import invoice_schemas, schemas, values, voucher_schemas
from core.model import Ledger, VoucherRef


def raw(text: str) -> msgspec.Raw:
    return msgspec.Raw(text.encode())


def test_company_number_may_be_integer_and_unknown_fields_are_ignored() -> None:
    item = values.decode(
        b'{"CompanyName":"A AB","OrganizationNumber":"556677-8899","DatabaseNumber":77,"New":{"x":[1]}}',
        schemas.CompanyItem,
    )
    assert item.record().tenant == "77"


def test_customer_credit_note_is_recognised_by_the_string_true() -> None:
    item = values.decode(
        b'{"DocumentNumber":"7","InvoiceDate":"2025-01-31","Total":-100,"Balance":0,"Credit":"true",'
        b'"CreditInvoiceReference":"5","CurrencyRate":"1","CurrencyUnit":1,"Booked":true}',
        invoice_schemas.CustomerInvoiceItem,
    )
    record = item.record()
    assert record is not None
    assert (record.credit, record.credit_reference, record.total) == (True, "5", -10000)


def test_credit_reference_zero_is_none() -> None:
    item = values.decode(
        b'{"DocumentNumber":"7","InvoiceDate":"2025-01-31","Total":1,"Balance":1,"Credit":"false",'
        b'"CreditInvoiceReference":"0"}',
        invoice_schemas.CustomerInvoiceItem,
    )
    record = item.record()
    assert record is not None
    assert (record.credit, record.credit_reference) == (False, None)


def test_supplier_invoice_reads_string_amounts_cancel_and_its_voucher() -> None:
    item = values.decode(
        b'{"GivenNumber":"12","SupplierName":"L AB","InvoiceDate":"2025-02-01","Total":"250.50",'
        b'"Balance":"250.50","Cancel":true,"CurrencyRate":"11.25","CurrencyUnit":1,"Currency":"EUR",'
        b'"InvoiceNumber":"F-9","Vouchers":[{"Number":3,"ReferenceType":"SUPPLIERPAYMENT","Series":"K","Year":2},'
        b'{"Number":8,"ReferenceType":"SUPPLIERINVOICE","Series":"L","Year":2}]}',
        invoice_schemas.SupplierInvoiceItem,
    )
    record = item.record()
    assert record is not None
    assert (record.total, record.cancelled, record.rate) == (25050, True, Decimal("11.25"))
    assert (record.external_number, record.voucher) == ("F-9", VoucherRef("L", "8", "2"))


def test_invoice_without_balance_is_no_record() -> None:
    item = values.decode(
        b'{"GivenNumber":"12","InvoiceDate":"2025-02-01","Total":"1"}', invoice_schemas.SupplierInvoiceItem
    )
    assert item.record() is None


def test_payment_sums_its_write_offs() -> None:
    item = values.decode(
        b'{"Number":"1","InvoiceNumber":9,"PaymentDate":"2025-03-01","Amount":99.5,"Booked":true,'
        b'"WriteOffs":[{"Amount":0.25},{"Amount":"0.25"}]}',
        invoice_schemas.PaymentItem,
    )
    record = item.record(Ledger.CUSTOMER)
    assert (record.amount, record.write_off, record.invoice_number) == (9950, 50, "9")


def test_struck_out_rows_are_left_out_and_comments_are_whole() -> None:
    comments = "x" * 900 + " brygga:bkABC"
    item = values.decode(
        b'{"VoucherSeries":"A","VoucherNumber":5,"Year":3,"TransactionDate":"2025-12-31","Comments":"'
        + comments.encode()
        + b'","VoucherRows":[{"Account":1930,"Debit":10,"Credit":0,"CostCenter":"K1","Project":""},'
        b'{"Account":1930,"Debit":99,"Credit":0,"Removed":true},{"Account":3000,"Debit":0,"Credit":10.00}]}',
        voucher_schemas.VoucherItem,
    )
    record = item.record()
    assert record.head.comments == comments
    assert [(row.account, row.amount, row.objects) for row in record.rows] == [
        ("1930", 1000, (("1", "K1"),)),
        ("3000", -1000, ()),
    ]
