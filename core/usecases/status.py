"""The overview: what each engagement needs next. Read from the store alone, never from the network."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from datetime import date, datetime

from msgspec import Struct

from core.collector import collector_paused
from core.config_tables import ConnectionSettings
from core.register import (
    AnnexStatus,
    Client,
    Connection,
    ConnectionMode,
    ConnectionState,
    ConnectionView,
    Engagement,
    EngagementStatus,
    NextStep,
    SourceKind,
    VoucherState,
)
from core.store import clients, connections, engagements, imports, outbox, vouchers
from core.store.database import Transaction
from core.store.imports import LatestRun
from core.store.outbox import OutboxState
from core.usecases.breaker import pauses
from core.usecases.context import Context

REFRESH_TOKEN_DAYS = 45
"""Fortnox: a refresh token lives 45 days from its last exchange (developer portal, migrate-legacy-token)."""


BEGUN = "overview"
"""Where an overview that was begun before the context stands in ``Context.shared``."""
_UNCONNECTED = ConnectionView(ConnectionState.NONE)


class _Facts(Struct, frozen=True):
    """One consistent view of the store."""

    clients: list[Client]
    engagements: list[Engagement]
    connections: Mapping[str, Connection]
    runs: Mapping[str, LatestRun]
    vouchers: Mapping[str, Mapping[VoucherState, int]]
    undecided: Collection[str]
    """The engagements with a voucher that a person must decide about."""
    paused: Mapping[str, datetime]


async def overview(ctx: Context, client_id: str | None = None) -> list[EngagementStatus]:
    """A row per engagement (and per client without one), riskiest first."""
    begun = ctx.shared.pop(BEGUN, None) if client_id is None else None
    if isinstance(begun, Future):
        rows: list[EngagementStatus] = await asyncio.wrap_future(begun)
        return rows
    return await ctx.store.read(reading(ctx.settings.connection, ctx.now(), client_id))


def reading(
    rules: ConnectionSettings, now: datetime, client_id: str | None = None
) -> Callable[[Transaction], list[EngagementStatus]]:
    """What ``overview`` does in the store."""

    def work(tx: Transaction) -> list[EngagementStatus]:
        with collector_paused():
            facts = _read(tx, client_id, now)
            rows = [_row(rules, now, facts, client, engagement) for client, engagement in _pairs(facts)]
            return sorted(rows, key=_risk)

    return work


def view_of(connection: Connection | None, rules: ConnectionSettings, now: datetime) -> ConnectionView:
    """Active, expiring, expired or none, with the days left.

    The promise counts from the last import or export; the refresh token's own life from its last exchange.
    A service connection cannot lapse: its ``days_left`` is None.
    """
    if connection is None:
        return _UNCONNECTED
    days: int | None = None
    if connection.needs_login:
        state, days = ConnectionState.EXPIRED, 0
    elif connection.mode is ConnectionMode.SERVICE:
        state = ConnectionState.ACTIVE
    else:
        promised = rules.lifetime_days - (now - connection.last_used_at).days
        left = min(promised, REFRESH_TOKEN_DAYS - (now - connection.rotated_at).days)
        days = max(left, 0)
        state = _state(left, rules.warn_days)
    return ConnectionView(state, connection.mode, days, connection.company, connection.last_used_at)


def _state(left: int, warn_days: int) -> ConnectionState:
    if left < 0:
        return ConnectionState.EXPIRED
    return ConnectionState.EXPIRING if left <= warn_days else ConnectionState.ACTIVE


def token_is_alive(connection: Connection, now: datetime) -> bool:
    """Whether Fortnox should still accept the connection, whatever the promise says."""
    if connection.needs_login:
        return False
    fresh = (now - connection.rotated_at).days < REFRESH_TOKEN_DAYS
    return connection.mode is ConnectionMode.SERVICE or fresh


def _read(tx: Transaction, client_id: str | None, now: datetime) -> _Facts:
    everyone, held, counted = clients.every(tx), connections.every(tx), vouchers.counts(tx)
    uncertain = any(VoucherState.UNKNOWN in states for states in counted.values())
    return _Facts(
        everyone if client_id is None else [client for client in everyone if client.id == client_id],
        engagements.every(tx, client_id),
        held,
        imports.latest_runs(tx),
        counted,
        outbox.engagements_in(tx, {OutboxState.CONFLICT}) if uncertain else (),
        pauses(tx, held, now),
    )


def _pairs(facts: _Facts) -> list[tuple[Client, Engagement | None]]:
    of_client: dict[str, list[Engagement]] = {}
    for engagement in facts.engagements:
        of_client.setdefault(engagement.client_id, []).append(engagement)
    pairs: list[tuple[Client, Engagement | None]] = []
    for client in facts.clients:
        pairs.extend((client, engagement) for engagement in of_client.get(client.id, [None]))
    return pairs


def _row(
    rules: ConnectionSettings, now: datetime, facts: _Facts, client: Client, engagement: Engagement | None
) -> EngagementStatus:
    connection = facts.connections.get(client.id)
    view = view_of(connection, rules, now)
    run = facts.runs.get(engagement.id) if engagement else None
    annexes = run.annexes if run else ()
    counted = facts.vouchers.get(engagement.id, {}) if engagement else {}
    undecided = engagement is not None and engagement.id in facts.undecided
    alive = connection is not None and token_is_alive(connection, now)
    return EngagementStatus(
        client,
        engagement,
        view,
        run.made_at if run else None,
        annexes,
        counted,
        run.open_findings if run else 0,
        _next_step(engagement, view, run, annexes, counted, alive=alive, undecided=undecided),
        facts.paused.get(client.id),
    )


def _next_step(
    engagement: Engagement | None,
    view: ConnectionView,
    run: LatestRun | None,
    annexes: tuple[AnnexStatus, ...],
    counted: Mapping[VoucherState, int],
    *,
    alive: bool,
    undecided: bool,
) -> NextStep:
    online = engagement is None or engagement.source is SourceKind.FORTNOX
    if online and (engagement is None or not alive):
        return NextStep.CONNECT
    if run is None or (online and view.state is ConnectionState.EXPIRED):
        return NextStep.IMPORT
    if not counted:
        return NextStep.EXPLAIN if _differs(annexes) else NextStep.WRITE
    if undecided:
        return NextStep.DECIDE
    if counted.get(VoucherState.SENDING) or counted.get(VoucherState.UNKNOWN):
        return NextStep.WAIT
    unfinished = counted.get(VoucherState.DRAFT, 0) + counted.get(VoucherState.REJECTED, 0)
    if counted.get(VoucherState.READY) and not unfinished:
        return NextStep.EXPORT if online else NextStep.WRITE_FILE
    if _differs(annexes):
        return NextStep.EXPLAIN
    if unfinished or not any(counted.values()):
        return NextStep.WRITE
    return NextStep.WAIT if counted.get(VoucherState.WAITING_YEAR) else NextStep.DONE


def _differs(annexes: tuple[AnnexStatus, ...]) -> bool:
    return any([annex.difference and not annex.signed_off for annex in annexes])  # noqa: C419 a list takes half the time, 5,000 times


_RISKS = {step: place for place, step in enumerate(NextStep)}
_UNCERTAIN = frozenset({NextStep.DECIDE, NextStep.WAIT})
_TROUBLES = {
    ConnectionState.EXPIRED: 0,
    ConnectionState.EXPIRING: 1,
    ConnectionState.NONE: 2,
    ConnectionState.ACTIVE: 2,
}


def _risk(status: EngagementStatus) -> tuple[object, ...]:
    engagement, step = status.engagement, status.next_step
    online = engagement is None or engagement.source is SourceKind.FORTNOX
    return (
        _TROUBLES[status.connection.state] if online else 2,
        step not in _UNCERTAIN,
        _RISKS[step],
        status.client.name.casefold(),
        engagement.year.to_date if engagement else date.min,
    )
