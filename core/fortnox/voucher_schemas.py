"""Vouchers as Fortnox's JSON has them: heads from the list, whole ones with their live rows.

Fields stay raw until `core.fortnox.values` is asked what they mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import msgspec

from core.fortnox.values import NULL, flag, hundredths, required_day, text
from core.model import Row, VoucherRef


@dataclass(frozen=True, slots=True)
class VoucherHead:
    """A voucher as the list tells it: without rows, but with the comments where the marker stands."""

    reference: VoucherRef
    date: date
    text: str
    comments: str
    reference_type: str
    """MANUAL for vouchers made through the interface."""


@dataclass(frozen=True, slots=True)
class BookedVoucher:
    """A voucher as it stands in the books; ``rows`` are the live ones, struck-out rows left out."""

    head: VoucherHead
    rows: tuple[Row, ...]


class VoucherRowItem(msgspec.Struct, rename="pascal"):
    """A row of a voucher."""

    account: msgspec.Raw = NULL
    debit: msgspec.Raw = NULL
    credit: msgspec.Raw = NULL
    transaction_information: msgspec.Raw = NULL
    cost_center: msgspec.Raw = NULL
    project: msgspec.Raw = NULL
    removed: msgspec.Raw = NULL

    def record(self) -> Row:
        """The row: debit positive."""
        objects = (("1", text(self.cost_center)), ("6", text(self.project)))
        return Row(
            account=text(self.account),
            amount=(hundredths(self.debit) or 0) - (hundredths(self.credit) or 0),
            text=text(self.transaction_information),
            objects=tuple(pair for pair in objects if pair[1]),
        )


class VoucherItem(msgspec.Struct, rename="pascal"):
    """/3/vouchers, list and single form. ``Year`` is the fiscal year's Id."""

    voucher_series: msgspec.Raw = NULL
    voucher_number: msgspec.Raw = NULL
    year: msgspec.Raw = NULL
    transaction_date: msgspec.Raw = NULL
    description: msgspec.Raw = NULL
    comments: msgspec.Raw = NULL
    reference_type: msgspec.Raw = NULL
    voucher_rows: list[VoucherRowItem] | None = None

    def head(self) -> VoucherHead:
        """The voucher without its rows; the comments are whole, however long."""
        return VoucherHead(
            VoucherRef(text(self.voucher_series), text(self.voucher_number), text(self.year)),
            required_day(self.transaction_date, "TransactionDate"),
            text(self.description),
            text(self.comments, None),
            text(self.reference_type),
        )

    def record(self) -> BookedVoucher:
        """The voucher with its live rows."""
        live = [row for row in self.voucher_rows or [] if not flag(row.removed)]
        return BookedVoucher(self.head(), tuple(row.record() for row in live))
