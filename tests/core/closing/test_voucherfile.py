from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.closing.voucherfile import parse_voucher_file
from core.errors import UsageError
from core.i18n import use
from core.model import Row
from core.money import to_text


def file_of(**fields: object) -> bytes:
    voucher: dict[str, object] = {
        "date": "2025-12-31",
        "text": "Periodiseringsfond",
        "rows": [{"account": "8811", "debit": "278960.00"}, {"account": "2125", "credit": "278960.00"}],
    }
    return json.dumps({"vouchers": [voucher | fields]}).encode()


def test_the_example_of_the_contract_is_read() -> None:
    (draft,) = parse_voucher_file(
        file_of(
            rows=[
                {"account": "8811", "debit": "278960.00"},
                {"account": "2125", "credit": "278960.00", "text": "Fond", "objects": {"1": "KST1"}},
            ]
        )
    )
    assert draft.date == date(2025, 12, 31)
    assert draft.rows == (Row("8811", 278_960_00), Row("2125", -278_960_00, "Fond", (("1", "KST1"),)))


@given(st.integers(min_value=-(10**14), max_value=10**14))
def test_amounts_are_exact_as_text_and_as_numbers(ore: int) -> None:
    for amount in (json.dumps(to_text(ore)), to_text(ore)):
        data = file_of(rows=[{"account": 1930, "debit": "AMOUNT"}]).replace(b'"AMOUNT"', amount.encode())
        assert parse_voucher_file(data)[0].rows == (Row("1930", ore),)


def test_a_byte_order_mark_is_no_fault() -> None:
    assert len(parse_voucher_file(b"\xef\xbb\xbf" + file_of())) == 1


def test_an_unbalanced_voucher_is_read_as_it_stands() -> None:
    assert parse_voucher_file(file_of(rows=[{"account": "1930", "debit": "1"}]))[0].rows == (
        Row("1930", 100),
    )


def test_control_characters_are_gone_from_texts() -> None:
    assert parse_voucher_file(file_of(text="a\x1b[31mb"))[0].text == "a[31mb"


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ([{"account": "1930"}], "row 1"),
        ([{"account": "1930", "debit": "1", "credit": "1"}], "row 1"),
        ([{"account": "1930", "debit": "1"}, {"account": "19x0", "debit": "1"}], "row 2"),
        ([{"account": "1930", "debit": "1.005"}], "row 1"),
        ([{"account": "1930", "debit": 1.005}], "row 1"),
        ([{"account": "1930", "debit": True}], "row 1"),
        ([{"account": "1930", "debit": "1e30"}], "row 1"),
        ([{"account": "1930", "debit": 1e30}], "row 1"),
        ([{"account": "1930", "debit": "1", "objects": ["KST1"]}], "row 1"),
        ([{"account": "1930", "debit": "1", "text": 5}], "row 1"),
        (["1930"], "row 1"),
    ],
)
def test_a_bad_row_is_named(rows: list[object], place: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_voucher_file(file_of(rows=rows))
    assert caught.value.title == f"Voucher 1, {place}"


@pytest.mark.parametrize("day", ["2025-02-30", "20251231", "2025-1-1", 20251231, None])
def test_a_bad_date_is_named(day: object) -> None:
    with pytest.raises(UsageError, match="YYYY-MM-DD"):
        parse_voucher_file(file_of(date=day))


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{}", b'{"vouchers": []}', b'{"vouchers": 1}', b"\xff\xfe", b"{", b"NaN", b"[" * 100_000],
)
def test_what_is_no_voucher_file_is_refused(data: bytes) -> None:
    with pytest.raises(UsageError):
        parse_voucher_file(data)


@given(st.binary(max_size=60))
def test_random_bytes_end_in_a_usage_error(data: bytes) -> None:
    with pytest.raises(UsageError):
        parse_voucher_file(data)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'{\n"vouchers": [}', "line 2, at character 14"),
        ('{"vouchers": "å"}'.encode("latin-1"), "UTF-8"),
        (b'{"vouchers": ' + b"[" * 100_000, "neither"),
        (b'{"vouchers": NaN}', "neither"),
    ],
)
def test_what_is_not_json_is_told_in_our_own_words(data: bytes, told: str) -> None:
    use("en")
    try:
        with pytest.raises(UsageError) as caught:
            parse_voucher_file(data)
    finally:
        use("sv")
    assert told in caught.value.message
