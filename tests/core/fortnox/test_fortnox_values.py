from __future__ import annotations

from datetime import date

import msgspec
import pytest

from core.errors import FortnoxRejected
from core.fortnox import values


def raw(text: str) -> msgspec.Raw:
    return msgspec.Raw(text.encode())


@pytest.mark.parametrize(
    ("spelled", "hundredths"),
    [("1234.5", 123450), ('"1234.50"', 123450), ("-0.01", -1), ("1E+3", 100000), ("1.005", 101), ("0", 0)],
)
def test_amounts_are_exact_however_they_are_spelled(spelled: str, hundredths: int) -> None:
    assert values.hundredths(raw(spelled)) == hundredths


@pytest.mark.parametrize("spelled", ["null", '""', '" "'])
def test_an_absent_amount_is_never_zero(spelled: str) -> None:
    assert values.hundredths(raw(spelled)) is None


@pytest.mark.parametrize("spelled", ['"abc"', '"NaN"', '"Infinity"', "{}", "[1]", "true"])
def test_what_is_no_number_is_refused(spelled: str) -> None:
    with pytest.raises(FortnoxRejected):
        values.number(raw(spelled))


@pytest.mark.parametrize(
    ("spelled", "value"),
    [("true", True), ('"true"', True), ('"True"', True), ("1", True), ("false", False), ('"false"', False)],
)
def test_flags_may_be_strings(spelled: str, value: bool) -> None:
    assert values.flag(raw(spelled)) is value


@pytest.mark.parametrize("spelled", ["null", '""', "0"])
def test_an_absent_flag_is_false(spelled: str) -> None:
    assert values.flag(raw(spelled)) is False


def test_days_are_read_with_and_without_a_time() -> None:
    assert values.day(raw('"2025-12-31"')) == date(2025, 12, 31)
    assert values.day(raw('"2025-12-31 09:30:00"')) == date(2025, 12, 31)
    assert values.day(raw('""')) is None


def test_ids_are_text_whether_number_or_string() -> None:
    assert values.text(raw("123456789012")) == values.text(raw('"123456789012"')) == "123456789012"


def test_foreign_text_is_cleaned() -> None:
    assert values.text(raw(r'"Bygg \u001b[31m[Norr] AB\u202e"')) == "Bygg [31m[Norr] AB"


def test_an_answer_of_another_shape_is_refused() -> None:
    with pytest.raises(FortnoxRejected):
        values.envelope(b"<html>")
