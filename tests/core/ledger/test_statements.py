from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.ledger.account_checks import CheckState, Figures, check_account
from core.ledger.statements import Figure, Line, LineKind, balance_sheet, imbalance, income_statement

NUMBERS = st.sampled_from(
    ["1", "19", "193", "1930", "19300", "2099", "3001", "8999", "0100", "9999", "FEL", "1A"]
)


def figure(number: str, ub: int, *, ib: int = 0, previous: int = 0) -> Figure:
    return Figure(number, f"konto {number}", ib, ub - ib, ub, previous)


def line(lines: list[Line], code: str) -> Line:
    return next(one for one in lines if one.code == code and one.kind is not LineKind.HEADING)


@given(st.dictionaries(NUMBERS, st.integers(-10_000, 10_000)))
def test_no_account_is_left_out_of_the_balance_sheet(amounts: dict[str, int]) -> None:
    lines = balance_sheet([figure(number, ub) for number, ub in amounts.items()])
    assert line(lines, "balance").ub == sum(amounts.values())


def test_the_observation_account_stands_below_equity_and_liabilities() -> None:
    lines = balance_sheet([figure("1930", 100), figure("2091", -90), figure("9999", -10)])
    assert line(lines, "outside").ub == -10
    assert line(lines, "total_equity").ub == -90
    assert line(lines, "balance").ub == 0


def test_a_short_number_stands_with_its_class() -> None:
    lines = balance_sheet([figure("19", 100), figure("20", -100)])
    assert line(lines, "total_assets").ub == 100
    assert line(lines, "total_equity").ub == -100


def test_the_result_of_both_statements_is_the_same() -> None:
    figures = [figure("1930", 70), figure("3001", -100), figure("4010", 30)]
    assert line(income_statement(figures), "result").ub == line(balance_sheet(figures), "unbooked_result").ub


def test_books_that_balance_have_no_imbalance() -> None:
    assert imbalance([figure("1930", 100, ib=100), figure("2091", -100, ib=-100)]) is None


def test_last_years_result_that_was_not_moved_is_named() -> None:
    told = imbalance(
        [figure("1930", 100, ib=100), figure("2081", -60, ib=-60), figure("3001", 0, previous=-40)]
    )
    assert told is not None
    assert (told.opening, told.last_result, told.rows) == (40, 40, 0)


def test_a_voucher_that_does_not_balance_is_told_apart_from_the_opening() -> None:
    told = imbalance([figure("1930", 107, ib=100), figure("2081", -100, ib=-100)])
    assert told is not None
    assert (told.opening, told.last_result, told.rows, told.stated) == (0, 0, 7, 0)


def test_last_years_result_left_in_equity_is_found_until_it_is_moved() -> None:
    def state(ub: int) -> CheckState:
        checks = check_account(Figures("2099", "Årets resultat", -500, ub, -500, 0, True))
        return next(one.state for one in checks if one.code == "last_result")

    assert state(-500) is CheckState.FOUND
    assert state(0) is CheckState.CLEAR
