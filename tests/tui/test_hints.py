"""What to press: keys and screens in the interface, commands on the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.config import Settings
from core.errors import Refused
from core.i18n import _
from tui import actions
from tui.hints import COMMAND, HINTS, hint_of

LOCKED = "Lås upp det först: brygga engagement unlock"


@pytest.mark.parametrize("code", HINTS)
def test_a_hint_names_keys_that_are_there_and_no_command(code: str) -> None:
    hint = hint_of(code, "Run: brygga something", actions.TABLE)
    assert not COMMAND.search(hint.replace("brygga frågar", ""))
    assert "{" not in hint


def test_a_hint_without_a_command_is_left_alone() -> None:
    assert hint_of("engagement_locked", "Fråga Anna.", actions.TABLE) == "Fråga Anna."


def test_a_hint_names_the_key_of_the_configuration() -> None:
    assert "Q" in hint_of("engagement_locked", LOCKED, actions.rebound({"lock": "Q"}))


async def test_trouble_on_a_screen_says_what_to_press(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm) as driven:
        error = Refused("engagement_locked", "Uppdraget är låst.", "Inget ändrades.", LOCKED)
        driven.app.current_page.show_trouble(error)
        await driven.pilot.pause()
        assert "brygga engagement" not in driven.text
        assert (
            _("Press {engagement}, then {lock} to unlock it.").format(engagement="2", lock="l") in driven.text
        )
