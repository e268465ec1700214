"""A closing voucher as a request that a destination can be filled from; no Fortnox names here."""

from __future__ import annotations

from msgspec.structs import replace

from core.closing.characters import cleaned
from core.closing.marker import comments, marker_key
from core.model import Row, VoucherRequest
from core.register import ClosingVoucher

TEXT_LIMIT = 200
"""Fortnox's limit on a voucher's Description, in characters."""
ROW_TEXT_LIMIT = 100
"""Fortnox's limit on a row's TransactionInformation."""


def voucher_request(
    voucher: ClosingVoucher, *, tenant: str, year_id: str, series: str, comment: str = ""
) -> VoucherRequest:
    """The request for a voucher, its texts as Fortnox takes them, rows without amount left out.

    The same input gives the same request.
    """
    key = marker_key(voucher, tenant=tenant, year_id=year_id)
    rows = tuple(_row(row) for row in voucher.rows if row.amount)
    text = cleaned(voucher.text)[:TEXT_LIMIT]
    return VoucherRequest(key, year_id, series, voucher.date, text, rows, comments(key, comment))


def _row(row: Row) -> Row:
    return replace(row, text=cleaned(row.text)[:ROW_TEXT_LIMIT])
