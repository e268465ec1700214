"""Everything that the store holds of one client, counted and removed. The audit stays: it names the client by id only."""

from __future__ import annotations

from datetime import date

from core.model import FiscalYear
from core.store.database import Transaction

_ENGAGEMENTS = "(SELECT id FROM engagements WHERE client_id = :client)"
_IMPORTS = f"(SELECT id FROM imports WHERE engagement_id IN {_ENGAGEMENTS})"
_TENANT = "(SELECT tenant FROM clients WHERE id = :client AND tenant <> '')"
APART = {
    "outbox": f"engagement_id IN {_ENGAGEMENTS} OR tenant IN {_TENANT}",
    "secrets": f"tenant IN {_TENANT}",
    "exchange_folders": "client_id = :client",
    "exchange_jobs": "client_id = :client",
    "exchange_outgoing": "client_id = :client",
}
"""What no foreign key takes with the client, and how its rows are found; asked before the client is gone."""

KEPT = frozenset({"audit"})
"""Tables that name clients and stay."""

_COUNTED = {
    "engagements": f"id IN {_ENGAGEMENTS}",
    "imports": f"id IN {_IMPORTS}",
    "annexes": f"import_id IN {_IMPORTS}",
    "vouchers": f"engagement_id IN {_ENGAGEMENTS}",
    "sign_offs": f"engagement_id IN {_ENGAGEMENTS}",
    "receipts": f"engagement_id IN {_ENGAGEMENTS}",
    "invitations": "client_id = :client",
    "secrets": APART["secrets"],
    "exchange_files": APART["exchange_jobs"],
}
_TABLES = {"vouchers": "closing_vouchers", "exchange_files": "exchange_jobs"}


def counts(tx: Transaction, client_id: str) -> dict[str, int]:
    """How much there is of the client, by kind."""
    return {
        kind: int(
            tx.execute(
                f"SELECT COUNT(*) FROM {_TABLES.get(kind, kind)} WHERE {where}", {"client": client_id}
            ).fetchone()[0]
        )
        for kind, where in _COUNTED.items()
    }


def erase(tx: Transaction, client_id: str) -> None:
    """Remove the client and every row that belongs to it."""
    tenants = tx.execute(_TENANT.strip("()"), {"client": client_id}).fetchall()
    for table, where in APART.items():
        tx.execute(f"DELETE FROM {table} WHERE {where}", {"client": client_id})
    # what signs off and freezes points at imports without a cascade, so it goes before them
    for table in ("sign_offs", "frozen_annexes"):
        tx.execute(f"DELETE FROM {table} WHERE engagement_id IN {_ENGAGEMENTS}", {"client": client_id})
    for row in tenants:
        tx.execute("DELETE FROM connections WHERE tenant = :tenant", {"tenant": row["tenant"]})
    tx.execute("DELETE FROM clients WHERE id = :client", {"client": client_id})


def booked_years(tx: Transaction, client_id: str) -> list[FiscalYear]:
    """The fiscal years of the client that brygga has books, vouchers or sent vouchers of."""
    rows = tx.execute(
        "SELECT from_date, to_date FROM engagements AS e WHERE client_id = :client AND ("
        " EXISTS (SELECT 1 FROM imports AS i WHERE i.engagement_id = e.id)"
        " OR EXISTS (SELECT 1 FROM closing_vouchers AS v WHERE v.engagement_id = e.id)"
        " OR EXISTS (SELECT 1 FROM outbox AS o WHERE o.engagement_id = e.id)) ORDER BY to_date",
        {"client": client_id},
    )
    return [
        FiscalYear(date.fromisoformat(row["from_date"]), date.fromisoformat(row["to_date"])) for row in rows
    ]


def has_left(tx: Transaction, client_id: str) -> bool:
    """Whether closing vouchers of the client have left brygga, or balances were signed off: what must be kept."""
    row = tx.execute(
        f"SELECT EXISTS (SELECT 1 FROM closing_vouchers WHERE engagement_id IN {_ENGAGEMENTS}"
        " AND state NOT IN ('draft', 'ready', 'excluded', 'waiting_year'))"
        f" OR EXISTS (SELECT 1 FROM sign_offs WHERE engagement_id IN {_ENGAGEMENTS}) AS found",
        {"client": client_id},
    ).fetchone()
    return bool(row["found"])


def folder_of(tx: Transaction, client_id: str) -> str:
    """The name of the client's exchange folder; empty when it has none."""
    row = tx.execute(
        "SELECT folder FROM exchange_folders WHERE client_id = :client", {"client": client_id}
    ).fetchone()
    return str(row["folder"]) if row else ""


def letters_of(tx: Transaction, client_id: str) -> list[str]:
    """The ids of the letters that were written to people at the client."""
    rows = tx.execute(
        "SELECT id FROM letters WHERE invitation_id IN (SELECT id FROM invitations WHERE client_id = :client)",
        {"client": client_id},
    )
    return [row["id"] for row in rows]
