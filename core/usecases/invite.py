"""The rows of the invitation desk: add, change, mark, forget.

Fortnox has no public way to create users, so nothing here reaches Fortnox: brygga prepares and checks, a
person types the batch into Digital byrå and says what happened there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from core.errors import UsageError
from core.i18n import _
from core.invite import usernames
from core.invite.addresses import checked_email, checked_mobile
from core.invite.checks import check_cells, sentence
from core.invite.outbound import letter_file
from core.invite.rows import CLOSED, ClientFacts, Consent, Invitation, InviteState, UserChoice
from core.store import clients, invitations, letters
from core.store.database import Transaction
from core.text import clean
from core.usecases.clients import unknown_client
from core.usecases.context import Context
from core.usecases.invite_desk import DeskRow, load_desk, require_row
from core.usecases.rights import Right, needs

LONGEST_NAME = 100


@needs(Right.WORK)
async def add_invitation(
    ctx: Context,
    client_id: str,
    *,
    name: str,
    email: str,
    mobile: str = "",
    username: str = "",
    choice: UserChoice = UserChoice.NEW,
    consent: Consent = Consent.UNNOTED,
) -> DeskRow:
    """Add a user to invite; without ``username`` one is suggested.

    Raises:
        UsageError: ``client_unknown``; ``usage``: a field is wrong, or the address stands at the client already.
    """
    made = Invitation(ctx.new_id(), client_id, name, email, mobile, username, choice, consent)
    made = replace(made, created_at=ctx.now())

    def work(tx: Transaction) -> DeskRow:
        put_row(ctx, tx, made)
        ctx.record(tx, "invite.added", client_id=client_id, invitation=made.id)
        return load_desk(ctx, tx).by_id[made.id]

    return await ctx.store.write(work)


@needs(Right.WORK)
async def update_invitation(ctx: Context, row: Invitation) -> DeskRow:
    """Change name, address, mobile, username, choice or consent of a row; its state and dates stay.

    Raises:
        UsageError: ``id_unknown``; ``usage``: a field is wrong, or the address stands at the client already.
    """

    def work(tx: Transaction) -> DeskRow:
        kept = require_row(tx, row.id)
        put_row(
            ctx,
            tx,
            replace(
                kept,
                name=row.name,
                email=row.email,
                mobile=row.mobile,
                username=row.username,
                choice=row.choice,
                consent=row.consent,
            ),
        )
        ctx.record(tx, "invite.changed", client_id=kept.client_id, invitation=kept.id)
        return load_desk(ctx, tx).by_id[row.id]

    return await ctx.store.write(work)


def put_row(ctx: Context, tx: Transaction, row: Invitation) -> Invitation:
    """Check, tidy and store a row inside a transaction.

    Raises:
        UsageError: ``client_unknown``; ``usage``.
    """
    if clients.get(tx, row.client_id) is None:
        raise unknown_client(row.client_id)
    wrong = check_cells(row.name, row.email, row.mobile)
    if wrong:
        raise UsageError(
            "usage",
            " ".join(sentence(one.code) for one in wrong),
            _("The row was not saved."),
            _("Correct it and try again."),
            {"columns": [one.column for one in wrong]},
        )
    others = [other for other in invitations.of_client(tx, row.client_id) if other.id != row.id]
    email = checked_email(row.email)
    if any(other.email.casefold() == email.casefold() for other in others):
        raise UsageError(
            "usage",
            _("The client has a row with that address already."),
            _("The row was not saved."),
            _("Change the row that is there: brygga invite list shows it."),
            {"columns": ["email"]},
        )
    taken = {other.username for other in others}
    username = clean(row.username, LONGEST_NAME).strip()
    tidy = replace(
        row,
        name=clean(row.name, LONGEST_NAME).strip(),
        email=email,
        mobile=checked_mobile(row.mobile),
        username=username or usernames.suggest(clean(row.name), email, taken),
        changed_at=ctx.now(),
    )
    invitations.put(tx, tidy)
    return tidy


@needs(Right.WORK)
async def remove_invitations(ctx: Context, ids: Sequence[str]) -> list[Invitation]:
    """Remove rows and their letters; the rows as they were, for ``restore_invitations``.

    Raises:
        UsageError: ``id_unknown``.
    """

    def work(tx: Transaction) -> list[Invitation]:
        gone = [require_row(tx, one) for one in ids]
        invitations.delete(tx, ids)
        for row in gone:
            ctx.record(tx, "invite.removed", client_id=row.client_id, invitation=row.id)
        return gone

    return await ctx.store.write(work)


@needs(Right.WORK)
async def restore_invitations(ctx: Context, rows: Sequence[Invitation]) -> None:
    """Bring removed rows back; their letters are forgotten."""

    def work(tx: Transaction) -> None:
        for row in rows:
            invitations.put(tx, replace(row, changed_at=ctx.now()))
            ctx.record(tx, "invite.added", client_id=row.client_id, invitation=row.id)

    await ctx.store.write(work)


@needs(Right.WORK)
async def set_admin(ctx: Context, client_ids: Sequence[str], *, admin: bool) -> None:
    """Tick *jag är systemadministratör hos klienten*, or take the tick away. Fortnox does not tell: a person does.

    Raises:
        UsageError: ``client_unknown``.
    """

    def work(tx: Transaction) -> None:
        for client_id in client_ids:
            tick_admin(ctx, tx, client_id, admin=admin)

    await ctx.store.write(work)


def tick_admin(ctx: Context, tx: Transaction, client_id: str, *, admin: bool) -> None:
    """The tick of one client inside a transaction."""
    if clients.get(tx, client_id) is None:
        raise unknown_client(client_id)
    kept = invitations.facts(tx).get(client_id, ClientFacts(client_id))
    by, at = (ctx.person, ctx.now()) if admin else ("", None)
    invitations.put_facts(tx, replace(kept, admin=admin, admin_by=by, admin_at=at))
    ctx.record(tx, "invite.admin", client_id=client_id, admin=admin)


@needs(Right.WORK)
async def set_has_user(ctx: Context, client_ids: Sequence[str], *, has_user: bool) -> None:
    """Say that clients have users of their own, so that nobody needs to be invited."""

    def work(tx: Transaction) -> None:
        for client_id in client_ids:
            _set_has_user(tx, client_id, has_user=has_user)
            ctx.record(tx, "invite.has_user", client_id=client_id, has_user=has_user)

    await ctx.store.write(work)


def _set_has_user(tx: Transaction, client_id: str, *, has_user: bool) -> None:
    kept = invitations.facts(tx).get(client_id, ClientFacts(client_id))
    invitations.put_facts(tx, replace(kept, has_user=has_user))


@needs(Right.WORK)
async def mark(ctx: Context, ids: Sequence[str], state: InviteState) -> list[Invitation]:
    """Say where rows stand, with today's date: what a person has seen in Fortnox.

    Raises:
        UsageError: ``id_unknown``.
    """

    def work(tx: Transaction) -> list[Invitation]:
        return [move(ctx, tx, require_row(tx, one), state) for one in ids]

    return await ctx.store.write(work)


def move(ctx: Context, tx: Transaction, row: Invitation, state: InviteState) -> Invitation:
    """Give a row its state and the date of it inside a transaction."""
    now = ctx.now()
    moved = replace(row, state=state, changed_at=now, closed_at=now if state in CLOSED else None)
    match state:
        case InviteState.DRAFT:
            moved = replace(moved, batch=None, exported_at=None, invited_at=None, reminded_at=None)
        case InviteState.EXPORTED:
            moved = replace(moved, exported_at=row.exported_at or now, invited_at=None, reminded_at=None)
        case InviteState.INVITED:
            moved = replace(moved, invited_at=now, reminded_at=None)
            invitations.keep_baseline(tx, row)
        case InviteState.REMINDED:
            moved = replace(moved, invited_at=row.invited_at or now, reminded_at=now)
    invitations.put(tx, moved)
    ctx.record(tx, f"invite.{state}", client_id=row.client_id, invitation=row.id)
    return moved


@needs(Right.MANAGE)
async def purge(ctx: Context, client_id: str | None = None, *, older_than: int | None = None) -> int:
    """Forget rows of a client, or of all clients, whose last change lies ``older_than`` days back; how many.

    What was said of the clients stays: it is no personal data of their people.

    Raises:
        UsageError: ``usage``: neither a client nor an age.
    """
    if client_id is None and older_than is None:
        raise UsageError(
            "usage",
            _("Nothing says what shall be forgotten."),
            _("Nothing was removed."),
            _("Name a client, or give an age: brygga invite purge --older-than 365"),
        )
    limit = None if older_than is None else ctx.now() - timedelta(days=older_than)

    def work(tx: Transaction) -> tuple[int, list[str]]:
        rows = invitations.every(tx) if client_id is None else invitations.of_client(tx, client_id)
        gone = [row for row in rows if limit is None or (row.changed_at or ctx.now()) <= limit]
        for row in gone:
            if row.state is InviteState.DONE:
                _set_has_user(tx, row.client_id, has_user=True)
        return len(gone), _erase(ctx, tx, gone)

    count, letter_ids = await ctx.store.erase(work)
    await _remove_files(ctx, letter_ids)
    return count


@needs(Right.MANAGE)
async def forget_client(ctx: Context, client_id: str) -> int:
    """Forget everything the desk knows of a client: rows, letters and their files, ticks. The number of rows."""

    def work(tx: Transaction) -> tuple[int, list[str]]:
        gone = invitations.of_client(tx, client_id)
        invitations.forget_facts(tx, client_id)
        return len(gone), _erase(ctx, tx, gone)

    count, letter_ids = await ctx.store.erase(work)
    await _remove_files(ctx, letter_ids)
    return count


def _erase(ctx: Context, tx: Transaction, gone: Sequence[Invitation]) -> list[str]:
    """Remove the rows; the ids of their letters."""
    ids = [row.id for row in gone]
    letter_ids = letters.ids_of(tx, set(ids))
    invitations.delete(tx, ids)
    for owner in {row.client_id for row in gone}:
        count = sum(row.client_id == owner for row in gone)
        ctx.record(tx, "invite.purged", client_id=owner, rows=count)
    return letter_ids


async def _remove_files(ctx: Context, letter_ids: Sequence[str]) -> None:
    """Letters that were written to brygga's own folder go with their rows; those elsewhere are the firm's."""
    folder = ctx.settings.paths.letters

    def remove() -> None:
        for one in letter_ids:
            (folder / letter_file(one)).unlink(missing_ok=True)

    await asyncio.to_thread(remove)
