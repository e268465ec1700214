"""A list of users in: previewed row by row, then read whole or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from core import orgnr
from core.csvlist import CsvFault, unreadable
from core.errors import Refused
from core.i18n import _, ngettext
from core.invite import words
from core.invite.checks import check_cells, sentence
from core.invite.rows import Consent, Invitation, InviteState
from core.invite.table import TableRow, read_table
from core.register import Client
from core.store import clients, invitations
from core.store.database import Transaction
from core.text import clean, fold
from core.usecases.context import Context
from core.usecases.invite import move, put_row, tick_admin
from core.usecases.rights import Right, needs

Said = TypeVar("Said")
_EFFECTS = {"add": "invite.added", "change": "invite.changed"}


@dataclass(frozen=True, slots=True)
class CellFault:
    """What is wrong in a cell: its column, counted from 1 (0: the row as a whole), and a sentence."""

    column: int
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row of the list: what it would do, or why it cannot."""

    line: int
    client: Client | None
    row: Invitation | None
    """As it would be stored; None where the row is faulty."""
    change: str = "add"
    """``add`` or ``change``."""
    admin: bool | None = None
    state: InviteState | None = None
    """The state that the list names, where it differs from the row's."""
    faults: tuple[CellFault, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadList:
    """What came of reading a list."""

    added: int
    changed: int
    planned: Sequence[PlannedRow]

    @property
    def faulty(self) -> list[PlannedRow]:
        """The rows that were left out."""
        return [one for one in self.planned if one.faults]


async def preview_list(ctx: Context, data: bytes) -> list[PlannedRow]:
    """What ``read_list`` would do, row by row.

    Raises:
        UsageError: ``usage``: the file is no such list; the sentence names row and column.
    """
    table = await asyncio.to_thread(_read, data)
    return await ctx.store.read(lambda tx: _Plan(ctx, tx).rows(table))


@needs(Right.WORK)
async def read_list(ctx: Context, data: bytes, *, skip_faulty: bool = False) -> ReadList:
    """Read a list: rows are added, or change the row with the same id or with the same client and address.

    Raises:
        UsageError: ``usage``: the file is no such list.
        Refused: ``invitation_faulty``: a row is faulty and ``skip_faulty`` was not asked for; nothing was read.
    """
    table = await asyncio.to_thread(_read, data)

    def work(tx: Transaction) -> ReadList:
        planned = _Plan(ctx, tx).rows(table)
        faulty = [one for one in planned if one.faults]
        if faulty and not skip_faulty:
            raise _faulty(faulty)
        good = [one for one in planned if not one.faults]
        for one in good:
            _store(ctx, tx, one)
        added = sum(one.change == "add" for one in good)
        ctx.record(tx, "invite.list", added=added, changed=len(good) - added)
        return ReadList(added, len(good) - added, planned)

    return await ctx.store.write(work)


def _store(ctx: Context, tx: Transaction, one: PlannedRow) -> None:
    assert one.row is not None
    stored = put_row(ctx, tx, one.row)
    ctx.record(tx, _EFFECTS[one.change], client_id=stored.client_id, invitation=stored.id)
    if one.admin is not None:
        tick_admin(ctx, tx, stored.client_id, admin=one.admin)
    if one.state is not None:
        move(ctx, tx, stored, one.state)


class _Plan:
    """Judges the rows of one list against what is there and against each other."""

    def __init__(self, ctx: Context, tx: Transaction) -> None:
        self._ctx = ctx
        self._clients = clients.every(tx)
        self._rows = invitations.every(tx)
        self._seen: dict[tuple[str, str], int] = {}

    def rows(self, table: Sequence[TableRow]) -> list[PlannedRow]:
        return [self._row(one) for one in table]

    def _row(self, one: TableRow) -> PlannedRow:
        values = one.values
        faults = [(wrong.column, sentence(wrong.code)) for wrong in check_cells(*_cells(values))]
        kept = (
            next((row for row in self._rows if row.id == values.get("id")), None)
            if values.get("id")
            else None
        )
        client = self._client_of(values, kept, faults)
        choice = _judged(words.read_choice, values, "choice", faults)
        admin = _judged(words.read_tick, values, "admin", faults)
        consent = _judged(words.read_tick, values, "consent", faults)
        state = _judged(words.read_state, values, "state", faults) if values.get("state") else None
        if client and kept is None:
            kept = self._same_user(client, values.get("email", ""))
        if client and not faults:
            self._once(client, one, faults)
        if faults or client is None or choice is None or one.surplus:
            return PlannedRow(one.line, client, None, faults=tuple(_places(one, faults)))
        base = kept or Invitation(self._ctx.new_id(), client.id, "", "", created_at=self._ctx.now())
        row = replace(
            base,
            name=values["name"],
            email=values["email"],
            mobile=values.get("mobile", base.mobile),
            username=values.get("username", "") or base.username,
            choice=choice,
            consent=base.consent if consent is None else Consent.YES if consent else Consent.NO,
        )
        moved = state if state is not None and _is_ahead(state, base.state) else None
        return PlannedRow(one.line, client, row, "change" if kept else "add", admin, moved)

    def _once(self, client: Client, one: TableRow, faults: list[tuple[str, str]]) -> None:
        """The same user twice in one list is a fault of the second row."""
        key = (client.id, one.values["email"].casefold())
        first = self._seen.setdefault(key, one.line)
        if first != one.line:
            faults.append(("email", _("The same address stands on row {line}.").format(line=first)))

    def _same_user(self, client: Client, email: str) -> Invitation | None:
        wanted = email.strip().casefold()
        own = (row for row in self._rows if row.client_id == client.id)
        return next((row for row in own if row.email.casefold() == wanted), None)

    def _client_of(
        self, values: Mapping[str, str], kept: Invitation | None, faults: list[tuple[str, str]]
    ) -> Client | None:
        """The client by number, organisation number or whole name: a list guesses nothing."""
        if kept is not None:
            return next((client for client in self._clients if client.id == kept.client_id), None)
        for column in ("number", "orgnr", "client", "company"):
            said = values.get(column, "")
            if said:
                found = self._named(said)
                if len(found) == 1:
                    return found[0]
                text = (
                    _("There is no client {reference}.")
                    if not found
                    else _("{reference} names several clients.")
                )
                faults.append((column, text.format(reference=clean(said, 60))))
                return None
        faults.append(("client", _("The client is missing.")))
        return None

    def _named(self, said: str) -> list[Client]:
        folded = fold(said)
        kinds = (
            [client for client in self._clients if client.number and client.number == said],
            [client for client in self._clients if orgnr.same(client.orgnr, said)],
            [client for client in self._clients if fold(client.name) == folded],
        )
        return next((found for found in kinds if found), [])


def _is_ahead(said: InviteState, now: InviteState) -> bool:
    """A list moves rows forwards only: an old one does not take back what was said since."""
    order = list(InviteState)
    return order.index(said) > order.index(now)


def _cells(values: Mapping[str, str]) -> tuple[str, str, str]:
    return values.get("name", ""), values.get("email", ""), values.get("mobile", "")


def _judged(
    read: Callable[[str], Said], values: Mapping[str, str], column: str, faults: list[tuple[str, str]]
) -> Said | None:
    """What a cell says; a word that nobody knows is a fault of its column."""
    try:
        return read(values.get(column, ""))
    except ValueError:
        faults.append((column, _("{value} is not understood here.").format(value=clean(values[column], 40))))
        return None


def _places(one: TableRow, faults: Sequence[tuple[str, str]]) -> list[CellFault]:
    found = [
        CellFault(one.places.get(column, 0), one.headings.get(column, ""), text) for column, text in faults
    ]
    if one.surplus:
        found.append(CellFault(one.surplus, "", _("There is a value without a heading above it.")))
    return found


def _read(data: bytes) -> list[TableRow]:
    try:
        return read_table(data)
    except CsvFault as fault:
        raise unreadable(fault, "klient;namn;e-post;mobilnummer") from None


def _faulty(faulty: Sequence[PlannedRow]) -> Refused:
    lines = [fault_sentence(one.line, fault) for one in faulty for fault in one.faults]
    title = ngettext(
        "{count} row of the list is faulty.", "{count} rows of the list are faulty.", len(faulty)
    )
    return Refused(
        "invitation_faulty",
        title.format(count=len(faulty)),
        "; ".join(lines[:5]) + (" …" if len(lines) > 5 else ""),
        _("Nothing was read. Correct the rows, or read the others with --skip-faulty."),
        {
            "rows": [
                {"line": one.line, "column": fault.column, "heading": fault.heading, "text": fault.text}
                for one in faulty
                for fault in one.faults
            ]
        },
    )


def fault_sentence(line: int, fault: CellFault) -> str:
    """The fault with its place: ``Row 7, column 3 (e-post): ...``."""
    if not fault.column:
        return _("Row {line}: {text}").format(line=line, text=fault.text)
    heading = f" ({fault.heading})" if fault.heading else ""
    return _("Row {line}, column {column}{heading}: {text}").format(
        line=line, column=fault.column, heading=heading, text=fault.text
    )
