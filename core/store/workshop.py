"""What people keep beside the closing vouchers: templates, acknowledgements, and earlier revisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from core.clock import rfc3339
from core.closing.templates import Template, TemplateRow
from core.register import ClosingVoucher
from core.store.database import Transaction

STEPS_KEPT = 200
"""Local changes of an engagement that can be undone."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a voucher was before a change: None where it did not exist; its place in the order."""

    voucher_id: str
    before: ClosingVoucher | None
    position: int | None


def put_template(tx: Transaction, template: Template) -> None:
    """Keep a template of the firm under its name, replacing one of the same name."""
    tx.execute(
        "INSERT INTO voucher_templates (name, rows) VALUES (:name, :rows)"
        " ON CONFLICT (name) DO UPDATE SET rows = :rows",
        {"name": template.name, "rows": msgspec.json.encode(template.rows).decode()},
    )


def templates(tx: Transaction) -> list[Template]:
    """The firm's own templates by name."""
    rows = tx.execute("SELECT name, rows FROM voucher_templates ORDER BY name")
    return [
        Template(row["name"], msgspec.json.decode(row["rows"], type=tuple[TemplateRow, ...])) for row in rows
    ]


def delete_template(tx: Transaction, name: str) -> bool:
    """Remove a template; False when there is none of that name."""
    return tx.execute("DELETE FROM voucher_templates WHERE name = :name", {"name": name}).rowcount > 0


def acknowledge(
    tx: Transaction, engagement_id: str, code: str, subject: str, person: str, at: datetime
) -> None:
    """Note that a person has read a check and lets it pass for this subject."""
    tx.execute(
        "INSERT INTO acknowledgements (engagement_id, code, subject, person, at)"
        " VALUES (:engagement_id, :code, :subject, :person, :at) ON CONFLICT DO NOTHING",
        {
            "engagement_id": engagement_id,
            "code": code,
            "subject": subject,
            "person": person,
            "at": rfc3339(at),
        },
    )


def acknowledged(tx: Transaction, engagement_id: str) -> set[tuple[str, str]]:
    """(code, subject) of everything that was acknowledged for the engagement."""
    rows = tx.execute(
        "SELECT code, subject FROM acknowledgements WHERE engagement_id = :id", {"id": engagement_id}
    )
    return {(row["code"], row["subject"]) for row in rows}


def note_changes(tx: Transaction, engagement_id: str, step: str, changes: Sequence[Change]) -> None:
    """Remember what vouchers were before one step of a person."""
    tx.executemany(
        "INSERT INTO voucher_changes (engagement_id, step, voucher_id, before, position)"
        " VALUES (:engagement_id, :step, :voucher_id, :before, :position)",
        [
            {
                "engagement_id": engagement_id,
                "step": step,
                "voucher_id": change.voucher_id,
                "before": msgspec.json.encode(change.before).decode() if change.before else None,
                "position": change.position,
            }
            for change in changes
        ],
    )
    tx.execute(
        "DELETE FROM voucher_changes WHERE engagement_id = :id AND seq <= (SELECT MAX(seq) - :kept"
        " FROM voucher_changes)",
        {"id": engagement_id, "kept": STEPS_KEPT},
    )


def take_latest_step(tx: Transaction, engagement_id: str) -> list[Change]:
    """The changes of the latest step, in the order in which they were made; they are forgotten by that."""
    last = tx.execute(
        "SELECT step FROM voucher_changes WHERE engagement_id = :id ORDER BY seq DESC LIMIT 1",
        {"id": engagement_id},
    ).fetchone()
    if last is None:
        return []
    wanted = {"id": engagement_id, "step": last["step"]}
    rows = tx.execute(
        "SELECT voucher_id, before, position FROM voucher_changes"
        " WHERE engagement_id = :id AND step = :step ORDER BY seq",
        wanted,
    ).fetchall()
    tx.execute("DELETE FROM voucher_changes WHERE engagement_id = :id AND step = :step", wanted)
    return [
        Change(
            row["voucher_id"],
            msgspec.json.decode(row["before"], type=ClosingVoucher) if row["before"] else None,
            row["position"],
        )
        for row in rows
    ]


def note_in_books(tx: Transaction, import_id: str, voucher_ids: Sequence[str]) -> None:
    """Note which of our vouchers a snapshot's books hold."""
    tx.executemany(
        "INSERT INTO import_own_vouchers (import_id, voucher_id) VALUES (:import_id, :voucher_id)"
        " ON CONFLICT DO NOTHING",
        [{"import_id": import_id, "voucher_id": one} for one in voucher_ids],
    )


def in_books(tx: Transaction, import_id: str) -> set[str]:
    """The ids of our vouchers that a snapshot's books hold."""
    rows = tx.execute("SELECT voucher_id FROM import_own_vouchers WHERE import_id = :id", {"id": import_id})
    return {row["voucher_id"] for row in rows}
