"""The client register: add, find, change, remove, read from CSV."""

from __future__ import annotations

import sqlite3

from msgspec.structs import replace

from core import orgnr
from core.csvlist import named_rows
from core.errors import UsageError
from core.i18n import _
from core.legalform import checked_form
from core.register import Client
from core.store import clients, connections, forget
from core.store.database import Transaction
from core.text import clean, fold
from core.usecases.context import Context
from core.usecases.retention import must_be_kept, retention_of
from core.usecases.rights import Right, needs


@needs(Right.WORK)
async def add_client(
    ctx: Context, *, name: str, orgnr: str, number: str = "", form: str = "", responsible: str = ""
) -> Client:
    """Add a client.

    Raises:
        UsageError: ``orgnr_invalid``; ``usage`` when the name is empty, the form unknown or the client number taken.
    """
    client = make_client(
        ctx, name=name, number=number, organisation=orgnr, form=form, responsible=responsible
    )

    def work(tx: Transaction) -> None:
        insert_client(ctx, tx, client)

    await ctx.store.write(work)
    return client


def make_client(
    ctx: Context,
    *,
    name: str,
    organisation: str,
    number: str = "",
    form: str = "",
    responsible: str = "",
    tenant: str = "",
) -> Client:
    """A checked and cleaned client record with a new id."""
    shown = clean(name).strip()
    if not shown:
        raise UsageError(
            "usage", _("A client needs a name."), _("The name was empty."), _("Give it with --name.")
        )
    return Client(
        id=ctx.new_id(),
        name=shown,
        orgnr=checked_orgnr(organisation),
        number=clean(number).strip(),
        form=checked_form(form),
        responsible=clean(responsible).strip(),
        tenant=tenant,
    )


def insert_client(ctx: Context, tx: Transaction, client: Client) -> None:
    """Add the client and its audit event, naming what collides."""
    try:
        clients.insert(tx, client)
    except sqlite3.IntegrityError as error:
        raise _taken(tx, client) from error
    ctx.record(tx, "client.added", client_id=client.id)


def checked_orgnr(text: str) -> str:
    """The number as ``NNNNNN-NNNN``.

    Raises:
        UsageError: ``orgnr_invalid``.
    """
    try:
        return orgnr.normalise(text)
    except ValueError as error:
        raise UsageError(
            "orgnr_invalid",
            _("{orgnr} is not an organisation number.").format(orgnr=clean(text) or "''"),
            _("It must have 10 or 12 digits and a right check digit."),
            _("Check it against the registration certificate."),
        ) from error


async def list_clients(ctx: Context) -> list[Client]:
    """All clients, by name."""
    return await ctx.store.read(clients.every)


async def get_client(ctx: Context, client_id: str) -> Client:
    """The client with brygga's own id.

    Raises:
        UsageError: ``client_unknown``.
    """
    client = await ctx.store.read(lambda tx: clients.get(tx, client_id))
    if client is None:
        raise unknown_client(client_id)
    return client


async def find_client(ctx: Context, reference: str) -> Client:
    """The client that a person means by a number, an organisation number, a tenant or a part of the name.

    Raises:
        UsageError: ``client_unknown``; ``client_ambiguous`` with ``details["clients"]``.
    """
    everyone = await list_clients(ctx)
    found = _matching(everyone, reference.strip())
    if len(found) == 1:
        return found[0]
    if not found:
        raise unknown_client(reference)
    raise UsageError(
        "client_ambiguous",
        _("{reference} names {count} clients.").format(reference=clean(reference), count=len(found)),
        "; ".join(describe(client) for client in found[:10]),
        _("Use the client number, the tenant, or brygga's own id where neither is there."),
        {"clients": [describe(client) for client in found]},
    )


def describe(client: Client) -> str:
    """One line that tells clients apart: number, name, organisation number, tenant, else brygga's own id."""
    own = f"tenant {client.tenant}" if client.tenant else "" if client.number else client.id
    return " ".join(part for part in (client.number, client.name, client.orgnr, own) if part)


def _matching(everyone: list[Client], reference: str) -> list[Client]:
    """The clients of the strongest kind of match: number, tenant, id, organisation number, name, part of it."""
    if not reference:
        return []
    folded = fold(reference)
    kinds = (
        [client for client in everyone if client.number == reference],
        [client for client in everyone if client.tenant == reference],
        [client for client in everyone if client.id == reference],
        [client for client in everyone if orgnr.same(client.orgnr, reference)],
        [client for client in everyone if fold(client.name) == folded],
        [client for client in everyone if folded in fold(client.name)],
    )
    return next((found for found in kinds if found), [])


@needs(Right.WORK)
async def update_client(ctx: Context, client: Client) -> Client:
    """Change what is known of a client; its tenant stays, and so does the number of a company that Fortnox has named.

    Raises:
        UsageError: ``client_unknown``, ``orgnr_invalid``; ``usage`` when the name is empty, the form unknown, the
            client number taken, or the organisation number Fortnox's own.
    """
    checked = make_client(
        ctx,
        name=client.name,
        organisation=client.orgnr,
        number=client.number,
        form=client.form,
        responsible=client.responsible,
    )

    def work(tx: Transaction) -> Client:
        kept = clients.get(tx, client.id)
        if kept is None:
            raise unknown_client(client.id)
        if kept.tenant and checked.orgnr != kept.orgnr:
            raise _named_by_fortnox(kept)
        series = clean(client.default_series).strip()
        changed = replace(checked, id=kept.id, tenant=kept.tenant, default_series=series)
        try:
            clients.update(tx, changed)
        except sqlite3.IntegrityError as error:
            raise _taken(tx, changed) from error
        ctx.record(tx, "client.changed", client_id=client.id)
        return changed

    return await ctx.store.write(work)


