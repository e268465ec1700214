"""Annexes as documents: foreign text never becomes a formula, amounts are numbers, the bytes are reproducible."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Literal

import openpyxl
import pytest
import time_machine

from core.model import Annex, FiscalYear, OpenItem
from core.register import Client, Engagement, SourceKind
from core.usecases.documents import annex_document, render

CLIENT = Client("c", "Cykel & Co HB", "969999-1023")
ENGAGEMENT = Engagement("e", "c", FiscalYear(date(2025, 1, 1), date(2025, 12, 31)), SourceKind.FORTNOX)


def item(name: str, amount: int = 1_250_000) -> OpenItem:
    return OpenItem(
        number="10231",
        name=name,
        kind="invoice",
        invoice_date=date(2025, 11, 28),
        booked=date(2025, 11, 28),
        due_date=None,
        currency="SEK",
        total=amount,
        open=amount,
        total_currency=amount,
        open_currency=amount,
    )


def document(*items: OpenItem, form: Literal["csv", "xlsx"] = "xlsx") -> bytes:
    total = sum(one.open for one in items)
    annex = Annex("1510", date(2025, 12, 31), items, total, total + 1, -1)
    return render(annex_document(CLIENT, ENGAGEMENT, [annex]), form)


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t=", "\n="])
def test_text_that_a_spreadsheet_would_obey_is_guarded_in_csv(first: str) -> None:
    text = document(item(f"{first}1+1"), form="csv").decode("utf-8-sig")
    names = [cell for row in csv.reader(io.StringIO(text), delimiter=";") for cell in row if "1+1" in cell]
    assert names
    assert all(name.startswith("'") for name in names)


def test_a_negative_amount_in_csv_is_a_plain_number() -> None:
    text = document(item("A", -250_000), form="csv").decode("utf-8-sig")
    assert "-2500.00" in [cell for row in csv.reader(io.StringIO(text), delimiter=";") for cell in row]


def test_foreign_text_in_xlsx_is_a_string_and_amounts_are_numbers() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(document(item("=1+1")))).worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert [cell.data_type for cell in cells if cell.value == "=1+1"] == ["s"]
    assert any(cell.value == 12500 and cell.data_type == "n" for cell in cells)


def test_the_same_annex_gives_the_same_bytes_later() -> None:
    with time_machine.travel("2026-01-10 08:00"):
        first = document(item("A"))
    with time_machine.travel("2026-02-20 17:30"):
        assert document(item("A")) == first
