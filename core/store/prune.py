"""Which snapshots may go: all but the latest few, and never one that something rests on."""

from __future__ import annotations

from core.store.database import Transaction

KEPT = 2
"""The latest snapshots of an engagement that are always kept: the books now, and what they are compared with."""

_RESTS_ON = """
    SELECT import_id FROM frozen_annexes WHERE engagement_id = :id
    UNION SELECT import_id FROM sign_offs WHERE engagement_id = :id
    UNION SELECT (
        SELECT i.id FROM imports AS i WHERE i.engagement_id = :id AND i.made_at <= a.at
        ORDER BY i.made_at DESC, i.id DESC LIMIT 1
    ) FROM audit AS a WHERE a.engagement_id = :id AND a.action IN ('voucher.sending', 'export.file')
"""
"""Snapshots with a frozen annex or a sign-off, and the one that was the latest at each export."""


def prune(tx: Transaction, engagement_id: str, kept: int = KEPT) -> list[str]:
    """Remove the engagement's snapshots that nothing needs; returns their ids."""
    rows = tx.execute(
        f"""
        SELECT id FROM imports WHERE engagement_id = :id AND id NOT IN (
            SELECT id FROM imports WHERE engagement_id = :id ORDER BY made_at DESC, id DESC LIMIT :kept
        ) AND id NOT IN (SELECT import_id FROM ({_RESTS_ON}) WHERE import_id IS NOT NULL)
        """,
        {"id": engagement_id, "kept": kept},
    ).fetchall()
    gone = [row["id"] for row in rows]
    tx.executemany("DELETE FROM imports WHERE id = :id", [{"id": one} for one in gone])
    return gone
