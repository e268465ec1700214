"""``brygga exchange``: what the exchange folder does by itself for each client, and what has become of its files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from bridge.cli import shape
from bridge.cli.parameters import ClientName, OptionalClient, Switch, is_on, option
from bridge.cli.session import Run
from bridge.cli.tables import facts, table
from bridge.cli.words import yes_no
from core.clock import local_time
from core.errors import UsageError
from core.i18n import _, mark
from core.register import Emit, ExchangeRules
from core.text import clean
from core.usecases import exchangerules
from core.usecases.clients import find_client
from core.usecases.exchangerules import ClientExchange, TakenFile
from core.usecases.export_checks import undecided_check


async def rules(
    client: ClientName,
    /,
    *,
    emit: Annotated[
        str | None,
        option(mark("what is written to out, separated by commas: 4e, 4i, 4e-closing, annexes; or none")),
    ] = None,
    auto_export: Annotated[
        Switch | None,
        option(mark("make vouchers from a 4I file ready at once, and post them where Fortnox has the books")),
    ] = None,
    series: Annotated[
        str | None, option(mark("the series they are posted into; empty: the client's default"))
    ] = None,
    underlag: Annotated[
        Switch | None, option(mark("upload the files in underlag to the client's inbox at Fortnox"))
    ] = None,
    standard: Annotated[bool, option(mark("follow the configuration again"))] = False,
    run: Run,
) -> None:
    """Choose what the exchange folder does by itself for a client; without options only show it."""
    wanted = None if emit is None else _kinds(emit)
    chosen = any(one is not None for one in (emit, auto_export, series, underlag))
    if standard and chosen:
        raise UsageError(
            "usage",
            _("--standard cannot be combined with other rules."),
            _("It takes the client's own rules away."),
            _("Give one or the other."),
        )
    async with run.context() as ctx:
        found = await find_client(ctx, client)
        if standard:
            await exchangerules.follow_configuration(ctx, found.id)
        elif chosen:
            await exchangerules.set_rules(
                ctx,
                found.id,
                emit=wanted,
                auto_export=is_on(auto_export),
                series=series,
                underlag=is_on(underlag),
            )
        (now,) = await exchangerules.client_exchanges(ctx, found.id)
    run.output.answer(record(now), lambda: lines(now))


async def show(client: OptionalClient = None, /, *, run: Run) -> None:
    """Show the rules, what waits for Fortnox and the latest files of a client; without one, all clients."""
    async with run.context() as ctx:
        found = await find_client(ctx, client) if client is not None else None
        listed = await exchangerules.client_exchanges(ctx, found.id if found else None)
    if found is not None:
        run.output.answer(record(listed[0]), lambda: lines(listed[0]))
        return
    run.output.answer({"clients": [record(one) for one in listed]}, lambda: _overview(listed))


def record(one: ClientExchange) -> shape.Json:
    """A client's part of the exchange folder, as JSON."""
    held = one.rules
    return {
        "client": one.client.name,
        "number": one.client.number or None,
        "folder": one.folder or None,
        "own": one.own,
        "emit": [kind.value for kind in Emit if kind in held.emit],
        "auto_export": held.auto_export,
        "series": held.series or one.client.default_series or None,
        "underlag": held.underlag,
        "may_upload": one.may_upload,
        "waiting": [
            {
                "job": file.job_id,
                "name": file.name,
                "kind": file.kind,
                "since": shape.moment(file.since),
                "next_try": shape.moment(file.due_at),
                "tries": file.tries,
            }
            for file in one.waiting
        ],
        "files": [
            {
                "job": file.job_id,
                "name": file.name,
                "outcome": file.outcome,
                "export": file.export or None,
                "at": shape.moment(file.at),
            }
            for file in one.files
        ],
        "undecided": [voucher.id for voucher in one.undecided],
    }


def lines(one: ClientExchange) -> Iterator[str]:
    """The same for people."""
    held = one.rules
    yield from facts(
        [
            (_("Client"), one.client.name),
            (_("Folder"), one.folder or _("made when the bridge runs")),
            (_("Rules"), _("its own") if one.own else _("the configuration's")),
            (_("Written to out"), kinds(held)),
            (_("Vouchers exported by themselves"), yes_no(held.auto_export)),
            (_("Series"), held.series or one.client.default_series or "–"),
            (_("Supporting documents uploaded"), yes_no(held.underlag)),
        ]
    )
    if held.underlag and not one.may_upload:
        yield ""
        yield _("Nothing can be uploaded yet: the connection has no right to the inbox at Fortnox (inbox).")
        yield exchangerules.inbox_remedy()
    if one.waiting:
        yield ""
        yield _("Waits for Fortnox:")
        heads = (_("File"), _("Since"), _("Tries"), _("Next try"))
        cells = [
            (file.name, local_time(file.since), str(file.tries), local_time(file.due_at))
            for file in one.waiting
        ]
        yield from table(heads, cells)
    if one.undecided:
        check = undecided_check(len(one.undecided))
        yield ""
        yield f"{check.text}:"
        yield from table(
            (_("Id"), _("Text"), _("Undecided because")),
            [(voucher.id, voucher.text, voucher.error) for voucher in one.undecided],
        )
        yield check.remedy
    if one.files:
        yield ""
        yield _("Latest files:")
        yield from table(
            (_("File"), _("When"), _("Outcome")),
            [(file.name, local_time(file.at), _fate(file)) for file in one.files],
        )


def _fate(file: TakenFile) -> str:
    outcomes = {"done": _("taken in"), "failed": _("refused"), "duplicate": _("had before")}
    exports = {
        "posted": _("taken in and posted"),
        "partly": _("taken in, posted in part"),
        "refused": _("taken in as drafts, posting refused"),
        "unknown": _("taken in, posting uncertain"),
    }
    return exports.get(file.export) or outcomes[file.outcome]


def kinds(held: ExchangeRules) -> str:
    """What is written to ``out``, in words."""
    words = {
        Emit.YEAR: _("the books (4E)"),
        Emit.VOUCHERS: _("ready vouchers (4I)"),
        Emit.CLOSED_YEAR: _("the books with closing vouchers (4E)"),
        Emit.ANNEXES: _("annexes (xlsx)"),
    }
    return ", ".join(word for kind, word in words.items() if kind in held.emit) or _("nothing")


def _overview(listed: list[ClientExchange]) -> Iterator[str]:
    heads = (_("Client"), _("Folder"), _("Written to out"), _("Auto-export"), _("Underlag"), _("Waits"))
    yield from table(
        heads,
        [
            (
                one.client.name,
                one.folder or "–",
                ", ".join(kind.value for kind in Emit if kind in one.rules.emit) or "–",
                yes_no(one.rules.auto_export),
                yes_no(one.rules.underlag),
                str(len(one.waiting)) if one.waiting else "–",
            )
            for one in listed
        ],
    )


def _kinds(text: str) -> frozenset[Emit]:
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    if words in ([], ["none"]):
        return frozenset()
    try:
        return frozenset(map(Emit, words))
    except ValueError as error:
        raise UsageError(
            "usage",
            _("{word} is nothing that can be written to out.").format(word=clean(text)),
            _("There are: {kinds}, none.").format(kinds=", ".join(Emit)),
            _("For example --emit 4e,annexes"),
        ) from error
