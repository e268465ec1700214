from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.closing.carried import Lag, lagging
from core.closing.effect import account_effects, result_effect, result_of
from core.closing.proof import prove
from core.closing.result import result_checks, result_voucher
from core.closing.templates import Template, TemplateRow, from_voucher, standard_templates
from core.model import Row, Voucher
from core.register import ClosingVoucher

Make = Callable[..., ClosingVoucher]

DAY = date(2025, 12, 31)
PROFIT = {"1930": 748_643_00, "3001": -1_000_000_00, "5010": 251_357_00}
"""A profit of 748 643 kronor, nothing booked on 8999 yet."""


def test_the_result_goes_to_2099_in_a_limited_company() -> None:
    draft = result_voucher(PROFIT, "AB", DAY)
    assert draft is not None
    assert draft.rows == (Row("8999", 748_643_00), Row("2099", -748_643_00))


def test_a_sole_traders_result_goes_to_2019() -> None:
    draft = result_voucher(PROFIT, "EF", DAY)
    assert draft is not None
    assert draft.rows[1].account == "2019"


def test_a_loss_is_booked_the_other_way() -> None:
    draft = result_voucher({"5010": 10_00}, "AB", DAY)
    assert draft is not None
    assert draft.rows == (Row("8999", -10_00), Row("2099", 10_00))


def test_only_what_is_left_of_the_result_is_booked() -> None:
    draft = result_voucher(PROFIT | {"8999": 700_000_00, "2099": -700_000_00}, "AB", DAY)
    assert draft is not None
    assert draft.rows[0] == Row("8999", 48_643_00)


@pytest.mark.parametrize(
    ("balances", "form"), [({}, "AB"), (PROFIT | {"8999": 748_643_00}, "AB"), (PROFIT, "HB")]
)
def test_nothing_is_proposed_where_nothing_is_left_or_no_account_is_known(
    balances: dict[str, int], form: str
) -> None:
    assert result_voucher(balances, form, DAY) is None


def test_a_booked_result_passes_the_check() -> None:
    closed = PROFIT | {"8999": 748_643_00, "2099": -748_643_00}
    assert all(check.ok for check in result_checks(closed, {"2099": -5_00}, "AB"))


def test_a_result_that_is_not_in_equity_is_a_warning() -> None:
    (moved, _last) = result_checks(PROFIT, {}, "AB")
    assert (moved.ok, moved.warning) == (False, True)


def test_last_years_result_still_on_2099_is_a_warning() -> None:
    opening = {"2099": -5_00}
    closed = PROFIT | {"8999": 748_643_00, "2099": -748_643_00 - 5_00}
    assert [check.code for check in result_checks(closed, opening, "AB") if not check.ok] == [
        "result_in_equity",
        "last_result_moved",
    ]


def test_8999_has_no_effect_on_the_result() -> None:
    assert result_effect([Row("8999", 5_00), Row("2099", -5_00)]) == 0


def test_an_allocation_lowers_the_result(make: Make) -> None:
    assert result_effect(make().rows) == -1_000_00


def test_effects_are_sums_for_each_account() -> None:
    rows = [Row("1930", 3), Row("1930", 4), Row("2440", -7), Row("5010", 1), Row("5010", -1)]
    assert account_effects(rows) == {"1930": 7, "2440": -7}


@given(st.dictionaries(st.sampled_from(["1930", "3001", "5010", "8310", "8910"]), st.integers()))
def test_booking_the_proposal_leaves_nothing_to_propose(balances: dict[str, int]) -> None:
    draft = result_voucher(balances, "AB", DAY)
    for row in draft.rows if draft else ():
        balances[row.account] = balances.get(row.account, 0) + row.amount
    assert result_voucher(balances, "AB", DAY) is None
    assert balances.get("2099", 0) == -result_of(balances)


