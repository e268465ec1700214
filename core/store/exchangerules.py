"""What the exchange folder does by itself for each client, and what its latest files show."""

from __future__ import annotations

import sqlite3

from core.register import Emit, ExchangeRules
from core.store.database import Transaction


def get(tx: Transaction, client_id: str) -> ExchangeRules | None:
    """The client's own rules, or None where it follows the configuration."""
    row = tx.execute("SELECT * FROM exchange_rules WHERE client_id = :id", {"id": client_id}).fetchone()
    return _rules(row) if row else None


def every(tx: Transaction) -> dict[str, ExchangeRules]:
    """The own rules of every client that has some."""
    return {row["client_id"]: _rules(row) for row in tx.execute("SELECT * FROM exchange_rules")}


def put(tx: Transaction, client_id: str, rules: ExchangeRules) -> None:
    """Keep a client's own rules."""
    tx.execute(
        "INSERT INTO exchange_rules (client_id, emit, auto_export, series, underlag)"
        " VALUES (:id, :emit, :auto_export, :series, :underlag) ON CONFLICT (client_id) DO UPDATE SET"
        " emit = excluded.emit, auto_export = excluded.auto_export, series = excluded.series,"
        " underlag = excluded.underlag",
        {
            "id": client_id,
            "emit": " ".join(sorted(rules.emit)),
            "auto_export": rules.auto_export,
            "series": rules.series,
            "underlag": rules.underlag,
        },
    )


def remove(tx: Transaction, client_id: str) -> None:
    """Let the client follow the configuration again."""
    tx.execute("DELETE FROM exchange_rules WHERE client_id = :id", {"id": client_id})


def emitted(tx: Transaction) -> dict[tuple[str, Emit], str]:
    """What the latest file shows, by engagement and kind."""
    rows = tx.execute("SELECT engagement_id, kind, shows FROM exchange_emitted")
    return {(row["engagement_id"], Emit(row["kind"])): row["shows"] for row in rows}


def put_emitted(tx: Transaction, engagement_id: str, kind: Emit, shows: str) -> None:
    """The newest file of the kind shows this."""
    tx.execute(
        "INSERT INTO exchange_emitted (engagement_id, kind, shows) VALUES (:id, :kind, :shows)"
        " ON CONFLICT (engagement_id, kind) DO UPDATE SET shows = excluded.shows",
        {"id": engagement_id, "kind": kind, "shows": shows},
    )


def _rules(row: sqlite3.Row) -> ExchangeRules:
    emit = frozenset(map(Emit, row["emit"].split()))
    return ExchangeRules(emit, bool(row["auto_export"]), row["series"], bool(row["underlag"]))
