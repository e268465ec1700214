"""Tables and pictures as files: numbers that a spreadsheet counts with, nothing that it obeys, nothing written over."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from core.config import Settings
from core.usecases.tables import Money, save_table
from tui.saving import value_of
from tui.widgets.columns import Column

AMOUNTS = Column("amount", "Belopp", 10, right=True)
TEXTS = Column("text", "Text")


@pytest.fixture(autouse=True)
def home(tmp_path: Path) -> Iterator[Path]:
    """A home folder of the test's own."""
    place = tmp_path / "home"
    place.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(place))
        yield place


@pytest.mark.parametrize(
    ("text", "column", "value"),
    [
        ("−4 512,00", AMOUNTS, Money(-4_512_00)),
        ("1\u00a0234\u00a0567,89", AMOUNTS, Money(1_234_567_89)),
        ("2/3", AMOUNTS, "2/3"),
        ("–", AMOUNTS, None),
        ("2025-12-31", TEXTS, date(2025, 12, 31)),
        ("● aktiv 27 d", TEXTS, "aktiv 27 d"),
        ("1510", TEXTS, "1510"),
    ],
)
def test_a_cell_becomes_what_a_spreadsheet_counts_with(text: str, column: Column, value: object) -> None:
    assert value_of(text, column) == value


async def save(path: Path, cell: Any) -> Path:
    return await save_table(path, "Lista", ["Text", "Belopp"], [[cell, Money(-1_50)]], date(2026, 1, 20))


async def test_csv_has_semicolons_decimal_commas_and_a_byte_order_mark(home: Path) -> None:
    data = (await save(home / "a.csv", "Åkeri; AB")).read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";")) == [
        ["Text", "Belopp"],
        ["Åkeri; AB", "-1,50"],
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1"])
async def test_csv_holds_nothing_that_a_spreadsheet_runs(text: str, home: Path) -> None:
    data = (await save(home / "a.csv", text)).read_text("utf-8-sig")
    assert data.splitlines()[1].startswith("'")


async def test_xlsx_holds_numbers_and_texts_that_are_no_formulas(home: Path) -> None:
    path = await save(home / "a.xlsx", "=1+1")
    cells = [
        cell for row in openpyxl.load_workbook(path).worksheets[0].iter_rows() for cell in row if cell.value
    ]
    assert [(cell.value, cell.data_type) for cell in cells[-2:]] == [("=1+1", "s"), (-1.5, "n")]


async def test_a_table_is_saved_with_one_key_and_never_over_a_file(
    firm: Settings, drive: Callable[..., Any], home: Path
) -> None:
    async with drive(firm) as driven:
        await driven.press("C")
        assert "rader sparas" in driven.text
        await driven.press("tab", "enter")
        await driven.until_text("Sparad")
        (first,) = await asyncio.to_thread(lambda: list(home.iterdir()))
        assert first.suffix == ".xlsx"
        await driven.press("C", "tab", "enter")
        await driven.until(lambda: len(list(home.iterdir())) == 2, "the second file")
        await driven.press("C", "ctrl+u")
        await driven.write(str(first))
        await driven.press("tab", "enter")
        await driven.until_text("Det finns redan en fil")


async def test_only_the_marked_rows_are_saved(firm: Settings, drive: Callable[..., Any], home: Path) -> None:
    async with drive(firm) as driven:
        await driven.press("space", "space", "C")
        assert "2 rader sparas" in driven.text
        await driven.press("ctrl+u")
        await driven.write(str(home / "two.csv"))
        await driven.press("tab", "enter")
        await driven.until((home / "two.csv").exists, "the file")
        assert len((home / "two.csv").read_text("utf-8-sig").splitlines()) == 3


async def test_a_picture_of_the_screen_is_made_from_the_palette(
    firm: Settings, drive: Callable[..., Any], home: Path
) -> None:
    async with drive(firm) as driven:
        await driven.press("ctrl+p")
        await driven.until_text("Kommandon")
        await driven.write("bild av")
        await driven.press("enter")
        await driven.until_text("Sparad")
        (picture,) = await asyncio.to_thread(lambda: list(home.glob("*.svg")))
        svg = picture.read_text()
    assert "Bageri" in svg
    assert "http" not in svg.replace("http://www.w3.org", "")
