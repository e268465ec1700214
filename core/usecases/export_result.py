"""What an export did, voucher by voucher."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.errors import BryggaError
from core.model import FiscalYear
from core.register import Client, Engagement, VoucherState
from core.store.outbox import OutboxEntry, OutboxState
from core.usecases.posting import Outbound

_STATES = {
    OutboxState.NEW: VoucherState.READY,
    OutboxState.POSTED: VoucherState.POSTED,
    OutboxState.REJECTED: VoucherState.REJECTED,
}


@dataclass(frozen=True, slots=True)
class ExportedVoucher:
    """What became of one voucher in this run."""

    id: str
    state: VoucherState
    number: str
    error: str
    year: FiscalYear | None = None
    """The fiscal year whose number it has."""


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What an export did. The counts are this run's."""

    client: Client
    engagement: Engagement
    series: str
    vouchers: list[ExportedVoucher] = field(default_factory=list)
    posted: int = 0
    rejected: int = 0
    unknown: int = 0
    retry_after: int | None = None
    """Seconds until an uncertain voucher can be looked up."""
    stopped: BryggaError | None = None
    """Why the run ended before its last voucher, when some had been posted or rejected by then."""

    def places(self) -> dict[str, str]:
        """Voucher id -> ``I 7``, or ``I 7 (2026)`` where the numbers are of more than one fiscal year."""
        numbered = [one for one in self.vouchers if one.number]
        several = len({one.year for one in numbered}) > 1
        return {
            one.id: f"{self.series} {one.number}" + (f" ({one.year.label})" if several and one.year else "")
            for one in numbered
        }


def result_of(
    client: Client,
    engagement: Engagement,
    series: str,
    outbound: Outbound,
    years: Mapping[str, FiscalYear],
) -> ExportResult:
    """The result of a run; ``years`` are the vouchers' fiscal years by voucher id."""
    made = [_exported(entry, years.get(entry.voucher_id)) for entry in outbound.entries]
    count = [one.state for one in made].count
    return ExportResult(
        client,
        engagement,
        series,
        made,
        count(VoucherState.POSTED),
        count(VoucherState.REJECTED),
        count(VoucherState.UNKNOWN),
        outbound.retry_after,
        outbound.stopped,
    )


def _exported(entry: OutboxEntry, year: FiscalYear | None) -> ExportedVoucher:
    state = _STATES.get(entry.state, VoucherState.UNKNOWN)
    return ExportedVoucher(entry.voucher_id, state, entry.number, entry.error, year)
