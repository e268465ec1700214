from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from msgspec.structs import replace

from core.errors import Internal, Refused, UsageError
from core.register import Client
from core.store import clients, hold, schema
from core.store.connecting import Way
from core.store.database import Store, Transaction

PROJECT = Path(__file__).parents[3]
NEWEST = max(schema.migrations())
NEXT = NEWEST + 1
CLIENT = Client("K1", "Bageri Söder AB", "556677-8899", "101")


def migrated(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Let there be a newer schema than the program's own."""
    scripts = {**schema.migrations(), NEXT: script}
    monkeypatch.setattr(schema, "migrations", lambda: scripts)


def version_of(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])
    finally:
        connection.close()


async def test_a_fresh_store_is_empty(store: Store) -> None:
    assert await store.read(clients.every) == []


def test_a_fresh_store_belongs_to_its_owner_alone(store: Store, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_fresh_store_is_of_the_newest_version(store: Store, path: Path) -> None:
    assert version_of(path) == NEWEST


async def test_what_was_written_is_there_after_opening_again(store: Store, path: Path) -> None:
    await store.write(lambda tx: clients.insert(tx, CLIENT))
    again = Store.open(path)
    assert await again.read(clients.every) == [CLIENT]
    again.close()


async def test_a_write_that_fails_half_way_leaves_nothing(store: Store) -> None:
    def work(tx: Transaction) -> None:
        clients.insert(tx, CLIENT)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await store.write(work)
    assert await store.read(clients.every) == []


async def test_the_store_works_on_after_a_failed_write(store: Store) -> None:
    await store.write(lambda tx: clients.insert(tx, CLIENT))
    with pytest.raises(sqlite3.IntegrityError):
        await store.write(lambda tx: clients.insert(tx, CLIENT))
    await store.write(lambda tx: clients.insert(tx, replace(CLIENT, id="K2", number="")))
    assert len(await store.read(clients.every)) == 2


async def test_a_read_cannot_write(store: Store) -> None:
    with pytest.raises(Internal):
        await store.read(lambda tx: clients.insert(tx, CLIENT))


async def test_a_store_opened_for_reading_cannot_be_written(store: Store, path: Path) -> None:
    looking = Store.open(path, read_only=True)
    with pytest.raises(Internal):
        await looking.write(lambda tx: clients.insert(tx, CLIENT))
    looking.close()


async def test_a_reader_sees_what_another_wrote(store: Store, path: Path) -> None:
    looking = Store.open(path, read_only=True)
    await store.write(lambda tx: clients.insert(tx, CLIENT))
    assert await looking.read(clients.every) == [CLIENT]
    looking.close()


def test_a_missing_store_is_not_made_for_reading(path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        Store.open(path, read_only=True)
    assert (caught.value.code, path.exists()) == ("config_invalid", False)


async def test_a_full_disk_leaves_the_store_unchanged(store: Store) -> None:
    await store.write(lambda tx: clients.insert(tx, CLIENT))

    def work(tx: Transaction) -> None:
        pages = tx.execute("PRAGMA page_count").fetchone()[0]
        tx.execute(f"PRAGMA max_page_count = {pages}")
        for number in range(200):
            clients.insert(tx, replace(CLIENT, id=f"X{number}", number="", name="y" * 4000))

    with pytest.raises(Internal):
        await store.write(work)
    assert await store.read(clients.every) == [CLIENT]


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"detta ar ingen databas" * 100)
    with pytest.raises(UsageError) as caught:
        Store.open(path)
    assert caught.value.code == "config_invalid"


def damage(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))


async def test_a_damaged_page_is_told_of_as_a_fault_of_the_store(store: Store, path: Path) -> None:
    await store.write(lambda tx: clients.insert(tx, CLIENT))
    store.close()
    damage(path)
    damaged = Store(path, way=Way.READ)
    with pytest.raises(Internal):
        await damaged.read(clients.every)
    damaged.close()


def test_a_store_of_a_newer_program_is_refused(store: Store, path: Path) -> None:
    store.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(UsageError) as caught:
        Store.open(path)
    assert (caught.value.code, version_of(path)) == ("config_invalid", 99)


