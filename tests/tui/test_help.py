"""The help of every screen: what each key does, and why a dim one is dim; the dim key itself says the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.config import Settings
from tui import actions
from tui.deeds import details_of
from tui.page import perform

SCREENS = {
    "overview": ("1",),
    "engagement": ("2",),
    "imports": ("3",),
    "annexes": ("4",),
    "reconciliation": ("5",),
    "vouchers": ("6",),
    "editor": ("6", "n"),
    "integrations": ("7",),
    "log": ("8",),
    "jobs": ("L",),
    "settings": ("comma",),
    "guide": ("n",),
}


@pytest.fixture(params=["firm", "settings"], ids=["firm", "empty"])
def store(request: pytest.FixtureRequest) -> Settings:
    """The sample firm, and a store with nothing in it."""
    found: Settings = request.getfixturevalue(request.param)
    return found


async def open_at(driven: Any, screen: str) -> Any:
    await driven.press(*SCREENS[screen])
    page = driven.app.current_page
    assert page.page in {screen, "vouchers"}
    return page


@pytest.mark.parametrize("screen", SCREENS)
async def test_help_tells_of_every_key_of_the_screen(
    screen: str, store: Settings, drive: Callable[..., Any]
) -> None:
    async with drive(store) as driven:
        page = await open_at(driven, screen)
        scopes = page.scopes()
        reasons = {
            action.id: page.reason_against(action.id)
            for action in actions.in_scopes(scopes, driven.app.actions)
        }
        await driven.press("f1")
        shown = {entry.action.id: entry for entry in driven.app.current_page.table.chosen}
        assert set(shown) == set(reasons)
        for name, entry in shown.items():
            assert entry.action.help
            assert entry.reason == (reasons[name] or "")


@pytest.mark.parametrize("screen", SCREENS)
async def test_a_dim_key_says_what_help_says_of_it(
    screen: str, store: Settings, drive: Callable[..., Any]
) -> None:
    async with drive(store) as driven:
        page = await open_at(driven, screen)
        for action in actions.in_scopes(page.scopes(), driven.app.actions):
            reason = page.reason_against(action.id)
            if reason:
                await perform(page, action)
                assert page.foot.message == reason
                assert reason.endswith((".", "!", "?"))


async def test_help_opens_the_line_in_full_at_80_columns(
    firm: Settings, drive: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    async with drive(firm) as driven:
        await driven.press("6", "f1", "enter")
        matches("help-line-80x24", driven.text)


async def test_a_log_line_opens_in_full_at_80_columns(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm) as driven:
        await driven.press("8", "enter")
        event = driven.app.current_page.table.current
        noted = details_of(event)
        assert noted
        assert all(name in driven.text and value[:20] in driven.text for name, value in noted)
        await driven.press("enter")
        assert driven.app.screen is driven.app.current_page


async def test_a_reading_longer_than_the_screen_scrolls(firm: Settings, drive: Callable[..., Any]) -> None:
    from tui.paint import plain
    from tui.screens.dialogs import Reading

    async with drive(firm) as driven:
        driven.app.ask(Reading("Lång", [plain(f"rad {number}") for number in range(100)]))
        await driven.pilot.pause()
        assert "↓" in driven.text
        await driven.press("end")
        assert "rad 99" in driven.text
        await driven.press("home")
        assert "rad 0" in driven.text
        assert "enter stänger" in driven.text
