"""Vouchers of a 4I file straight into the books of a client whose rules let them.

They go the way of every export: the same checks, the same outbox. What is refused goes back to draft, and the
file's receipt says why. Until every voucher's fate is certain the file has an errand and its receipt waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as changed
from datetime import timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from core.closing.checks import YearFacts, check_vouchers, require
from core.errors import BryggaError, OutcomeUnknown, Refused
from core.i18n import _
from core.register import Client, ClosingVoucher, ExchangeRules, SourceKind, VoucherState
from core.store import errands, exchange, vouchers
from core.store.database import Transaction
from core.store.errands import Errand, ErrandKind
from core.usecases.context import Context
from core.usecases.engagements import load
from core.usecases.errandstate import Wait, later
from core.usecases.export import export_vouchers
from core.usecases.export_checks import undecided_check
from core.usecases.rights import Right, needs

_OPEN = frozenset({VoucherState.SENDING, VoucherState.UNKNOWN})
_MARGIN = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Release:
    """What becomes of vouchers that have just come in. ``receipt`` is their part of the file's receipt."""

    receipt: dict[str, Any]
    errand: Errand | None = None


def release(
    ctx: Context,
    tx: Transaction,
    job_id: str,
    name: str,
    rules: ExchangeRules,
    added: Sequence[ClosingVoucher],
) -> Release:
    """Let fresh drafts through as far as the rules say; part of the transaction that added them."""
    client, engagement = load(tx, added[0].engagement_id)
    if not rules.auto_export:
        return Release(_receipt(added, None))
    series = rules.series or client.default_series
    try:
        _refuse_twins(tx, engagement.id, added)
        if engagement.source is SourceKind.FORTNOX and not series:
            raise _no_series()
        ready = [_made_ready(ctx, tx, one) for one in added]
    except Refused as error:
        return Release(_receipt(added, _export(series, "refused", error)))
    if engagement.source is SourceKind.SIE4:
        return Release(_receipt(ready, None))
    details = {
        "name": name,
        "engagement": engagement.id,
        "series": series,
        "vouchers": [one.id for one in ready],
    }
    errand = Errand(job_id, client.id, ErrandKind.EXPORT, details, ctx.now(), ctx.now())
    errands.put(tx, errand)
    return Release(_receipt(ready, _export(series, "waiting", None)), errand)


def _refuse_twins(tx: Transaction, engagement_id: str, added: Sequence[ClosingVoucher]) -> None:
    """The same vouchers in a file with another date in its head are most likely the same event."""
    ours = {one.id for one in added}
    known = {_content(one) for one in vouchers.of_engagement(tx, engagement_id) if one.id not in ours}
    twins = [one.text for one in added if _content(one) in known]
    if twins:
        raise Refused(
            "already_there",
            _("The same voucher is in brygga already: {text}").format(text=twins[0]),
            _("The vouchers of this file were left as drafts, so that nothing is booked twice."),
            _("Remove them, or mark them as ready when they are meant."),
        )


def _content(voucher: ClosingVoucher) -> tuple[object, ...]:
    return (voucher.date, voucher.text, vouchers.encode_rows(voucher.rows))


def _no_series() -> Refused:
    return Refused(
        "series_unknown",
        _("No voucher series has been chosen for the client."),
        _("The vouchers were left as drafts."),
        _("Choose one with: brygga exchange rules CLIENT --series SERIES"),
    )


def _made_ready(ctx: Context, tx: Transaction, voucher: ClosingVoucher) -> ClosingVoucher:
    require(check_vouchers([voucher], YearFacts(voucher.year)))
    ready = replace(voucher, state=VoucherState.READY)
    vouchers.update(tx, ready)
    ctx.record(tx, "voucher.ready", engagement_id=voucher.engagement_id, voucher=voucher.id)
    return ready


