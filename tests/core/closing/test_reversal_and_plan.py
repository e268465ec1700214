from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.closing.planner import plan, selectable, suggested, year_of
from core.closing.reversal import copy_of, correction, from_last_year, negated, reversal, year_after
from core.model import FiscalYear, Row, Series
from core.register import ClosingVoucher, VoucherState

Make = Callable[..., ClosingVoucher]

YEAR = FiscalYear(date(2025, 1, 1), date(2025, 12, 31), "5")
NEXT = FiscalYear(date(2026, 1, 1), date(2026, 12, 31), "6")
STANDARD = [Series(code, "", code in "AI") for code in "ABCDEGHIKLM"]


def test_prepaid_rent_is_reversed_on_the_first_of_january_and_waits_for_the_year(make: Make) -> None:
    """Case 7: rent of 30 000 for the first quarter, paid in December."""
    prepaid = make(rows=(Row("1710", 30_000_00), Row("5010", -30_000_00)), text="Hyra kv 1")
    back = reversal(prepaid)
    assert back.draft.date == date(2026, 1, 1)
    assert back.draft.rows == (Row("1710", -30_000_00), Row("5010", 30_000_00))
    waiting = make(id="2", date=back.draft.date, rows=back.draft.rows, year=back.year)
    outcome = plan([prepaid, waiting], [YEAR])
    assert (outcome.vouchers, outcome.waiting) == ((prepaid,), (waiting,))


def test_a_waiting_voucher_goes_out_when_its_year_exists(make: Make) -> None:
    waiting = make(date=date(2026, 1, 1), year=replace(NEXT, id=None), state=VoucherState.WAITING_YEAR)
    outcome = plan([waiting], [YEAR, NEXT])
    assert [(part.year.id, part.vouchers) for part in outcome.years] == [("6", (waiting,))]


def test_a_reversal_finds_a_year_of_another_length_that_begins_on_its_day(make: Make) -> None:
    long_year = FiscalYear(date(2026, 1, 1), date(2027, 4, 30), "7")
    waiting = make(date=date(2026, 1, 1), year=replace(NEXT, id=None))
    assert [part.year for part in plan([waiting], [YEAR, long_year]).years] == [long_year]


def test_vouchers_go_out_by_year_then_day_then_the_order_they_stand_in(make: Make) -> None:
    made = [
        make(id="4", date=date(2026, 1, 1), year=NEXT),
        make(id="3", date=date(2025, 12, 31)),
        make(id="2", date=date(2025, 12, 31)),
        make(id="5", date=date(2025, 6, 30)),
    ]
    assert [voucher.id for voucher in plan(made, [NEXT, YEAR]).vouchers] == ["5", "3", "2", "4"]


@pytest.mark.parametrize("state", [state for state in VoucherState if state not in {"ready", "waiting_year"}])
def test_only_ready_vouchers_are_planned(make: Make, state: VoucherState) -> None:
    assert plan([make(state=state)], [YEAR]).vouchers == ()


def test_the_closing_series_is_suggested() -> None:
    assert suggested(STANDARD) == Series("I", "", manual=True)


def test_the_clients_own_series_comes_first() -> None:
    assert suggested(STANDARD, "A") == Series("A", "", manual=True)


def test_a_series_that_fortnox_fills_itself_is_never_suggested() -> None:
    assert suggested([Series(code, "", manual=True) for code in "BCDEKLM"]) is None


def test_only_series_open_for_manual_entry_can_be_chosen() -> None:
    assert [one.code for one in selectable(STANDARD)] == ["I", "A"]


def test_the_year_of_a_day_is_the_one_that_holds_it() -> None:
    assert (year_of(date(2025, 12, 31), [YEAR, NEXT]), year_of(date(2027, 1, 1), [YEAR, NEXT])) == (
        YEAR,
        None,
    )


@pytest.mark.parametrize(
    ("year", "after"),
    [
        (YEAR, NEXT),
        (FiscalYear(date(2025, 5, 1), date(2026, 4, 30)), FiscalYear(date(2026, 5, 1), date(2027, 4, 30))),
        (FiscalYear(date(2023, 3, 1), date(2024, 2, 28)), FiscalYear(date(2024, 2, 29), date(2025, 2, 28))),
    ],
)
def test_the_year_after_begins_the_day_after_and_has_twelve_months(
    year: FiscalYear, after: FiscalYear
) -> None:
    assert year_after(year) == after


def test_a_known_year_after_is_taken_as_it_is() -> None:
    short = FiscalYear(date(2026, 1, 1), date(2026, 4, 30), "7")
    assert year_after(YEAR, [YEAR, short]) is short


def test_a_correction_takes_out_a_posted_voucher_on_its_own_day(make: Make) -> None:
    taken_out = correction(make(series="I", number="12"))
    assert taken_out.draft.date == date(2025, 12, 31)
    assert taken_out.draft.text == "Correction of I 12: Periodiseringsfond"
    assert sum(row.amount for row in (*make().rows, *taken_out.draft.rows) if row.account == "8811") == 0


def test_a_copy_has_the_same_content(make: Make) -> None:
    draft = copy_of(make()).draft
    assert (draft.date, draft.text, draft.rows) == (make().date, make().text, make().rows)


def test_last_years_closing_voucher_moves_to_this_years_end(make: Make) -> None:
    assert from_last_year(make(), NEXT).draft.date == date(2026, 12, 31)


def test_last_years_voucher_of_another_day_moves_a_year(make: Make) -> None:
    assert from_last_year(make(date=date(2025, 6, 30)), NEXT).draft.date == date(2026, 6, 30)


@given(st.lists(st.integers(-(10**12), 10**12)))
def test_negating_twice_changes_nothing(amounts: list[int]) -> None:
    rows = tuple(Row("1930", amount) for amount in amounts)
    assert negated(negated(rows)) == rows
