from __future__ import annotations

import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import clean, fold

ANY_TEXT = st.text(st.characters(exclude_categories=()))
HARMFUL = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def is_harmless(text: str) -> bool:
    return not any(unicodedata.category(character) in HARMFUL for character in text)


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("\x1b[31mRöd\x1b[0m", "[31mRöd[0m"),
        ("\x1b]0;titel\x07AB", "]0;titelAB"),
        ("\x9b2J", "2J"),
        ("a\rb", "a b"),
        ("rad\nrad", "rad rad"),
        ("kolumn\tkolumn", "kolumn kolumn"),
        ("\u202eBA tseT", "BA tseT"),
        ("dold\u200btext", "doldtext"),
        ("m\u00adjuk", "mjuk"),
        ("tagg\U000e0041", "tagg"),
        ("\ud800halv", "halv"),
        ("\u2028\u2029", "  "),
        ("Firma [/] AB", "Firma [/] AB"),
        ("\x00\x7f", ""),
        ("A\u030akeri", "Åkeri"),
    ],
)
def test_hostile_text(foreign: str, shown: str) -> None:
    assert clean(foreign) == shown


@given(ANY_TEXT)
def test_nothing_harmful_is_left(text: str) -> None:
    assert is_harmless(clean(text, None))


def test_ten_thousand_random_byte_strings_leave_no_control_character() -> None:
    chance = random.Random(20260131)
    for _ in range(10_000):
        raw = chance.randbytes(chance.randrange(1, 60))
        text = clean(raw.decode(chance.choice(["utf-8", "cp437", "latin-1"]), "surrogateescape"))
        assert is_harmless(text), raw


@given(ANY_TEXT, st.none() | st.integers(1, 40))
def test_cleaning_twice_changes_nothing_more(text: str, limit: int | None) -> None:
    assert clean(clean(text, limit), limit) == clean(text, limit)


def test_a_letter_and_its_accent_with_an_invisible_sign_between_become_one_letter() -> None:
    assert clean("a\u200b\u030a") == "å"


@given(ANY_TEXT, st.integers(1, 40))
def test_the_limit_holds(text: str, limit: int) -> None:
    assert len(clean(text, limit)) <= limit


def test_a_cut_text_says_so() -> None:
    assert clean("x" * 300) == "x" * 199 + "…"


def test_clean_text_can_be_written_to_any_file() -> None:
    clean("\udcff\ud83d").encode("utf-8")


@pytest.mark.parametrize(
    ("text", "folded"), [("Åkeri ÖST", "akeri ost"), ("Café", "cafe"), ("STRAẞE", "strasse")]
)
def test_folding_for_search(text: str, folded: str) -> None:
    assert fold(text) == folded