def test_balances_that_were_not_carried_over_are_listed() -> None:
    closing = {"1930": 100, "1510": 5, "2440": -3, "3001": -50}
    assert lagging(closing, {"1930": 90, "1510": 5, "1999": 0}) == [Lag("1930", 100, 90), Lag("2440", -3, 0)]


def voucher(number: str, amount: int, series: str = "A", on: date = DAY) -> Voucher:
    return Voucher(series, number, on, "", (Row("8811", amount), Row("2125", -amount)))


@pytest.fixture
def ours(make: Make) -> ClosingVoucher:
    return make(series="I", number="1")


def test_books_that_changed_by_our_vouchers_alone_are_proof(ours: ClosingVoucher) -> None:
    before = [voucher("1", 5_00)]
    proof = prove(before, [*before, voucher("1", 1_000_00, "I")], [ours])
    assert (proof.holds, proof.found) == (True, (ours,))


def test_a_voucher_of_others_breaks_the_proof_and_is_named(ours: ClosingVoucher) -> None:
    other = voucher("2", 7_00)
    proof = prove([], [other, voucher("1", 1_000_00, "I")], [ours])
    assert (proof.holds, proof.added) == (False, (other,))
    assert proof.unexplained == {"2125": -7_00, "8811": 7_00}


def test_a_voucher_of_ours_that_has_vanished_is_missing(ours: ClosingVoucher) -> None:
    proof = prove([], [], [ours])
    assert (proof.holds, proof.missing) == (False, (ours,))


def test_case_9_our_number_used_again_by_the_client_is_not_ours(ours: ClosingVoucher) -> None:
    reused = Voucher("I", "1", DAY, "", (Row("5010", 1_00), Row("1930", -1_00)))
    proof = prove([], [reused], [ours])
    assert (proof.altered, proof.found) == ((ours,), ())


def test_a_voucher_that_others_struck_or_changed_is_named(ours: ClosingVoucher) -> None:
    before = [voucher("1", 5_00), voucher("2", 6_00)]
    proof = prove(before, [voucher("1", 4_00), voucher("1", 1_000_00, "I")], [ours])
    assert (proof.removed, proof.changed) == ((voucher("2", 6_00),), (voucher("1", 4_00),))


def test_a_voucher_that_others_gave_a_new_number_breaks_the_proof(ours: ClosingVoucher) -> None:
    proof = prove([voucher("1", 5_00)], [voucher("2", 5_00), voucher("1", 1_000_00, "I")], [ours])
    assert (proof.unexplained, proof.holds) == ({}, False)


def test_a_voucher_of_ours_that_was_there_before_is_no_change(ours: ClosingVoucher) -> None:
    books = [voucher("1", 1_000_00, "I")]
    assert prove(books, books, [ours]).holds


def test_a_template_takes_one_amount_for_two_rows() -> None:
    template = Template("Hyra", (TemplateRow("1710", 1), TemplateRow("5010", -1)))
    assert template.fill(DAY, [30_000_00]).rows == (Row("1710", 30_000_00), Row("5010", -30_000_00))


def test_a_template_of_a_voucher_gives_the_voucher_back(make: Make) -> None:
    assert from_voucher(make()).fill(DAY, [1_000_00, 1_000_00]).rows == make().rows


def test_too_few_amounts_are_refused() -> None:
    with pytest.raises(ValueError, match="0 amounts for 2 rows"):
        Template("x", (TemplateRow("1710", 1), TemplateRow("5010", -1))).fill(DAY, [])


def test_every_standard_template_balances() -> None:
    assert all(sum(row.side for row in template.rows) == 0 for template in standard_templates(DAY))


@pytest.mark.parametrize(("year", "fund"), [(2024, "2124"), (2025, "2125"), (2030, "2120")])
def test_the_tax_allocation_reserve_has_an_account_for_each_year(year: int, fund: str) -> None:
    used = {row.account for one in standard_templates(date(year, 12, 31)) for row in one.rows}
    assert fund in used
