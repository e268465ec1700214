"""``brygga client``: the client register."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from msgspec.structs import replace

from bridge.cli import shape
from bridge.cli.files import read_file
from bridge.cli.parameters import ClientName, option
from bridge.cli.session import Run
from bridge.cli.tables import facts, table
from core.i18n import _, mark, ngettext
from core.register import Client
from core.usecases import clients
from core.usecases.client_list import PlannedClient, preview_clients


async def add(
    *,
    name: Annotated[str, option(mark("the company's name"))],
    orgnr: Annotated[str, option(mark("the organisation number, 10 or 12 digits"))],
    number: Annotated[str, option(mark("the firm's own client number"))] = "",
    form: Annotated[str, option(mark("the legal form: AB, EF, HB, KB, EK ..."))] = "",
    responsible: Annotated[str, option(mark("who looks after the client"))] = "",
    run: Run,
) -> None:
    """Add a client."""
    async with run.context() as ctx:
        client = await clients.add_client(
            ctx, name=name, orgnr=orgnr, number=number, form=form, responsible=responsible
        )
    run.output.answer(shape.client(client), lambda: client_lines(client))


async def show_all(*, run: Run) -> None:
    """List the clients."""
    async with run.context() as ctx:
        everyone = await clients.list_clients(ctx)
    run.output.answer(_record(everyone), lambda: _list_lines(everyone))


async def show(client: ClientName, /, *, run: Run) -> None:
    """Show one client."""
    async with run.context() as ctx:
        found = await clients.find_client(ctx, client)
    run.output.answer(shape.client(found), lambda: client_lines(found))


async def change(
    client: ClientName,
    /,
    *,
    name: Annotated[str | None, option(mark("the company's name"))] = None,
    orgnr: Annotated[str | None, option(mark("the organisation number, 10 or 12 digits"))] = None,
    number: Annotated[str | None, option(mark("the firm's own client number; '' for none"))] = None,
    form: Annotated[str | None, option(mark("the legal form: AB, EF, HB, KB, EK ...; '' for none"))] = None,
    responsible: Annotated[str | None, option(mark("who looks after the client; '' for none"))] = None,
    series: Annotated[str | None, option(mark("the client's default voucher series; '' for none"))] = None,
    run: Run,
) -> None:
    """Change a client; what is left out stays."""
    given = {
        "name": name,
        "orgnr": orgnr,
        "number": number,
        "form": form,
        "responsible": responsible,
        "default_series": series,
    }
    async with run.context() as ctx:
        found = await clients.find_client(ctx, client)
        wanted = {key: value for key, value in given.items() if value is not None}
        changed = await clients.update_client(ctx, replace(found, **wanted))
    run.output.answer(shape.client(changed), lambda: client_lines(changed))


async def remove(client: ClientName, /, *, run: Run) -> None:
    """Remove a client with its engagements."""
    async with run.context() as ctx:
        found = await clients.find_client(ctx, client)
        await clients.remove_client(ctx, found.id)
    run.output.answer(shape.client(found), lambda: [_("Removed {name}.").format(name=found.name)])


async def import_file(
    file: Annotated[Path, option(mark("a CSV file with columns name and orgnr; number, form, responsible"))],
    /,
    *,
    preview: Annotated[bool, option(mark("only show what would be added"))] = False,
    run: Run,
) -> None:
    """Add the clients of a CSV file, all or none."""
    data = read_file(file)
    async with run.context() as ctx:
        if preview:
            planned = await preview_clients(ctx, data)
            run.output.answer(_planned_record(planned), lambda: _planned_lines(planned))
            return
        made = await clients.import_clients(ctx, data)
    run.output.answer(_record(made), lambda: _import_lines(made))


def client_lines(client: Client) -> Iterator[str]:
    """One client for people."""
    return facts(
        [
            (_("Client"), client.name),
            (_("Client number"), client.number or "–"),
            (_("Organisation number"), client.orgnr),
            (_("Form"), client.form or "–"),
            (_("Responsible"), client.responsible or "–"),
            (_("Tenant"), client.tenant or "–"),
            (_("Default series"), client.default_series or "–"),
        ]
    )


def _record(some: list[Client]) -> shape.Json:
    return {"clients": [shape.client(client) for client in some]}


def _list_lines(everyone: list[Client]) -> Iterator[str]:
    if not everyone:
        yield _("There are no clients yet. Add one with brygga client add or brygga connect --new.")
        return
    heads = (_("No."), _("Client"), _("Org. no."), _("Form"), _("Responsible"), _("Tenant"))
    rows = [(c.number, c.name, c.orgnr, c.form, c.responsible, c.tenant) for c in everyone]
    yield from table(heads, rows)


def _planned_record(planned: list[PlannedClient]) -> shape.Json:
    return {
        "clients": [
            {
                "line": one.line,
                "name": one.name,
                "orgnr": one.client.orgnr if one.client else None,
                "number": (one.client.number or None) if one.client else None,
                "warning": one.warning or None,
                "problem": one.problem or None,
            }
            for one in planned
        ]
    }


def _planned_lines(planned: list[PlannedClient]) -> Iterator[str]:
    heads = (_("Row"), _("No."), _("Client"), _("Org. no."), _("Note"))
    rows = [
        (
            str(one.line),
            one.client.number if one.client else "",
            one.name,
            one.client.orgnr if one.client else "–",
            one.problem or one.warning,
        )
        for one in planned
    ]
    yield from table(heads, rows)


def _import_lines(made: list[Client]) -> Iterator[str]:
    yield ngettext("Added {count} client.", "Added {count} clients.", len(made)).format(count=len(made))
    if made:
        yield from _list_lines(made)
