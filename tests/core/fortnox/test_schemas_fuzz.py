from __future__ import annotations

import contextlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import FortnoxRejected
from core.fortnox import invoice_schemas, schemas, values, voucher_schemas
from core.model import Ledger

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(
        ["", "0", "1E+999999999", "-1E+40", "2025-02-30", "0000-00-00", "2025-12-31", "true", "SEK", "٣"]
    ),
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=2), max_leaves=3)
READERS: list[tuple[Any, Any]] = [
    (schemas.CompanyItem, schemas.CompanyItem.record),
    (schemas.FinancialYearItem, schemas.FinancialYearItem.record),
    (schemas.AccountItem, schemas.AccountItem.record),
    (schemas.SeriesItem, schemas.SeriesItem.record),
    (invoice_schemas.CustomerInvoiceItem, invoice_schemas.CustomerInvoiceItem.record),
    (invoice_schemas.SupplierInvoiceItem, invoice_schemas.SupplierInvoiceItem.record),
    (invoice_schemas.PaymentItem, lambda item: item.record(Ledger.CUSTOMER)),
    (voucher_schemas.VoucherItem, voucher_schemas.VoucherItem.record),
    (voucher_schemas.VoucherRowItem, voucher_schemas.VoucherRowItem.record),
    (schemas.Meta, lambda item: (values.number(item.total), values.number(item.current))),
]


@pytest.mark.parametrize(("kind", "read"), READERS, ids=lambda value: getattr(value, "__name__", ""))
def test_any_answer_is_read_or_refused(kind: Any, read: Any) -> None:
    names = [field.encode_name for field in msgspec.structs.fields(kind)]

    @given(st.fixed_dictionaries({}, optional=dict.fromkeys(names, VALUES)))
    @example(dict.fromkeys(names, "1E+999999999"))
    @example(dict.fromkeys(names, "2025-12-31"))
    def check(content: dict[str, Any]) -> None:
        with contextlib.suppress(FortnoxRejected):
            read(values.decode(json.dumps(content).encode(), kind))

    check()


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(FortnoxRejected):
        values.envelope(data)
