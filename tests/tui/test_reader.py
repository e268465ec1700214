"""What a reader sees: everything, with the keys that change something dim, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.config import Settings
from core.register import Role
from tui import actions

WHY = "Du får bara läsa; en konsult eller administratör gör det här."


async def test_a_readers_key_says_why_it_does_nothing(drive: Callable[..., Any], firm: Settings) -> None:
    async with drive(firm, role=Role.READER) as driven:
        await driven.press("i")
        assert WHY in driven.text
        assert not driven.app.jobs.running


async def test_help_shows_a_reader_the_reason_under_the_dim_key(
    drive: Callable[..., Any], firm: Settings
) -> None:
    async with drive(firm, role=Role.READER) as driven:
        await driven.press("question_mark")
        assert driven.app.reasons["import"].startswith(WHY)
        assert "filter" not in driven.app.reasons


@pytest.mark.parametrize(
    "page", ["engagement", "annexes", "reconciliation", "vouchers", "integrations", "log"]
)
async def test_a_reader_reads_every_screen(drive: Callable[..., Any], firm: Settings, page: str) -> None:
    async with drive(firm, role=Role.READER) as driven:
        await driven.press("enter")
        driven.app.open_page(page)
        await driven.pilot.pause()
        assert driven.app.current_page.page == page
        assert not driven.app.current_page.trouble.count


async def test_a_consultant_is_told_that_the_settings_are_the_firms(
    drive: Callable[..., Any], firm: Settings
) -> None:
    before = firm.paths.settings.read_bytes()
    async with drive(firm, role=Role.CONSULTANT) as driven:
        await driven.press("comma", "f2")
        await driven.until_text("Det här kräver behörigheten administratör.")
        assert firm.paths.settings.read_bytes() == before


def test_every_action_that_is_denied_is_an_action() -> None:
    assert {action.id for action in actions.TABLE} >= actions.WORK
