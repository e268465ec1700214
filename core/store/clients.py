"""The client register."""

from __future__ import annotations

import sqlite3
from operator import itemgetter

from msgspec.json import Decoder

from core.register import Client
from core.store.bulk import fetch
from core.store.database import Transaction

_FIELDS = "id, name, orgnr, number, form, responsible, tenant, default_series"
_MANY = Decoder(list[tuple[str, str, str, str, str, str, str, str]])


def insert(tx: Transaction, client: Client) -> None:
    """Add a client.

    Raises:
        sqlite3.IntegrityError: the client number or the tenant is taken.
    """
    tx.execute(
        f"INSERT INTO clients ({_FIELDS}) VALUES"
        " (:id, :name, :orgnr, :number, :form, :responsible, :tenant, :default_series)",
        _parameters(client),
    )


def update(tx: Transaction, client: Client) -> None:
    """Replace what is known of a client.

    Raises:
        sqlite3.IntegrityError: the client number or the tenant is taken.
    """
    tx.execute(
        "UPDATE clients SET name = :name, orgnr = :orgnr, number = :number, form = :form,"
        " responsible = :responsible, tenant = :tenant, default_series = :default_series WHERE id = :id",
        _parameters(client),
    )


def delete(tx: Transaction, client_id: str) -> None:
    """Remove a client with its engagements, imports and drafts."""
    tx.execute("DELETE FROM clients WHERE id = :id", {"id": client_id})


def get(tx: Transaction, client_id: str) -> Client | None:
    """The client, or None."""
    row = tx.execute(f"SELECT {_FIELDS} FROM clients WHERE id = :id", {"id": client_id}).fetchone()
    return _client(row) if row else None


def every(tx: Transaction) -> list[Client]:
    """All clients, by name."""
    rows = fetch(tx, _FIELDS, "FROM clients", _MANY)
    rows.sort(key=itemgetter(1, 0))
    return [Client(*row) for row in rows]


def _client(row: sqlite3.Row) -> Client:
    return Client(*row)


def _parameters(client: Client) -> dict[str, str]:
    return {name: getattr(client, name) for name in _FIELDS.split(", ")}
