"""``brygga connect`` and ``disconnect``: a client's consent to Fortnox."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Annotated

from bridge.cli import shape
from bridge.cli.exits import Exit
from bridge.cli.parameters import ClientName, OptionalClient, option
from bridge.cli.session import Run
from core.errors import LoginNeeded, Refused, UsageError
from core.i18n import _, mark
from core.register import ConnectionMode, PendingConsent
from core.usecases.clients import find_client
from core.usecases.connect import (
    Connected,
    await_consent,
    begin_consent,
    finish_consent,
)
from core.usecases.connect import (
    disconnect as end_connection,
)

if TYPE_CHECKING:
    from core.usecases.context import Context


async def connect(
    client: OptionalClient = None,
    /,
    *,
    mode: Annotated[
        ConnectionMode | None, option(mark("service (until revoked) or code (can lapse)"))
    ] = None,
    new: Annotated[bool, option(mark("make client and engagement from what Fortnox says"))] = False,
    no_wait: Annotated[bool, option(mark("print the address and return; it lives ten minutes"))] = False,
    paste: Annotated[
        str | None, option(mark("the address that the browser was sent to, when it cannot reach brygga"))
    ] = None,
    run: Run,
) -> int:
    """Connect a client to Fortnox: print the address, wait for the consent."""
    if paste is None and new == (client is not None):
        raise UsageError(
            "usage",
            _("Name one client, or give --new."),
            _("--new makes the client from what Fortnox says."),
            _("See: brygga {name} --help").format(name="connect"),
        )
    async with run.keyed_context() as ctx:
        if paste is not None:
            return _answer(run, await _outcome(finish_consent(ctx, paste)))
        client_id = (await find_client(ctx, client)).id if client else None
        pending = await begin_consent(ctx, client_id, mode=mode)
        show = partial(_show_waiting, run, pending, waits=not no_wait)
        if no_wait:
            show()
            return Exit.DONE
        return _answer(run, await _outcome(_awaited(ctx, pending, show)))


async def _awaited(ctx: Context, pending: PendingConsent, show: Callable[[], None]) -> Connected:
    """Wait for the browser. Where nothing can listen for it the address is shown all the same: it can be pasted."""
    shown = False

    def listening() -> None:
        nonlocal shown
        shown = True
        show()

    try:
        return await await_consent(ctx, pending, listening=listening)
    except UsageError:
        if not shown:
            show()
        raise


def _show_waiting(run: Run, pending: PendingConsent, *, waits: bool) -> None:
    record = {"state": "waiting", "address": pending.address}
    run.output.answer(record, lambda: _waiting_lines(pending, waits=waits))


def _waiting_lines(pending: PendingConsent, *, waits: bool) -> list[str]:
    return [
        _("Open this address in a browser, log in to Fortnox and approve:"),
        pending.address,
        _("If the browser cannot reach brygga afterwards, copy the address it was sent to and run:"),
        "brygga connect --paste 'URL'",
        *([_("Ctrl-C stops waiting.")] if waits else []),
    ]


async def _outcome(consent: Awaitable[Connected]) -> Connected:
    """Await the consent; an error carries the keys of an answer beside it, with ``state`` refused."""
    try:
        return await consent
    except (LoginNeeded, Refused) as error:
        keys = ("company", "orgnr", "tenant", "mode", "days_left")
        error.details = {"state": "refused", **dict.fromkeys(keys), **error.details}
        raise


def _answer(run: Run, made: Connected) -> int:
    run.output.answer(connected_record(made), lambda: connected_lines(made))
    return Exit.DONE


def connected_record(made: Connected) -> shape.Json:
    """What came of the consent, as JSON."""
    return {
        "state": "connected",
        "company": made.company.name,
        "orgnr": made.company.orgnr,
        "tenant": made.company.tenant or None,
        "mode": made.mode.value,
        "days_left": made.days_left,
        "client": made.client.name,
        "last_booking": made.last_booking.isoformat() if made.last_booking else None,
        "note": made.refused or None,
    }


def connected_lines(made: Connected) -> Iterable[str]:
    """What came of the consent, for people."""
    yield _("Connected: {company} {orgnr}, tenant {tenant}.").format(
        company=made.company.name, orgnr=made.company.orgnr, tenant=made.company.tenant
    )
    if made.mode is ConnectionMode.SERVICE:
        yield _("It holds until revoked (service account).")
    elif made.days_left is not None:
        yield _("It holds for {days} days after each import or export.").format(days=made.days_left)
    if made.refused:
        yield made.refused
    elif made.mode is ConnectionMode.CODE:
        yield _("With --mode service, approved by a system administrator, it would hold until revoked.")
    if made.last_booking is not None:
        yield _("Latest voucher: {day}.").format(day=made.last_booking)
    if made.engagement is not None:
        yield _("Engagement: {year}.").format(year=made.engagement.year)


async def disconnect(client: ClientName, /, *, run: Run) -> None:
    """End a client's connection: revoke the consent and forget the tokens."""
    async with run.keyed_context() as ctx:
        found = await find_client(ctx, client)
        await end_connection(ctx, found.id)
    run.output.answer(
        {"client": found.name, "state": "none"},
        lambda: [_("{name} is no longer connected to Fortnox.").format(name=found.name)],
    )
