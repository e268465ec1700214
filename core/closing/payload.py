"""A closing voucher as a request that any destination can be filled from; no Fortnox names here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core.closing.characters import cleaned
from core.closing.marker import comments, marker_key
from core.model import Row
from core.money import Ore
from core.register import ClosingVoucher

COST_CENTRE = "1"
PROJECT = "6"
TEXT_LIMIT = 200
"""Fortnox's limit on a voucher's Description, in characters."""
ROW_TEXT_LIMIT = 100
"""Fortnox's limit on a row's TransactionInformation."""


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A row to post: exactly one of ``debit`` and ``credit`` is above 0."""

    account: str
    debit: Ore
    credit: Ore
    text: str = ""
    cost_centre: str = ""
    project: str = ""


@dataclass(frozen=True, slots=True)
class VoucherRequest:
    """A voucher to post into a year and series, with the marker that recognises it afterwards."""

    key: str
    year_id: str
    series: str
    date: date
    text: str
    comments: str
    rows: tuple[RequestRow, ...]


def voucher_request(
    voucher: ClosingVoucher, *, tenant: str, year_id: str, series: str, comment: str = ""
) -> VoucherRequest:
    """The request for a voucher, its texts as Fortnox takes them, rows without amount left out.

    The same input gives the same request.
    """
    key = marker_key(voucher, tenant=tenant, year_id=year_id)
    rows = tuple(_row(row) for row in voucher.rows if row.amount)
    text = cleaned(voucher.text)[:TEXT_LIMIT]
    return VoucherRequest(key, year_id, series, voucher.date, text, comments(key, comment), rows)


def _row(row: Row) -> RequestRow:
    objects = dict(row.objects)
    return RequestRow(
        row.account,
        max(row.amount, 0),
        max(-row.amount, 0),
        cleaned(row.text)[:ROW_TEXT_LIMIT],
        objects.get(COST_CENTRE, ""),
        objects.get(PROJECT, ""),
    )
