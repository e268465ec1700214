from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import money

ORE = st.integers(-money.LIMIT + 1, money.LIMIT - 1)


@given(ORE)
def test_the_form_of_files_reads_back(ore: int) -> None:
    assert money.parse_amount(money.to_text(ore)) == ore


@given(ORE)
def test_the_form_of_screens_reads_back(ore: int) -> None:
    assert money.parse_amount(money.to_swedish(ore)) == ore


@given(ORE)
def test_decimals_read_back(ore: int) -> None:
    assert money.from_decimal(money.to_decimal(ore)) == ore


@given(ORE)
def test_a_decimal_has_exactly_two_decimals(ore: int) -> None:
    assert money.to_decimal(ore).as_tuple().exponent == -2


@pytest.mark.parametrize(
    ("text", "ore"),
    [
        ("1234", 123400),
        ("-12.5", -1250),
        ("+0,05", 5),
        ("\u2212 1\u00a0234,50", -123450),
        ("1\u202f000", 100000),
        ("0", 0),
        ("-0,00", 0),
    ],
)
def test_amounts_as_people_write_them(text: str, ore: int) -> None:
    assert money.parse_amount(text) == ore


@pytest.mark.parametrize(
    "text",
    ["", " ", "-", ".5", "5.", "1,234", "1.2.3", "1e5", "NaN", "٣", "12-", "--1", "1" * 19, "9" * 5000],
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 the class is the whole claim
        money.parse_amount(text)


@pytest.mark.parametrize(
    "value",
    [
        "NaN",
        "sNaN",
        "Infinity",
        "-Infinity",
        "0.001",
        "1E+400000",
        "1.00000000000000000000000000000000001",
        "1E+16",
    ],
)
def test_decimals_that_are_no_amounts_are_refused(value: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 the class is the whole claim
        money.from_decimal(Decimal(value))


def test_minus_is_the_typographic_sign_on_screens() -> None:
    assert money.to_swedish(-123450) == "\u22121\u00a0234,50"


@given(ORE.filter(lambda ore: abs(ore) < 10**12), st.decimals("0.01", "1000", places=4))
def test_conversion_is_exact_to_half_an_ore(ore: int, rate: Decimal) -> None:
    assert abs(Decimal(money.convert(ore, rate)) - ore * rate) <= Decimal("0.5")


def test_conversion_knows_currencies_quoted_by_the_hundred() -> None:
    assert money.convert(100_00, Decimal("7.55"), Decimal(100)) == 755


def test_a_sum_of_nothing_is_zero() -> None:
    assert money.total([]) == 0
