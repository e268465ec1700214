"""The first start: a welcome with three ways in, each taken to its end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.config import Settings, load
from core.register import SourceKind
from core.secret import Secret
from core.usecases.clients import add_client, list_clients
from core.usecases.context import open_context
from core.usecases.engagements import list_engagements
from core.usecases.secrets import set_client_secret
from core.usecases.settings import choose_keeper
from core.usecases.welcome import is_first_start
from tui.completion import complete_sie_path
from tui.screens.consent import ConsentDialog
from tui.screens.dialogs import FormDialog

BOOKS = """#FLAGGA 0
#PROGRAM "Handskriven" 1
#FORMAT PC8
#GEN 20260110
#SIETYP 4
#ORGNR 556677-8899
#FNAMN "Åkeri Öster AB"
#RAR 0 20250101 20251231
#KONTO 1930 "Företagskonto"
#KONTO 3001 "Försäljning"
#UB 0 1930 1000.00
#RES 0 3001 -1000.00
#VER A 1 20250301 "Faktura 1"
{
#TRANS 1930 {} 1000.00
#TRANS 3001 {} -1000.00
}
"""


@pytest.fixture
def first(drive: Callable[..., Any]) -> Callable[..., Any]:
    """``async with first(settings) as driven``: the app as at its first start."""

    @asynccontextmanager
    async def run(settings: Settings, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Any]:
        async with drive(settings, size, first_page="welcome") as driven:
            yield driven

    return run


@pytest.fixture
def books(tmp_path: Path) -> Path:
    path = tmp_path / "sie" / "bocker.se"
    path.parent.mkdir()
    path.write_bytes(BOOKS.replace("\n", "\r\n").encode("cp437"))
    return path


async def test_the_welcome_looks_as_stored(
    size: tuple[int, int], settings: Settings, first: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    async with first(settings, size) as driven:
        matches(f"welcome-{size[0]}x{size[1]}", driven.text)


async def test_the_welcome_looks_as_stored_in_english(
    settings: Settings, first: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    english = msgspec.structs.replace(settings, ui=msgspec.structs.replace(settings.ui, language="en"))
    async with first(english) as driven:
        matches("welcome-80x24-en", driven.text)


async def test_the_demo_is_entered_worked_in_and_thrown_away(
    settings: Settings, first: Callable[..., Any]
) -> None:
    async with first(settings) as driven:
        await driven.press("1")
        await driven.until(lambda: driven.app.current_page.page == "overview", "the demo's overview")
        await driven.until_text("Nya Bygg")
        assert driven.text.splitlines()[0].endswith("Logg  demo")
        place = driven.app.settings.data_dir
        assert place.exists()
        await driven.press("slash", *"nya bygg", "enter", "e")
        await driven.until_text("uppfyllda")
        await driven.press("escape")
    assert not place.exists()
    assert not settings.paths.settings.exists()


async def test_a_demo_that_is_left_while_it_starts_leaves_nothing(
    settings: Settings, first: Callable[..., Any]
) -> None:
    async with first(settings) as driven:
        await driven.press("1")
        await driven.until_text("Exempelbyrån")
        assert driven.app.jobs.running
    assert driven.app.settings is settings


async def test_connecting_asks_for_what_is_missing_and_goes_on_to_the_consent(
    tmp_path: Path, first: Callable[..., Any]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[fortnox]\napi_url = "http://127.0.0.1:9/3"\nauth_url = "http://127.0.0.1:9/o"\n')
    settings = load(config, tmp_path / "data", environ={})
    async with first(settings) as driven:
        await driven.press("2")
        await driven.until_text("Före den första anslutningen")
        await driven.press("right", "right", "right", "down", "enter")
        await driven.until_text("Välj en lösenfras")
        await driven.write("kort")
        await driven.press("down")
        await driven.write("kort")
        await driven.press("down", "enter")
        await driven.until_text("färre än 12 tecken")
        await driven.press("ctrl+u")
        await driven.write("en lång lösenfras")
        await driven.press("down", "ctrl+u")
        await driven.write("en lång lösenfras")
        await driven.press("down", "enter")
        await driven.until_text("Client-Id")
        await driven.write("min-app")
        await driven.press("down")
        await driven.write("hemligheten")
        await driven.press("down", "enter")
        await driven.until(lambda: isinstance(driven.app.screen, ConsentDialog), "the consent")
    stored = load(config, tmp_path / "data", environ={})
    assert stored.fortnox.client_id == "min-app"
    assert stored.secrets.keeper == "passphrase"
    assert b"hemligheten" not in stored.store_path.read_bytes()


async def locked_with(settings: Settings, passphrase: str) -> Settings:
    """A data directory whose secrets a passphrase opens."""
    async with open_context(settings) as ctx:
        await choose_keeper(ctx, "passphrase", Secret(passphrase))
    chosen = load(None, settings.data_dir, environ={"BRYGGA_CONFIG": ""})
    async with open_context(chosen) as ctx:
        ctx.shared["ask_passphrase"] = lambda: Secret(passphrase)
        await set_client_secret(ctx, "hemligheten")
    return chosen


async def test_a_passphrase_is_asked_for_until_it_is_right(
    settings: Settings, drive: Callable[..., Any]
) -> None:
    chosen = await locked_with(settings, "en lång lösenfras")
    async with drive(chosen) as driven:
        await driven.until(lambda: isinstance(driven.app.screen, FormDialog), "the passphrase dialog")
        await driven.write("fel lösenfras helt")
        await driven.press("down", "enter")
        await driven.until_text("▲")
        assert "en lång" not in driven.text
        await driven.press("ctrl+u")
        await driven.write("en lång lösenfras")
        await driven.press("down", "enter")
        await driven.until(lambda: driven.app.screen is driven.app.current_page, "the overview")
        await driven.until(lambda: "huvudnyckel" not in driven.text, "no trouble")


async def test_the_question_for_the_passphrase_looks_as_stored(
    size: tuple[int, int], settings: Settings, drive: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    chosen = await locked_with(settings, "en lång lösenfras")
    async with drive(chosen, size) as driven:
        await driven.until(lambda: isinstance(driven.app.screen, FormDialog), "the passphrase dialog")
        await driven.write("fel lösenfras helt")
        await driven.press("down", "enter")
        await driven.until_text("▲")
        matches(f"passphrase-{size[0]}x{size[1]}", driven.text)


async def test_the_passphrase_can_be_put_off(settings: Settings, drive: Callable[..., Any]) -> None:
    chosen = await locked_with(settings, "en lång lösenfras")
    async with drive(chosen) as driven:
        await driven.until(lambda: isinstance(driven.app.screen, FormDialog), "the passphrase dialog")
        await driven.press("escape")
        assert "läser brygga bara" in " ".join(driven.text.split())


async def test_the_choice_of_a_passphrase_looks_as_stored(
    size: tuple[int, int], settings: Settings, first: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    async with first(settings, size) as driven:
        await driven.press("2")
        await driven.until_text("Före den första anslutningen")
        matches(f"keeper-{size[0]}x{size[1]}", driven.text)
        await driven.press("right", "right", "right", "down", "enter")
        await driven.until_text("Välj en lösenfras")
        matches(f"new-passphrase-{size[0]}x{size[1]}", driven.text)


async def test_a_proposal_in_english(
    settings: Settings, books: Path, first: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    english = msgspec.structs.replace(settings, ui=msgspec.structs.replace(settings.ui, language="en"))
    async with first(english) as driven:
        await driven.press("3")
        await driven.until_text("Open a SIE4 file")
        await driven.write(str(books))
        await driven.press("down", "enter")
        await driven.until_text("Handskriven")
        matches("guide-proposal-80x24-en", driven.text)


async def test_a_sie_file_is_proposed_before_anything_is_made(
    size: tuple[int, int],
    settings: Settings,
    books: Path,
    first: Callable[..., Any],
    matches: Callable[[str, str], None],
) -> None:
    async with first(settings, size) as driven:
        await driven.press("3")
        await driven.until_text("Öppna en SIE4-fil")
        await driven.write(str(books))
        await driven.press("down", "enter")
        await driven.until_text("Handskriven")
        matches(f"guide-proposal-{size[0]}x{size[1]}", driven.text)
        assert await list_clients(await driven.app.context()) == []


async def test_a_proposed_client_is_corrected_made_and_imported(
    settings: Settings, books: Path, first: Callable[..., Any]
) -> None:
    async with first(settings) as driven:
        await driven.press("3")
        await driven.until_text("Öppna en SIE4-fil")
        await driven.write(str(books))
        await driven.press("down", "enter")
        await driven.until_text("Handskriven")
        await driven.press(*["up"] * 3)
        await driven.write("204")
        await driven.press(*["down"] * 3, "enter")
        await driven.until_text("importerad 2026-01-20")
        assert driven.app.current_page.page == "engagement"
        ctx = await driven.app.context()
        (client,) = await list_clients(ctx)
        (engagement,) = await list_engagements(ctx)
    assert (client.name, client.number, client.form) == ("Åkeri Öster AB", "204", "AB")
    assert engagement.source is SourceKind.SIE4


async def test_a_file_of_a_known_client_makes_no_second_one(
    settings: Settings, books: Path, first: Callable[..., Any]
) -> None:
    async with open_context(settings) as ctx:
        await add_client(ctx, name="Åkeriet", orgnr="556677-8899")
    async with first(settings) as driven:
        await driven.press("3")
        await driven.until_text("Öppna en SIE4-fil")
        await driven.write(str(books))
        await driven.press("down", "enter")
        await driven.until_text("✓ Åkeriet")
        await driven.press("enter")
        await driven.until_text("importerad 2026-01-20")
        assert len(await list_clients(await driven.app.context())) == 1


async def test_tab_completes_the_path(settings: Settings, books: Path, first: Callable[..., Any]) -> None:
    async with first(settings, (100, 30)) as driven:
        await driven.press("3")
        await driven.until_text("Öppna en SIE4-fil")
        await driven.write(str(books.parent)[:-1])
        await driven.press("tab", "tab")
        assert driven.app.screen.form.text("path") == str(books)
        await driven.press("tab", "enter")
        await driven.until_text("Handskriven")


async def test_completion_shows_what_a_path_may_become(tmp_path: Path) -> None:
    for name in ("bageri.se", "bageri2.SE", "bagage.txt", ".dold.se", "bergen/x"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert await complete_sie_path(f"{tmp_path}/ba") == (f"{tmp_path}/bageri", "bageri.se  bageri2.SE")
    assert await complete_sie_path(f"{tmp_path}/BE") == (f"{tmp_path}/bergen/", "")
    assert await complete_sie_path(f"{tmp_path}/finns/inte") == (f"{tmp_path}/finns/inte", "")


async def test_help_of_the_welcome_lists_what_the_digits_do_there(
    settings: Settings, first: Callable[..., Any]
) -> None:
    async with first(settings) as driven:
        await driven.press("question_mark")
        assert "Prova brygga på en påhittad byrå" in driven.text
        assert "1            Översikt" not in driven.text


async def test_escape_goes_to_the_empty_overview(settings: Settings, first: Callable[..., Any]) -> None:
    async with first(settings) as driven:
        await driven.press("escape")
        assert "startguiden" in driven.text


async def test_a_first_start_is_one_without_configuration_and_clients(settings: Settings) -> None:
    assert is_first_start(settings)
    async with open_context(settings) as ctx:
        assert is_first_start(settings)
        await add_client(ctx, name="Åkeriet", orgnr="556677-8899")
    assert not is_first_start(settings)


def test_a_configuration_is_no_first_start(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("")
    assert not is_first_start(load(config, tmp_path / "data", environ={}))


def test_a_store_that_cannot_be_read_is_no_first_start(settings: Settings) -> None:
    settings.store_path.parent.mkdir(parents=True)
    settings.store_path.write_bytes(b"this is no database, and long enough to be looked at" * 50)
    assert not is_first_start(settings)
