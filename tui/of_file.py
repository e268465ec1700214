"""A client and an engagement from what a SIE4 file says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, cast

from core import orgnr
from core.errors import Refused
from core.i18n import _
from core.register import Client, Engagement, SourceKind

if TYPE_CHECKING:
    from core.usecases.context import Context


async def client_and_year(
    ctx: Context, summary: Mapping[str, object], person: str
) -> tuple[Client, Engagement]:
    """The client with the file's organisation number and its engagement of the file's year; made when missing.

    Raises:
        Refused: ``not_sie``: the file names no company, organisation number or fiscal year.
        UsageError: ``orgnr_invalid``; ``usage``: the year is not lawful.
    """
    from core.usecases.clients import add_client, list_clients
    from core.usecases.engagements import add_engagement, list_engagements

    number, name = str(summary.get("orgnr") or ""), str(summary.get("company") or "")
    years = cast("Mapping[str, tuple[str, str]]", summary.get("years") or {})
    if not (number and name and "0" in years):
        raise Refused(
            "not_sie",
            _("The file does not say which company and fiscal year it is about."),
            _("brygga cannot know whose books it holds, so nothing was made."),
            _("Write the client by hand, then import the file on screen 3."),
        )
    first, last = (date.fromisoformat(str(day)) for day in years["0"])
    known = [client for client in await list_clients(ctx) if orgnr.same(client.orgnr, number)]
    client = known[0] if known else await add_client(ctx, name=name, orgnr=number, responsible=person)
    for engagement in await list_engagements(ctx, client.id):
        if (engagement.year.from_date, engagement.year.to_date) == (first, last):
            return client, engagement
    return client, await add_engagement(ctx, client.id, first, last, SourceKind.SIE4)
