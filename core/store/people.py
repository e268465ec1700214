"""The people who enter over SSH."""

from __future__ import annotations

import sqlite3

from core.clock import parse_rfc3339, rfc3339
from core.register import Person, Role
from core.store.database import Transaction


def put(tx: Transaction, person: Person) -> None:
    """Add a person, or replace what is known of one."""
    tx.execute(
        "INSERT INTO people (name, role, keys, added_at) VALUES (:name, :role, :keys, :added_at)"
        " ON CONFLICT (name) DO UPDATE SET role = :role, keys = :keys",
        {
            "name": person.name,
            "role": person.role,
            "keys": "\n".join(person.keys),
            "added_at": rfc3339(person.added_at),
        },
    )


def delete(tx: Transaction, name: str) -> None:
    """Remove a person."""
    tx.execute("DELETE FROM people WHERE name = :name", {"name": name})


def get(tx: Transaction, name: str) -> Person | None:
    """The person, or None."""
    row = tx.execute("SELECT * FROM people WHERE name = :name", {"name": name}).fetchone()
    return _person(row) if row else None


def every(tx: Transaction) -> list[Person]:
    """All of them, by name."""
    return [_person(row) for row in tx.execute("SELECT * FROM people ORDER BY name")]


def _person(row: sqlite3.Row) -> Person:
    keys = tuple(row["keys"].splitlines())
    return Person(row["name"], Role(row["role"]), keys, parse_rfc3339(row["added_at"]))
