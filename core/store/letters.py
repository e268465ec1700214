"""The outbox of letters, and the firm's own wording of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from core.clock import parse_rfc3339, rfc3339
from core.invite.letters import LetterKind, Template
from core.invite.outbound import Letter, LetterState
from core.store.database import Transaction

_FIELDS = "id, invitation_id, kind, round, language, state, at, reason"


def insert(tx: Transaction, letter: Letter) -> None:
    """Add a letter.

    Raises:
        sqlite3.IntegrityError: the row has this letter already.
    """
    tx.execute(
        f"INSERT INTO letters ({_FIELDS}) VALUES (:{', :'.join(_FIELDS.split(', '))})",
        {
            "id": letter.id,
            "invitation_id": letter.invitation_id,
            "kind": letter.kind,
            "round": letter.round,
            "language": letter.language,
            "state": letter.state,
            "at": rfc3339(letter.at),
            "reason": letter.reason,
        },
    )


def set_state(
    tx: Transaction, letter: Letter, state: LetterState, at: datetime, reason: str = ""
) -> Letter | None:
    """Move the letter on from the state that it is in; None when it is no longer in it."""
    moved = tx.execute(
        "UPDATE letters SET state = :state, at = :at, reason = :reason WHERE id = :id AND state = :former",
        {"state": state, "at": rfc3339(at), "reason": reason, "id": letter.id, "former": letter.state},
    )
    return replace(letter, state=state, at=at, reason=reason) if moved.rowcount else None


def delete(tx: Transaction, letter_id: str) -> None:
    """Forget a letter that did not go: it may be made anew."""
    tx.execute("DELETE FROM letters WHERE id = :id", {"id": letter_id})


def every(tx: Transaction) -> list[Letter]:
    """All letters, as they were made."""
    return [_letter(row) for row in tx.execute(f"SELECT {_FIELDS} FROM letters ORDER BY id")]


def ids_of(tx: Transaction, invitation_ids: Collection[str]) -> list[str]:
    """The ids of the rows' letters."""
    rows = tx.execute("SELECT id, invitation_id FROM letters ORDER BY id")
    return [row["id"] for row in rows if row["invitation_id"] in invitation_ids]


def in_state(tx: Transaction, state: LetterState) -> list[Letter]:
    """The letters in a state, as they were made."""
    rows = tx.execute(f"SELECT {_FIELDS} FROM letters WHERE state = :state ORDER BY id", {"state": state})
    return [_letter(row) for row in rows]


def template(tx: Transaction, kind: LetterKind, language: str) -> Template | None:
    """The firm's own wording, or None."""
    row = tx.execute(
        "SELECT subject, body FROM letter_templates WHERE kind = :kind AND language = :language",
        {"kind": kind, "language": language},
    ).fetchone()
    return Template(kind, language, row["subject"], row["body"], edited=True) if row else None


def put_template(tx: Transaction, own: Template) -> None:
    """Keep the firm's own wording."""
    tx.execute(
        "INSERT INTO letter_templates (kind, language, subject, body) VALUES (:kind, :language, :subject, :body)"
        " ON CONFLICT (kind, language) DO UPDATE SET subject = excluded.subject, body = excluded.body",
        {"kind": own.kind, "language": own.language, "subject": own.subject, "body": own.body},
    )


def drop_template(tx: Transaction, kind: LetterKind, language: str) -> None:
    """Back to brygga's own wording."""
    tx.execute(
        "DELETE FROM letter_templates WHERE kind = :kind AND language = :language",
        {"kind": kind, "language": language},
    )


def _letter(row: sqlite3.Row) -> Letter:
    values = dict(row)
    values["kind"] = LetterKind(row["kind"])
    values["state"] = LetterState(row["state"])
    values["at"] = parse_rfc3339(row["at"])
    return Letter(**values)
