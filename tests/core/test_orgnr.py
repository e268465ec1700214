from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import orgnr

NINE_DIGITS = st.from_regex(r"[0-9]{9}", fullmatch=True)


@pytest.mark.parametrize(
    "spelling", ["5566778899", "556677-8899", "165566778899", " 556677 8899 ", "556677+8899"]
)
def test_spellings_of_one_number(spelling: str) -> None:
    assert orgnr.normalise(spelling) == "556677-8899"


@pytest.mark.parametrize(
    "text", ["", "556677-8898", "55667788", "55667788990", "5566-778899", "٥٥٦٦٧٧٨٨٩٩", "556677-8899\n1", "x"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an organisation number"):
        orgnr.normalise(text)


@given(NINE_DIGITS)
def test_a_completed_number_is_valid(nine: str) -> None:
    made = orgnr.with_check_digit(nine)
    assert orgnr.normalise(made) == made


@given(NINE_DIGITS, st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_is_always_seen(nine: str, place: int, change: int) -> None:
    digits = orgnr.with_check_digit(nine).replace("-", "")
    wrong = digits[:place] + str((int(digits[place]) + change) % 10) + digits[place + 1 :]
    assert not orgnr.has_valid_check_digit(wrong)


def test_the_same_number_in_ten_and_twelve_digits() -> None:
    assert orgnr.same("5566778899", "16556677-8899")


def test_what_is_no_number_is_never_the_same_as_itself() -> None:
    assert not orgnr.same("x", "x")


@pytest.mark.parametrize(("number", "personal"), [("811218-9876", True), ("556677-8899", False)])
def test_a_personal_number_is_told_from_a_company(number: str, *, personal: bool) -> None:
    assert orgnr.is_personal(number) is personal


def test_a_coordination_number_is_personal() -> None:
    assert orgnr.is_personal(orgnr.with_check_digit("701062239"))
