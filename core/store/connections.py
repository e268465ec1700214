"""Connections to Fortnox and consents on their way. The secrets themselves are ``core.store.records``."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from core.clock import parse_rfc3339, rfc3339
from core.register import Connection, ConnectionMode, PendingConsent
from core.store.database import Transaction

_FIELDS = (
    "client_id, tenant, mode, company, orgnr, scopes, connected_at, rotated_at, last_used_at, needs_login"
)
_MODES = {one.value: one for one in ConnectionMode}
_PENDING = "state, client_id, address, redirect_uri, mode, expires_at"


def put(tx: Transaction, connection: Connection) -> None:
    """Write a connection, replacing the client's earlier one; the token generation is left as it is."""
    names = _FIELDS.split(", ")
    changes = ", ".join(f"{name} = :{name}" for name in names if name != "client_id")
    values = {name: getattr(connection, name) for name in names}
    for name in ("connected_at", "rotated_at", "last_used_at"):
        values[name] = rfc3339(values[name])
    tx.execute(
        f"INSERT INTO connections ({_FIELDS}) VALUES (:{', :'.join(names)})"
        f" ON CONFLICT (client_id) DO UPDATE SET {changes}",
        values,
    )


def get(tx: Transaction, client_id: str) -> Connection | None:
    """The client's connection, or None."""
    row = tx.execute(f"SELECT {_FIELDS} FROM connections WHERE client_id = :id", {"id": client_id}).fetchone()
    return _connection(row) if row else None


def every(tx: Transaction) -> dict[str, Connection]:
    """All connections by client id."""
    found = map(_connection, tx.execute(f"SELECT {_FIELDS} FROM connections"))
    return {one.client_id: one for one in found}


def mark_used(tx: Transaction, client_id: str, moment: datetime) -> None:
    """An import or export has just used the connection: its promised validity starts again."""
    tx.execute(
        "UPDATE connections SET last_used_at = :at WHERE client_id = :id",
        {"at": rfc3339(moment), "id": client_id},
    )


def mark_needs_login(tx: Transaction, client_id: str) -> None:
    """Fortnox refuses the connection; a person must consent again."""
    tx.execute("UPDATE connections SET needs_login = 1 WHERE client_id = :id", {"id": client_id})


def delete(tx: Transaction, client_id: str) -> None:
    """Forget the connection."""
    tx.execute("DELETE FROM connections WHERE client_id = :id", {"id": client_id})


def put_pending(tx: Transaction, pending: PendingConsent) -> None:
    """Remember a consent that a person has been sent to give."""
    tx.execute(
        f"INSERT INTO pending_consents ({_PENDING}) VALUES"
        " (:state, :client_id, :address, :redirect_uri, :mode, :expires_at)",
        {
            "state": pending.state,
            "client_id": pending.client_id,
            "address": pending.address,
            "redirect_uri": pending.redirect_uri,
            "mode": pending.mode,
            "expires_at": rfc3339(pending.expires_at),
        },
    )


def pending(tx: Transaction, now: datetime) -> list[PendingConsent]:
    """The consents that have not expired."""
    rows = tx.execute(
        f"SELECT {_PENDING} FROM pending_consents WHERE expires_at > :now ORDER BY expires_at DESC",
        {"now": rfc3339(now)},
    )
    return [_pending(row) for row in rows]


def take_pending(tx: Transaction, state: str, now: datetime) -> None:
    """Remove a consent that has been used, and all that have expired."""
    tx.execute(
        "DELETE FROM pending_consents WHERE state = :state OR expires_at <= :now",
        {"state": state, "now": rfc3339(now)},
    )


def _connection(row: sqlite3.Row) -> Connection:
    client_id, tenant, mode, company, orgnr, scopes, connected_at, rotated_at, last_used_at, needs_login = row
    return Connection(
        client_id,
        tenant,
        _MODES[mode],
        company,
        orgnr,
        scopes,
        parse_rfc3339(connected_at),
        parse_rfc3339(rotated_at),
        parse_rfc3339(last_used_at),
        bool(needs_login),
    )


def _pending(row: sqlite3.Row) -> PendingConsent:
    return PendingConsent(
        row["state"],
        row["client_id"],
        row["address"],
        row["redirect_uri"],
        parse_rfc3339(row["expires_at"]),
        ConnectionMode(row["mode"]),
    )
