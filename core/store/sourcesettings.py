"""How each engagement takes over the chart of accounts and the balances of its source."""

from __future__ import annotations

from core.register import AccountNames, PreviousYear, SourceSettings
from core.store.database import Transaction


def get(tx: Transaction, engagement_id: str) -> SourceSettings:
    """The engagement's settings; the standard ones until somebody chose."""
    row = tx.execute(
        "SELECT names, period_balances, previous_year FROM source_settings WHERE engagement_id = :id",
        {"id": engagement_id},
    ).fetchone()
    if row is None:
        return SourceSettings()
    return SourceSettings(
        AccountNames(row["names"]), bool(row["period_balances"]), PreviousYear(row["previous_year"])
    )


def put(tx: Transaction, engagement_id: str, settings: SourceSettings) -> None:
    """Keep the settings."""
    tx.execute(
        "INSERT INTO source_settings (engagement_id, names, period_balances, previous_year)"
        " VALUES (:id, :names, :periods, :previous) ON CONFLICT (engagement_id) DO UPDATE SET"
        " names = excluded.names, period_balances = excluded.period_balances,"
        " previous_year = excluded.previous_year",
        {
            "id": engagement_id,
            "names": settings.names,
            "periods": settings.period_balances,
            "previous": settings.previous_year,
        },
    )


def names(tx: Transaction, engagement_id: str) -> dict[str, str]:
    """The account names that the firm has edited, by account."""
    rows = tx.execute(
        "SELECT account, name FROM account_names WHERE engagement_id = :id", {"id": engagement_id}
    )
    return {row["account"]: row["name"] for row in rows}


def put_name(tx: Transaction, engagement_id: str, account: str, name: str) -> None:
    """Keep an edited name; an empty one gives the source's own back."""
    key = {"id": engagement_id, "account": account}
    if not name:
        tx.execute("DELETE FROM account_names WHERE engagement_id = :id AND account = :account", key)
        return
    tx.execute(
        "INSERT INTO account_names (engagement_id, account, name) VALUES (:id, :account, :name)"
        " ON CONFLICT (engagement_id, account) DO UPDATE SET name = excluded.name",
        {**key, "name": name},
    )
