"""What people say of the accounts and items of an engagement: amounts, sign-offs, notes, frozen annexes."""

from __future__ import annotations

import sqlite3
from datetime import datetime

import msgspec

from core.clock import parse_rfc3339, rfc3339
from core.model import Annex, Ledger
from core.money import Ore
from core.register import FrozenAnnex, ItemNote, SignOff, SupportedAmount
from core.store.database import Transaction

_SIGN_OFF = (
    "id, account, import_id, balance, comment, done_by, done_at, reviewed_by, reviewed_at, undone_by,"
    " undone_at, balance_after"
)


def put_supported(tx: Transaction, engagement_id: str, supported: SupportedAmount) -> None:
    """Keep the amount in place of the one before."""
    tx.execute(
        "INSERT INTO supported_amounts (engagement_id, account, amount, note, reference, person, at)"
        " VALUES (:engagement_id, :account, :amount, :note, :reference, :person, :at)"
        " ON CONFLICT (engagement_id, account) DO UPDATE SET amount = excluded.amount, note = excluded.note,"
        " reference = excluded.reference, person = excluded.person, at = excluded.at",
        {
            "engagement_id": engagement_id,
            "account": supported.account,
            "amount": supported.amount,
            "note": supported.note,
            "reference": supported.reference,
            "person": supported.person,
            "at": rfc3339(supported.at),
        },
    )


def drop_supported(tx: Transaction, engagement_id: str, account: str) -> bool:
    """Take the amount away; False when there was none."""
    done = tx.execute(
        "DELETE FROM supported_amounts WHERE engagement_id = :id AND account = :account",
        {"id": engagement_id, "account": account},
    )
    return done.rowcount > 0


def supported(tx: Transaction, engagement_id: str) -> dict[str, SupportedAmount]:
    """The entered amounts by account."""
    rows = tx.execute(
        "SELECT account, amount, note, reference, person, at FROM supported_amounts WHERE engagement_id = :id",
        {"id": engagement_id},
    )
    return {row["account"]: SupportedAmount(**{**dict(row), "at": parse_rfc3339(row["at"])}) for row in rows}


def add_sign_off(tx: Transaction, engagement_id: str, sign_off: SignOff) -> None:
    """Add a living sign-off.

    Raises:
        sqlite3.IntegrityError: the account is signed off already.
    """
    tx.execute(
        "INSERT INTO sign_offs (id, engagement_id, account, import_id, balance, comment, done_by, done_at)"
        " VALUES (:id, :engagement_id, :account, :import_id, :balance, :comment, :done_by, :done_at)",
        {
            "id": sign_off.id,
            "engagement_id": engagement_id,
            "account": sign_off.account,
            "import_id": sign_off.import_id,
            "balance": sign_off.balance,
            "comment": sign_off.comment,
            "done_by": sign_off.done_by,
            "done_at": rfc3339(sign_off.done_at),
        },
    )


def review(tx: Transaction, sign_off_id: str, person: str, at: datetime, comment: str) -> None:
    """Name the second reader."""
    tx.execute(
        "UPDATE sign_offs SET reviewed_by = :person, reviewed_at = :at, comment = :comment WHERE id = :id",
        {"id": sign_off_id, "person": person, "at": rfc3339(at), "comment": comment},
    )


def undo(tx: Transaction, sign_off_id: str, person: str, at: datetime, balance_after: Ore | None) -> None:
    """End a sign-off; it stays as history."""
    tx.execute(
        "UPDATE sign_offs SET undone_by = :person, undone_at = :at, balance_after = :balance WHERE id = :id",
        {"id": sign_off_id, "person": person, "at": rfc3339(at), "balance": balance_after},
    )


def sign_offs(tx: Transaction, engagement_id: str) -> list[SignOff]:
    """All sign-offs, undone ones included, oldest first."""
    rows = tx.execute(
        f"SELECT {_SIGN_OFF} FROM sign_offs WHERE engagement_id = :id ORDER BY done_at, id",
        {"id": engagement_id},
    )
    return [_sign_off(row) for row in rows]


def living(tx: Transaction, engagement_id: str) -> dict[str, SignOff]:
    """The sign-offs that stand, by account."""
    return {one.account: one for one in sign_offs(tx, engagement_id) if one.undone_at is None}


def _sign_off(row: sqlite3.Row) -> SignOff:
    values = dict(row)
    for name in ("done_at", "reviewed_at", "undone_at"):
        values[name] = parse_rfc3339(row[name]) if row[name] else None
    return SignOff(**values)


def put_note(tx: Transaction, engagement_id: str, note: ItemNote) -> None:
    """Keep the note; an empty one takes the note away."""
    key = {"id": engagement_id, "ledger": note.ledger.value, "number": note.number}
    if not note.note:
        tx.execute(
            "DELETE FROM item_notes WHERE engagement_id = :id AND ledger = :ledger AND number = :number", key
        )
        return
    tx.execute(
        "INSERT INTO item_notes (engagement_id, ledger, number, note, person, at)"
        " VALUES (:id, :ledger, :number, :note, :person, :at)"
        " ON CONFLICT (engagement_id, ledger, number) DO UPDATE SET note = excluded.note,"
        " person = excluded.person, at = excluded.at",
        {**key, "note": note.note, "person": note.person, "at": rfc3339(note.at)},
    )


def notes(tx: Transaction, engagement_id: str) -> dict[tuple[Ledger, str], ItemNote]:
    """The notes by ledger and invoice number."""
    rows = tx.execute(
        "SELECT ledger, number, note, person, at FROM item_notes WHERE engagement_id = :id",
        {"id": engagement_id},
    )
    found = [
        ItemNote(Ledger(row["ledger"]), row["number"], row["note"], row["person"], parse_rfc3339(row["at"]))
        for row in rows
    ]
    return {(note.ledger, note.number): note for note in found}


def freeze(tx: Transaction, engagement_id: str, frozen: FrozenAnnex) -> None:
    """Keep an annex as it is; frozen once more at the same import it stays as it was."""
    tx.execute(
        "INSERT INTO frozen_annexes (engagement_id, account, import_id, body, person, at)"
        " VALUES (:id, :account, :import_id, :body, :person, :at)"
        " ON CONFLICT (engagement_id, account, import_id) DO UPDATE SET declined_import_id = ''",
        {
            "id": engagement_id,
            "account": frozen.annex.account,
            "import_id": frozen.import_id,
            "body": msgspec.json.encode(frozen.annex),
            "person": frozen.person,
            "at": rfc3339(frozen.at),
        },
    )


def decline(tx: Transaction, engagement_id: str, frozen: FrozenAnnex, import_id: str) -> None:
    """Turn down the annex of a later import in favour of the frozen one."""
    tx.execute(
        "UPDATE frozen_annexes SET declined_import_id = :declined WHERE engagement_id = :id"
        " AND account = :account AND import_id = :import_id",
        {
            "id": engagement_id,
            "account": frozen.annex.account,
            "import_id": frozen.import_id,
            "declined": import_id,
        },
    )


def frozen(tx: Transaction, engagement_id: str) -> dict[str, FrozenAnnex]:
    """The latest frozen annex of each account."""
    rows = tx.execute(
        "SELECT account, import_id, body, person, at, declined_import_id FROM frozen_annexes"
        " WHERE engagement_id = :id ORDER BY at, import_id",
        {"id": engagement_id},
    )
    return {
        row["account"]: FrozenAnnex(
            msgspec.json.decode(row["body"], type=Annex),
            row["import_id"],
            row["person"],
            parse_rfc3339(row["at"]),
            row["declined_import_id"],
        )
        for row in rows
    }
