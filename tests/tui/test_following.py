"""What others do shows itself: the screen follows the store, under a keyboard that stays where it is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.config import Settings
from core.orgnr import with_check_digit
from core.register import SourceKind
from core.usecases.clients import add_client, list_clients
from core.usecases.context import open_context
from core.usecases.engagements import add_engagement, set_locked


async def others_add(settings: Settings, *names: str) -> None:
    """Another process adds clients with a year from a file."""
    async with open_context(settings, person="björn") as ctx:
        taken = len(await list_clients(ctx))
        for place, name in enumerate(names, start=taken):
            client = await add_client(ctx, name=name, orgnr=with_check_digit(f"5566000{place:02}"))
            await add_engagement(ctx, client.id, date(2025, 1, 1), date(2025, 12, 31), SourceKind.SIE4)


async def look(driven: Any) -> None:
    await driven.app.following.look()
    await driven.pilot.pause()


async def test_the_overview_shows_what_another_process_adds(
    firm: Settings, drive: Callable[..., Any]
) -> None:
    async with drive(firm) as driven:
        await look(driven)
        await others_add(firm, "Abborre AB")
        await look(driven)
        assert "Abborre AB" in driven.text


async def test_the_cursor_stays_on_its_client_and_its_line(
    settings: Settings, drive: Callable[..., Any]
) -> None:
    await others_add(settings, *(f"Klient {number:02}" for number in range(40)))
    async with drive(settings) as driven:
        await look(driven)
        await driven.press(*["down"] * 25)
        line = next(n for n, text in enumerate(driven.text.splitlines()) if text.startswith("▸"))
        await others_add(settings, "Abborre AB", "Berg AB")
        await look(driven)
        after = driven.text.splitlines()[line]
        assert after.startswith("▸")
        assert "Klient 25" in after


async def test_marks_and_filter_stay(settings: Settings, drive: Callable[..., Any]) -> None:
    await others_add(settings, "Klient 1", "Klient 2", "Annan AB")
    async with drive(settings) as driven:
        await look(driven)
        await driven.press("slash", *"klient", "enter", "space")
        await others_add(settings, "Klient 0")
        await look(driven)
        table = driven.app.current_page.table
        assert [row.client.name for row in table.marked] == ["Klient 1"]
        assert table.count == 3
        assert "Annan AB" not in driven.text


async def test_an_open_engagement_follows_as_well(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm) as driven:
        await driven.press("2")
        await look(driven)
        async with open_context(firm, person="björn") as other:
            await set_locked(other, driven.app.engagement_id, locked=True)
        await look(driven)
        assert "låst" in driven.text


async def test_a_form_is_left_alone_while_somebody_writes_in_it(
    settings: Settings, drive: Callable[..., Any]
) -> None:
    async with drive(settings) as driven:
        await driven.press("n", "down", "down", "enter")
        await driven.write("Halvskri")
        await look(driven)
        await others_add(settings, "Abborre AB")
        await look(driven)
        assert "Halvskri" in driven.text


async def test_a_store_that_goes_away_is_said_once_and_the_rows_stay(
    firm: Settings, drive: Callable[..., Any], tmp_path: Path
) -> None:
    async with drive(firm) as driven:
        await look(driven)
        firm.store_path.rename(tmp_path / "aside.db")
        await look(driven)
        assert "är borta" in driven.text
        assert "Bageri" in driven.text
        (tmp_path / "aside.db").rename(firm.store_path)
        await look(driven)
        assert "är borta" not in driven.text


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
async def test_a_store_that_has_gone_looks_as_stored(
    size: tuple[int, int],
    firm: Settings,
    drive: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    matches: Callable[[str, str], None],
) -> None:
    monkeypatch.chdir(firm.data_dir)
    near = msgspec.structs.replace(firm, store=msgspec.structs.replace(firm.store, path="brygga.db"))
    async with drive(near, size) as driven:
        await look(driven)
        firm.store_path.rename(tmp_path / "aside.db")
        await look(driven)
        matches(f"overview-gone-{size[0]}x{size[1]}", driven.text)


async def test_a_restored_store_is_read_anew(
    firm: Settings, drive: Callable[..., Any], tmp_path: Path
) -> None:
    async with drive(firm) as driven:
        await look(driven)
        copy = tmp_path / "copy"
        shutil.copytree(firm.data_dir, copy)
        for part in ("-wal", "-shm"):
            firm.store_path.with_name(firm.store_path.name + part).unlink(missing_ok=True)
        (copy / firm.store_path.name).rename(firm.store_path)
        await others_add(firm, "Abborre AB")
        await look(driven)
        await look(driven)
        assert "Abborre AB" in driven.text
