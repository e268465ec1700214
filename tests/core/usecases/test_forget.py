from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.errors import Refused, UsageError
from core.model import FiscalYear
from core.register import Client, Engagement
from core.store import exchange, forget
from core.store.database import Transaction
from core.usecases.audit import verify_audit
from core.usecases.backup import create_backup
from core.usecases.clients import add_client, list_clients, remove_client
from core.usecases.connect import disconnect
from core.usecases.context import Context
from core.usecases.exchangefolders import client_folders
from core.usecases.export import export_vouchers
from core.usecases.forget import forget_client, remembered
from core.usecases.retention import kept_until, retentions
from core.usecases.vouchers import add_vouchers

Filed = tuple[Client, Engagement]
LONG = timedelta(days=366 * 9)


def year(to_date: str) -> FiscalYear:
    end = date.fromisoformat(to_date)
    return FiscalYear(date(end.year - 1, 1, 1), end)


@pytest.mark.parametrize(
    ("ends", "until"),
    [
        (["2018-12-31"], "2025-12-31"),
        (["2019-04-30"], "2026-12-31"),
        (["2017-12-31", "2018-06-30", "2016-12-31"], "2025-12-31"),
    ],
)
def test_books_are_kept_seven_years_after_the_calendar_year_of_their_end(ends: list[str], until: str) -> None:
    assert kept_until(map(year, ends)) == date.fromisoformat(until)


