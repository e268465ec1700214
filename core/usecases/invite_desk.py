"""The invitation desk as it stands: a line for each client's user, and the next batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from core.errors import UsageError
from core.i18n import _
from core.invite import batches
from core.invite.batches import Batches
from core.invite.checks import check_row, refuses
from core.invite.outbound import Letter
from core.invite.rows import BATCH, ClientFacts, Consent, Invitation, InviteState
from core.model import Finding
from core.register import Client
from core.store import clients, invitations, letters
from core.store.database import Transaction
from core.text import clean
from core.usecases.clients import find_client
from core.usecases.context import Context


@dataclass(frozen=True, slots=True)
class DeskRow:
    """A line of the desk: a client with the user to invite, or without one as yet."""

    client: Client
    row: Invitation | None = None
    admin: bool = False
    """Somebody has ticked *jag är systemadministratör hos klienten*."""
    has_user: bool = False
    """The client has a user of its own."""
    findings: tuple[Finding, ...] = ()
    place: str = ""
    """``batch``, ``queue``, ``unfit``, or empty for what is no draft."""
    letters: tuple[Letter, ...] = ()
    reminder_due: bool = False
    documents: datetime | None = None
    """When documents were first seen after the invitation: a sign, never a proof of login."""

    @property
    def key(self) -> str:
        """The row's id, or the client's where there is no row."""
        return self.row.id if self.row else self.client.id


@dataclass(frozen=True, slots=True)
class Desk:
    """All clients in the order of Digital byrå's list, and the next batch."""

    rows: Sequence[DeskRow]
    batches: Batches
    limit: int = BATCH
    by_id: dict[str, DeskRow] = field(default_factory=dict)
    """The lines that have a row, by its id."""

    @property
    def waiting(self) -> list[DeskRow]:
        """The lines of clients without a user of their own."""
        return [line for line in self.rows if not line.has_user]

    @property
    def due(self) -> list[DeskRow]:
        """The lines whose reminder is due."""
        return [line for line in self.rows if line.reminder_due]


async def desk(ctx: Context) -> Desk:
    """The whole desk."""
    return await ctx.store.read(lambda tx: load_desk(ctx, tx))


def load_desk(ctx: Context, tx: Transaction) -> Desk:
    """The desk inside a transaction."""
    order = batches.list_order(ctx.settings.invite.order)
    rows, said = invitations.every(tx), invitations.facts(tx)
    sent: dict[str, list[Letter]] = {}
    for letter in letters.every(tx):
        sent.setdefault(letter.invitation_id, []).append(letter)
    seen = invitations.documents_seen(tx)
    nobody = ClientFacts("")
    lines: list[DeskRow] = []
    for client in sorted(clients.every(tx), key=order):
        facts = said.get(client.id, nobody)
        own = [row for row in rows if row.client_id == client.id]
        has_user = facts.has_user or any(row.state is InviteState.DONE for row in own)
        made = [
            DeskRow(
                client,
                row,
                facts.admin,
                has_user,
                tuple(check_row(row, rows, admin=facts.admin)) if row.state is InviteState.DRAFT else (),
                letters=tuple(sent.get(row.id, ())),
                reminder_due=_reminder_due(ctx, row, seen.get(row.id)),
                documents=seen.get(row.id),
            )
            for row in own
        ]
        lines += made or [DeskRow(client, None, facts.admin, has_user)]
    return _placed(lines, invitations.last_batch(tx))


def _placed(lines: list[DeskRow], last: int) -> Desk:
    fit = {line.row.id: not refuses(line.findings) for line in lines if line.row}
    planned = batches.plan([line.row for line in lines if line.row], fit, last)
    places = {
        **dict.fromkeys(planned.current, "batch"),
        **dict.fromkeys(planned.queued, "queue"),
        **dict.fromkeys(planned.unfit, "unfit"),
    }
    placed = [replace(line, place=places.get(line.key, "")) for line in lines]
    return Desk(placed, planned, BATCH, {line.key: line for line in placed if line.row})


def _reminder_due(ctx: Context, row: Invitation, documents: datetime | None) -> bool:
    waiting = row.state in {InviteState.INVITED, InviteState.REMINDED}
    if not waiting or row.since is None or documents is not None or row.consent is Consent.NO:
        return False
    return ctx.now() - row.since >= timedelta(days=ctx.settings.invite.remind_days)


async def find_lines(ctx: Context, references: Sequence[str], batch: int | None = None) -> list[DeskRow]:
    """The lines that a person means: by a row's id, by a reference to the client, or all of an exported batch.

    A client without a row is a line too.

    Raises:
        UsageError: ``client_unknown``, ``client_ambiguous``; ``usage``: no such batch.
    """
    now = await desk(ctx)
    found: list[DeskRow] = []
    for reference in references:
        if reference in now.by_id:
            found.append(now.by_id[reference])
        else:
            client = await find_client(ctx, reference)
            found += [line for line in now.rows if line.client.id == client.id]
    if batch is not None:
        rows = [line for line in now.rows if line.row is not None and line.row.batch == batch]
        if not rows:
            raise no_batch(batch, now.batches.number)
        found += rows
    return list({line.key: line for line in found}.values())


def no_batch(number: int, following: int) -> UsageError:
    """The error for a batch that nobody exported."""
    return UsageError(
        "usage",
        _("There is no batch {number}.").format(number=number),
        _("Nothing was done."),
        _("The next batch has number {number}.").format(number=following),
    )


def require_row(tx: Transaction, invitation_id: str) -> Invitation:
    """The row.

    Raises:
        UsageError: ``id_unknown``.
    """
    row = invitations.get(tx, invitation_id)
    if row is None:
        raise no_row(invitation_id)
    return row


def no_row(reference: str) -> UsageError:
    """The error for a reference that leads to no row."""
    return UsageError(
        "id_unknown",
        _("There is nobody to invite for {reference}.").format(reference=clean(reference) or "''"),
        _("The invitation desk has no row for it."),
        _("Add one with brygga invite add, or see brygga invite list --all."),
    )
