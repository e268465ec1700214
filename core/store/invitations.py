"""The rows of the invitation desk and what was said of the clients."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime

from core.clock import parse_rfc3339, rfc3339
from core.invite.rows import ClientFacts, Consent, Invitation, InviteState, UserChoice
from core.store.database import Transaction

_NAMES = tuple(one.name for one in fields(Invitation))
_FIELDS = ", ".join(_NAMES)
_MOMENTS = tuple(name for name in _NAMES if name.endswith("_at"))


def put(tx: Transaction, row: Invitation) -> None:
    """Add the row, or replace what is known of it."""
    changes = ", ".join(f"{name} = excluded.{name}" for name in _NAMES if name != "id")
    tx.execute(
        f"INSERT INTO invitations ({_FIELDS}) VALUES (:{', :'.join(_NAMES)})"
        f" ON CONFLICT (id) DO UPDATE SET {changes}",
        {name: _stored(getattr(row, name)) for name in _NAMES},
    )


def every(tx: Transaction) -> list[Invitation]:
    """All rows, as they were made."""
    return [_row(row) for row in tx.execute(f"SELECT {_FIELDS} FROM invitations ORDER BY id")]


def of_client(tx: Transaction, client_id: str) -> list[Invitation]:
    """The client's rows, as they were made."""
    rows = tx.execute(
        f"SELECT {_FIELDS} FROM invitations WHERE client_id = :id ORDER BY id", {"id": client_id}
    )
    return [_row(row) for row in rows]


def get(tx: Transaction, invitation_id: str) -> Invitation | None:
    """The row, or None."""
    row = tx.execute(f"SELECT {_FIELDS} FROM invitations WHERE id = :id", {"id": invitation_id}).fetchone()
    return _row(row) if row else None


def delete(tx: Transaction, ids: Iterable[str]) -> None:
    """Remove rows with their letters."""
    tx.executemany("DELETE FROM invitations WHERE id = :id", [{"id": one} for one in ids])


def facts(tx: Transaction) -> dict[str, ClientFacts]:
    """What was said of clients, by client id."""
    rows = tx.execute("SELECT client_id, admin, admin_by, admin_at, has_user FROM invitation_clients")
    return {
        row["client_id"]: ClientFacts(
            row["client_id"],
            bool(row["admin"]),
            row["admin_by"],
            parse_rfc3339(row["admin_at"]) if row["admin_at"] else None,
            bool(row["has_user"]),
        )
        for row in rows
    }


def put_facts(tx: Transaction, said: ClientFacts) -> None:
    """Keep what was said of a client."""
    tx.execute(
        "INSERT INTO invitation_clients (client_id, admin, admin_by, admin_at, has_user)"
        " VALUES (:client_id, :admin, :admin_by, :admin_at, :has_user)"
        " ON CONFLICT (client_id) DO UPDATE SET admin = excluded.admin, admin_by = excluded.admin_by,"
        " admin_at = excluded.admin_at, has_user = excluded.has_user",
        {
            name: _stored(getattr(said, name))
            for name in ("client_id", "admin", "admin_by", "admin_at", "has_user")
        },
    )


def forget_facts(tx: Transaction, client_id: str) -> None:
    """Forget what was said of a client."""
    tx.execute("DELETE FROM invitation_clients WHERE client_id = :id", {"id": client_id})


def last_batch(tx: Transaction) -> int:
    """The highest batch number ever used; 0 for none."""
    row = tx.execute("SELECT COALESCE(MAX(number), 0) AS number FROM invitation_batches").fetchone()
    return int(row["number"])


def add_batch(tx: Transaction, number: int, at: datetime, rows: int) -> None:
    """Use a batch number."""
    tx.execute(
        "INSERT INTO invitation_batches (number, at, rows) VALUES (:number, :at, :rows)",
        {"number": number, "at": rfc3339(at), "rows": rows},
    )


def keep_baseline(tx: Transaction, row: Invitation) -> None:
    """Keep how many vouchers the client's books hold now, in the latest import of each engagement."""
    tx.execute("DELETE FROM invitation_baselines WHERE invitation_id = :id", {"id": row.id})
    tx.execute(
        "INSERT INTO invitation_baselines (invitation_id, engagement_id, vouchers, made_at)"
        " SELECT :id, i.engagement_id, i.vouchers, i.made_at FROM imports AS i"
        " JOIN engagements AS e ON e.id = i.engagement_id AND e.client_id = :client_id WHERE NOT EXISTS ("
        " SELECT 1 FROM imports AS newer WHERE newer.engagement_id = i.engagement_id"
        " AND (newer.made_at, newer.id) > (i.made_at, i.id))",
        {"id": row.id, "client_id": row.client_id},
    )


def documents_seen(tx: Transaction) -> dict[str, datetime]:
    """When documents of each row's client were seen after the row was invited, by row id.

    The signs are those that brygga has anyway: a file that came into the client's exchange folder, or a later
    import whose books hold more vouchers than then, those that brygga posted itself taken away.
    """
    return {row["id"]: parse_rfc3339(row["at"]) for row in tx.execute(_SIGNS)}


_SIGNS = """
    SELECT id, MIN(at) AS at FROM (
        SELECT v.id, j.at FROM invitations AS v JOIN exchange_jobs AS j ON j.client_id = v.client_id
        WHERE j.outcome = 'done' AND j.at > v.invited_at
        UNION ALL
        SELECT v.id, i.made_at AS at FROM invitations AS v
        JOIN invitation_baselines AS b ON b.invitation_id = v.id
        JOIN imports AS i ON i.engagement_id = b.engagement_id AND i.made_at > v.invited_at
        WHERE i.vouchers > b.vouchers + (
            SELECT COUNT(*) FROM outbox AS o WHERE o.engagement_id = b.engagement_id
            AND o.state = 'posted' AND o.sent_at > b.made_at AND o.sent_at <= i.made_at
        )
    ) GROUP BY id
"""


def _stored(value: object) -> object:
    if isinstance(value, datetime):
        return rfc3339(value)
    return int(value) if isinstance(value, bool) else value


def _row(row: sqlite3.Row) -> Invitation:
    values = dict(row)
    for name in _MOMENTS:
        values[name] = parse_rfc3339(row[name]) if row[name] else None
    values["choice"] = UserChoice(row["choice"])
    values["consent"] = Consent(row["consent"])
    values["state"] = InviteState(row["state"])
    return Invitation(**values)
