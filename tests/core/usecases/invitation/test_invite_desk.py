"""The desk: batches of fifty, what persons say, lists in, and what is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from core.errors import Refused, UsageError
from core.invite.rows import Consent, InviteState, UserChoice
from core.store import invitations
from core.usecases import invite
from core.usecases.activity import activity
from core.usecases.clients import remove_client
from core.usecases.context import Context
from core.usecases.invite_batch import copy_fields, export_batch, show_batch
from core.usecases.invite_desk import desk, find_lines
from core.usecases.invite_list import preview_list, read_list


async def test_all_clients_stand_on_the_desk_in_swedish_order(ctx: Context, make_client: Any) -> None:
    for number, name in enumerate(["Öst AB", "Zeta AB", "Åkeri AB"], start=1):
        await make_client(ctx, number, name)
    now = await desk(ctx)
    assert [line.client.name for line in now.rows] == ["Zeta AB", "Åkeri AB", "Öst AB"]
    assert all(line.row is None for line in now.waiting)


async def test_120_clients_go_out_in_three_batches(
    ctx: Context, invite_clients: Callable[..., Any], tmp_path: Path
) -> None:
    await invite_clients(ctx, 120)
    sizes, seen = [], set()
    for number in (1, 2, 3):
        now = await desk(ctx)
        assert now.batches.number == number
        done = await export_batch(ctx, tmp_path / f"{number}.xlsx")
        sizes.append((len(done.rows), done.queued))
        seen |= {line.key for line in done.rows}
    assert sizes == [(50, 70), (50, 20), (20, 0)]
    assert len(seen) == 120
    assert (await export_batch(ctx, tmp_path / "4.xlsx")).rows == []
    assert not (tmp_path / "4.xlsx").exists()


async def test_every_cell_of_the_workbook_is_text(ctx: Context, make_client: Any, tmp_path: Path) -> None:
    client = await make_client(ctx, 7, "=2+2 AB")
    await invite.add_invitation(
        ctx, client.id, name="@SUM(A1) Öberg", email="x@example.com", mobile="070-123 45 67"
    )
    await invite.set_admin(ctx, [client.id], admin=True)
    await export_batch(ctx, tmp_path / "b.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "b.xlsx").active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert {cell.number_format for cell in cells} == {"@"}
    assert [cell.value for cell in sheet[2]][1:8] == [
        "7",
        "=2+2 AB",
        client.orgnr,
        "@SUM(A1) Öberg",
        "x@example.com",
        "suma1.oberg",
        "+46701234567",
    ]


async def test_a_spreadsheet_runs_nothing_of_the_csv(ctx: Context, make_client: Any, tmp_path: Path) -> None:
    client = await make_client(ctx, 7, "=cmd|' /C calc'!A0")
    await invite.add_invitation(ctx, client.id, name="+A", email="x@example.com", mobile="0701234567")
    await invite.set_admin(ctx, [client.id], admin=True)
    await export_batch(ctx, tmp_path / "b.csv")
    data = (tmp_path / "b.csv").read_bytes()
    assert (tmp_path / "b.csv").stat().st_mode & 0o077 == 0
    assert data.startswith(b"\xef\xbb\xbf")
    cells = data.decode("utf-8-sig").splitlines()[1].split(";")
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


async def test_an_exported_list_reads_back_without_change(
    ctx: Context, invite_clients: Callable[..., Any], tmp_path: Path
) -> None:
    await invite_clients(ctx, 3)
    await export_batch(ctx, tmp_path / "b.csv")
    before = await ctx.store.read(invitations.every)
    done = await read_list(ctx, (tmp_path / "b.csv").read_bytes())
    assert (done.added, done.changed) == (0, 3)
    assert await ctx.store.read(invitations.every) == before


async def test_without_the_tick_a_row_stays_behind(
    ctx: Context, invite_clients: Callable[..., Any], tmp_path: Path
) -> None:
    rows = await invite_clients(ctx, 2, admin=False)
    with pytest.raises(Refused, match="Ingen rad kan lämnas över"):
        await export_batch(ctx, tmp_path / "b.csv")
    await invite.set_admin(ctx, [rows[0].client.id], admin=True)
    done = await export_batch(ctx, tmp_path / "b.csv")
    assert [line.key for line in done.rows] == [rows[0].key]
    assert [line.key for line in done.left_out] == [rows[1].key]


async def test_a_file_that_exists_is_kept_and_no_row_is_marked(
    ctx: Context, invite_clients: Callable[..., Any], tmp_path: Path
) -> None:
    await invite_clients(ctx, 1)
    (tmp_path / "b.csv").write_text("mine")
    with pytest.raises(Refused):
        await export_batch(ctx, tmp_path / "b.csv")
    assert (tmp_path / "b.csv").read_text() == "mine"
    assert (await desk(ctx)).batches.number == 1


async def test_an_earlier_batch_is_written_once_more(
    ctx: Context, invite_clients: Callable[..., Any], tmp_path: Path
) -> None:
    await invite_clients(ctx, 60)
    first = await export_batch(ctx, tmp_path / "1.csv")
    again = await export_batch(ctx, tmp_path / "1b.csv", number=1)
    assert [line.key for line in again.rows] == [line.key for line in first.rows]
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "1b.csv").read_bytes()
    assert (await desk(ctx)).batches.number == 2
    with pytest.raises(UsageError, match="ingen omgång 9"):
        await show_batch(ctx, 9)


async def test_the_copy_view_follows_the_rows(ctx: Context, invite_clients: Callable[..., Any]) -> None:
    await invite_clients(ctx, 2)
    fields = copy_fields(await show_batch(ctx))
    assert [(one.place, one.value) for one in fields] == [
        (1, "Åsa Öberg 1"),
        (1, "asa1@example.com"),
        (1, "asa.1"),
        (2, "Åsa Öberg 2"),
        (2, "asa2@example.com"),
        (2, "asa.2"),
    ]


async def test_a_sole_traders_personal_number_is_not_handed_over(ctx: Context, tmp_path: Path) -> None:
    from core.usecases.clients import add_client

    client = await add_client(ctx, name="Bo Ek", orgnr="811228-9874", number="9")
    await invite.add_invitation(ctx, client.id, name="Bo Ek", email="bo@example.com")
    await invite.set_admin(ctx, [client.id], admin=True)
    await export_batch(ctx, tmp_path / "b.csv")
    assert "811228" not in (tmp_path / "b.csv").read_text("utf-8-sig")


async def test_usernames_are_unique_within_a_client(ctx: Context, make_client: Any) -> None:
    client = await make_client(ctx, 1)
    first = await invite.add_invitation(ctx, client.id, name="Åsa Öberg", email="a@example.com")
    second = await invite.add_invitation(ctx, client.id, name="Asa Oberg", email="b@example.com")
    assert first.row is not None
    assert second.row is not None
    assert (first.row.username, second.row.username) == ("asa.oberg", "asa.oberg2")


async def test_the_same_address_twice_at_a_client_is_refused(
    ctx: Context, invite_clients: Callable[..., Any]
) -> None:
    (row,) = await invite_clients(ctx, 1)
    with pytest.raises(UsageError, match="redan en rad"):
        await invite.add_invitation(ctx, row.client.id, name="B", email="ASA1@example.com")


async def test_a_wrong_field_is_refused_by_name(ctx: Context, make_client: Any) -> None:
    client = await make_client(ctx, 1)
    with pytest.raises(UsageError) as caught:
        await invite.add_invitation(ctx, client.id, name="", email="x", mobile="12")
    assert caught.value.details["columns"] == ["name", "email", "mobile"]


async def test_what_a_person_says_has_its_date(
    ctx: Context, invite_clients: Callable[..., Any], clock: Any
) -> None:
    (line,) = await invite_clients(ctx, 1)
    await invite.mark(ctx, [line.key], InviteState.INVITED)
    clock.pass_days(1)
    (row,) = await invite.mark(ctx, [line.key], InviteState.DONE)
    assert row.closed_at == clock.moment
    assert row.invited_at is not None
    assert row.invited_at < clock.moment
    assert (await desk(ctx)).waiting == []


async def test_a_reminder_is_due_after_a_week(
    ctx: Context, invite_clients: Callable[..., Any], clock: Any
) -> None:
    (line,) = await invite_clients(ctx, 1)
    await invite.mark(ctx, [line.key], InviteState.INVITED)
    clock.pass_days(6)
    assert (await desk(ctx)).due == []
    clock.pass_days(1)
    assert [one.key for one in (await desk(ctx)).due] == [line.key]


async def test_a_client_with_a_user_leaves_the_list(ctx: Context, make_client: Any) -> None:
    client = await make_client(ctx, 1)
    await invite.set_has_user(ctx, [client.id], has_user=True)
    assert (await desk(ctx)).waiting == []


async def test_a_row_is_changed_and_keeps_its_state(ctx: Context, invite_clients: Callable[..., Any]) -> None:
    (line,) = await invite_clients(ctx, 1)
    await invite.mark(ctx, [line.key], InviteState.INVITED)
    changed = await invite.update_invitation(
        ctx, replace(line.row, email="ny@example.com", choice=UserChoice.EXISTING, state=InviteState.DRAFT)
    )
    assert changed.row is not None
    assert (changed.row.email, changed.row.state) == ("ny@example.com", InviteState.INVITED)


async def test_removed_rows_come_back(ctx: Context, invite_clients: Callable[..., Any]) -> None:
    (line,) = await invite_clients(ctx, 1)
    gone = await invite.remove_invitations(ctx, [line.key])
    assert (await desk(ctx)).by_id == {}
    await invite.restore_invitations(ctx, gone)
    assert list((await desk(ctx)).by_id) == [line.key]


async def test_rows_are_found_by_id_client_and_batch(
    ctx: Context, invite_clients: Callable[..., Any], tmp_path: Path
) -> None:
    rows = await invite_clients(ctx, 3)
    assert [line.key for line in await find_lines(ctx, [rows[0].key, "2"])] == [rows[0].key, rows[1].key]
    await export_batch(ctx, tmp_path / "b.csv")
    assert len(await find_lines(ctx, [], 1)) == 3


# -- lists ------------------------------------------------------------------------------------------------------


async def test_a_list_adds_rows_with_what_it_says(ctx: Context, make_client: Any) -> None:
    client = await make_client(ctx, 101, "Åkeri AB")
    data = (
        "Klientnummer;Namn;E-post;Mobil;Val;Systemadministratör;Samtycke;Status\r\n"
        "101;Åsa Öberg;asa@example.com;070-123 45 67;befintlig;x;ja;inbjuden\r\n"
    ).encode("cp1252")
    done = await read_list(ctx, data)
    assert (done.added, done.changed) == (1, 0)
    (row,) = await ctx.store.read(invitations.every)
    assert (row.client_id, row.mobile) == (client.id, "+46701234567")
    assert (row.choice, row.consent, row.state) == (UserChoice.EXISTING, Consent.YES, InviteState.INVITED)
    assert (await desk(ctx)).rows[0].admin


async def test_a_preview_changes_nothing(ctx: Context, make_client: Any) -> None:
    await make_client(ctx, 101)
    planned = await preview_list(ctx, b"klient;namn;e-post\nKlient 101 AB;A;a@example.com\n")
    assert [one.change for one in planned] == ["add"]
    assert await ctx.store.read(invitations.every) == []


async def test_faults_have_row_and_column_and_nothing_is_read(ctx: Context, make_client: Any) -> None:
    await make_client(ctx, 101)
    data = (
        b"klientnummer;namn;e-post;mobil;status\n"
        b"101;A;a@example.com;;\n"
        b"101;B;b-example.com;;\n"
        b"999;C;c@example.com;12;borta\n"
        b"101;D;a@example.com;;\n"
    )
    with pytest.raises(Refused, match="3 rader") as caught:
        await read_list(ctx, data)
    rows = caught.value.details["rows"]
    assert isinstance(rows, list)
    assert [(one["line"], one["column"]) for one in rows] == [(3, 3), (4, 4), (4, 1), (4, 5), (5, 3)]
    assert await ctx.store.read(invitations.every) == []
    done = await read_list(ctx, data, skip_faulty=True)
    assert (done.added, len(done.faulty)) == (1, 3)


async def test_a_broken_list_is_told_of_with_its_row(ctx: Context) -> None:
    with pytest.raises(UsageError, match="Rad 2") as caught:
        await preview_list(ctx, b"klient;namn;e-post\n1;A\x81;a@example.com\n")
    assert caught.value.details["row"] == 2


async def test_an_old_list_takes_back_nothing(ctx: Context, invite_clients: Callable[..., Any]) -> None:
    (line,) = await invite_clients(ctx, 1)
    await invite.mark(ctx, [line.key], InviteState.DONE)
    await read_list(ctx, "klient;namn;e-post;status\nKlient 001 AB;Å;asa1@example.com;utkast\n".encode())
    (row,) = await ctx.store.read(invitations.every)
    assert row.state is InviteState.DONE


# -- forgetting ----------------------------------------------------------------------------------------------------


async def test_rows_are_forgotten_by_client_and_by_age(
    ctx: Context, invite_clients: Callable[..., Any], clock: Any
) -> None:
    rows = await invite_clients(ctx, 3)
    await invite.mark(ctx, [rows[1].key], InviteState.DONE)
    assert await invite.purge(ctx, rows[0].client.id) == 1
    clock.pass_days(10)
    await invite.mark(ctx, [rows[2].key], InviteState.DONE)
    assert await invite.purge(ctx, older_than=10) == 1
    now = await desk(ctx)
    assert list(now.by_id) == [rows[2].key]
    assert {line.client.id for line in now.waiting} == {rows[0].client.id}


async def test_a_purge_needs_a_client_or_an_age(ctx: Context) -> None:
    with pytest.raises(UsageError, match="vad som ska glömmas"):
        await invite.purge(ctx)


async def test_a_forgotten_client_leaves_nothing_in_the_file(
    ctx: Context, invite_clients: Callable[..., Any]
) -> None:
    (row,) = await invite_clients(ctx, 1)
    assert await invite.forget_client(ctx, row.client.id) == 1
    now = await desk(ctx)
    assert now.by_id == {}
    assert not now.rows[0].admin


async def test_a_removed_client_takes_its_rows_along(
    ctx: Context, invite_clients: Callable[..., Any]
) -> None:
    (row,) = await invite_clients(ctx, 1)
    await remove_client(ctx, row.client.id)
    assert await ctx.store.read(invitations.every) == []


async def test_a_purge_makes_no_batch_number_free(
    ctx: Context, invite_clients: Callable[..., Any], tmp_path: Path
) -> None:
    (row,) = await invite_clients(ctx, 1)
    await export_batch(ctx, tmp_path / "1.csv")
    await invite.purge(ctx, row.client.id)
    assert (await desk(ctx)).batches.number == 2


async def test_the_audit_names_rows_by_id_alone(
    ctx: Context, invite_clients: Callable[..., Any], tmp_path: Path
) -> None:
    (row,) = await invite_clients(ctx, 1)
    await export_batch(ctx, tmp_path / "1.csv")
    await invite.mark(ctx, [row.key], InviteState.INVITED)
    await invite.purge(ctx, row.client.id)
    text = repr(await activity(ctx))
    assert row.key in text
    assert "@example.com" not in text
    assert "Öberg" not in text
