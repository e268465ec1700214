"""What a reader sees: everything, with the keys that change something dim, and why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.config import Settings, load
from core.register import Person, Role
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


@pytest.mark.parametrize("key", ["n", "m", "e", "S", "E", "Z", "h", "x", "u", "M"])
async def test_a_readers_key_at_the_invitation_desk_says_why_it_does_nothing(
    drive: Callable[..., Any], firm: Settings, key: str
) -> None:
    async with drive(firm, role=Role.READER) as driven:
        await driven.press("Y", key)
        assert WHY in driven.text


async def test_a_reader_still_copies_and_reads_at_the_invitation_desk(
    drive: Callable[..., Any], firm: Settings
) -> None:
    async with drive(firm, role=Role.READER) as driven:
        await driven.press("Y")
        page = driven.app.current_page
        assert WHY not in {page.reason_against(name) for name in ("fields", "quick", "copy", "save_table")}


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


async def test_a_reader_of_a_server_has_a_look_of_ones_own(
    drive: Callable[..., Any], firm: Settings, tmp_path: Path
) -> None:
    before = firm.paths.settings.read_bytes()
    own = tmp_path / "people" / "rut.toml"
    theirs = msgspec.structs.replace(firm, person_file=own)
    async with drive(theirs, role=Role.READER) as driven:
        await driven.press("comma", "down", "right", "f2")
        await driven.until(own.exists, "the file")
    assert firm.paths.settings.read_bytes() == before
    again = load(firm.config_file, firm.data_dir, environ={}, person_file=own)
    assert again.ui.theme != firm.ui.theme


async def test_keys_follow_a_role_that_is_changed_while_the_session_is_open(
    drive: Callable[..., Any], firm: Settings, tmp_path: Path
) -> None:
    from core.store import people
    from core.usecases.context import open_context

    on_server = msgspec.structs.replace(firm, person_file=tmp_path / "people" / "rut.toml")
    async with drive(on_server, person="rut", role=Role.CONSULTANT) as driven:
        async with open_context(firm, person="anna") as ctx:
            await ctx.store.write(lambda tx: people.put(tx, Person("rut", Role.READER, (), ctx.now())))
        await driven.app.following.look()
        assert driven.app.current_page.reason_against("import") == WHY


def test_every_action_that_is_denied_is_an_action() -> None:
    assert {action.id for action in actions.TABLE} >= actions.WORK
