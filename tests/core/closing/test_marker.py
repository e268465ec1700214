from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.closing.characters import allowed, cleaned, refused
from core.closing.marker import COMMENTS_LIMIT, comments, find_markers, marker_key
from core.model import Row
from core.register import ClosingVoucher

Make = Callable[..., ClosingVoucher]


def key_of(voucher: ClosingVoucher, tenant: str = "100", year_id: str = "5") -> str:
    return marker_key(voucher, tenant=tenant, year_id=year_id)


def test_the_key_has_the_published_form(make: Make) -> None:
    assert re.fullmatch(r"bk[A-Z2-7]{16}", key_of(make()))


def test_the_key_is_the_same_on_another_machine(make: Make) -> None:
    assert key_of(make()) == key_of(make())


@pytest.mark.parametrize(
    "fields",
    [
        {"id": "01JD0000000000000000000002"},
        {"engagement_id": "E2"},
        {"revision": 2},
        {"date": date(2025, 12, 30)},
        {"text": "Annat"},
        {"rows": (Row("8811", 1_000_00), Row("2126", -1_000_00))},
    ],
)
def test_anything_that_changes_the_voucher_changes_the_key(make: Make, fields: dict[str, object]) -> None:
    assert key_of(make(**fields)) != key_of(make())


def test_another_company_or_year_gives_another_key(make: Make) -> None:
    assert len({key_of(make()), key_of(make(), tenant="101"), key_of(make(), year_id="6")}) == 3


def test_the_state_and_number_do_not_change_the_key(make: Make) -> None:
    assert key_of(make(series="I", number="3")) == key_of(make())


def test_fortnox_takes_the_comments(make: Make) -> None:
    assert refused(comments(key_of(make()), "Se [underlag] 'A'")) == ""


def test_the_comments_keep_the_marker_whatever_the_text_length(make: Make) -> None:
    key = key_of(make())
    text = comments(key, "x" * 2000)
    assert (len(text) <= COMMENTS_LIMIT, find_markers(text)) == (True, [key])


def test_markers_are_found_in_running_text(make: Make) -> None:
    key = key_of(make())
    assert find_markers(f"kopierad, brygga:{key}. Även brygga:{key}") == [key]


@pytest.mark.parametrize("text", ["", "brygga:bk", "brygga:bkAAAA", "brygga:bk" + "A" * 17, "bk" + "A" * 16])
def test_what_only_looks_like_a_marker_is_none(text: str) -> None:
    assert find_markers(text) == []


@given(st.text())
def test_a_cleaned_text_holds_only_what_fortnox_takes(text: str) -> None:
    assert all(allowed(character) for character in cleaned(text))


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert cleaned(cleaned(text)) == cleaned(text)


def test_brackets_and_quotes_become_their_look_alikes() -> None:
    assert cleaned('Nya Bygg [Norr] "AB" {x} <y> a|b ~') == "Nya Bygg (Norr) ’AB’ (x) (y) a/b -"
