"""Import: one fetch of the books into a snapshot, all or nothing.

``import_year`` reads Fortnox, ``import_file`` a SIE 4 file; both end in the same snapshot. Nothing is stored
before everything has been read and checked, and then in one transaction with its audit event.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from core.errors import BryggaError, Internal, Refused
from core.i18n import _
from core.model import Finding, Ledger, Severity
from core.register import Client, Engagement, SourceKind
from core.store import clients
from core.store.database import Transaction
from core.together import together
from core.usecases import ours, snapshots
from core.usecases.annex_days import refuse_outside
from core.usecases.context import Context
from core.usecases.engagements import list_engagements, load, refuse_locked
from core.usecases.fetch import STEPS, Fetched, Order, fetch
from core.usecases.prepare import Material
from core.usecases.progress import Progress, Report, Teller, silent
from core.usecases.rights import Right, needs
from core.usecases.snapshots import ImportResult, save
from core.usecases.tokens import open_api
from core.usecases.waiting import wake
from core.usecases.workers import prepared_by

__all__ = [
    "ImportOutcome",
    "ImportResult",
    "import_all",
    "import_file",
    "import_year",
]

LOG = logging.getLogger("brygga.import")
BOTH_LEDGERS = frozenset(Ledger)
OF_A_FILE = Fetched(b"", findings=(Finding(Severity.INFO, "file_carries_no_ledgers"),))


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """One client of ``import_all``: a result or the error that stopped it."""

    client: Client
    engagement: Engagement
    result: ImportResult | None
    error: BryggaError | None


@needs(Right.WORK)
async def import_year(
    ctx: Context,
    engagement_id: str,
    *,
    ledgers: Iterable[Ledger] = BOTH_LEDGERS,
    progress: Report = silent,
    background: bool = False,
    on: date | None = None,
) -> ImportResult:
    """Fetch the engagement's year from Fortnox. Phases: company year sie customer_ledger ... save.

    ``on`` is the day of the annexes in the result, the fiscal year's end when left out; what may have been open
    then is read in full. Those of the year's end are stored in any case. A cancelled import changes nothing until
    the save has begun, and everything once it has.

    Raises:
        Refused: ``wrong_source``, ``engagement_locked``, ``company_mismatch``, ``year_mismatch``,
            ``sie_fatal``.
        UsageError: ``usage``: the annex date lies outside the fiscal year.
        LoginNeeded, TryLater, FortnoxRejected: Fortnox did not give it; the store is unchanged.
    """
    client, engagement = await ctx.store.read(lambda tx: load(tx, engagement_id))
    refuse_locked(client, engagement)
    if engagement.source is not SourceKind.FORTNOX:
        raise _wrong_source(engagement)
    order = Order(client, engagement, frozenset(ledgers), _annex_date(engagement, on), ctx.now())
    teller = Teller(progress)
    api = await open_api(ctx, client, background=background, waiting=teller.wait)
    teller.traffic = lambda: (api.requests, api.received)
    sought = await ctx.store.read(lambda tx: ours.vouchers_to_find(tx, client, engagement))
    fetched = await fetch(api, order, teller)
    own = await ours.look(ctx, api, client, fetched.year_id, sought)
    before = await ctx.store.read(lambda tx: snapshots.before(tx, engagement_id))
    material = Material(client, engagement, fetched, order.on, own, len(fetched.sie), *before)
    result = await _finish(ctx, material, teller)
    await wake(ctx, client, fetched.years)
    return result


@needs(Right.WORK)
async def import_file(
    ctx: Context, engagement_id: str, path: Path, *, progress: Report = silent, on: date | None = None
) -> ImportResult:
    """Read a SIE 4 file into an engagement whose source is SIE files.

    Raises:
        UsageError: ``file_missing``, ``id_unknown``; ``usage``: the annex date lies outside the fiscal year.
        Refused: ``wrong_source``, ``engagement_locked``, ``not_sie``, ``sie_fatal``, ``company_mismatch``,
            ``year_mismatch``.
    """

    def known(tx: Transaction) -> Material:
        before, periods = snapshots.before(tx, engagement_id)
        found = _of_file(ctx, tx, engagement_id, path, on)
        return dataclasses.replace(found, before=before, periods=periods)

    material = await ctx.store.read(known)
    teller = Teller(progress)
    teller(Progress("sie", 3, STEPS, path.name))
    return await _finish(ctx, material, teller)


@needs(Right.WORK)
async def import_copy(ctx: Context, books: Material) -> ImportResult:
    """``import_file`` of what ``copied_books`` told of."""
    return await _finish(ctx, books, Teller(silent))


def copied_books(ctx: Context, tx: Transaction, engagement_id: str, path: Path, sha256: str) -> Material:
    """A private copy whose content is known, to be imported; what has changed since is not asked for.

    Raises:
        Refused: ``wrong_source``, ``engagement_locked``.
    """
    found = _of_file(ctx, tx, engagement_id, path, None)
    return dataclasses.replace(found, sha256=sha256, periods=snapshots.keeps_periods(tx, engagement_id))


def _of_file(ctx: Context, tx: Transaction, engagement_id: str, path: Path, on: date | None) -> Material:
    """What the store says of the engagement, the import before left out."""
    client, engagement = load(tx, engagement_id)
    refuse_locked(client, engagement)
    if engagement.source is not SourceKind.SIE4:
        raise _wrong_source(engagement)
    own = ours.in_file(ours.vouchers_to_find(tx, client, engagement))
    day, largest = _annex_date(engagement, on), ctx.settings.sie.largest_bytes
    return Material(client, engagement, OF_A_FILE, day, own, largest, None, periods=False, path=path)


async def _finish(ctx: Context, material: Material, teller: Teller) -> ImportResult:
    """Check what was read, make the annexes, save."""
    teller(Progress("checks", 6, STEPS))
    prepared = await prepared_by(ctx, material)
    if material.path is not None:
        teller.traffic = lambda: (0, prepared.packed.run.size)
    teller(Progress("save", STEPS, STEPS))
    return await save(ctx, material, prepared)


def _annex_date(engagement: Engagement, on: date | None) -> date:
    day = on or engagement.year.to_date
    refuse_outside(engagement, day)
    return day


@needs(Right.WORK)
async def import_all(
    ctx: Context, *, only: Collection[str] | None = None, progress: Report = silent
) -> list[ImportOutcome]:
    """Import every unlocked engagement whose source is Fortnox; one that fails does not stop the rest.

    ``only`` are the ids of the engagements to import (those a person marked); None is all of them.
    """

    def targets(tx: Transaction) -> list[tuple[Client, Engagement]]:
        found = [(clients.get(tx, one.client_id), one) for one in everything]
        return [(client, one) for client, one in found if client is not None]

    everything = [
        one
        for one in await list_engagements(ctx)
        if one.source is SourceKind.FORTNOX and not one.locked and (only is None or one.id in only)
    ]
    pairs = sorted(await ctx.store.read(targets), key=lambda pair: (pair[0].name.casefold(), pair[1].year))
    places = asyncio.Semaphore(PARALLEL_CLIENTS)
    done = 0

    async def one(client: Client, engagement: Engagement) -> ImportOutcome:
        nonlocal done
        async with places:
            outcome = await _try_import(ctx, client, engagement)
        done += 1
        progress(Progress("save", done, len(pairs), client.name))
        return outcome

    return await together(one(*pair) for pair in pairs)


PARALLEL_CLIENTS = 64
"""Clients imported at the same time; each has a request window of its own at Fortnox, so most of them wait."""


async def _try_import(ctx: Context, client: Client, engagement: Engagement) -> ImportOutcome:
    try:
        result = await import_year(ctx, engagement.id, background=True)
    except BryggaError as error:
        return ImportOutcome(client, engagement, None, error)
    except Exception as error:  # a fault in one client's data must not stop the other clients
        LOG.exception("import of engagement %s", engagement.id)
        return ImportOutcome(client, engagement, None, _fault(error))
    return ImportOutcome(client, engagement, result, None)


def _fault(error: Exception) -> Internal:
    return Internal(
        "internal",
        _("The import stopped on a fault in brygga."),
        type(error).__name__,
        _("The log has the details; the other clients were imported."),
    )


def _wrong_source(engagement: Engagement) -> Refused:
    if engagement.source is SourceKind.SIE4:
        return Refused(
            "wrong_source",
            _("This engagement's books come from SIE files."),
            _("Nothing was fetched from Fortnox."),
            _("Import a file with --file, or switch the source to Fortnox."),
        )
    return Refused(
        "wrong_source",
        _("This engagement's books come from Fortnox."),
        _("The file was not read in."),
        _("Import from Fortnox, or switch the source to sie4."),
    )
