from __future__ import annotations

from datetime import date

import pytest

from benchmarks.sie_generated import fortnox_year
from core.errors import Refused
from core.model import Company, FiscalYear, Row, Voucher
from core.sie.books import balances
from core.sie.compare import changes, fingerprint
from core.sie.reader import read
from core.sie.rewrite import write_4e
from core.sie.writer import Origin, write_4i

ORIGIN = Origin(Company("Åkeri “Snabb” AB", "556677-8899"), date(2026, 1, 2), "1.2", fnr="17")
YEAR = FiscalYear(date(2025, 1, 1), date(2025, 12, 31))
TAX = Voucher(
    "A",
    "",
    date(2025, 12, 31),
    "Årets skatt",
    (Row("8911", 100_50, "", (("1", "10"),)), Row("2512", -100_50)),
)


def test_a_written_4i_file_is_read_back_as_it_was() -> None:
    sie = read(write_4i([TAX], ORIGIN, year=YEAR, accounts={"8911": "Skatt"}).data)
    assert (sie.type, sie.fnr, sie.orgnr, sie.years[0], sie.findings) == ("4I", "17", "556677-8899", YEAR, [])
    assert sie.accounts == {"2512": "2512", "8911": "Skatt"}
    assert [fingerprint(voucher) for voucher in sie.vouchers()] == [fingerprint(TAX)]


def test_the_same_vouchers_give_the_same_bytes() -> None:
    assert write_4i([TAX], ORIGIN).data == write_4i([TAX], ORIGIN).data


def test_header_values_stand_unquoted_and_lines_end_with_crlf() -> None:
    data = write_4i([TAX], ORIGIN).data
    assert b"#FLAGGA 0\r\n" in data
    assert b"#SIETYP 4\r\n#FNR 17\r\n#ORGNR 556677-8899\r\n" in data
    assert data.count(b"\n") == data.count(b"\r\n")


def test_characters_that_sie_lacks_are_replaced_and_reported() -> None:
    written = write_4i([TAX], ORIGIN)
    assert '#FNAMN "Åkeri \\"Snabb\\" AB"' in written.data.decode("cp437")
    assert [one.parameters["character"] for one in written.findings] == ["“", "”"]


def test_texts_are_cut_at_fifty_characters_and_reported() -> None:
    long = Voucher("A", "", TAX.date, "x" * 60, TAX.rows)
    written = write_4i([long], ORIGIN)
    assert next(read(written.data).vouchers()).text == "x" * 50
    assert "text_cut" in {one.code for one in written.findings}


def test_a_text_that_is_cut_at_a_backslash_keeps_its_closing_quotation_mark() -> None:
    long = Voucher("A", "", TAX.date, "x" * 49 + "\\rest", TAX.rows)
    assert f'"{"x" * 49}/"'.encode() in write_4i([long], ORIGIN).data


def test_an_unbalanced_voucher_is_not_written() -> None:
    with pytest.raises(Refused) as refusal:
        write_4i([Voucher("A", "", TAX.date, "Fel", (Row("1510", 1),))], ORIGIN)
    assert refusal.value.code == "voucher_unbalanced"


def test_the_control_sum_is_written_when_asked_for() -> None:
    assert read(write_4i([TAX], ORIGIN, ksumma=True).data).ksumma == "ok"


def test_a_year_written_with_a_closing_voucher_reconciles() -> None:
    year = read(fortnox_year(200))
    again = read(write_4e(year, ORIGIN, added=[TAX]).data)
    assert (again.type, again.voucher_count) == ("4E", 201)
    assert not {"balance_mismatch", "result_mismatch", "voucher_unbalanced"} & set(again.counts)
    assert balances(again).ub["2512"] == -100_50
    compared = changes(year, again)
    assert [voucher.rows for voucher in compared.added] == [TAX.rows]
    assert (compared.removed, compared.altered) == ((), ())
    assert {change.account for change in compared.accounts} == {"8911", "2512"}


def test_an_added_voucher_gets_the_next_number_of_its_series() -> None:
    year = read(fortnox_year(200))
    numbers = [int(voucher.number) for voucher in year.vouchers() if voucher.series == "A"]
    last = list(read(write_4e(year, ORIGIN, added=[TAX]).data).vouchers())[-1]
    assert int(last.number) == max(numbers) + 1


def test_a_voucher_of_another_year_is_not_added() -> None:
    other = Voucher("A", "", date(2026, 1, 1), "Återföring", TAX.rows)
    with pytest.raises(Refused) as refusal:
        write_4e(read(fortnox_year(20)), ORIGIN, added=[other])
    assert refusal.value.code == "year_mismatch"


def test_altered_removed_and_missing_vouchers_are_told_apart() -> None:
    before = fortnox_year(30)
    marks = [b"#VER" + part for part in before.split(b"#VER")[1:]]
    altered = marks[3].replace(b"20250", b"20251", 1)
    after = before.replace(marks[3], altered).replace(marks[5], b"")
    compared = changes(read(before), read(after))
    assert len(compared.removed) == len(compared.altered) == 1
    assert compared.added == ()


def test_texts_and_row_order_do_not_change_a_fingerprint() -> None:
    other = Voucher("A", "", TAX.date, "Annan text", tuple(reversed(TAX.rows)))
    assert fingerprint(other) == fingerprint(TAX)
