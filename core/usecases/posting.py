"""Vouchers to Fortnox exactly once: the outbox.

Fortnox has no idempotency key. So every voucher carries a marker in its Comments; that it is being sent is
durable before the request leaves; and whatever did not end in a certain answer is looked up, after a horizon
longer than Fortnox can take, before anything else is sent::

    NEW -> SENDING -> POST -> 201 ............................ POSTED
                          -> certainly not processed ........ NEW      (stop; try again later)
                          -> refused with Fortnox's reason .. REJECTED (go on with the next)
                          -> anything else .................. UNKNOWN  (stop)
    SENDING or UNKNOWN -> after the horizon: marker found once POSTED, not at all NEW, twice CONFLICT
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import msgspec
from msgspec.structs import replace

from core import critical, ulid
from core.closing.marker import find_markers
from core.closing.payload import voucher_request
from core.closing.planner import SENDABLE
from core.errors import BryggaError
from core.fortnox import resources
from core.fortnox.api import Api, Outcome
from core.fortnox.voucher_schemas import VoucherHead
from core.i18n import _
from core.model import VoucherRef, VoucherRequest
from core.register import Client, ClosingVoucher, VoucherState
from core.store import outbox, vouchers
from core.store.database import Transaction
from core.store.outbox import OutboxEntry, OutboxState
from core.usecases.context import Context
from core.usecases.progress import Progress, Report

MOST_ATTEMPTS = 3
"""After so many requests without a trace in Fortnox a person must look."""
CLOCK_AHEAD = timedelta(days=1)
"""How far the clock of the machine that made a voucher may have been ahead of Fortnox's."""

_VOUCHER_STATES = {
    OutboxState.NEW: VoucherState.READY,
    OutboxState.SENDING: VoucherState.SENDING,
    OutboxState.UNKNOWN: VoucherState.UNKNOWN,
    OutboxState.POSTED: VoucherState.POSTED,
    OutboxState.REJECTED: VoucherState.REJECTED,
    OutboxState.CONFLICT: VoucherState.UNKNOWN,
}
_TROUBLED = frozenset({OutboxState.UNKNOWN, OutboxState.REJECTED, OutboxState.CONFLICT})
UNCERTAIN = frozenset({OutboxState.SENDING, OutboxState.UNKNOWN, OutboxState.CONFLICT})
"""States of an entry that must be settled before anything else of the engagement is sent."""


def _by_marker(heads: Iterable[VoucherHead]) -> dict[str, list[VoucherHead]]:
    found: dict[str, list[VoucherHead]] = {}
    for head in heads:
        for key in find_markers(head.comments):
            found.setdefault(key, []).append(head)
    return found


