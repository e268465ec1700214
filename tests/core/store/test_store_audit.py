from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.errors import Internal
from core.register import AuditEvent
from core.store import audit
from core.store.database import Store, Transaction

MOMENT = datetime(2026, 2, 10, 9, 0, tzinfo=UTC)


SWAP = """
UPDATE audit SET seq = 99 WHERE seq = 2;
UPDATE audit SET seq = 2 WHERE seq = 3;
UPDATE audit SET seq = 3 WHERE seq = 99;
"""


@pytest.fixture
async def written(store: Store) -> Store:
    def work(tx: Transaction) -> None:
        for number in range(5):
            audit.append(tx, AuditEvent(MOMENT, "anna", "prov", "K1", "E1", "ok", {"n": number, "å": "ä"}))

    await store.write(work)
    return store


def tamper(path: Path, statement: str) -> None:
    """Change the audit as someone would who opens the file with another program."""
    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER audit_is_never_changed")
    connection.execute("DROP TRIGGER audit_is_never_deleted")
    connection.executescript(statement)
    connection.commit()
    connection.close()


async def test_an_untouched_chain_holds(written: Store) -> None:
    assert await written.read(audit.first_broken) is None


async def test_an_empty_chain_holds(store: Store) -> None:
    assert await store.read(audit.first_broken) is None


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit SET person = 'bo' WHERE seq = 3", 3),
        ("UPDATE audit SET details = '{}' WHERE seq = 1", 1),
        ("UPDATE audit SET outcome = 'fel' WHERE seq = 5", 5),
        ("UPDATE audit SET hash = previous WHERE seq = 2", 2),
        ("DELETE FROM audit WHERE seq = 1", 2),
        ("DELETE FROM audit WHERE seq = 3", 4),
        ("DELETE FROM audit WHERE seq = 3; UPDATE audit SET seq = seq - 1 WHERE seq > 3", 3),
        (SWAP, 2),
    ],
)
async def test_tampering_is_found(written: Store, path: Path, statement: str, broken: int) -> None:
    tamper(path, statement)
    assert await written.read(audit.first_broken) == broken


@pytest.mark.parametrize("statement", ["UPDATE audit SET person = 'bo'", "DELETE FROM audit"])
async def test_the_store_itself_refuses_to_change_the_audit(written: Store, statement: str) -> None:
    with pytest.raises((sqlite3.IntegrityError, Internal)):
        await written.write(lambda tx: tx.execute(statement))
    assert await written.read(audit.first_broken) is None


async def test_events_read_back_newest_first(written: Store) -> None:
    newest = (await written.read(lambda tx: audit.latest(tx, 2)))[0]
    assert newest == AuditEvent(MOMENT, "anna", "prov", "K1", "E1", "ok", {"n": 4, "å": "ä"})


async def test_events_of_another_client_are_left_out(written: Store) -> None:
    assert await written.read(lambda tx: audit.latest(tx, 10, "K2")) == []


async def test_an_event_falls_with_the_change_it_tells_of(store: Store) -> None:
    def work(tx: Transaction) -> None:
        audit.append(tx, AuditEvent(MOMENT, "anna", "prov"))
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 raised above
        await store.write(work)
    assert await store.read(lambda tx: audit.latest(tx, 10)) == []
