"""A client and an engagement from what a SIE4 file says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, cast

from core import orgnr
from core.errors import Refused
from core.i18n import _
from core.register import Client, Engagement, SourceKind

if TYPE_CHECKING:
    from core.usecases.context import Context


@dataclass(frozen=True, slots=True)
class Proposal:
    """Whose books a file holds and of which year; client and engagement when they are known already."""

    path: Path
    name: str
    orgnr: str
    program: str
    vouchers: int
    from_date: date
    to_date: date
    client: Client | None = None
    engagement: Engagement | None = None


async def propose(ctx: Context, path: Path) -> Proposal:
    """Read the file and propose client and fiscal year; nothing is made.

    Raises:
        UsageError: ``file_missing``.
        Refused: ``not_sie``: no SIE file, or it names no company, organisation number or fiscal year.
    """
    from core.usecases.clients import list_clients
    from core.usecases.engagements import list_engagements
    from core.usecases.sie import summarise_file

    summary = await summarise_file(path, largest=ctx.settings.sie.largest_bytes)
    number, name = str(summary.get("orgnr") or ""), str(summary.get("company") or "")
    years = cast("Mapping[str, tuple[str, str]]", summary.get("years") or {})
    if not (number and name and "0" in years):
        raise _nameless()
    first, last = (date.fromisoformat(str(day)) for day in years["0"])
    known = next((client for client in await list_clients(ctx) if orgnr.same(client.orgnr, number)), None)
    engagements = await list_engagements(ctx, known.id) if known is not None else []
    same_year = next(
        (each for each in engagements if (each.year.from_date, each.year.to_date) == (first, last)), None
    )
    program, vouchers = str(summary.get("program") or ""), int(str(summary.get("vouchers") or 0))
    return Proposal(path, name, number, program, vouchers, first, last, known, same_year)


async def accept(ctx: Context, proposal: Proposal, **written: str) -> tuple[Client, Engagement]:
    """The client and the engagement of a proposal; made, as ``written``, where they are not known yet.

    Raises:
        UsageError: ``orgnr_invalid``; ``usage``: a number that is taken, a year that is not lawful.
    """
    from core.usecases.clients import add_client
    from core.usecases.engagements import add_engagement

    client = proposal.client or await add_client(ctx, **written)
    engagement = proposal.engagement or await add_engagement(
        ctx, client.id, proposal.from_date, proposal.to_date, SourceKind.SIE4
    )
    return client, engagement


def _nameless() -> Refused:
    return Refused(
        "not_sie",
        _("The file does not say which company and fiscal year it is about."),
        _("brygga cannot know whose books it holds, so nothing was made."),
        _("Write the client by hand, then import the file on screen 3."),
    )
