"""Lines of text: exact widths, and nothing that a terminal would obey."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.paint import columns, cut, fit, safe, spread, width_of, wrap
from tui.theme import Tone

ANYTHING = st.text(st.characters(), max_size=60)


@given(ANYTHING, st.integers(1, 40), st.booleans())
def test_a_fitted_text_takes_exactly_its_cells(text: str, width: int, right: bool) -> None:
    assert cell_len(fit(text, width, right=right)) == width


@given(ANYTHING)
def test_a_safe_text_holds_no_control_character(text: str) -> None:
    assert not [letter for letter in safe(text) if unicodedata.category(letter) in {"Cc", "Cs", "Co", "Cn"}]


@given(st.lists(st.tuples(ANYTHING, st.sampled_from(Tone)), max_size=6), st.integers(0, 60))
def test_a_cut_line_takes_exactly_its_cells(spans: list[tuple[str, Tone]], width: int) -> None:
    assert width_of(cut(spans, width)) == width


@given(ANYTHING, st.integers(4, 40))
def test_wrapped_lines_lose_no_letter_and_are_never_too_long(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert "".join(lines).replace(" ", "") == safe(text).replace(" ", "")
    assert all(width_of(((line, Tone.PLAIN),)) <= width for line in lines)


def test_a_word_longer_than_the_line_is_broken_and_others_are_not() -> None:
    assert wrap("id 01M7YZ2GDS502 slut", 8) == ["id", "01M7YZ2G", "DS502", "slut"]


def test_what_does_not_fit_ends_with_an_ellipsis() -> None:
    assert fit("Bageri Söder AB", 8) == "Bageri …"


def test_a_right_part_keeps_its_place_and_the_left_one_gives_way() -> None:
    line = spread((("a long title", Tone.TITLE),), (("12,00", Tone.PLAIN),), 12)
    assert "".join(text for text, _tone in line) == "a long…12,00"


def test_values_stand_in_a_column_of_their_own() -> None:
    lines = columns([("Org", "1"), ("Fiscal year", "2")], 40)
    starts = [width_of(line[:1]) for line in lines]
    assert len(set(starts)) == 1
