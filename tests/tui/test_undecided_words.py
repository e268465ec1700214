"""What the screens say of a voucher that only a person can decide about."""

from __future__ import annotations

from datetime import date

from core.model import FiscalYear, Row
from core.register import ClosingVoucher, VoucherState
from tui.screens.vouchers import rows_of, state_of

YEAR = FiscalYear(date(2025, 1, 1), date(2025, 12, 31))
WHY = "Skickad 3 gånger utan spår i Fortnox."


def voucher(*, undecided: bool) -> ClosingVoucher:
    rows = (Row("1710", 100), Row("5010", -100))
    return ClosingVoucher(
        "v", "e", VoucherState.UNKNOWN, YEAR.to_date, "Hyra", rows, YEAR, error=WHY, undecided=undecided
    )


def test_it_is_told_apart_from_one_that_is_looked_up() -> None:
    assert [state_of(voucher(undecided=undecided))[0] for undecided in (True, False)] == [
        "▲ måste avgöras",
        "▲ kvittens saknas",
    ]


def test_why_and_the_keys_that_decide_stand_with_its_rows() -> None:
    spans = [text for line in rows_of(voucher(undecided=True), {}, 60) for text, _tone in line]
    told = " ".join(" ".join(spans).split())
    assert f"”Hyra”: {WHY} Se efter i Fortnox: J om den inte finns där, U om den finns." in told
