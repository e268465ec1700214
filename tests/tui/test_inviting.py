"""The invitation desk in the interface: 120 clients in three batches, letters, pause, the wording."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import openpyxl
import pytest

from core.config import Settings
from core.config_tables import Firm, MailSettings
from core.invite.outbound import LetterState
from core.invite.rows import InviteState
from core.orgnr import with_check_digit
from core.store import invitations, letters
from core.usecases import invite
from core.usecases.clients import import_clients
from core.usecases.invite_desk import desk
from tests.mailserver import MailServer, wait_for


@pytest.fixture
def office(settings: Settings, mail_server: MailServer) -> Settings:
    """A firm with a mail server."""
    mail = MailSettings(host="127.0.0.1", port=mail_server.port, security="none", sender="byra@example.com")
    return msgspec.structs.replace(settings, firm=Firm(name="Byrån AB"), mail=mail)


async def clients(driven: Any, count: int) -> None:
    lines = [
        f"{number};Klient {number:03} Åkeri AB;{with_check_digit(f'556{number:06}')}"
        for number in range(1, count + 1)
    ]
    data = "nummer;namn;orgnr\n" + "\n".join(lines)
    await import_clients(await driven.app.context(), data.encode())


def a_list(path: Path, count: int) -> Path:
    rows = [
        f"{number};Åsa Öberg {number};asa{number}@example.com;070-123 45 67" for number in range(1, count + 1)
    ]
    path.write_text("klientnummer;namn;e-post;mobilnummer\n" + "\n".join(rows), "cp1252")
    return path


async def read_list(driven: Any, path: Path) -> None:
    await driven.press("h")
    await driven.write(str(path))
    await driven.press("enter", "enter")
    await driven.until_text("Vad listan innehåller")
    await driven.press("right", "enter")
    await driven.until_text("tillagda")


async def export(driven: Any, path: Path) -> None:
    await driven.press("e")
    await driven.press("ctrl+u")
    await driven.write(str(path))
    await driven.press("enter", "enter")
    await driven.until(path.exists, "the file")
    await driven.until_text("skrivna till")


async def choose_status(driven: Any) -> None:
    """Mark all that are shown with what is proposed."""
    await driven.press("a", "S")
    await driven.until_text("Var raderna står")
    await driven.press("down", "enter")
    await driven.until_text("markerade.")


async def send(driven: Any, count: int) -> None:
    await driven.press("E")
    await driven.until_text("Skicka brev")
    await driven.press("down", "down", "enter")
    await driven.until_text(f"Skriv {count}")
    await driven.write(str(count))
    await driven.press("enter", "enter")
    await driven.until_text(f"{count} skick")


async def states(driven: Any) -> dict[InviteState, int]:
    ctx = await driven.app.context()
    rows = await ctx.store.read(invitations.every)
    return {state: sum(row.state is state for row in rows) for state in {row.state for row in rows}}


@pytest.mark.timeout(240)
async def test_120_clients_are_taken_through_three_batches(
    office: Settings, drive: Callable[..., Any], mail_server: MailServer, tmp_path: Path
) -> None:
    async with drive(office) as driven:
        await clients(driven, 120)
        await driven.press("Y")
        await driven.until_text("120 klienter utan användare")
        await read_list(driven, a_list(tmp_path / "lista.csv", 120))
        assert "120 hindras" in driven.text
        await driven.press("a", "m")
        await driven.until_text("hos 120 klienter")
        assert "50/50" in driven.text
        await driven.press("v", "v", "v")
        for number, size in ((1, 50), (2, 50), (3, 20)):
            path = tmp_path / f"omgang-{number}.xlsx"
            await export(driven, path)
            sheet = openpyxl.load_workbook(path).active
            assert sheet is not None
            assert sheet.max_row == size + 1
            await send(driven, size)
            await choose_status(driven)
        assert await states(driven) == {InviteState.INVITED: 120}
        assert "0/50" in driven.text
    assert len(mail_server.letters) == 120
    assert {one.recipients[0] for one in mail_server.letters} == {
        f"asa{number}@example.com" for number in range(1, 121)
    }


async def invited(driven: Any, tmp_path: Path, count: int = 4) -> None:
    await clients(driven, count)
    await driven.press("Y")
    await read_list(driven, a_list(tmp_path / "lista.csv", count))
    await driven.press("a", "m")
    await driven.until_text("systemadministratör hos")


async def test_the_desk_looks_as_stored(
    size: tuple[int, int],
    office: Settings,
    drive: Callable[..., Any],
    matches: Callable[[str, str], None],
    tmp_path: Path,
) -> None:
    async with drive(office, size) as driven:
        await invited(driven, tmp_path, 6)
        ctx = await driven.app.context()
        rows = sorted((await desk(ctx)).by_id)
        await invite.set_admin(ctx, [(await desk(ctx)).by_id[rows[5]].client.id], admin=False)
        for row, state in zip(
            rows, (InviteState.INVITED, InviteState.DECLINED, InviteState.EXPORTED), strict=False
        ):
            await invite.mark(ctx, [row], state)
        await invite.remove_invitations(ctx, [rows[4]])
        await driven.press("r")
        matches(f"invite-{size[0]}x{size[1]}", driven.text)
        await driven.press("f7")
        await driven.until_text("fält för fält")
        matches(f"invite-fields-{size[0]}x{size[1]}", driven.text)


async def test_a_user_is_written_with_a_suggested_username(
    office: Settings, drive: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    async with drive(office) as driven:
        await clients(driven, 1)
        await driven.press("Y")
        await driven.press("enter")
        for text in ("Åsa Öberg", "asa(a)example.com"):
            await driven.write(text.replace("(a)", "") if "(a)" in text else text)
            await driven.press("down")
        assert "asa.oberg" in driven.text
        await driven.press("down", "down", "down", "space", "down", "down", "enter")
        assert "inte rätt skriven" in driven.text
        matches("invite-user-80x24", driven.text)
        await driven.press("ctrl+u")
        for character in "asa":
            await driven.press(character)
        await driven.press("at", *"example", "full_stop", *"com")
        await driven.press("down", "down", "down", "down", "down", "down", "enter")
        await driven.until_text("Föreslaget användarnamn: asa.oberg")
        assert "i omgången" in driven.text


async def test_letters_are_paused_and_go_on(
    office: Settings, drive: Callable[..., Any], mail_server: MailServer, tmp_path: Path
) -> None:
    mail_server.slow = 0.05
    async with drive(office) as driven:
        await invited(driven, tmp_path, 12)
        await driven.press("a", "E")
        await driven.until_text("Skicka brev")
        await driven.press("down", "down", "enter")
        await driven.until_text("Skriv 12")
        await driven.write("12")
        await driven.press("enter", "enter")
        await asyncio.to_thread(wait_for, lambda: len(mail_server.letters) >= 2)
        await driven.press("Z")
        await driven.idle()
        there = len(mail_server.letters)
        assert there < 12
        ctx = await driven.app.context()
        waiting = await ctx.store.read(lambda tx: letters.in_state(tx, LetterState.QUEUED))
        assert len(waiting) == 12 - there
        await driven.press("Z")
        await driven.until_text(f"{12 - there} skick")
    assert len({one.recipients[0] for one in mail_server.letters}) == len(mail_server.letters) == 12


async def test_a_dead_mail_server_is_said_in_three_lines(
    office: Settings, drive: Callable[..., Any], mail_server: MailServer, tmp_path: Path
) -> None:
    mail_server.stop()
    async with drive(office) as driven:
        await invited(driven, tmp_path, 2)
        await driven.press("a", "E")
        await driven.press("down", "down", "enter")
        await driven.until_text("Skriv 2")
        await driven.write("2")
        await driven.press("enter", "enter")
        await driven.until_text("Inget brev skickades")
        assert "kan inte nås" in driven.text
        assert "Alla rader är som de var" in driven.text


async def test_removed_rows_come_back_with_a_key(
    office: Settings, drive: Callable[..., Any], tmp_path: Path
) -> None:
    async with drive(office) as driven:
        await invited(driven, tmp_path, 2)
        await driven.press("x")
        await driven.until_text("borttagen")
        assert "ingen ännu" in driven.text
        await driven.press("u")
        await driven.until_text("Ångrat")
        assert "ingen ännu" not in driven.text


async def test_the_wording_is_written_checked_and_saved(
    size: tuple[int, int], office: Settings, drive: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    async with drive(office, size) as driven:
        await clients(driven, 1)
        await driven.press("Y")
        await driven.press("M")
        await driven.press("down", "down", "enter")
        await driven.until_text("{first_name}")
        matches(f"invite-letter-{size[0]}x{size[1]}", driven.text)
        await driven.press("x", "left_curly_bracket", "f2")
        await driven.until_text("Brevet sparades inte")
        await driven.press("backspace", "f3")
        await driven.until_text("xHej Anna!")
        await driven.press("escape", "f2")
        await driven.until_text("Brevet är sparat")


async def test_a_list_with_faults_shows_their_rows(
    office: Settings, drive: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "fel.csv").write_bytes(b"klientnummer;namn;e-post\n1;A;a@example.com\n9;B;b\n")
    async with drive(office) as driven:
        await clients(driven, 1)
        await driven.press("Y", "h")
        await driven.write(str(tmp_path / "fel.csv"))
        await driven.press("enter", "enter")
        await driven.until_text("Rad 3, kolumn 3")
        assert "Nya rader: 1." in driven.text
        assert "Rad 2: " in driven.text
        assert "a@example.com" in driven.text
        await driven.press("right", "enter")
        await driven.until_text("1 tillagda, 0 ändrade, 1 utelämnade")