def seconds_left(entry: OutboxEntry, horizon: timedelta, now: datetime) -> int:
    """Whole seconds until the entry may be looked up; never more than a horizon, whatever the clock did."""
    if entry.sent_at is None or entry.state is OutboxState.CONFLICT:
        return 0
    left = min(entry.sent_at + horizon - now, horizon)
    return max(0, -int(-left.total_seconds() // 1))


@dataclass(frozen=True, slots=True)
class Batch:
    """Ready vouchers of one target fiscal year on their way into one series."""

    year_id: str
    series: str
    vouchers: Sequence[ClosingVoucher]


@dataclass
class Outbound:
    """What has become of a run so far."""

    entries: list[OutboxEntry] = field(default_factory=list)
    """The last state of every voucher that this run touched."""
    retry_after: int | None = None
    """Seconds until an uncertain voucher may be looked up."""
    stopped: BryggaError | None = None
    """Why the run ended early, where an answer was certain."""

    def note(self, entry: OutboxEntry) -> None:
        """Remember the newest state of an entry."""
        self.entries = [other for other in self.entries if other.key != entry.key] + [entry]


class Poster:
    """Sends one client's vouchers. Hold the tenant's posting lock while using it."""

    def __init__(self, ctx: Context, api: Api, client: Client, report: Report) -> None:
        self._ctx = ctx
        self._api = api
        self._client = client
        self._report = report
        self._horizon = timedelta(seconds=ctx.settings.export.horizon_seconds)

    async def settle(self, engagement_id: str, outbound: Outbound, *, wait: bool) -> bool:
        """Look up every voucher whose fate is uncertain; False while one of them stays so."""
        entries = await self._ctx.store.read(lambda tx: outbox.of_engagement(tx, engagement_id))
        certain = True
        for entry in entries:
            if entry.state in UNCERTAIN:
                settled = await self._look_up(entry, outbound, wait=wait)
                certain = certain and settled.state not in UNCERTAIN
        return certain

    async def post(self, batch: Batch, outbound: Outbound, *, wait: bool) -> bool:
        """Send the batch in order; False when it stopped before its end."""
        known = await self._standing(batch)
        before = await self._entries(batch.vouchers[0].engagement_id)
        for position, voucher in enumerate(batch.vouchers, 1):
            self._report(Progress("send", position, len(batch.vouchers), voucher.text))
            request = voucher_request(
                voucher, tenant=self._client.tenant, year_id=batch.year_id, series=batch.series
            )
            entry = before.get(request.key) or self._new(voucher, request)
            if entry.key in known:
                entry = await self._adopt(entry, known[entry.key])
            delivered = await self._deliver(entry, voucher, request, outbound, wait=wait)
            if delivered is None:
                continue
            outbound.note(delivered)
            if delivered.state not in {OutboxState.POSTED, OutboxState.REJECTED}:
                return False
        return True

    async def _deliver(
        self,
        entry: OutboxEntry,
        voucher: ClosingVoucher,
        request: VoucherRequest,
        outbound: Outbound,
        *,
        wait: bool,
    ) -> OutboxEntry | None:
        """Send until the outcome is certain or it must wait; None when somebody changed the voucher meanwhile."""
        while entry.state is OutboxState.NEW and outbound.stopped is None:
            sent = await critical.run(self._send(entry, voucher, request, outbound))
            if sent is None:
                return None
            entry = sent
            if entry.state is OutboxState.UNKNOWN:
                entry = await self._look_up(entry, outbound, wait=wait)
        return entry

    async def _entries(self, engagement_id: str) -> Mapping[str, OutboxEntry]:
        """What has been on its way before, by key; what Fortnox has refused begins anew."""
        entries = await self._ctx.store.read(lambda tx: outbox.of_engagement(tx, engagement_id))
        mine = (one for one in entries if one.tenant == self._client.tenant)
        return {one.key: one for one in mine if one.state is not OutboxState.REJECTED}

    def _new(self, voucher: ClosingVoucher, request: VoucherRequest) -> OutboxEntry:
        """The voucher's entry before it has been on its way."""
        return OutboxEntry(
            key=request.key,
            tenant=self._client.tenant,
            voucher_id=voucher.id,
            engagement_id=voucher.engagement_id,
            year_id=request.year_id,
            series=request.series,
            state=OutboxState.NEW,
            body=resources.voucher_body(request).decode(),
            person=self._ctx.person,
        )

    async def _send(
        self, entry: OutboxEntry, voucher: ClosingVoucher, request: VoucherRequest, outbound: Outbound
    ) -> OutboxEntry | None:
        """Write down that it leaves, send it once, write down what came of it; None: it is ours no longer."""
        now = self._ctx.now()
        sending = dataclasses.replace(
            entry, state=OutboxState.SENDING, sent_at=now, attempts=entry.attempts + 1, error=""
        )
        if not await self._ctx.store.write(lambda tx: self._claim(tx, sending, voucher)):
            return None
        try:
            result = await resources.create_voucher(self._api, request)
        except BryggaError as error:
            outbound.stopped = error
            return await self._save(dataclasses.replace(entry, state=OutboxState.NEW), "voucher.not_sent")
        error_text = result.error.message or result.error.title if result.error else ""
        if result.outcome is Outcome.DONE and result.reference is not None:
            return await self._save(_posted(sending, result.reference), "voucher.posted")
        if result.outcome is Outcome.REJECTED:
            return await self._save(
                dataclasses.replace(sending, state=OutboxState.REJECTED, error=error_text), "voucher.rejected"
            )
        if result.outcome is Outcome.NOT_PROCESSED:
            outbound.stopped = result.error
            return await self._save(dataclasses.replace(entry, state=OutboxState.NEW), "voucher.not_sent")
        return await self._save(
            dataclasses.replace(sending, state=OutboxState.UNKNOWN, error=error_text), "voucher.unknown"
        )

    async def _look_up(self, entry: OutboxEntry, outbound: Outbound, *, wait: bool) -> OutboxEntry:
        """After the horizon, see whether Fortnox has the voucher; unchanged while that is too early."""
        left = seconds_left(entry, self._horizon, self._ctx.now())
        if left and not wait:
            outbound.retry_after = max(left, outbound.retry_after or 0)
            outbound.note(entry)
            return entry
        await self._wait(left)
        self._report(Progress("check", 1, 1))
        heads = await self._traces(entry)
        if heads:
            entry = await self._adopt(entry, heads)
        elif entry.attempts >= MOST_ATTEMPTS:
            message = _("Sent {count} times without a trace in Fortnox.").format(count=entry.attempts)
            entry = await self._leave_to_a_person(entry, message)
        else:
            entry = await self._save(dataclasses.replace(entry, state=OutboxState.NEW), "voucher.not_found")
        outbound.note(entry)
        return entry

    async def _wait(self, seconds: int) -> None:
        """Let the horizon pass, telling every second how much of it is left."""
        for left in range(seconds, 0, -1):
            self._report(Progress("check", 1, 1, waiting=True, seconds=left))
            await asyncio.sleep(1)

    async def _adopt(self, entry: OutboxEntry, heads: Sequence[VoucherHead]) -> OutboxEntry:
        """The voucher stands in Fortnox already: ours once, or more often than it may."""
        if len(heads) == 1:
            return await self._save(_posted(entry, heads[0].reference), "voucher.found")
        places = ", ".join(f"{head.reference.series} {head.reference.number}" for head in heads)
        message = _("The same voucher stands in Fortnox as {places}.").format(places=places)
        return await self._leave_to_a_person(entry, message)

    async def _leave_to_a_person(self, entry: OutboxEntry, message: str) -> OutboxEntry:
        """Stop until somebody has decided; noted once, however often it is looked up."""
        conflict = dataclasses.replace(entry, state=OutboxState.CONFLICT, error=message)
        return entry if conflict == entry else await self._save(conflict, "voucher.conflict")

    async def _traces(self, entry: OutboxEntry) -> Sequence[VoucherHead]:
        """The vouchers with the entry's marker: of its day, or of its year if a person has moved it since."""
        day = _date_of(entry)
        of_day = (await self._markers(entry.year_id, day, day)).get(entry.key)
        return of_day or (await self._markers(entry.year_id)).get(entry.key, [])

    async def _standing(self, batch: Batch) -> Mapping[str, list[VoucherHead]]:
        """What stands in Fortnox by its markers: on the batch's days, and on any day if touched since the first was made.

        A store restored from a backup knows neither what was posted nor that it was moved to another day afterwards.
        """
        days = [voucher.date for voucher in batch.vouchers]
        made = min(ulid.moment_of(voucher.id) for voucher in batch.vouchers)
        on_days = await resources.list_vouchers(
            self._api, batch.year_id, from_date=min(days), to_date=max(days)
        )
        since = await resources.list_vouchers(self._api, batch.year_id, modified_since=made - CLOCK_AHEAD)
        return _by_marker({head.reference: head for head in [*on_days, *since]}.values())

    async def _markers(
        self, year_id: str, first: date | None = None, last: date | None = None
    ) -> Mapping[str, list[VoucherHead]]:
        """The vouchers of those days (None: of the year) by the markers in their comments, in any series."""
        return _by_marker(await resources.list_vouchers(self._api, year_id, from_date=first, to_date=last))

    def _claim(self, tx: Transaction, sending: OutboxEntry, planned: ClosingVoucher) -> bool:
        """Write down that the voucher leaves, unless it is no longer what was planned and checked."""
        current = vouchers.get(tx, planned.id)
        if current is None or current.state not in SENDABLE or current.revision != planned.revision:
            return False
        self._put(tx, sending, "voucher.sending")
        return True

    async def _save(self, entry: OutboxEntry, action: str) -> OutboxEntry:
        await self._ctx.store.write(lambda tx: self._put(tx, entry, action))
        return entry

    def _put(self, tx: Transaction, entry: OutboxEntry, action: str) -> None:
        outbox.put(tx, entry)
        voucher = vouchers.get(tx, entry.voucher_id)
        if voucher is not None:
            vouchers.update(tx, _voucher_after(voucher, entry))
        self._ctx.record(
            tx,
            action,
            client_id=self._client.id,
            engagement_id=entry.engagement_id,
            outcome=entry.state.value if entry.state in _TROUBLED else "ok",
            voucher=entry.voucher_id,
            key=entry.key,
            series=entry.series,
            number=entry.number,
        )


def _date_of(entry: OutboxEntry) -> date:
    body = msgspec.json.decode(entry.body)
    return date.fromisoformat(body["Voucher"]["TransactionDate"])


def _voucher_after(voucher: ClosingVoucher, entry: OutboxEntry) -> ClosingVoucher:
    return replace(
        voucher,
        state=_VOUCHER_STATES[entry.state],
        series=entry.series if entry.state is OutboxState.POSTED else voucher.series,
        number=entry.number or voucher.number,
        error=entry.error,
    )


def _posted(entry: OutboxEntry, reference: VoucherRef) -> OutboxEntry:
    return dataclasses.replace(
        entry, state=OutboxState.POSTED, series=reference.series, number=reference.number, error=""
    )
