from __future__ import annotations

import pytest

from bridge.exchange.ready import Whole, wholeness

HEAD = b"#FLAGGA 0\r\n#SIETYP 4\r\n#ORGNR 556677-8899\r\n#KONTO 1910 Kassa\r\n"
BALANCE = b"#UB 0 1910 10.00\r\n"
VOUCHER = b"#VER A 1 20251231 T\r\n{\r\n#TRANS 1910 {} 1.00\r\n#TRANS 3000 {} -1.00\r\n}\r\n"


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        (HEAD + BALANCE + VOUCHER, Whole.YES),
        (HEAD + BALANCE, Whole.YES),
        (HEAD + BALANCE.rstrip(), Whole.PERHAPS),
        (HEAD, Whole.PERHAPS),
        (HEAD + b"#KONTO 19", Whole.NO),
        (HEAD + BALANCE + VOUCHER[:40], Whole.NO),
        (b"no SIE at all", Whole.PERHAPS),
        (b"", Whole.NO),
    ],
    ids=["year", "balances", "no last line end", "chart", "cut chart", "cut voucher", "text", "empty"],
)
def test_a_file_that_stops_before_its_figures_is_not_whole(data: bytes, whole: Whole) -> None:
    assert wholeness(data) is whole
