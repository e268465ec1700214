"""The command list and going to a client: what is found by a few letters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual import events

from core.config import Settings
from tui.screens.palette import Palette, score


async def test_go_to_finds_a_client_by_a_few_letters(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm) as driven:
        await driven.press("colon", *"akeri", "enter")
        assert "Uppdrag · Åkeri Vest AB" in driven.text


async def test_the_palette_does_what_was_chosen(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm) as driven:
        await driven.press("ctrl+p")
        assert isinstance(driven.app.screen, Palette)
        await driven.press(*"integr", "enter")
        assert driven.app.current_page.page == "integrations"


@pytest.mark.parametrize(
    ("query", "better", "worse"), [("ba", "Bageri", "Abba"), ("ny", "Nya Bygg", "Fönya")]
)
def test_a_word_that_begins_with_the_letters_comes_first(query: str, better: str, worse: str) -> None:
    first, second = score(query, better), score(query, worse)
    assert first is not None
    assert second is not None
    assert first < second


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("ab", "Nya Abba Bygg AB 2025", True),
        ("nb", "Nya Bygg AB 2025", True),
        ("bygg nya", "Nya Bygg AB 2025", True),
        ("bgri", "Bageri Söder AB", True),
        ("bag", "Begränsa listan medan du skriver; esc tar bort filtret igen", False),
        ("ylr", "Kontona i huvudboken är lika med reskontran", False),
    ],
)
def test_letters_strewn_over_a_sentence_are_no_hit(query: str, text: str, found: bool) -> None:
    assert (score(query, text) is not None) is found


async def test_an_organisation_number_is_pasted_and_found(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm) as driven:
        await driven.press("colon")
        driven.app.screen.finder.on_paste(events.Paste("5599991055\n"))
        await driven.press("enter")
        assert "Uppdrag · Åkeri Vest AB" in driven.text