def contents(path: Path) -> Iterator[tuple[str, str]]:
    """Every value of every table but the audit."""
    store = sqlite3.connect(path)
    try:
        tables = [row[0] for row in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in set(tables) - forget.KEPT:
            for row in store.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    yield table, str(value)
    finally:
        store.close()


def traces(path: Path, *words: str) -> set[str]:
    return {table for table, value in contents(path) if any(word and word in value for word in words)}


async def with_books(ctx: Context, filed: Filed, draft: Callable[..., Any]) -> None:
    await add_vouchers(ctx, filed[1].id, [draft(("1710", 100), ("5010", -100))])


async def test_books_within_the_seven_years_stay(
    bare: Context, filed: Filed, with_rows: Callable[..., Any]
) -> None:
    await with_books(bare, filed, with_rows)
    with pytest.raises(Refused) as caught:
        await forget_client(bare, filed[0].id, why="kunden bad om det")
    assert (caught.value.code, len(await list_clients(bare))) == ("retention", 1)


async def test_books_past_the_seven_years_go(
    bare: Context, filed: Filed, with_rows: Callable[..., Any], clock: Any
) -> None:
    await with_books(bare, filed, with_rows)
    clock.ahead = LONG
    await forget_client(bare, filed[0].id)
    assert traces(bare.settings.store_path, filed[0].id, filed[1].id, "Bageri", "556677-8899") == set()


async def test_the_last_day_of_the_seventh_year_still_counts(
    bare: Context, filed: Filed, with_rows: Callable[..., Any], clock: Any
) -> None:
    await with_books(bare, filed, with_rows)
    (kept,) = await retentions(bare)
    clock.ahead = timedelta(days=(date(2032, 12, 31) - bare.now().date()).days)
    (last,) = await retentions(bare)
    clock.ahead += timedelta(days=1)
    (over,) = await retentions(bare)
    assert (kept.until, last.is_over, over.is_over) == (date(2032, 12, 31), False, True)


async def test_a_client_without_books_needs_a_reason(bare: Context, filed: Filed) -> None:
    with pytest.raises(UsageError):
        await forget_client(bare, filed[0].id, why="  ")
    await forget_client(bare, filed[0].id, why="lades upp av misstag")
    assert await list_clients(bare) == []


async def test_a_connected_client_is_disconnected_first(office: Any) -> None:
    office.clock.ahead = LONG
    with pytest.raises(UsageError) as caught:
        await forget_client(office.ctx, office.client.id)
    assert "brygga disconnect" in caught.value.hint


async def test_nothing_of_a_client_that_was_closed_in_fortnox_stays(office: Any) -> None:
    await office.ready()
    await export_vouchers(office.ctx, office.engagement.id, "I")
    await disconnect(office.ctx, office.client.id)
    office.clock.ahead = LONG
    client = office.client
    await forget_client(office.ctx, client.id)
    path = office.ctx.settings.store_path
    assert traces(path, client.id, office.engagement.id, client.tenant, client.name, office.text) == set()


async def test_the_file_itself_holds_nothing_more(
    bare: Context, filed: Filed, with_rows: Callable[..., Any], clock: Any
) -> None:
    await add_vouchers(bare, filed[1].id, [with_rows(("1710", 1), ("5010", -1), text="Hemligheten")])
    clock.ahead = LONG
    await forget_client(bare, filed[0].id)
    path = bare.settings.store_path
    held = b"".join(one.read_bytes() for one in path.parent.glob("brygga.db*"))
    assert (b"Hemligheten" in held, "Söder".encode() in held) == (False, False)


async def test_other_clients_are_untouched(bare: Context, filed: Filed) -> None:
    other = await add_client(bare, name="Annan AB", orgnr="5566778899")
    await forget_client(bare, filed[0].id, why="fel")
    assert [client.id for client in await list_clients(bare)] == [other.id]


async def test_the_audit_stays_whole_and_names_the_client_by_id(bare: Context, filed: Filed) -> None:
    await forget_client(bare, filed[0].id, why="fel")
    _head, checks = await verify_audit(bare)

    def rows(tx: Transaction) -> list[Any]:
        return tx.execute("SELECT action, client_id, details FROM audit ORDER BY seq").fetchall()

    audit = await bare.store.read(rows)
    assert [check.ok for check in checks] == [True]
    assert audit[-1]["action"] == "client.forgotten"
    assert not any("Bageri" in row["details"] for row in audit)
    assert json.loads(audit[-1]["details"])["removed"]["engagements"] == 1


async def test_looking_at_what_there_is_removes_nothing(bare: Context, filed: Filed) -> None:
    memory = await remembered(bare, filed[0].id)
    assert (memory.counts["engagements"], len(await list_clients(bare))) == (1, 1)


async def test_copies_that_still_hold_the_client_are_named(bare: Context, filed: Filed) -> None:
    made = await create_backup(bare)
    assert (await remembered(bare, filed[0].id)).copies == [made.path]


async def test_invited_people_and_their_letters_are_forgotten(bare: Context, filed: Filed) -> None:
    def invite(tx: Transaction) -> None:
        at = "2026-01-01T00:00:00Z"
        row = {
            "id": "I1", "client_id": filed[0].id, "name": "Rut Ek", "email": "rut@ek.example", "mobile": "",
            "username": "rut", "choice": "new", "consent": "yes", "state": "invited", "created_at": at, "changed_at": at,
        }  # fmt: skip
        tx.execute(f"INSERT INTO invitations ({', '.join(row)}) VALUES (:{', :'.join(row)})", row)
        tx.execute(
            "INSERT INTO letters (id, invitation_id, kind, round, language, state, at)"
            " VALUES ('L1', 'I1', 'invitation', 1, 'sv', 'written', '2026-01-01T00:00:00Z')"
        )

    await bare.store.write(invite)
    letter = bare.settings.data_dir / "letters" / "l1.eml"
    letter.parent.mkdir()
    letter.write_text("To: rut@ek.example")
    memory = await forget_client(bare, filed[0].id, why="fel")
    assert (memory.counts["invitations"], memory.letters, letter.exists()) == (1, [letter], False)
    assert traces(bare.settings.store_path, "rut@ek.example", "Rut Ek") == set()


async def shared_folder(ctx: Context, place: Path) -> Path:
    ctx.settings = msgspec.structs.replace(
        ctx.settings, exchange=msgspec.structs.replace(ctx.settings.exchange, dir=str(place))
    )
    (folder,) = await client_folders(ctx)
    return place / folder.name


async def test_the_exchange_folder_goes_and_nothing_outside_it(
    bare: Context, filed: Filed, tmp_path: Path
) -> None:
    outside = tmp_path / "utanför"
    outside.mkdir()
    (outside / "viktig.txt").write_text("x")
    folder = await shared_folder(bare, tmp_path / "utbyte")
    (folder / "done").mkdir(parents=True)
    (folder / "done" / "bok.se").write_text("#FLAGGA 0")
    (folder / "in").symlink_to(outside)
    memory = await forget_client(bare, filed[0].id, why="fel")
    assert (len(memory.files), folder.exists(), (outside / "viktig.txt").exists()) == (2, False, True)


async def test_what_came_by_the_exchange_folder_is_forgotten(
    bare: Context, filed: Filed, tmp_path: Path
) -> None:
    await shared_folder(bare, tmp_path / "utbyte")
    job = exchange.Job("J1", filed[0].id, "Bageri.se", "0" * 64, "done", bare.now(), "{}")
    await bare.store.write(lambda tx: exchange.insert(tx, job))
    await forget_client(bare, filed[0].id, why="fel")
    assert traces(bare.settings.store_path, filed[0].id, "Bageri") == set()


async def test_every_table_that_names_clients_is_known(bare: Context) -> None:
    """A new table must hang on the client by a foreign key, or be added to ``core.store.forget``."""

    def look(tx: Transaction) -> set[str]:
        tables = [row[0] for row in tx.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        parents = {
            table: {
                row["table"]
                for row in tx.execute(f"PRAGMA foreign_key_list({table})")
                if row["on_delete"] == "CASCADE"
            }
            for table in tables
        }
        covered = {"clients"}
        while more := {table for table in tables if parents[table] & covered} - covered:
            covered |= more
        naming = {
            table
            for table in tables
            if {row["name"] for row in tx.execute(f"PRAGMA table_info({table})")}
            & {"client_id", "engagement_id", "tenant", "voucher_id", "import_id"}
        }
        return naming - covered - set(forget.APART) - forget.KEPT

    assert await bare.store.read(look) == set()


async def test_what_left_brygga_is_not_removed_by_a_slip_either(office: Any) -> None:
    await office.ready()
    await export_vouchers(office.ctx, office.engagement.id, "I")
    await disconnect(office.ctx, office.client.id)
    with pytest.raises(Refused) as caught:
        await remove_client(office.ctx, office.client.id)
    assert caught.value.code == "retention"


async def test_a_client_whose_vouchers_never_left_can_be_removed(
    bare: Context, filed: Filed, with_rows: Callable[..., Any]
) -> None:
    await with_books(bare, filed, with_rows)
    await remove_client(bare, filed[0].id)
    assert await list_clients(bare) == []
