"""``brygga invite``: client users for Digital byrå, fifty at a time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from bridge.cli import invite_shape as shape
from bridge.cli.files import read_file
from bridge.cli.parameters import ClientName, OptionalClient, Target, option
from bridge.cli.session import Run
from core.errors import UsageError
from core.i18n import _, mark, ngettext
from core.invite.rows import Consent, InviteState, UserChoice
from core.usecases import invite
from core.usecases.clients import find_client
from core.usecases.invite_batch import export_batch, show_batch
from core.usecases.invite_desk import DeskRow, desk, find_lines, no_row
from core.usecases.invite_list import preview_list, read_list
from core.usecases.invite_send import note_bounce, settle_letters

State = Literal["draft", "exported", "invited", "reminded", "done", "declined"]
Letter = Literal["went", "not-sent", "bounced"]
Rows = Annotated[
    tuple[str, ...],
    option(mark("rows by their id, or all rows of a client by its number or name"), "CLIENT"),
]


async def show_all(
    *,
    everyone: Annotated[bool, option(mark("also clients that have a user"), "--all")] = False,
    due: Annotated[bool, option(mark("only rows whose reminder is due"))] = False,
    state: Annotated[State | None, option(mark("only rows in this state"))] = None,
    run: Run,
) -> None:
    """List the clients without a user of their own, and how far each invitation has come."""
    async with run.context() as ctx:
        now = await desk(ctx)
    lines = list(now.due if due else now.rows if everyone or state else now.waiting)
    if state:
        lines = [line for line in lines if line.row is not None and line.row.state == state]
    run.output.answer(shape.desk_record(now, lines), lambda: shape.desk_lines(now, lines))


async def add(
    client: ClientName,
    /,
    *,
    name: Annotated[str, option(mark("the person's name"))],
    email: Annotated[str, option(mark("the person's e-mail address"))],
    mobile: Annotated[str, option(mark("the person's mobile number; Fortnox then sends an SMS too"))] = "",
    username: Annotated[str, option(mark("the username, where Fortnox has given one"))] = "",
    existing: Annotated[bool, option(mark("invite an existing user instead of adding a new one"))] = False,
    admin: Annotated[bool, option(mark("I am system administrator at the client"))] = False,
    consent: Annotated[bool, option(mark("the person may be contacted"))] = False,
    run: Run,
) -> None:
    """Add a user to invite, with a suggested username."""
    async with run.context() as ctx:
        found = await find_client(ctx, client)
        line = await invite.add_invitation(
            ctx,
            found.id,
            name=name,
            email=email,
            mobile=mobile,
            username=username,
            choice=UserChoice.EXISTING if existing else UserChoice.NEW,
            consent=Consent.YES if consent else Consent.UNNOTED,
        )
        if admin and not line.admin:
            await invite.set_admin(ctx, [found.id], admin=True)
            line = (await desk(ctx)).by_id[line.key]
    _answer_row(run, line)


async def change(
    row: Annotated[str, option(mark("the row's id, or its client's number or name"), "CLIENT")],
    /,
    *,
    name: Annotated[str | None, option(mark("the person's name"))] = None,
    email: Annotated[str | None, option(mark("the person's e-mail address"))] = None,
    mobile: Annotated[str | None, option(mark("the person's mobile number; '' for none"))] = None,
    username: Annotated[str | None, option(mark("the username that Fortnox gave"))] = None,
    choice: Annotated[
        Literal["new", "existing"] | None, option(mark("add a new user, or invite an existing one"))
    ] = None,
    consent: Annotated[
        Literal["yes", "no", "unnoted"] | None, option(mark("whether the person may be contacted"))
    ] = None,
    run: Run,
) -> None:
    """Change a row."""
    async with run.context() as ctx:
        found = [line.row for line in await find_lines(ctx, [row]) if line.row]
        if not found:
            raise no_row(row)
        if len(found) > 1:
            raise _several(row, [one.id for one in found])
        kept = found[0]
        changed = replace(
            kept,
            name=kept.name if name is None else name,
            email=kept.email if email is None else email,
            mobile=kept.mobile if mobile is None else mobile,
            username=kept.username if username is None else username,
            choice=UserChoice(choice) if choice else kept.choice,
            consent=Consent(consent) if consent else kept.consent,
        )
        line = await invite.update_invitation(ctx, changed)
    _answer_row(run, line)


def _several(reference: str, ids: list[str]) -> UsageError:
    return UsageError(
        "usage",
        _("{reference} has {count} rows.").format(reference=reference, count=len(ids)),
        _("Their ids are {ids}.").format(ids=", ".join(ids)),
        _("Name the row by its id."),
    )


def _answer_row(run: Run, line: DeskRow) -> None:
    run.output.answer(shape.row_record(line), lambda: shape.row_lines(line))


async def import_file(
    file: Annotated[
        Path, option(mark("a CSV file with columns client, name and e-mail; mobile number, choice, status"))
    ],
    /,
    *,
    preview: Annotated[bool, option(mark("only show what would be read"))] = False,
    skip_faulty: Annotated[
        bool, option(mark("read the rows that are right and leave the others out"))
    ] = False,
    run: Run,
) -> None:
    """Read a list of users, whole or not at all."""
    data = read_file(file)
    async with run.context() as ctx:
        if preview:
            planned = await preview_list(ctx, data)
            run.output.answer(shape.planned_record(planned), lambda: shape.planned_lines(planned))
            return
        done = await read_list(ctx, data, skip_faulty=skip_faulty)
    text = _("{added} added, {changed} changed, {faulty} left out.")
    run.output.answer(
        {
            **shape.planned_record(done.planned),
            "added": done.added,
            "changed": done.changed,
            "faulty": len(done.faulty),
        },
        lambda: [text.format(added=done.added, changed=done.changed, faulty=len(done.faulty))],
    )


async def export(
    *,
    output: Target = None,
    batch: Annotated[int | None, option(mark("an earlier batch once more, by its number"))] = None,
    compact: Annotated[bool, option(mark("print the batch field by field, and mark nothing"))] = False,
    run: Run,
) -> None:
    """Write the next batch of at most fifty rows, in the order of Digital byrå's list, as csv or xlsx."""
    if compact and output is None:
        async with run.context() as ctx:
            shown = await show_batch(ctx, batch)
        run.output.answer(shape.batch_record(shown), lambda: shape.copy_lines(shown))
        return
    if output is None or compact:
        raise UsageError(
            "usage",
            _("The batch needs a file, or --compact without one."),
            _("Nothing was written."),
            _("For example: brygga invite export -o batch.xlsx"),
        )
    async with run.context() as ctx:
        done = await export_batch(ctx, output, number=batch)
    if done.left_out:
        kept = len(done.left_out)
        text = ngettext("A check kept {count} row out.", "A check kept {count} rows out.", kept)
        run.output.narrate(text.format(count=kept) + " " + _("See: brygga invite list"))
    run.output.answer(
        shape.batch_record(done),
        lambda: [
            _("Batch {number}: {count} rows in {path}, {queued} queued.").format(
                number=done.number, count=len(done.rows), path=done.path, queued=done.queued
            )
            if done.path
            else _("There is no row to hand over.")
        ],
    )


