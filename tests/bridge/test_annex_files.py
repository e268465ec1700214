from __future__ import annotations

import csv
import io
from datetime import date
from importlib.util import find_spec

import openpyxl
import pytest

from bridge.cli.annex_files import guarded, to_csv
from bridge.cli.annex_pdf import to_pdf
from bridge.cli.annex_xlsx import to_xlsx
from core.errors import UsageError
from core.model import Annex, OpenItem


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
        note="+note",
    )


def annex(*items: OpenItem) -> Annex:
    total = sum(one.open for one in items)
    return Annex("1510", date(2025, 12, 31), items, total, total + 1, -1)


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_text_that_a_spreadsheet_would_obey_is_guarded(first: str) -> None:
    assert guarded(f"{first}1+1").startswith("'")


def test_ordinary_text_is_not_guarded() -> None:
    assert guarded("Café Lagom") == "Café Lagom"


def test_csv_reads_back_with_its_amounts_and_guarded_names() -> None:
    text = to_csv("Title", [annex(item("=cmd()"), item("B", -250_000))]).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert rows[2][1:3] == ["10231", "'=cmd()"]
    assert [row[9] for row in rows[2:4]] == ["12500.00", "-2500.00"]
    assert rows[2][11] == "'+note"
    assert [row[9] for row in rows[4:]] == ["10000.00", "10000.01", "-0.01"]


def test_xlsx_holds_numbers_dates_and_never_a_formula() -> None:
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx("Title", [annex(item("=1+1"))])))
    sheet = book["1510"]
    name, booked, total = sheet["C5"], sheet["F5"], sheet["J5"]
    assert (name.data_type, name.value) == ("s", "=1+1")
    assert booked.is_date
    assert (total.data_type, total.value) == ("n", 12500)


def test_the_sum_of_the_workbook_is_a_formula_over_its_items() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(to_xlsx("Title", [annex(item("A"), item("B"))])))["1510"]
    assert sheet["J7"].value == "=SUM(J5:J6)"
    shown = openpyxl.load_workbook(io.BytesIO(to_xlsx("T", [annex(item("A"), item("B"))])), data_only=True)
    assert shown["1510"]["J7"].value == 25000


def test_the_same_annex_gives_the_same_bytes() -> None:
    made = [annex(item("A"))]
    assert to_xlsx("Title", made) == to_xlsx("Title", made)
    assert to_csv("Title", made) == to_csv("Title", made)


def test_the_print_out_names_the_company_with_its_ampersand() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(to_xlsx("Cykel & Co HB", [annex(item("A"))])))["1510"]
    assert sheet.oddHeader is not None
    assert sheet.oddHeader.left.text == "Cykel && Co HB"
    assert sheet.freeze_panes == "A5"


def test_pdf_without_its_library_says_what_to_install() -> None:
    if find_spec("reportlab") is None:
        with pytest.raises(UsageError, match="extra pdf"):
            to_pdf("Title", [annex(item("A"))])
    else:
        assert to_pdf("Title", [annex(item("A"))]).startswith(b"%PDF")