def test_an_older_store_is_upgraded(store: Store, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.close()
    migrated(monkeypatch, "CREATE TABLE fresh (a TEXT);")
    Store.open(path).close()
    assert version_of(path) == NEXT


async def test_an_older_store_is_copied_aside_first(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.write(lambda tx: clients.insert(tx, CLIENT))
    store.close()
    migrated(monkeypatch, "DELETE FROM clients;")
    Store.open(path).close()
    monkeypatch.undo()
    kept = Store.open(path.with_name(f"brygga.db.before-{NEWEST:04d}"), read_only=True)
    assert await kept.read(clients.every) == [CLIENT]
    kept.close()


async def test_an_interrupted_upgrade_leaves_the_old_store(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.write(lambda tx: clients.insert(tx, CLIENT))
    store.close()
    migrated(monkeypatch, "DELETE FROM clients;\nCREATE TABLE half (a TEXT);\nSELECT * FROM no_such_table;\n")
    with pytest.raises(UsageError):
        Store.open(path)
    monkeypatch.undo()
    again = Store.open(path)
    assert await again.read(clients.every) == [CLIENT]
    again.close()


def test_an_older_store_is_not_upgraded_by_looking(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.close()
    migrated(monkeypatch, "CREATE TABLE fresh (a TEXT);")
    with pytest.raises(UsageError):
        Store.open(path, read_only=True)
    assert version_of(path) == NEWEST


def test_a_trigger_with_semicolons_is_one_statement() -> None:
    script = "CREATE TRIGGER t BEFORE UPDATE ON a\nBEGIN SELECT 1; SELECT 2; END;\nCREATE TABLE b (c);\n"
    assert len(list(schema.statements(script))) == 2


def test_two_processes_write_at_once_without_losing_anything(store: Store, path: Path) -> None:
    program = textwrap.dedent("""
        import asyncio, sys
        from datetime import UTC, datetime
        from pathlib import Path
        from core.register import AuditEvent
        from core.store import audit
        from core.store.database import Store

        async def main():
            store = Store.open(Path(sys.argv[1]))
            for number in range(60):
                event = AuditEvent(datetime.now(UTC), sys.argv[2], "prov", details={"n": number})
                await store.write(lambda tx: audit.append(tx, event))
            store.close()

        asyncio.run(main())
    """)
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(path), name], cwd=PROJECT) for name in ("a", "b")
    ]
    assert [one.wait(60) for one in running] == [0, 0]
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("SELECT COUNT(*), MAX(seq) FROM audit").fetchone() == (120, 120)
    finally:
        connection.close()


def test_two_processes_make_one_fresh_store(path: Path) -> None:
    program = "import sys; from pathlib import Path; from core.store.database import Store; Store.open(Path(sys.argv[1])).close()"
    running = [subprocess.Popen([sys.executable, "-c", program, str(path)], cwd=PROJECT) for _ in range(4)]
    assert [one.wait(60) for one in running] == [0, 0, 0, 0]


def test_a_killed_writer_leaves_a_whole_store(store: Store, path: Path) -> None:
    program = textwrap.dedent("""
        import asyncio, os, signal, sys
        from pathlib import Path
        from core.register import Client
        from core.store import clients
        from core.store.database import Store

        def work(tx):
            clients.insert(tx, Client("K9", "x", "556677-8899"))
            os.kill(os.getpid(), signal.SIGKILL)

        asyncio.run(Store.open(Path(sys.argv[1])).write(work))
    """)
    subprocess.run([sys.executable, "-c", program, str(path)], cwd=PROJECT, check=False)
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert connection.execute("SELECT COUNT(*) FROM clients").fetchone()[0] == 0
    finally:
        connection.close()


async def test_a_file_name_that_reads_like_an_address_is_a_file_name(tmp_path: Path) -> None:
    path = tmp_path / "a?mode=ro#%20" / "brygga.db"
    made = Store.open(path)
    assert await made.read(clients.every) == []
    made.close()
    assert path.exists()


async def test_an_upgrade_waits_for_nobody_for_ever(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The older brygga that still runs would meet a form that it does not know."""
    migrated(monkeypatch, "CREATE TABLE fresh (a TEXT);")
    monkeypatch.setattr(hold, "WAIT_SECONDS", 0.1)
    with pytest.raises(Refused) as caught:
        Store.open(path)
    assert (caught.value.code, version_of(path)) == ("already_running", NEWEST)


def test_the_copy_of_an_upgrade_belongs_to_its_owner_alone(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.close()
    migrated(monkeypatch, "CREATE TABLE fresh (a TEXT);")
    Store.open(path).close()
    (copy,) = schema.copies_aside(path)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_a_damaged_store_is_not_upgraded(store: Store, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be copied whole is left as it is."""
    store.close()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE padding (a TEXT)")
    connection.execute("INSERT INTO padding VALUES (hex(randomblob(100000)))")
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:-90_000] + b"\xff" * 90_000)
    migrated(monkeypatch, "CREATE TABLE fresh (a TEXT);")
    with pytest.raises(UsageError):
        Store.open(path)
    assert (version_of(path), schema.copies_aside(path)) == (NEWEST, [])


def test_only_the_latest_copies_of_upgrades_are_kept(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.close()
    scripts = schema.migrations()
    monkeypatch.setattr(schema, "migrations", lambda: scripts)
    for _upgrade in range(5):
        scripts[max(scripts) + 1] = "SELECT 1;"
        Store.open(path).close()
    assert len(schema.copies_aside(path)) == schema.KEPT_COPIES


def test_many_processes_upgrade_one_store_once(store: Store, path: Path) -> None:
    store.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 0")
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        connection.execute(f'DROP TABLE "{name}"') if not name.startswith("sqlite_") else None
    for statement in schema.statements(schema.migrations()[1]):
        connection.execute(statement)
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.close()
    program = "import sys; from pathlib import Path; from core.store.database import Store; Store.open(Path(sys.argv[1])).close()"
    running = [subprocess.Popen([sys.executable, "-c", program, str(path)], cwd=PROJECT) for _ in range(4)]
    assert [one.wait(60) for one in running] == [0, 0, 0, 0]
    assert (version_of(path), [one.name for one in schema.copies_aside(path)]) == (
        NEWEST,
        ["brygga.db.before-0001"],
    )


def test_a_hold_ends_with_its_process(path: Path) -> None:
    path.parent.mkdir()
    program = (
        "import os, signal, sys; from pathlib import Path; from core.store.hold import Hold;"
        " Hold.alone(Path(sys.argv[1])); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], cwd=PROJECT, check=False)
    hold.Hold.alone(path).close()


def test_who_has_the_store_alone_keeps_everybody_out(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.close()
    monkeypatch.setattr(hold, "WAIT_SECONDS", 0.1)
    held = hold.Hold.alone(path)
    with pytest.raises(Refused):
        Store.open(path)
    held.close()
    Store.open(path).close()


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="this system does not tell who holds a lock")
def test_who_has_the_store_open_is_named(path: Path) -> None:
    Store.open(path).close()
    program = (
        "import sys; from pathlib import Path; from core.store.database import Store;"
        " Store.open(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(Refused) as caught:
            hold.Hold.alone(path)
        other.communicate()
    assert str(other.pid) in caught.value.hint
