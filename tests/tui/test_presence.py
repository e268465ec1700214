"""Two people in one engagement: each sees the other, one takes it over, and nothing that was written is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from core.config import Settings
from core.usecases.context import open_context
from core.usecases.presence import Attendance, take_over
from core.usecases.vouchers import list_vouchers


class FixedClock:
    """A clock that stands still."""

    def now(self) -> datetime:
        return datetime(2026, 1, 20, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _one_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same host and process in every run."""
    monkeypatch.setattr("socket.gethostname", lambda: "srv1")
    monkeypatch.setattr("os.getpid", lambda: 4711)
    monkeypatch.setattr("core.store.presence.process_lives", lambda _pid: True)


@asynccontextmanager
async def bjorn(settings: Settings, engagement_id: str) -> AsyncIterator[Attendance]:
    """Björn has the engagement open in another session."""
    async with open_context(settings, person="Björn", clock=FixedClock()) as ctx:
        attendance = Attendance(ctx)
        await attendance.enter(engagement_id)
        yield attendance


async def look(driven: Any) -> None:
    await driven.app.following.look()
    await driven.pilot.pause()


async def test_the_overview_shows_who_has_an_engagement_open(
    size: tuple[int, int], firm: Settings, drive: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    async with drive(firm, size) as driven, bjorn(firm, await driven.to_bageri()):
        await look(driven)
        matches(f"overview-presence-{size[0]}x{size[1]}", driven.text)


async def test_the_engagement_shows_who_else_has_it_open(
    size: tuple[int, int], firm: Settings, drive: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    async with drive(firm, size) as driven, bjorn(firm, await driven.to_bageri()):
        await driven.press("2")
        matches(f"engagement-presence-{size[0]}x{size[1]}", driven.text)


async def test_an_engagement_that_was_taken_over_is_only_read(
    size: tuple[int, int], firm: Settings, drive: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    async with drive(firm, size) as driven, bjorn(firm, await driven.to_bageri()) as other:
        await driven.press("2")
        await look(driven)
        await take_over(other.ctx, other, driven.app.engagement_id)
        await look(driven)
        assert "Björn har tagit över uppdraget" in driven.text
        await driven.press("j")
        matches(f"engagement-taken-{size[0]}x{size[1]}", driven.text)
        await driven.press("i")
        assert "Tryck 2 och sedan T" in driven.text
        assert not driven.app.jobs.all


async def test_in_english_as_well(
    firm: Settings, drive: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    english = msgspec.structs.replace(firm, ui=msgspec.structs.replace(firm.ui, language="en"))
    async with drive(english) as driven, bjorn(firm, await driven.to_bageri()):
        await driven.press("2")
        matches("engagement-presence-80x24-en", driven.text)


async def test_taking_over_asks_and_says_what_it_means(
    size: tuple[int, int], firm: Settings, drive: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    async with drive(firm, size) as driven, bjorn(firm, await driven.to_bageri()) as other:
        await driven.press("2", "T")
        matches(f"take-over-{size[0]}x{size[1]}", driven.text)
        await driven.press("tab", "enter")
        await other.look()
        holder = other.holder(driven.app.engagement_id)
        assert holder is not None
        assert holder.person == "anna"


async def test_what_was_being_written_is_kept_as_a_draft(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm) as driven, bjorn(firm, await driven.to_bageri()) as other:
        await driven.press("6", "n")
        await driven.write("Halvskriven")
        await driven.press("tab")
        await driven.write("1710")
        await driven.press("tab")
        await driven.write("300")
        await look(driven)
        before = await list_vouchers(other.ctx, driven.app.engagement_id)
        await take_over(other.ctx, other, driven.app.engagement_id)
        await look(driven)
        assert "ligger som utkast" in driven.text
        assert "övertaget av Björn" in driven.text
        (kept,) = (await list_vouchers(other.ctx, driven.app.engagement_id))[len(before) :]
        assert kept.text == "Halvskriven (osparat, anna)"
        assert [(row.account, row.amount) for row in kept.rows] == [("1710", 30000)]
        await driven.write("x")
        assert driven.app.current_page.grid.text.text == "Halvskriven"


async def test_a_dialog_over_the_page_closes_when_it_is_taken_over(
    firm: Settings, drive: Callable[..., Any]
) -> None:
    async with drive(firm) as driven, bjorn(firm, await driven.to_bageri()) as other:
        await driven.press("2", "s")
        await look(driven)
        await take_over(other.ctx, other, driven.app.engagement_id)
        await look(driven)
        assert driven.app.screen is driven.app.current_page


async def test_it_can_be_changed_again_when_the_other_one_leaves(
    firm: Settings, drive: Callable[..., Any]
) -> None:
    async with drive(firm) as driven, bjorn(firm, await driven.to_bageri()) as other:
        await driven.press("2")
        await take_over(other.ctx, other, driven.app.engagement_id)
        await look(driven)
        await other.leave()
        await look(driven)
        assert "Björn har lämnat uppdraget" in driven.text
        await driven.press("l")
        assert "Låst" in driven.text


async def test_nobody_to_take_it_over_from_is_said(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm) as driven:
        await driven.press("2", "T")
        assert "Ingen annan har uppdraget öppet" in driven.text
