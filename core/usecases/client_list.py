"""A client list shown before it is added."""

from __future__ import annotations

from dataclasses import dataclass

from core import orgnr
from core.errors import UsageError
from core.i18n import _
from core.register import Client
from core.text import clean
from core.usecases.clients import list_clients, make_client, read_csv_rows
from core.usecases.context import Context


@dataclass(frozen=True, slots=True)
class PlannedClient:
    """A row of the list: the client it would add, or why it would not."""

    line: int
    name: str
    client: Client | None
    warning: str = ""
    """A client with the same organisation number is there already: two databases, or the same company twice."""
    problem: str = ""


async def preview_clients(ctx: Context, data: bytes) -> list[PlannedClient]:
    """What ``import_clients`` would do with the list, row by row.

    Raises:
        UsageError: ``usage``: no CSV, or a column is missing.
    """
    known = await list_clients(ctx)
    planned: list[PlannedClient] = []
    for line, row in read_csv_rows(data):
        one = _plan(ctx, line, row, known)
        planned.append(one)
        if one.client is not None:
            known = [*known, one.client]
    return planned


def _plan(ctx: Context, line: int, row: dict[str, str], known: list[Client]) -> PlannedClient:
    name = clean(row.get("name", ""))
    try:
        client = make_client(
            ctx,
            name=row.get("name", ""),
            organisation=row.get("orgnr", ""),
            number=row.get("number", ""),
            form=row.get("form", ""),
            responsible=row.get("responsible", ""),
        )
    except UsageError as error:
        return PlannedClient(line, name, None, problem=error.title)
    taken = next((one for one in known if client.number and one.number == client.number), None)
    if taken is not None:
        problem = _("{name} has the client number {number} already.").format(
            name=taken.name, number=client.number
        )
        return PlannedClient(line, name, None, problem=problem)
    same = next((one for one in known if orgnr.same(one.orgnr, client.orgnr)), None)
    warning = _("{name} has the same organisation number.").format(name=same.name) if same else ""
    return PlannedClient(line, name, client, warning)