async def mark_rows(
    clients: Rows = (),
    /,
    *,
    state: Annotated[State | None, option(mark("what is seen in Fortnox: where the row stands"))] = None,
    batch: Annotated[int | None, option(mark("all rows of this batch"))] = None,
    admin: Annotated[bool, option(mark("I am system administrator at the client"))] = False,
    not_admin: Annotated[bool, option(mark("take that tick away"))] = False,
    has_user: Annotated[bool, option(mark("the client has a user already"))] = False,
    no_user: Annotated[bool, option(mark("the client has no user after all"))] = False,
    letter: Annotated[Letter | None, option(mark("what became of the letter"))] = None,
    reason: Annotated[str, option(mark("why a letter bounced"))] = "",
    run: Run,
) -> None:
    """Say where rows stand, tick the system administrator, or tell what became of a letter."""
    of_client = admin or not_admin or has_user or no_user
    if not (of_client or state or letter) or not (clients or batch):
        raise _nothing_said()
    async with run.context() as ctx:
        lines = await find_lines(ctx, clients, batch)
        owners = list(dict.fromkeys(line.client.id for line in lines))
        ids = [line.key for line in lines if line.row]
        if not ids and (state or letter):
            raise no_row(" ".join(clients))
        if admin or not_admin:
            await invite.set_admin(ctx, owners, admin=admin)
        if has_user or no_user:
            await invite.set_has_user(ctx, owners, has_user=has_user)
        if state:
            await invite.mark(ctx, ids, InviteState(state))
        if letter == "bounced":
            await note_bounce(ctx, ids, reason)
        elif letter:
            await settle_letters(ctx, ids, went=letter == "went")
        now = await desk(ctx)
    keys = {line.key for line in lines}
    changed = [line for line in now.rows if line.key in keys]
    run.output.answer(shape.desk_record(now, changed), lambda: shape.desk_lines(now, changed))


def _nothing_said() -> UsageError:
    return UsageError(
        "usage",
        _("Nothing says what to mark."),
        _("Name clients or a batch, and what is to be said of them."),
        _("For example: brygga invite mark 101 --state invited"),
    )


async def remove(clients: Rows, /, *, run: Run) -> None:
    """Remove rows and what is known of their letters."""
    async with run.context() as ctx:
        ids = [line.key for line in await find_lines(ctx, clients) if line.row]
        if not ids:
            raise no_row(" ".join(clients))
        gone = await invite.remove_invitations(ctx, ids)
    text = ngettext("Removed {count} row.", "Removed {count} rows.", len(gone))
    run.output.answer({"removed": len(gone)}, lambda: [text.format(count=len(gone))])


async def purge(
    client: OptionalClient = None,
    /,
    *,
    older_than: Annotated[int | None, option(mark("rows unchanged for this many days"))] = None,
    old: Annotated[bool, option(mark("rows unchanged for invite.keep_days of the configuration"))] = False,
    run: Run,
) -> None:
    """Forget names, addresses and letters: of a client, or those that are old. This cannot be undone."""
    async with run.context() as ctx:
        found = await find_client(ctx, client) if client else None
        days = ctx.settings.invite.keep_days if old else older_than
        count = await invite.purge(ctx, found.id if found else None, older_than=days)
    text = ngettext("Forgot {count} row.", "Forgot {count} rows.", count)
    run.output.answer({"purged": count}, lambda: [text.format(count=count)])
