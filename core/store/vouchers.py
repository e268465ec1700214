"""Closing vouchers as the firm writes them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from sys import intern

import msgspec

from core.clock import parse_rfc3339, rfc3339
from core.collector import collector_paused
from core.model import FiscalYear, Row
from core.register import ClosingVoucher, VoucherState
from core.store.database import Transaction

_FIELDS = (
    "id, engagement_id, state, date, text, rows, year_from, year_to, series, number, error, revision,"
    " waiting_since"
)
_READ = (
    f"{_FIELDS}, state = 'unknown' AND EXISTS (SELECT 1 FROM outbox WHERE outbox.voucher_id = closing_vouchers.id"
    " AND outbox.state = 'conflict') AS undecided"
)
_ROWS = msgspec.json.Decoder(tuple[Row, ...])
_STATES = {state.value: state for state in VoucherState}


def insert(tx: Transaction, voucher: ClosingVoucher) -> None:
    """Add a voucher last in its engagement."""
    tx.execute(
        f"INSERT INTO closing_vouchers ({_FIELDS}, position) VALUES (:id, :engagement_id, :state, :date, :text,"
        " :rows, :year_from, :year_to, :series, :number, :error, :revision, :waiting_since,"
        " (SELECT COALESCE(MAX(position), 0) + 1 FROM closing_vouchers WHERE engagement_id = :engagement_id))",
        _parameters(voucher),
    )


def update(tx: Transaction, voucher: ClosingVoucher) -> None:
    """Replace the voucher's content and state; its place in the order stays."""
    tx.execute(
        "UPDATE closing_vouchers SET state = :state, date = :date, text = :text, rows = :rows,"
        " year_from = :year_from, year_to = :year_to, series = :series, number = :number, error = :error,"
        " revision = :revision, waiting_since = :waiting_since WHERE id = :id",
        _parameters(voucher),
    )


def delete(tx: Transaction, voucher_id: str) -> None:
    """Remove a voucher."""
    tx.execute("DELETE FROM closing_vouchers WHERE id = :id", {"id": voucher_id})


def get(tx: Transaction, voucher_id: str) -> ClosingVoucher | None:
    """The voucher, or None."""
    row = tx.execute(f"SELECT {_READ} FROM closing_vouchers WHERE id = :id", {"id": voucher_id}).fetchone()
    return _voucher(row) if row else None


def of_engagement(
    tx: Transaction, engagement_id: str, states: Iterable[VoucherState] | None = None
) -> list[ClosingVoucher]:
    """The engagement's vouchers in their order, all or those in ``states``."""
    wanted = None if states is None else set(states)
    with collector_paused():
        return [one for one in each(tx, engagement_id) if wanted is None or one.state in wanted]


def each(tx: Transaction, engagement_id: str) -> Iterator[ClosingVoucher]:
    """The engagement's vouchers in their order, one after the other."""
    rows = tx.execute(
        f"SELECT {_READ} FROM closing_vouchers WHERE engagement_id = :id ORDER BY position",
        {"id": engagement_id},
    )
    return map(_voucher, rows)


def counts(tx: Transaction) -> dict[str, dict[VoucherState, int]]:
    """How many vouchers each engagement has in each state."""
    found: dict[str, dict[VoucherState, int]] = {}
    rows = tx.execute(
        "SELECT engagement_id, state, COUNT(*) AS n FROM closing_vouchers GROUP BY engagement_id, state"
    )
    for row in rows:
        found.setdefault(row["engagement_id"], {})[VoucherState(row["state"])] = row["n"]
    return found


def encode_rows(rows: tuple[Row, ...]) -> str:
    """The rows as canonical JSON."""
    return msgspec.json.encode(rows).decode()


def _parameters(voucher: ClosingVoucher) -> dict[str, object]:
    return {
        "id": voucher.id,
        "engagement_id": voucher.engagement_id,
        "state": voucher.state,
        "date": voucher.date.isoformat(),
        "text": voucher.text,
        "rows": encode_rows(voucher.rows),
        "year_from": voucher.year.from_date.isoformat(),
        "year_to": voucher.year.to_date.isoformat(),
        "series": voucher.series,
        "number": voucher.number,
        "error": voucher.error,
        "revision": voucher.revision,
        "waiting_since": rfc3339(voucher.waiting_since) if voucher.waiting_since else None,
    }


def _voucher(row: sqlite3.Row) -> ClosingVoucher:
    (
        number,
        engagement_id,
        state,
        day,
        text,
        rows,
        year_from,
        year_to,
        series,
        place,
        error,
        revision,
        waiting,
        undecided,
    ) = row
    return ClosingVoucher(
        number,
        intern(engagement_id),
        _STATES[state],
        _day(day),
        text,
        _ROWS.decode(rows),
        _year(year_from, year_to),
        series,
        place,
        error,
        revision,
        parse_rfc3339(waiting) if waiting else None,
        bool(undecided),
    )


@lru_cache(maxsize=1024)
def _day(text: str) -> date:
    """One object a day: a long list holds few days."""
    return date.fromisoformat(text)


@lru_cache(maxsize=64)
def _year(from_date: str, to_date: str) -> FiscalYear:
    return FiscalYear(_day(from_date), _day(to_date))


def positions(tx: Transaction, engagement_id: str) -> dict[str, int]:
    """The place of every voucher of the engagement in its order."""
    rows = tx.execute(
        "SELECT id, position FROM closing_vouchers WHERE engagement_id = :id ORDER BY position",
        {"id": engagement_id},
    )
    return {row["id"]: row["position"] for row in rows}


def place(tx: Transaction, voucher_id: str, position: int) -> None:
    """Give a voucher its place in the order."""
    tx.execute(
        "UPDATE closing_vouchers SET position = :position WHERE id = :id",
        {"id": voucher_id, "position": position},
    )
