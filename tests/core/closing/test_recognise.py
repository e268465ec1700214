from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date

import pytest
from msgspec.structs import replace

from core.closing.marker import comments, marker_key
from core.closing.payload import voucher_request
from core.closing.recognise import Found, Recognition, recognise
from core.model import Row
from core.register import ClosingVoucher

Make = Callable[..., ClosingVoucher]


@pytest.fixture
def ours(make: Make) -> ClosingVoucher:
    return make(series="I", number="3")


@pytest.fixture
def key(ours: ClosingVoucher) -> str:
    return marker_key(ours, tenant="100", year_id="5")


@pytest.fixture
def found(ours: ClosingVoucher, key: str) -> Found:
    return Found("I", "3", ours.date, comments(key), ours.rows)


def test_marker_and_content_make_it_ours(ours: ClosingVoucher, key: str, found: Found) -> None:
    result = recognise(ours, key, [dataclasses.replace(found, number="2", comments=""), found])
    assert (result.ours, result.recognition, result.copies) == (found, Recognition.SAME, ())


def test_the_order_of_the_rows_and_their_texts_do_not_matter(
    ours: ClosingVoucher, key: str, found: Found
) -> None:
    turned = dataclasses.replace(
        found, rows=tuple(replace(row, text="ny text") for row in reversed(ours.rows))
    )
    assert recognise(ours, key, [turned]).recognition is Recognition.SAME


def test_a_list_without_rows_is_recognised_by_marker_and_date(
    ours: ClosingVoucher, key: str, found: Found
) -> None:
    assert recognise(ours, key, [dataclasses.replace(found, rows=None)]).recognition is Recognition.SAME


@pytest.mark.parametrize(
    "changes",
    [{"date": date(2025, 12, 30)}, {"rows": (Row("8811", 5_00), Row("2125", -5_00))}],
)
def test_our_marker_on_other_content_is_an_alteration(
    ours: ClosingVoucher, key: str, found: Found, changes: dict[str, object]
) -> None:
    altered = dataclasses.replace(found, **changes)  # type: ignore[arg-type] # the keywords are those of the record
    assert recognise(ours, key, [altered]).recognition is Recognition.ALTERED


def test_a_reused_number_without_our_marker_is_foreign(ours: ClosingVoucher, key: str, found: Found) -> None:
    reused = dataclasses.replace(found, comments="", rows=(Row("5010", 1_00), Row("1930", -1_00)))
    result = recognise(ours, key, [reused])
    assert (result.ours, result.recognition) == (None, Recognition.FOREIGN)


def test_a_copied_marker_is_told_from_the_original(ours: ClosingVoucher, key: str, found: Found) -> None:
    copy = dataclasses.replace(found, number="4")
    result = recognise(ours, key, [copy, found])
    assert (result.ours, result.copies) == (found, (copy,))


def test_without_a_known_number_the_lowest_is_the_original(make: Make, key: str, found: Found) -> None:
    ours = make()
    assert recognise(
        ours, key, [dataclasses.replace(found, number="10"), dataclasses.replace(found, number="9")]
    ).ours == dataclasses.replace(found, number="9")


def test_an_unmarked_voucher_with_our_content_counts_only_when_asked(
    ours: ClosingVoucher, key: str, found: Found
) -> None:
    unmarked = dataclasses.replace(found, comments="")
    assert recognise(ours, key, [unmarked]).recognition is Recognition.FOREIGN
    assert recognise(ours, key, [unmarked], by_content=True).recognition is Recognition.UNMARKED


def test_a_voucher_with_another_of_our_markers_is_never_taken_by_content(
    make: Make, ours: ClosingVoucher, key: str, found: Found
) -> None:
    other = marker_key(make(id="another"), tenant="100", year_id="5")
    twin = dataclasses.replace(found, comments=comments(other))
    assert recognise(ours, key, [twin], by_content=True).recognition is Recognition.FOREIGN


def test_a_request_is_the_same_every_time(ours: ClosingVoucher) -> None:
    requests = [voucher_request(ours, tenant="100", year_id="5", series="I") for _time in range(2)]
    assert requests[0] == requests[1]


def test_a_request_carries_rows_with_texts_as_fortnox_takes_them(make: Make) -> None:
    rows = (Row("8811", 5_00, "a'b", (("1", "K1"), ("6", "P1"))), Row("2125", -5_00))
    request = voucher_request(make(rows=rows), tenant="100", year_id="5", series="I")
    assert request.rows == (Row("8811", 5_00, "a’b", (("1", "K1"), ("6", "P1"))), Row("2125", -5_00))


def test_a_row_without_amount_is_not_sent(make: Make) -> None:
    rows = (Row("8811", 5_00), Row("1930", 0), Row("2125", -5_00))
    request = voucher_request(make(rows=rows), tenant="100", year_id="5", series="I")
    assert [row.account for row in request.rows] == ["8811", "2125"]
