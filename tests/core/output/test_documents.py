from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date
from typing import Any

import openpyxl
import pytest

from core import i18n
from core.model import Annex, FiscalYear, OpenItem
from core.output.document import Column, Document, Kind, Money, Sheet, SheetRow, guarded
from core.output.workbook import to_xlsx
from core.register import Client, Engagement, SourceKind
from core.usecases.documents import FORMATS, Format, annex_document, can_write_pdf, render

CLIENT = Client("c", "Cykel & Co HB", "969696-9692")
ENGAGEMENT = Engagement("e", "c", FiscalYear(date(2025, 1, 1), date(2025, 12, 31)), SourceKind.FORTNOX)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    i18n.use("en")
    yield
    i18n.use("sv")


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


def rendered(form: Format, *items: OpenItem) -> bytes:
    return render(annex_document(CLIENT, ENGAGEMENT, [annex(*items)]), form)


def workbook(*items: OpenItem, values: bool = False) -> Any:
    return openpyxl.load_workbook(io.BytesIO(rendered("xlsx", *items)), data_only=values)["1510"]


def test_csv_reads_back_with_its_amounts_and_guarded_names() -> None:
    text = rendered("csv", item("=cmd()"), item("B", -250_000)).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert rows[2][1:3] == ["10231", "'=cmd()"]
    assert [row[9] for row in rows[2:4]] == ["12500.00", "-2500.00"]
    assert rows[2][11] == "'+note"
    assert [row[9] for row in rows[4:7]] == ["10000.00", "10000.01", "-0.01"]


def test_xlsx_holds_real_numbers_and_dates_and_foreign_text_is_never_a_formula() -> None:
    sheet = workbook(item("=1+1"))
    name, booked, amount = sheet["C5"], sheet["F5"], sheet["J5"]
    assert (name.data_type, name.value) == ("s", "=1+1")
    assert booked.is_date
    assert (amount.data_type, amount.value) == ("n", 12500)


def test_sum_and_difference_of_the_workbook_compute_themselves() -> None:
    sheet = workbook(item("A"), item("B"))
    assert [sheet[f"J{row}"].value for row in (7, 9)] == ["=SUM(J5:J6)", "=ROUND(J7-J8,2)"]
    shown = workbook(item("A"), item("B"), values=True)
    assert [shown[f"J{row}"].value for row in (7, 8, 9)] == [25000, 25000.01, -0.01]


def test_the_print_out_names_company_and_date_and_keeps_its_head() -> None:
    sheet = workbook(item("A"))
    assert sheet.oddHeader.left.text.strip() == "Cykel && Co HB 969696-9692"
    assert sheet.oddHeader.right.text == "2025-12-31"
    assert sheet.freeze_panes == "A5"
    assert sheet.print_title_rows == "$4:$4"


@pytest.mark.parametrize("form", [one for one in FORMATS if one != "pdf" or can_write_pdf()])
def test_the_same_annex_gives_the_same_bytes(form: Format) -> None:
    assert rendered(form, item("Ödåkra −5")) == rendered(form, item("Ödåkra −5"))


def test_a_tab_takes_any_name_and_two_of_the_same() -> None:
    sheets = [Sheet(name, name, (Column("a"),), ()) for name in ("a/b:c", "A/B:C", "", "x" * 60)]
    data = to_xlsx(Document("X", "", date(2025, 12, 31), sheets))
    assert len(openpyxl.load_workbook(io.BytesIO(data)).sheetnames) == 4


def test_no_cell_of_foreign_text_becomes_a_formula_in_the_file_itself() -> None:
    rows = [SheetRow(("=HYPERLINK(1)", Money(1)))]
    sheet = Sheet("S", "=T", (Column("=H"), Column("m", Kind.MONEY)), rows, ("=note",))
    data = to_xlsx(Document("=C", "", date(2025, 12, 31), [sheet]))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