@needs(Right.WORK)
async def post(ctx: Context, client: Client, errand: Errand) -> Wait | BryggaError | None:
    """Try to post the file's vouchers; when it must wait, the errand stays.

    Returns what it waits for, why something was refused, or None when all of them were posted.
    """
    details = errand.details
    ids, error, retry = frozenset(details["vouchers"]), None, None
    try:
        made = await export_vouchers(ctx, details["engagement"], details["series"], only=ids)
        error, retry = made.stopped, made.retry_after
    except BryggaError as caught:
        error = caught
    stuck = await ctx.store.read(lambda tx: _stuck(tx, errand))
    if any(one.id in ids for one in stuck):
        return await _end(ctx, client, errand, _for_a_person(stuck))
    for_person = error is None and bool(stuck)
    if for_person:
        error = _for_a_person(stuck)
    states = await ctx.store.read(lambda tx: {one.state for one in _of(tx, errand)})
    undecided = states & _OPEN or VoucherState.READY in states
    if undecided and (error is None or error.retryable):
        wait = changed(later(ctx, errand, error), for_person=for_person)
        if retry is not None:
            wait = changed(wait, due_at=ctx.now() + timedelta(seconds=retry) + _MARGIN)
        if not wait.given_up:
            return wait
    return await _end(ctx, client, errand, error)


def _of(tx: Transaction, errand: Errand) -> list[ClosingVoucher]:
    found = (vouchers.get(tx, voucher_id) for voucher_id in errand.details["vouchers"])
    return [one for one in found if one is not None]


def _stuck(tx: Transaction, errand: Errand) -> list[ClosingVoucher]:
    """What brygga cannot settle by itself in the engagement, and before which nothing more is sent."""
    return [one for one in vouchers.of_engagement(tx, errand.details["engagement"]) if one.undecided]


def _for_a_person(stuck: Sequence[ClosingVoucher]) -> OutcomeUnknown:
    check = undecided_check(len(stuck))
    why = _("“{text}”: {reason}").format(text=stuck[0].text, reason=stuck[0].error)
    return OutcomeUnknown("outcome_unknown", f"{check.text}.", why, check.remedy)


async def _end(ctx: Context, client: Client, errand: Errand, error: BryggaError | None) -> BryggaError | None:
    """Take what was not sent back to draft and write the receipt, in one transaction."""

    def work(tx: Transaction) -> None:
        made = [_taken_back(ctx, tx, one) for one in _of(tx, errand)]
        job = exchange.get(tx, errand.job_id)
        if job is not None:
            receipt = msgspec.json.decode(job.receipt, type=dict[str, Any])
            receipt.update(_receipt(made, _export(errand.details["series"], _state(made), error)))
            exchange.set_receipt(tx, job.id, msgspec.json.encode(receipt).decode())
        errands.remove(tx, errand.job_id)
        ctx.record(
            tx,
            "exchange.export",
            client_id=client.id,
            engagement_id=errand.details["engagement"],
            job=errand.job_id,
            outcome=_state(made),
            code=error.code if error else "",
        )

    await ctx.store.write(work)
    return error


def _taken_back(ctx: Context, tx: Transaction, voucher: ClosingVoucher) -> ClosingVoucher:
    if voucher.state is not VoucherState.READY:
        return voucher
    draft = replace(voucher, state=VoucherState.DRAFT)
    vouchers.update(tx, draft)
    ctx.record(tx, "voucher.draft", engagement_id=voucher.engagement_id, voucher=voucher.id)
    return draft


def _state(made: Sequence[ClosingVoucher]) -> str:
    states = {one.state for one in made}
    if states == {VoucherState.POSTED}:
        return "posted"
    if states & _OPEN:
        return "unknown"
    return "partly" if VoucherState.POSTED in states else "refused"


def _receipt(made: Sequence[ClosingVoucher], export: dict[str, Any] | None) -> dict[str, Any]:
    listed = [
        {
            "id": one.id,
            "state": one.state.value,
            "series": one.series or None,
            "number": one.number or None,
            "error": one.error or None,
        }
        for one in made
    ]
    return {"vouchers": listed, "export": export}


def _export(series: str, state: str, error: BryggaError | None) -> dict[str, Any]:
    told = error and {
        "code": error.code,
        "title": error.title,
        "message": error.message,
        "hint": error.hint,
    }
    return {"series": series or None, "state": state, "error": told or None}
