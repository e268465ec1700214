"""Lists of users as Excel writes them, and every way in which they are broken."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.csvlist import CsvFault
from core.invite.table import MOST_ROWS, read_table

ROWS = [["Klient", "Namn", "E-post"], ["Åkeri AB", "Åsa Öberg", "asa@example.com"]]


def text(delimiter: str = ";") -> str:
    return "".join(delimiter.join(row) + "\r\n" for row in ROWS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_every_encoding_and_delimiter_of_excel_is_read(encoding: str, delimiter: str) -> None:
    (row,) = read_table(text(delimiter).encode(encoding))
    assert row.values == {"client": "Åkeri AB", "name": "Åsa Öberg", "email": "asa@example.com"}
    assert row.line == 2


@pytest.mark.parametrize(
    "head",
    [
        "klientnummer;namn;e-post",
        "KUNDNR;Användarens namn;Användarens e-post",
        " Client number ; Name ; E-mail ",
        "Organisationsnummer;Kontaktperson;Epost",
        "företag;name;mail",
    ],
)
def test_headings_have_many_names(head: str) -> None:
    (row,) = read_table(f"{head}\n101;Åsa;asa@example.com\n".encode())
    assert row.values["name"] == "Åsa"
    assert row.values["email"] == "asa@example.com"


def test_excels_own_first_line_is_obeyed() -> None:
    (row,) = read_table("sep=,\nklient,namn,e-post\n1,Åsa,a@example.com\n".encode("cp1252"))
    assert (row.line, row.values["email"]) == (3, "a@example.com")


def test_the_apostrophe_that_guards_a_cell_is_taken_away() -> None:
    (row,) = read_table(b"klient;namn;e-post;mobil\n1;'=A;a@example.com;'+46701234567\n")
    assert (row.values["name"], row.values["mobile"]) == ("=A", "+46701234567")


def test_a_quoted_line_break_keeps_the_rows_counted() -> None:
    rows = read_table(b'klient;namn;e-post\n1;"A\nB";a@example.com\n2;C;c@example.com\n')
    assert [row.line for row in rows] == [2, 4]
    assert rows[0].values["name"] == "A B"


def test_a_value_without_a_heading_is_found() -> None:
    (row,) = read_table(b"klient;namn;e-post\n1;A;a@example.com;;x\n")
    assert row.surplus == 5


@pytest.mark.parametrize(
    ("data", "code", "row"),
    [
        (b"", "empty", 0),
        (b"\n;;\n", "empty", 0),
        (b"namn;e-post\nA;a@example.com\n", "header", 1),
        (b"\xef\xbb\xbfklient;namn\n", "header", 1),
        (b"klient;namn;e-post;mail\n", "header_twice", 1),
        (b'klient;namn;e-post\n1;"A;a@example.com\n', "csv", 2),
        (b"klient;namn;e-post\n1;A\x81;a@example.com\n", "encoding", 2),
        (b"\xff\xfek\x00l\x00i", "encoding", 1),
        (b"klient;namn;e-post\n" + b"1;A;a@example.com\n" * (MOST_ROWS + 1), "too_many", MOST_ROWS),
    ],
    ids=["nothing", "blank", "no client", "no e-mail", "twice", "quote", "byte", "half utf-16", "long"],
)
def test_a_broken_file_says_what_and_where(data: bytes, code: str, row: int) -> None:
    with pytest.raises(CsvFault) as caught:
        read_table(data)
    assert (caught.value.code, caught.value.row) == (code, row)


@given(st.binary(max_size=300))
def test_no_bytes_end_in_anything_but_rows_or_a_fault(data: bytes) -> None:
    try:
        rows = read_table(data)
    except CsvFault:
        return
    assert all(row.line >= 1 for row in rows)


@given(
    st.lists(st.lists(st.text(st.characters(codec="utf-8"), max_size=8), min_size=3, max_size=3), max_size=5)
)
def test_any_cells_after_a_right_heading_are_read(cells: list[list[str]]) -> None:
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=";")
    writer.writerow(["klient", "namn", "e-post"])
    writer.writerows(cells)
    filled = [row for row in cells if any(cell.strip() for cell in row)]
    assert len(read_table(target.getvalue().encode("utf-8-sig"))) == len(filled)
