"""Records to the JSON of the contract: every key always there, absent is null, amounts are strings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from core.clock import rfc3339
from core.model import FiscalYear
from core.money import Ore, to_text
from core.register import Check, Client, ClosingVoucher, Engagement, EngagementStatus, NextStep, VoucherState

Json = dict[str, object]

STATUS_COUNTS = (
    VoucherState.DRAFT,
    VoucherState.READY,
    VoucherState.SENDING,
    VoucherState.UNKNOWN,
    VoucherState.POSTED,
    VoucherState.REJECTED,
    VoucherState.EXPORTED,
)
_COUNTED = tuple((state, state.value) for state in STATUS_COUNTS)
_CONTRACTED = {NextStep.DECIDE: NextStep.WAIT}
"""Steps that the contract's closed list has no word for."""
_NONE: Json = {name: 0 for _state, name in _COUNTED}


def amount(ore: Ore | None) -> str | None:
    """``-1234.50``, or null."""
    return None if ore is None else to_text(ore)


def moment(at: datetime | None) -> str | None:
    """RFC 3339 UTC, or null."""
    return None if at is None else rfc3339(at)


def day(on: date | None) -> str | None:
    """ISO 8601, or null."""
    return None if on is None else on.isoformat()


def years(year: FiscalYear | None) -> list[str] | None:
    """[from, to], or null."""
    return None if year is None else [year.from_date.isoformat(), year.to_date.isoformat()]


def client(record: Client) -> Json:
    """One client."""
    return {
        "id": record.id,
        "number": record.number or None,
        "name": record.name,
        "orgnr": record.orgnr,
        "form": record.form or None,
        "responsible": record.responsible or None,
        "tenant": record.tenant or None,
        "default_series": record.default_series or None,
    }


def engagement(owner: Client, record: Engagement) -> Json:
    """One engagement with the client that it belongs to."""
    return {
        "id": record.id,
        "client": owner.name,
        "number": owner.number or None,
        "orgnr": owner.orgnr,
        "year": years(record.year),
        "source": record.source.value,
        "locked": record.locked,
    }


def voucher(record: ClosingVoucher) -> Json:
    """One closing voucher without its rows."""
    return {
        "id": record.id,
        "state": record.state.value,
        "date": day(record.date),
        "text": record.text,
        "sum": amount(record.turnover),
        "year": years(record.year),
        "series": record.series or None,
        "number": record.number or None,
        "waiting_since": moment(record.waiting_since) if record.state is VoucherState.WAITING_YEAR else None,
    }


def voucher_with_rows(record: ClosingVoucher) -> Json:
    """One closing voucher with its rows in the form that ``voucher add`` reads."""
    rows = [
        {
            "account": row.account,
            "debit": amount(row.amount) if row.amount >= 0 else None,
            "credit": amount(-row.amount) if row.amount < 0 else None,
            "text": row.text or None,
            "objects": dict(row.objects),
        }
        for row in record.rows
    ]
    return {**voucher(record), "rows": rows, "error": record.error or None}


def vouchers(records: Iterable[ClosingVoucher]) -> Json:
    """The answer of every voucher command."""
    return {"vouchers": [voucher(record) for record in records]}


def check(record: Check) -> Json:
    """One line of a checklist."""
    return {
        "code": record.code,
        "ok": record.ok,
        "warning": record.warning,
        "text": f"{record.text} {record.why}".rstrip(),
        "remedy": None if record.ok and not record.warning else record.remedy or None,
    }


def checks(records: Iterable[Check]) -> Json:
    """The answer of the doctors and of a dry run."""
    return {"checks": [check(record) for record in records]}


def status(rows: Iterable[EngagementStatus]) -> Json:
    """The overview."""
    return {"clients": [status_row(row) for row in rows]}


def status_row(row: EngagementStatus) -> Json:
    """One row of the overview."""
    return {
        "number": row.client.number or None,
        "name": row.client.name,
        "orgnr": row.client.orgnr,
        "tenant": row.client.tenant or None,
        "year": years(row.engagement.year) if row.engagement else None,
        "source": row.engagement.source.value if row.engagement else None,
        "connection": {
            "state": row.connection.state.value,
            "mode": row.connection.mode.value if row.connection.mode else None,
            "days_left": row.connection.days_left,
        },
        "last_import": moment(row.last_import),
        "annexes": [
            {
                "account": annex.account,
                "difference": amount(annex.difference),
                "task": annex.task,
                "signed_off": annex.signed_off,
            }
            for annex in row.annexes
        ],
        "vouchers": {name: row.vouchers.get(state, 0) for state, name in _COUNTED} if row.vouchers else _NONE,
        "findings": row.findings,
        "next_step": _CONTRACTED.get(row.next_step, row.next_step).value,
        "undecided": row.next_step is NextStep.DECIDE,
        "paused_until": moment(row.paused_until),
    }
