from __future__ import annotations

from msgspec.structs import replace

from benchmarks.sie_generated import fortnox_year
from core.sie.journal import voucher_text, vouchers_on
from core.sie.reader import read


def test_vouchers_from_columns_are_the_careful_readers_vouchers_without_texts() -> None:
    sie = read(fortnox_year(300))
    careful = [
        replace(voucher, text="", registered=None, rows=tuple(replace(row, text="") for row in voucher.rows))
        for voucher in sie.vouchers()
        if any(row.account.startswith(("15", "244")) for row in voucher.rows)
    ]
    assert list(vouchers_on(sie, ("15", "244"))) == careful
    assert careful


def test_the_text_of_a_voucher_is_found_by_its_series_and_number() -> None:
    sie = read(fortnox_year(50))
    voucher = sie.voucher(17)
    assert voucher_text(sie, voucher.series, voucher.number) == voucher.text


def test_an_unknown_voucher_has_no_text() -> None:
    sie = read(fortnox_year(5))
    assert voucher_text(sie, "Q", "1") == ""
    assert voucher_text(sie, sie.voucher(0).series, "x") == ""
