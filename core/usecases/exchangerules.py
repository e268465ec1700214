"""What the exchange folder does by itself for each client; without rules of its own it follows the configuration."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec
from msgspec.structs import replace

from core.config import Settings
from core.errors import UsageError
from core.i18n import _, ngettext
from core.register import Check, Client, ClosingVoucher, Emit, ExchangeRules, VoucherState
from core.store import clients, connections, engagements, errands, exchange, exchangerules, vouchers
from core.store.database import Transaction
from core.store.errands import Errand
from core.store.exchange import Job
from core.text import clean
from core.usecases.clients import get_client
from core.usecases.context import Context
from core.usecases.rights import Right, needs

LATEST_FILES = 10
_LONGEST_SERIES = 10
_INBOX = "inbox"
"""Fortnox's scope for the inbox (Fortnox developer documentation, "Scopes")."""
_NAMED = 5
"""Clients that a check names."""


@dataclass(frozen=True, slots=True)
class WaitingFile:
    """A file that has come in and waits for Fortnox. ``kind`` is ``export`` or ``upload``."""

    job_id: str
    name: str
    kind: str
    since: datetime
    due_at: datetime
    tries: int


@dataclass(frozen=True, slots=True)
class TakenFile:
    """A file that has come to its end: ``done``, ``failed`` or ``duplicate``."""

    job_id: str
    name: str
    outcome: str
    at: datetime
    export: str
    """How the vouchers fared that were to be posted by themselves: ``posted partly refused unknown``; else empty.

    What was uncertain when the receipt was written is told as it stands now.
    """


@dataclass(frozen=True, slots=True)
class ClientExchange:
    """A client's part of the exchange folder. ``folder`` is empty until the bridge has given it one."""

    client: Client
    folder: str
    rules: ExchangeRules
    own: bool
    """Whether the rules are the client's own and not the configuration's."""
    may_upload: bool
    """Whether the client's connection has the scope ``inbox``, which uploading supporting documents takes."""
    waiting: tuple[WaitingFile, ...]
    files: tuple[TakenFile, ...]
    """The latest ones, the newest first."""
    undecided: tuple[ClosingVoucher, ...] = ()
    """Vouchers that a person must decide about, before which no other of their year is sent."""


def standard(settings: Settings) -> ExchangeRules:
    """The rules of a client that has none of its own."""
    chosen = settings.exchange.auto_export
    return ExchangeRules(frozenset({Emit.VOUCHERS}) if chosen else frozenset(), auto_export=chosen)


def rules_in(tx: Transaction, settings: Settings, client_id: str) -> ExchangeRules:
    """The rules that hold for a client, inside a transaction."""
    return exchangerules.get(tx, client_id) or standard(settings)


def every_rule(
    tx: Transaction, settings: Settings, client_ids: Collection[str]
) -> Mapping[str, ExchangeRules]:
    """The rules that hold for each of the clients."""
    own, others = exchangerules.every(tx), standard(settings)
    return {client_id: own.get(client_id, others) for client_id in client_ids}


async def uploading(ctx: Context) -> frozenset[str]:
    """The ids of the clients whose supporting documents are uploaded."""
    own = await ctx.store.read(exchangerules.every)
    return frozenset(client_id for client_id, rules in own.items() if rules.underlag)


async def examine_uploads(ctx: Context) -> list[Check]:
    """Whether Fortnox lets the supporting documents in for every client that they are to be uploaded for."""
    ids = await uploading(ctx)

    def work(tx: Transaction) -> list[str]:
        return [one.name for one in clients.every(tx) if one.id in ids and not _may_upload(tx, one.id)]

    names = await ctx.store.read(work)
    if not ids:
        return []
    if not names:
        return [Check("underlag", ok=True, text=_("Fortnox lets in the supporting documents of underlag"))]
    text = ngettext(
        "The supporting documents of {count} client cannot be uploaded: its connection lacks the scope inbox",
        "The supporting documents of {count} clients cannot be uploaded: their connections lack the scope inbox",
        len(names),
    ).format(count=len(names))
    shown = ", ".join(names[:_NAMED]) + ("…" if len(names) > _NAMED else "")
    return [Check("underlag", ok=False, warning=True, text=text, why=shown, remedy=inbox_remedy())]


def inbox_remedy() -> str:
    """How a connection gets the scope that uploading takes."""
    return _("Add inbox to fortnox.scopes and connect the client anew: brygga connect CLIENT")


def _may_upload(tx: Transaction, client_id: str) -> bool:
    connection = connections.get(tx, client_id)
    return connection is not None and _INBOX in connection.scopes.split()


