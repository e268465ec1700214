"""How the pages behave: going about, dim actions that say why, jobs, sizes, names that try to harm."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from textual import events

from core.config import Settings
from core.orgnr import with_check_digit
from core.register import SourceKind
from core.usecases.clients import add_client
from core.usecases.context import open_context
from core.usecases.engagements import add_engagement, set_locked
from tui.app import BryggaApp

HOSTILE = (
    "\x1b[2J\x1b]52;c;aGVq\x07Firma",
    "Firma [/] AB",
    "[bold red]Firma[/bold red]",
    "\u202eFirma",
    "Fir\x00ma\n\tAB",
)
PAGES = ("1", "2", "3", "4", "5", "6", "7", "8", "L", "comma", "question_mark", "n")


async def test_escape_goes_back_to_the_screen_before(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm) as driven:
        await driven.press("2", "6")
        await driven.press("escape")
        assert driven.app.current_page.page == "engagement"
        await driven.press("escape")
        assert driven.app.current_page.page == "overview"
        await driven.press("escape")
        assert driven.app.current_page.page == "overview"


async def test_coming_back_shows_what_has_changed_meanwhile(
    firm: Settings, drive: Callable[..., Any]
) -> None:
    async with drive(firm) as driven:
        await driven.press("2")
        await set_locked(await driven.app.context(), driven.app.engagement_id, locked=True)
        await driven.press("1")
        assert "Låst" in driven.text


async def test_going_about_leaves_no_screens_behind(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm) as driven:
        for _round in range(3):
            await driven.press(*PAGES)
        assert len(driven.app.screen_stack) <= 2


async def test_a_dim_action_says_why(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm) as driven:
        await driven.press("e")
        assert "Ingen bokslutsverifikation är klar att överföra" in driven.text
        await driven.press("j")
        assert "enter öppna" in driven.text


async def test_quit_ends_at_once_when_nothing_runs(settings: Settings, drive: Callable[..., Any]) -> None:
    async with drive(settings) as driven:
        await driven.press("q")
        assert driven.app.return_code == 0


async def test_ctrl_q_and_ctrl_c_end_nothing(settings: Settings, drive: Callable[..., Any]) -> None:
    async with drive(settings) as driven:
        await driven.press("ctrl+q", "ctrl+c")
        assert driven.app.is_running
        assert "Tryck q för att avsluta" in driven.text


@pytest.mark.parametrize("key", PAGES)
async def test_names_that_try_to_harm_are_shown_as_text(
    key: str, settings: Settings, drive: Callable[..., Any]
) -> None:
    async with open_context(settings, person="anna") as ctx:
        for place, name in enumerate(HOSTILE):
            client = await add_client(
                ctx, name=name, orgnr=with_check_digit(f"55660000{place}"), responsible=name
            )
            await add_engagement(ctx, client.id, date(2025, 1, 1), date(2025, 12, 31), SourceKind.SIE4)
    async with drive(settings, (120, 36), "\x1b[31m[/]anna") as driven:
        await driven.press(key)
        await driven.press("ctrl+p")
        assert not [letter for letter in driven.text if ord(letter) < 32 and letter != "\n"]
        assert "\u202e" not in driven.text


@pytest.mark.parametrize("key", PAGES)
async def test_a_page_stands_every_size(key: str, firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm, (200, 60)) as driven:
        await driven.press(key)
        for size in ((120, 36), (80, 24), (60, 18), (40, 10), (80, 24), (200, 60)):
            await driven.pilot.resize_terminal(*size)
            await driven.pilot.pause()
        assert driven.app.is_running
        assert "brygga" in driven.text


async def test_undo_brings_a_removed_voucher_back(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm) as driven:
        await driven.press("slash", *"bageri", "enter")
        await driven.press("6")
        assert "2 bokslutsverifikationer" in driven.text
        await driven.press("x")
        assert "1 bokslutsverifikation " in driven.text
        await driven.press("u")
        assert "2 bokslutsverifikationer" in driven.text


async def test_a_locked_engagement_refuses_changes_and_says_how_to_open_it(
    firm: Settings, drive: Callable[..., Any]
) -> None:
    async with drive(firm) as driven:
        await driven.press("2", "l", "3", "i")
        assert "Uppdraget är låst" in driven.text
        assert not driven.app.jobs.all


async def test_several_imports_are_confirmed_by_typing_how_many(
    firm: Settings, drive: Callable[..., Any]
) -> None:
    async with drive(firm) as driven:
        await driven.press("space", "space", "i")
        assert "Skriv 2 för att fortsätta" in driven.text
        await driven.press("3", "down", "enter")
        assert not driven.app.jobs.all
        await driven.press("escape")


async def test_a_sentence_longer_than_the_line_is_shown_whole_until_the_next_key(
    firm: Settings, drive: Callable[..., Any]
) -> None:
    sentence = "Böckerna läses från en SIE4-fil. " * 4
    async with drive(firm) as driven:
        driven.app.current_page.say(sentence)
        await driven.pilot.pause()
        assert " ".join(driven.text.split()).endswith(sentence.strip())
        await driven.press("j")
        assert driven.text.splitlines()[-1].startswith(" ")
        assert "? hjälp" in driven.text.splitlines()[-1]


async def test_what_is_known_of_a_client_is_changed_on_the_spot(
    firm: Settings, drive: Callable[..., Any]
) -> None:
    from core.usecases.clients import find_client

    async with drive(firm) as driven:
        await driven.to_bageri()
        await driven.press("A")
        form = driven.app.screen.form
        before = form.text("form")
        form.go_to("number")
        await driven.press("ctrl+u", "7", "7")
        form.go_to("series")
        await driven.press("b")
        form.go_to("ok")
        await driven.press("enter")
        await driven.until_text("Sparat.")
        client = await find_client(await driven.app.context(), "77")
        assert (client.name, client.default_series, client.form) == ("Bageri Söder AB", "B", before)


async def test_settings_hold_at_once(settings: Settings, drive: Callable[..., Any]) -> None:
    async with drive(settings) as driven:
        await driven.press("comma", "right", "f2")
        await driven.until_text("Overview")
        assert settings.paths.settings.exists()


async def test_a_fault_of_the_interface_leaves_three_lines_and_no_local_values(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    app = BryggaApp(settings, "anna")

    def fail() -> None:
        secret = "hemligt värde"
        raise ZeroDivisionError(len(secret))

    async def run() -> None:
        async with app.run_test() as pilot:
            app.call_later(fail)
            await pilot.pause()

    with pytest.raises(ZeroDivisionError):
        await run()
    shown = capsys.readouterr()
    assert "Ett fel uppstod i brygga" in shown.out + shown.err
    assert "hemligt" not in shown.out + shown.err
    assert "Traceback" not in shown.out + shown.err


async def test_an_item_too_long_for_its_row_is_read_in_full_in_a_dialog(
    firm: Settings, drive: Callable[..., Any]
) -> None:
    async with drive(firm) as driven:
        await driven.press("slash", *"bageri", "enter")
        await driven.press("4", "enter")
        assert "Slutreglerad" in driven.text
        await driven.press("enter")
        assert "Slutreglerad" not in driven.text


async def test_a_copy_a_reversal_and_undo_take_one_key_each(
    firm: Settings, drive: Callable[..., Any]
) -> None:
    async with drive(firm) as driven:
        await driven.press("slash", *"bageri", "enter")
        await driven.press("6")
        await driven.press("y")
        assert "3 bokslutsverifikationer" in driven.text
        await driven.press("w")
        assert "2026-01-01" in driven.text
        await driven.press("u", "u")
        assert "2 bokslutsverifikationer" in driven.text


async def test_keys_typed_ahead_keep_their_order(settings: Settings, drive: Callable[..., Any]) -> None:
    async with drive(settings) as driven:
        await driven.press("n", "down", "down", "enter")
        keys = (*"Bageri", "down", *"5560000001", "down", *"101")
        for key in keys:  # all at once, as they come through a slow line
            driven.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await driven.until_text("101")
        form = driven.app.current_page.form
        assert [form.text(name) for name in ("name", "orgnr", "number")] == ["Bageri", "5560000001", "101"]


async def test_a_key_typed_ahead_of_a_dialog_does_nothing_below_it(
    firm: Settings, drive: Callable[..., Any]
) -> None:
    async with drive(firm) as driven:
        for key, character in (("ctrl+p", None), ("v", "v")):
            driven.app.post_message(events.Key(key, character))
        await driven.until_text("Kommandon")
        assert "urval" not in driven.text


async def test_an_address_pasted_over_several_lines_is_one_piece(
    settings: Settings, drive: Callable[..., Any]
) -> None:
    from tui.screens.consent import unbroken
    from tui.screens.dialogs import FormDialog
    from tui.widgets.form import TextField

    async with drive(settings) as driven:
        dialog = FormDialog("Anslut", [TextField("url", "Adress", width=58)], "Vidare", lambda _form: None)
        driven.app.ask(dialog)
        await driven.until_text("Adress")
        driven.app.post_message(events.Paste("http://127.0.0.1:8573/callback?code=ab\n  cd&state=\r\nef\n"))
        await driven.until(lambda: bool(dialog.form.text("url")), "the paste")
        assert unbroken(dialog.form.text("url")) == "http://127.0.0.1:8573/callback?code=abcd&state=ef"