@needs(Right.MANAGE)
async def remove_client(ctx: Context, client_id: str) -> Client:
    """Remove a client with its engagements, snapshots and drafts; posted vouchers stay in Fortnox.

    Raises:
        UsageError: ``client_unknown``; ``usage`` while it is connected to Fortnox.
        Refused: ``retention``: vouchers have left brygga or balances are signed off, and the law keeps them still.
    """
    today = ctx.now().astimezone().date()

    def work(tx: Transaction) -> Client:
        client = clients.get(tx, client_id)
        if client is None:
            raise unknown_client(client_id)
        if connections.get(tx, client_id) is not None:
            raise still_connected(client)
        kept = retention_of(tx, client, today)
        if not kept.is_over and forget.has_left(tx, client_id):
            raise must_be_kept(client, kept.until)
        clients.delete(tx, client_id)
        ctx.record(tx, "client.removed", client_id=client_id)
        return client

    return await ctx.store.write(work)


@needs(Right.WORK)
async def import_clients(ctx: Context, data: bytes) -> list[Client]:
    """Add the clients of a CSV file, all or none.

    Columns by header, in Swedish or English: name/namn, orgnr, number/nummer, form, responsible/ansvarig;
    semicolon, tab or comma; UTF-8, UTF-16 or Windows-1252.

    Raises:
        UsageError: ``usage`` with the row; ``orgnr_invalid`` with the row.
    """
    made = [_client_of_row(ctx, line, row) for line, row in read_csv_rows(data)]

    def work(tx: Transaction) -> None:
        for client in made:
            insert_client(ctx, tx, client)

    await ctx.store.write(work)
    return made


_COLUMNS = {
    "name": ("namn", "name", "klient", "client", "klientnamn", "företag", "företagsnamn", "company"),
    "orgnr": ("orgnr", "organisationsnummer", "orgno", "org.nr", "org nr", "organisation number"),
    "number": ("nummer", "number", "nr", "klientnummer", "klientnr", "kundnummer", "kundnr", "client number"),
    "form": ("form", "bolagsform", "företagsform"),
    "responsible": ("ansvarig", "responsible"),
}


def read_csv_rows(data: bytes) -> list[tuple[int, dict[str, str]]]:
    """(line, values by English column name) of a client list.

    Raises:
        UsageError: ``usage``: no list, or no header with name and organisation number.
    """
    return named_rows(data, _COLUMNS, (("name",), ("orgnr",)), "nummer;namn;orgnr;form;ansvarig")


def _client_of_row(ctx: Context, line: int, row: dict[str, str]) -> Client:
    try:
        return make_client(
            ctx,
            name=row.get("name", ""),
            organisation=row.get("orgnr", ""),
            number=row.get("number", ""),
            form=row.get("form", ""),
            responsible=row.get("responsible", ""),
        )
    except UsageError as error:
        error.title = _("Row {line}: {title}").format(line=line, title=error.title)
        raise


def unknown_client(reference: str) -> UsageError:
    """The error for a reference that leads to no client."""
    return UsageError(
        "client_unknown",
        _("There is no client {reference}.").format(reference=clean(reference) or "''"),
        _("It is neither a client number, an organisation number, a tenant nor a part of a name."),
        _("List the clients with: brygga client list"),
    )


def still_connected(client: Client) -> UsageError:
    """The error for removing a client that has a living consent."""
    return UsageError(
        "usage",
        _("{name} is connected to Fortnox.").format(name=client.name),
        _("Removing it would leave a consent that nobody looks after."),
        _("Disconnect it first: brygga disconnect {orgnr}").format(orgnr=client.orgnr),
    )


def _named_by_fortnox(client: Client) -> UsageError:
    return UsageError(
        "usage",
        _("The organisation number of {name} is not changed.").format(name=client.name),
        _("It is what Fortnox says of the company that the client was connected to."),
        _("Add a client of its own for the other company."),
    )


def _taken(tx: Transaction, client: Client) -> UsageError:
    """The number or the tenant stands with another client, which is named."""
    others = [other for other in clients.every(tx) if other.id != client.id]
    by_number = next((other for other in others if client.number and other.number == client.number), None)
    holder = by_number or next((other for other in others if other.tenant == client.tenant), None)
    title = (
        _("Client number {number} is taken.").format(number=client.number)
        if by_number
        else _("The Fortnox database {tenant} belongs to another client.").format(tenant=client.tenant)
    )
    return UsageError(
        "usage",
        title,
        _("{holder} has it. {name} was not saved.").format(
            holder=describe(holder) if holder else "–", name=client.name
        ),
        _("Choose another number, or change the other client first."),
    )
