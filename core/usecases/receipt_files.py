"""A receipt as a file: JSON, or PDF where reportlab is installed."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from pathlib import Path
from typing import Any

from core.clock import local_day
from core.i18n import _
from core.money import parse_amount
from core.output.document import Column, Document, Kind, Money, Sheet, SheetRow
from core.output.pdf import to_pdf
from core.usecases.newfile import write_file
from core.usecases.receipts import Receipt


async def write_receipt(receipt: Receipt, path: Path) -> None:
    """Write the receipt to a new file; PDF when its name ends so, else JSON.

    Raises:
        Refused: ``file_exists``.
        UsageError: ``usage``: PDF without reportlab; ``file_missing``: it cannot be written there.
    """
    await asyncio.to_thread(_write, receipt, path)


def _write(receipt: Receipt, path: Path) -> None:
    data = to_pdf(receipt_document(receipt)) if path.suffix.lower() == ".pdf" else _json(receipt)
    write_file(path, data)


def _json(receipt: Receipt) -> bytes:
    return json.dumps(dict(receipt.body), ensure_ascii=False, indent=1).encode() + b"\n"


def receipt_document(receipt: Receipt) -> Document:
    """The receipt as a document: one line a voucher."""
    body: Any = receipt.body
    columns = (
        Column(_("Voucher"), width=10),
        Column(_("Date"), Kind.DATE, 11),
        Column(_("Text"), width=40),
        Column(_("Turnover"), Kind.MONEY, 16),
        Column(_("Marker"), width=28),
        Column("SHA-256", width=40),
    )
    rows = [
        SheetRow(
            (
                f"{line['series']} {line['number']}",
                date.fromisoformat(line["date"]) if line["date"] else None,
                line["text"] or "",
                Money(parse_amount(line["sum"] or "0")),
                line["marker"],
                line["sha256"],
            )
        )
        for line in body["vouchers"]
    ]
    total = SheetRow((_("Sum"), None, "", Money(parse_amount(body["sum"])), "", ""), strong=True)
    notes = (
        _("Fiscal year {year}").format(year="–".join(body["year"])),
        _("Posted by {person} at {time}").format(person=receipt.person, time=body["made_at"]),
        _("Receipt {id}").format(id=receipt.id),
    )
    sheet = Sheet(_("Receipt"), _("Receipt of an export to Fortnox"), columns, (*rows, total), notes)
    return Document(body["client"], body["orgnr"], local_day(receipt.made_at), (sheet,))