@needs(Right.MANAGE)
async def set_rules(
    ctx: Context,
    client_id: str,
    *,
    emit: Collection[Emit] | None = None,
    auto_export: bool | None = None,
    series: str | None = None,
    underlag: bool | None = None,
) -> ExchangeRules:
    """Give a client rules of its own; what is None stays as it holds now.

    Raises:
        UsageError: ``id_unknown``; ``usage``: that is no series.
    """
    await get_client(ctx, client_id)
    chosen = None if series is None else _series(series)

    def work(tx: Transaction) -> ExchangeRules:
        now = rules_in(tx, ctx.settings, client_id)
        wanted = replace(
            now,
            emit=now.emit if emit is None else frozenset(emit),
            auto_export=now.auto_export if auto_export is None else auto_export,
            series=now.series if chosen is None else chosen,
            underlag=now.underlag if underlag is None else underlag,
        )
        exchangerules.put(tx, client_id, wanted)
        ctx.record(
            tx,
            "exchange.rules",
            client_id=client_id,
            emit=sorted(wanted.emit),
            auto_export=wanted.auto_export,
            series=wanted.series,
            underlag=wanted.underlag,
        )
        return wanted

    return await ctx.store.write(work)


@needs(Right.MANAGE)
async def follow_configuration(ctx: Context, client_id: str) -> ExchangeRules:
    """Take a client's own rules away; the ones that hold from now on.

    Raises:
        UsageError: ``id_unknown``.
    """
    await get_client(ctx, client_id)

    def work(tx: Transaction) -> None:
        exchangerules.remove(tx, client_id)
        ctx.record(tx, "exchange.rules", client_id=client_id, configuration=True)

    await ctx.store.write(work)
    return standard(ctx.settings)


async def client_exchanges(ctx: Context, client_id: str | None = None) -> list[ClientExchange]:
    """Every client's part of the exchange folder, or one client's, by name."""

    def work(tx: Transaction) -> list[ClientExchange]:
        names, own = exchange.folders(tx), exchangerules.every(tx)
        waiting: dict[str, list[Errand]] = {}
        for errand in errands.every(tx, client_id):
            waiting.setdefault(errand.client_id, []).append(errand)
        found = [one for one in clients.every(tx) if client_id in {None, one.id}]
        return [
            ClientExchange(
                one,
                names.get(one.id, ""),
                own.get(one.id, standard(ctx.settings)),
                one.id in own,
                _may_upload(tx, one.id),
                tuple(map(_waiting, waiting.get(one.id, ()))),
                tuple(_latest(tx, one.id, waiting.get(one.id, ()))) if client_id else (),
                tuple(_undecided(tx, one.id)) if client_id else (),
            )
            for one in found
        ]

    return await ctx.store.read(work)


def _waiting(errand: Errand) -> WaitingFile:
    name = str(errand.details["name"])
    return WaitingFile(errand.job_id, name, errand.kind.value, errand.since, errand.due_at, errand.tries)


def _latest(tx: Transaction, client_id: str, waiting: Collection[Errand]) -> Iterator[TakenFile]:
    """The latest files; those that still wait stand among the waiting ones."""
    left = {errand.job_id for errand in waiting}
    found = exchange.latest(tx, client_id, LATEST_FILES + len(left))
    return islice((_taken(tx, job) for job in found if job.id not in left), LATEST_FILES)


def _taken(tx: Transaction, job: Job) -> TakenFile:
    receipt = msgspec.json.decode(job.receipt, type=dict[str, Any])
    state = (receipt.get("export") or {}).get("state", "")
    if state == "unknown":
        state = _state_now(tx, [one["id"] for one in receipt["vouchers"]])
    return TakenFile(job.id, job.name, job.outcome, job.at, state)


def _state_now(tx: Transaction, ids: Iterable[str]) -> str:
    """How vouchers stand that were uncertain once; empty when a person has decided and they are not posted."""
    found = (vouchers.get(tx, voucher_id) for voucher_id in ids)
    states = {one.state for one in found if one is not None}
    if states & {VoucherState.SENDING, VoucherState.UNKNOWN}:
        return "unknown"
    if VoucherState.POSTED not in states:
        return ""
    return "posted" if len(states) == 1 else "partly"


def _undecided(tx: Transaction, client_id: str) -> Iterator[ClosingVoucher]:
    for engagement in engagements.every(tx, client_id):
        uncertain = vouchers.of_engagement(tx, engagement.id, {VoucherState.UNKNOWN})
        yield from (one for one in uncertain if one.undecided)


def _series(text: str) -> str:
    cleaned = clean(text).strip().upper()
    if len(cleaned) <= _LONGEST_SERIES and (cleaned.isalnum() or not cleaned):
        return cleaned
    raise UsageError(
        "usage",
        _("{series} is no voucher series.").format(series=clean(text)),
        _("A series is one to ten letters or digits."),
        _("The series that are open for manual entry are listed by brygga export CLIENT --dry-run"),
    )
