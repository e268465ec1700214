"""The overview on a wall: read alone, by itself, whatever happens to the store."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.config import Settings
from core.orgnr import with_check_digit
from core.usecases.clients import add_client
from core.usecases.context import open_context
from tui.dashboard import Dashboard

NOW = datetime(2026, 1, 20, 9, 30, tzinfo=UTC)


class FixedClock:
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOW


class Wall:
    """A dashboard that is looked at."""

    def __init__(self, app: Dashboard, pilot: Any) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def text(self) -> str:
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(piece.text for piece in strip).rstrip() for strip in strips) + "\n"

    async def look(self) -> None:
        """What the dashboard does every other second."""
        page = self.app.current_page
        assert page is not None
        await page.reload()
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()


@asynccontextmanager
async def shown(settings: Settings, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Wall]:
    app = Dashboard(settings, FixedClock())
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield Wall(app, pilot)


def files_of(settings: Settings) -> dict[str, tuple[int, int]]:
    """Every file of the data directory, with its size and time."""
    every = sorted(path for path in settings.data_dir.rglob("*") if path.is_file())
    return {path.name: (path.stat().st_size, path.stat().st_mtime_ns) for path in every}


async def test_it_looks_as_stored(
    size: tuple[int, int], firm: Settings, matches: Callable[[str, str], None]
) -> None:
    async with shown(firm, size) as wall:
        matches(f"dashboard-{size[0]}x{size[1]}", wall.text)


async def test_it_looks_as_stored_in_english(firm: Settings, matches: Callable[[str, str], None]) -> None:
    english = msgspec.structs.replace(firm, ui=msgspec.structs.replace(firm.ui, language="en"))
    async with shown(english) as wall:
        matches("dashboard-80x24-en", wall.text)


async def test_without_engagements_it_teaches(
    size: tuple[int, int], settings: Settings, matches: Callable[[str, str], None]
) -> None:
    async with open_context(settings):
        pass
    async with shown(settings, size) as wall:
        matches(f"empty-dashboard-{size[0]}x{size[1]}", wall.text)


async def test_it_leaves_every_file_as_it_was_and_makes_none(firm: Settings) -> None:
    before = files_of(firm)
    async with shown(firm) as wall:
        await wall.look()
        await wall.press("r", "question_mark", "escape", "j", "o")
    assert files_of(firm) == before


async def test_it_makes_no_file_beside_a_store_that_nobody_has_open(firm: Settings) -> None:
    connection = sqlite3.connect(firm.store_path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("CREATE TABLE passing (x)")
    connection.execute("DROP TABLE passing")
    connection.commit()
    connection.close()
    before = files_of(firm)
    assert f"{firm.store_path.name}-wal" not in before
    async with shown(firm) as wall:
        assert "Bageri" in wall.text
    assert files_of(firm) == before


async def test_it_needs_no_right_to_write(firm: Settings) -> None:
    firm.store_path.chmod(0o400)
    firm.data_dir.chmod(0o500)
    try:
        async with shown(firm) as wall:
            assert "Bageri" in wall.text
    finally:
        firm.data_dir.chmod(0o700)


async def test_it_shows_what_others_change(firm: Settings) -> None:
    async with shown(firm) as wall, open_context(firm, person="anna") as ctx:
        await add_client(ctx, name="Abborre AB", orgnr=with_check_digit("556600001"))
        await wall.look()
        assert "Abborre AB" in wall.text


async def test_a_store_that_goes_away_is_said_in_a_line_and_it_recovers(
    size: tuple[int, int], firm: Settings, tmp_path: Path, matches: Callable[[str, str], None]
) -> None:
    async with shown(firm, size) as wall:
        aside = tmp_path / "aside"
        firm.data_dir.rename(aside)
        await wall.look()
        text = wall.text.replace(str(firm.store_path), "DATABASEN").splitlines()
        assert any("DATABASEN" in line or str(tmp_path)[:20] in line for line in text)
        assert "Bageri" in wall.text
        assert "Det som visas lästes 2026-01-20" in " ".join(wall.text.split())
        aside.rename(firm.data_dir)
        await wall.look()
        assert "✕ Databasen" not in wall.text


async def test_a_store_that_has_gone_looks_as_stored(
    size: tuple[int, int],
    firm: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    matches: Callable[[str, str], None],
) -> None:
    monkeypatch.chdir(firm.data_dir)
    near = msgspec.structs.replace(firm, store=msgspec.structs.replace(firm.store, path="brygga.db"))
    async with shown(near, size) as wall:
        firm.store_path.rename(tmp_path / "aside.db")
        await wall.look()
        matches(f"dashboard-gone-{size[0]}x{size[1]}", wall.text)


async def test_no_store_at_all_is_no_reason_to_end(settings: Settings) -> None:
    async with shown(settings) as wall:
        assert "✕ Databasen" in wall.text
        async with open_context(settings, person="anna") as ctx:
            await add_client(ctx, name="Abborre AB", orgnr=with_check_digit("556600001"))
        await wall.look()
        assert "Abborre AB" in wall.text


async def test_a_broken_store_is_said_in_a_line(settings: Settings) -> None:
    settings.store_path.parent.mkdir(parents=True)
    settings.store_path.write_bytes(b"this is no database, and long enough to be looked at" * 50)
    async with shown(settings) as wall:
        assert "✕ Databasen" in wall.text


async def test_a_locked_store_is_said_in_a_line(firm: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.store.peek.BUSY_SECONDS", 0.05)
    holder = sqlite3.connect(firm.store_path, isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    holder.execute("UPDATE clients SET name = name")
    holder.execute("COMMIT")
    try:
        async with shown(firm) as wall:
            assert "✕ Databasen" in wall.text
            holder.close()
            await wall.press("r")
            assert "Bageri" in wall.text
            assert "✕" not in wall.text.replace("✕ utgången", "").replace("✕ 1 utgången", "")
    finally:
        holder.close()


@pytest.mark.parametrize(
    "key", ["1", "2", "6", "8", "n", "i", "e", "l", "comma", "ctrl+p", "colon", "L", "space"]
)
async def test_the_keys_that_lead_to_changes_are_dead(key: str, firm: Settings) -> None:
    async with shown(firm) as wall:
        before = wall.text
        await wall.press(key)
        assert wall.text == before


async def test_q_ends_it(firm: Settings) -> None:
    async with shown(firm) as wall:
        await wall.press("q")
        assert wall.app.return_code == 0


async def test_it_stands_every_size(firm: Settings) -> None:
    async with shown(firm, (200, 60)) as wall:
        for size in ((120, 36), (80, 24), (40, 10), (60, 18), (200, 60)):
            await wall.pilot.resize_terminal(*size)
            await wall.pilot.pause()
        assert "Bageri" in wall.text
