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
from core.model import Annex, FiscalYear, OpenItem, Row
from core.output.document import Column, Document, Kind, Money, Sheet, SheetRow, guarded
from core.output.pdf import pdf_table
from core.output.workbook import to_xlsx
from core.register import Client, ClosingVoucher, Engagement, SourceKind, VoucherState
from core.usecases.binder_lists import voucher_document
from core.usecases.documents import FORMATS, Format, annex_document, can_write_pdf, render, report_document
from core.usecases.reports import Report, ReportKind

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


def test_a_supplier_annex_stands_on_the_accounts_own_side() -> None:
    owed = Annex("2440", date(2025, 12, 31), (item("Kvarnen"),), 1_250_000, -1_250_100, 100)
    book = openpyxl.load_workbook(io.BytesIO(render(annex_document(CLIENT, ENGAGEMENT, [owed]), "xlsx")))
    data = openpyxl.load_workbook(
        io.BytesIO(render(annex_document(CLIENT, ENGAGEMENT, [owed]), "xlsx")), data_only=True
    )
    assert [row[9].value for row in book["2440"].iter_rows(min_row=6, max_row=8)] == [
        "=-SUM(J5:J5)",
        -12501,
        "=ROUND(J6-J7,2)",
    ]
    assert [row[9].value for row in data["2440"].iter_rows(min_row=6, max_row=8)] == [-12500, -12501, 1]


def test_a_closing_voucher_in_the_binder_has_account_names_and_sums() -> None:
    rows = (Row("1930", 5_00), Row("8310", -5_00, "ränta"))
    day = date(2025, 12, 31)
    voucher = ClosingVoucher("v", "e", VoucherState.DRAFT, day, "Ränta", rows, ENGAGEMENT.year)
    sheet = voucher_document(CLIENT, date(2025, 12, 31), [voucher], {"8310": "Ränteintäkter"}).sheets[0]
    assert sheet.rows[0].cells[0] == "draft"
    assert sheet.rows[2].cells[3] == "Ränteintäkter · ränta"
    assert sheet.rows[3].cells[4:] == (Money(5_00, [(1, 2)]), Money(5_00, [(1, 2)]))


@pytest.mark.skipif(not can_write_pdf(), reason="reportlab is not installed")
def test_a_statement_says_the_day_or_the_year_that_it_is_of() -> None:
    day = ENGAGEMENT.year.to_date
    document = report_document(*(Report(kind, CLIENT, ENGAGEMENT, day, None, ()) for kind in ReportKind))
    assert [document.title_of(sheet) for sheet in document.sheets] == [
        "Balance sheet  2025-12-31",
        "Income statement  2025-01-01–2025-12-31",
        "Trial balance  2025-01-01–2025-12-31",
    ]


def test_a_wide_table_stays_within_the_page() -> None:
    columns = [Column(f"column {number}", width=30) for number in range(12)]
    long_text = "a text that is far too long for the column that it stands in"
    wide = Sheet("t", "t", columns, [SheetRow([long_text] * 12)])
    table = pdf_table(wide)
    assert sum(table._colWidths) <= 842 - 2 * 36 + 1
