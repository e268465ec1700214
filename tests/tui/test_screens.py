"""Every screen as plain text, at both sizes, compared with tests/screens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.config import Settings
from core.errors import TryLater
from core.register import SourceKind
from core.usecases.clients import add_client
from core.usecases.context import Context
from core.usecases.engagements import add_engagement, set_locked

SIZES = ((80, 24), (120, 36))

# name of the text screen -> the keys that lead there from the overview with the cursor on Bageri Söder AB
OF_THE_FIRM = {
    "overview": (),
    "engagement": ("2",),
    "imports": ("3",),
    "annexes": ("4",),
    "annexes-2440": ("4", "tab"),
    "reconciliation": ("5",),
    "vouchers": ("6",),
    "editor": ("6", "enter"),
    "effects": ("6", "V"),
    "proof-empty": ("6", "p"),
    "receipts-empty": ("6", "K"),
    "carry-empty": ("I",),
    "integrations": ("7",),
    "jobs": ("L",),
    "help": ("6", "question_mark"),
    "palette": ("ctrl+p",),
    "go-to": ("colon",),
    "filter": ("slash", "b", "a", "g"),
    "source": ("3", "s"),
    "guide": ("n",),
    "guide-by-hand": ("n", "down", "down", "enter"),
}

EMPTY = {
    "empty-overview": (),
    "empty-engagement": ("2",),
    "empty-imports": ("3",),
    "empty-annexes": ("4",),
    "empty-reconciliation": ("5",),
    "empty-vouchers": ("6",),
    "empty-effects": ("6", "V"),
    "empty-integrations": ("7",),
    "empty-log": ("8",),
    "empty-invite": ("Y",),
    "empty-palette": ("ctrl+p", "q", "z", "q"),
}


def name_of(screen: str, size: tuple[int, int], language: str = "") -> str:
    return f"{screen}-{size[0]}x{size[1]}" + (f"-{language}" if language else "")


@pytest.mark.parametrize("screen", OF_THE_FIRM)
async def test_a_screen_of_the_sample_firm_looks_as_stored(
    screen: str,
    size: tuple[int, int],
    firm: Settings,
    drive: Callable[..., Any],
    matches: Callable[[str, str], None],
) -> None:
    async with drive(firm, size) as driven:
        await driven.to_bageri()
        for key in OF_THE_FIRM[screen]:
            await driven.press(key)
        matches(name_of(screen, size), driven.text)


async def test_every_empty_screen_teaches(
    size: tuple[int, int], settings: Settings, drive: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    async with drive(settings, size) as driven:
        for screen, keys in EMPTY.items():
            await driven.press("1", *keys)
            matches(name_of(screen, size), driven.text)


async def broken(_report: object) -> None:
    """A job that fails in three lines."""
    raise TryLater("fortnox_unreachable", "Fortnox svarar inte.", "Ingen svarar där.", "Försök igen.")


async def finished(_report: object) -> str:
    """A job that ends well."""
    return "839 verifikationer"


async def test_jobs_that_ended_well_and_badly_look_as_stored(
    settings: Settings, drive: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    async with drive(settings) as driven:
        jobs = driven.app.jobs
        jobs.start("Import", "Nya Bygg [Norr] AB", finished, summary=str)
        jobs.start("Import", "Bageri Söder AB", broken, summary=str)
        await driven.idle()
        await driven.press("L")
        for size in SIZES:
            await driven.pilot.resize_terminal(*size)
            await driven.press("j", "k")
            matches(name_of("jobs-ended", size), driven.text)


async def something_done(ctx: Context) -> None:
    """Three lines for the log."""
    client = await add_client(ctx, name="Bageri Söder AB", orgnr="559999-1014", number="101")
    engagement = await add_engagement(ctx, client.id, date(2025, 1, 1), date(2025, 12, 31), SourceKind.SIE4)
    await set_locked(ctx, engagement.id, locked=True)


async def test_the_log_tells_who_did_what_newest_first(
    size: tuple[int, int], settings: Settings, drive: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    async with drive(settings, size) as driven:
        await something_done(await driven.app.context())
        await driven.press("8")
        matches(name_of("log", size), driven.text)


def english_of(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, ui=msgspec.structs.replace(settings.ui, language="en"))


async def test_the_log_in_english_looks_as_stored(
    settings: Settings, drive: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    async with drive(english_of(settings)) as driven:
        await something_done(await driven.app.context())
        await driven.press("8")
        matches(name_of("log", (80, 24), "en"), driven.text)


@pytest.mark.parametrize("language", ["sv", "en"])
async def test_the_settings_look_as_stored(
    language: str, settings: Settings, drive: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    async with drive(english_of(settings) if language == "en" else settings) as driven:
        await driven.app.context()
        driven.app.settings = msgspec.structs.replace(
            driven.app.settings,
            data_dir=Path("/var/lib/brygga"),
            config_file=Path("/etc/brygga/config.toml"),
        )
        await driven.press("comma")
        for size in SIZES if language == "sv" else SIZES[:1]:
            await driven.pilot.resize_terminal(*size)
            await driven.press("r")
            matches(name_of("settings", size, "en" if language == "en" else ""), driven.text)


async def test_the_invitation_desk_in_english_looks_as_stored(
    firm: Settings, drive: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    async with drive(english_of(firm)) as driven:
        await driven.press("Y")
        matches(name_of("invite", (80, 24), "en"), driven.text)


@pytest.mark.parametrize("screen", OF_THE_FIRM)
async def test_a_screen_in_english_looks_as_stored(
    screen: str, firm: Settings, drive: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    async with drive(english_of(firm)) as driven:
        await driven.to_bageri()
        for key in OF_THE_FIRM[screen]:
            await driven.press(key)
        matches(name_of(screen, (80, 24), "en"), driven.text)


async def test_plain_letters_replace_every_sign(
    firm: Settings, drive: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    plain = msgspec.structs.replace(firm, ui=msgspec.structs.replace(firm.ui, glyphs="ascii"))
    async with drive(plain) as driven:
        await driven.to_bageri()
        text = driven.text
        matches("overview-ascii-80x24", text)
        await driven.pilot.resize_terminal(120, 36)
        await driven.press("colon")
        text += driven.text
    assert "Gå till klient" in text
    assert all(ord(character) < 256 for character in text)


async def test_a_tiny_window_says_one_sentence(settings: Settings, drive: Callable[..., Any]) -> None:
    async with drive(settings, (50, 12)) as driven:
        assert driven.text.split() == [
            "brygga",
            "behöver",
            "ett",
            "fönster",
            "på",
            "minst",
            "60",
            "gånger",
            "18",
            "tecken.",
        ]


async def test_a_store_that_cannot_be_opened_is_said_in_three_lines(
    settings: Settings, drive: Callable[..., Any]
) -> None:
    settings.store_path.parent.mkdir(parents=True)
    settings.store_path.write_bytes(b"this is no database, and long enough to be looked at" * 50)
    async with drive(settings) as driven:
        assert "✕" in driven.text
        assert "Traceback" not in driven.text
