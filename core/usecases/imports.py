"""Import: one fetch of the books into a snapshot, all or nothing.

``import_year`` reads Fortnox, ``import_file`` a SIE 4 file; both end in the same snapshot. Nothing is stored
before everything has been read and checked, and then in one transaction with its audit event.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.errors import BryggaError, Refused
from core.files import content_hash, read_regular_file
from core.i18n import _
from core.ledger.annex import annexes_without_ledgers, make_annexes
from core.ledger.differences import Books
from core.model import Account, Annex, Explanation, Finding, Ledger, Series
from core.register import Client, Engagement, ImportRun, SourceKind
from core.sie.books import balances
from core.sie.file import SieFile
from core.sie.journal import voucher_text, vouchers_on
from core.store import clients, connections, imports
from core.store.database import Transaction
from core.store.imports import AccountSums, PackedSnapshot, Snapshot
from core.together import together
from core.usecases.context import Context
from core.usecases.diffs import Changes, count_changes
from core.usecases.engagements import list_engagements, load, refuse_locked
from core.usecases.fetch import STEPS, Fetched, fetch, ledger_prefixes
from core.usecases.progress import Progress, Report, silent
from core.usecases.siebooks import read_sie, refuse_other_company, refuse_other_year
from core.usecases.tokens import open_api

BOTH_LEDGERS = frozenset(Ledger)
LARGEST_SIE = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import read and what has changed since the one before (None at the first)."""

    client: Client
    engagement: Engagement
    run: ImportRun
    annexes: list[Annex]
    changes: Changes | None
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """One client of ``import_all``: a result or the error that stopped it."""

    client: Client
    engagement: Engagement
    result: ImportResult | None
    error: BryggaError | None


async def import_year(
    ctx: Context,
    engagement_id: str,
    *,
    ledgers: Iterable[Ledger] = BOTH_LEDGERS,
    progress: Report = silent,
    background: bool = False,
) -> ImportResult:
    """Fetch the engagement's year from Fortnox. Phases: company year sie customer_ledger ... save.

    Raises:
        Refused: ``wrong_source``, ``engagement_locked``, ``company_mismatch``, ``year_mismatch``,
            ``sie_fatal``.
        LoginNeeded, TryLater, FortnoxRejected: Fortnox did not give it; the store is unchanged.
    """
    client, engagement = await ctx.store.read(lambda tx: load(tx, engagement_id))
    refuse_locked(client, engagement)
    if engagement.source is not SourceKind.FORTNOX:
        raise _wrong_source(engagement)
    api = await open_api(ctx, client, background=background)
    fetched = await fetch(api, client, engagement, frozenset(ledgers), progress)
    progress(Progress("checks", 6, STEPS))
    sie = await read_sie(fetched.sie)
    refuse_other_company(client, sie)
    refuse_other_year(engagement.year, sie)
    annexes = await asyncio.to_thread(_annexes, sie, engagement, fetched)
    findings = [*sie.findings, *fetched.findings]
    return await _save(ctx, client, engagement, sie, fetched, annexes, findings, progress)


async def import_file(
    ctx: Context, engagement_id: str, path: Path, *, progress: Report = silent
) -> ImportResult:
    """Read a SIE 4 file into an engagement whose source is SIE files.

    Raises:
        UsageError: ``file_missing``, ``id_unknown``.
        Refused: ``wrong_source``, ``engagement_locked``, ``not_sie``, ``sie_fatal``, ``company_mismatch``,
            ``year_mismatch``.
    """
    client, engagement = await ctx.store.read(lambda tx: load(tx, engagement_id))
    refuse_locked(client, engagement)
    if engagement.source is not SourceKind.SIE4:
        raise _wrong_source(engagement)
    progress(Progress("sie", 3, STEPS, path.name))
    data = await asyncio.to_thread(read_regular_file, path, LARGEST_SIE)
    sie = await read_sie(data, path.name)
    refuse_other_company(client, sie)
    refuse_other_year(engagement.year, sie)
    progress(Progress("checks", 6, STEPS))
    fetched = Fetched(data)
    annexes = await asyncio.to_thread(_annexes, sie, engagement, fetched)
    return await _save(ctx, client, engagement, sie, fetched, annexes, list(sie.findings), progress)


async def import_all(ctx: Context, *, progress: Report = silent) -> list[ImportOutcome]:
    """Import every unlocked engagement whose source is Fortnox; one that fails does not stop the rest."""

    def targets(tx: Transaction) -> list[tuple[Client, Engagement]]:
        found = [(clients.get(tx, one.client_id), one) for one in everything]
        return [(client, one) for client, one in found if client is not None]

    everything = [
        one for one in await list_engagements(ctx) if one.source is SourceKind.FORTNOX and not one.locked
    ]
    pairs = await ctx.store.read(targets)
    latest = _latest_of_each_client(pairs)
    places = asyncio.Semaphore(PARALLEL_CLIENTS)
    done = 0

    async def one(client: Client, engagement: Engagement) -> ImportOutcome:
        nonlocal done
        async with places:
            outcome = await _try_import(ctx, client, engagement)
        done += 1
        progress(Progress("save", done, len(latest), client.name))
        return outcome

    return await together(one(*pair) for pair in latest)


PARALLEL_CLIENTS = 8
"""Clients imported at the same time; each has a request window of its own at Fortnox."""


def _latest_of_each_client(pairs: Sequence[tuple[Client, Engagement]]) -> list[tuple[Client, Engagement]]:
    """Every unlocked engagement, the clients by name."""
    return sorted(pairs, key=lambda pair: (pair[0].name.casefold(), pair[1].year))


async def _try_import(ctx: Context, client: Client, engagement: Engagement) -> ImportOutcome:
    try:
        result = await import_year(ctx, engagement.id, background=True)
    except BryggaError as error:
        return ImportOutcome(client, engagement, None, error)
    return ImportOutcome(client, engagement, result, None)


def _annexes(sie: SieFile, engagement: Engagement, fetched: Fetched) -> list[Annex]:
    journal = tuple(vouchers_on(sie, ledger_prefixes(fetched.main)))
    books = Books(engagement.year, balances(sie), journal)
    if not fetched.ledgers:
        return annexes_without_ledgers(books)
    made = make_annexes(books, fetched.subledgers(journal), cash_method=fetched.cash_method)
    return [replace(annex, explanations=_with_texts(annex.explanations, sie)) for annex in made]


def _with_texts(explanations: Iterable[Explanation], sie: SieFile) -> tuple[Explanation, ...]:
    """The explanations that point at a voucher, with its text."""
    return tuple(
        one if one.text else replace(one, text=voucher_text(sie, *_place(one.reference)))
        for one in explanations
    )


def _place(reference: str) -> tuple[str, str]:
    series, _space, number = reference.rpartition(" ")
    return series, number


async def _save(
    ctx: Context,
    client: Client,
    engagement: Engagement,
    sie: SieFile,
    fetched: Fetched,
    annexes: list[Annex],
    findings: list[Finding],
    progress: Report,
) -> ImportResult:
    run = ImportRun(
        id=ctx.new_id(),
        engagement_id=engagement.id,
        made_at=ctx.now().replace(microsecond=0),
        source=engagement.source,
        person=ctx.person,
        sha256=content_hash(fetched.sie),
        size=len(fetched.sie),
        program=sie.program,
        encoding=sie.encoding,
        accounts=len(sie.accounts),
        vouchers=sie.voucher_count,
        transactions=sie.transaction_count,
        has_ledgers=bool(fetched.ledgers),
        findings=tuple(findings),
    )
    before = await ctx.store.read(lambda tx: _packed_before(tx, engagement.id))
    packed = await asyncio.to_thread(_pack, run, sie, fetched, annexes)
    changes = await asyncio.to_thread(count_changes, before, sie) if before is not None else None
    progress(Progress("save", STEPS, STEPS))

    def work(tx: Transaction) -> None:
        __, current = load(tx, engagement.id)
        refuse_locked(client, current)
        imports.insert(tx, packed)
        if current.source is SourceKind.FORTNOX:
            connections.mark_used(tx, client.id, ctx.now())
        ctx.record(
            tx,
            "import",
            client_id=client.id,
            engagement_id=engagement.id,
            run=run.id,
            sha256=run.sha256,
            vouchers=run.vouchers,
            program=run.program,
        )

    await ctx.store.write(work)
    return ImportResult(client, engagement, run, annexes, changes, findings)


def _packed_before(tx: Transaction, engagement_id: str) -> bytes | None:
    run = imports.latest(tx, engagement_id)
    return imports.packed_sie(tx, run.id) if run else None


def _pack(run: ImportRun, sie: SieFile, fetched: Fetched, annexes: list[Annex]) -> PackedSnapshot:
    chart = {account.number: account for account in fetched.accounts}
    series = tuple(fetched.series) or _series_in_file(sie)
    return imports.pack(Snapshot(run, fetched.sie, tuple(account_sums(sie, chart)), series, tuple(annexes)))


def account_sums(sie: SieFile, chart: Mapping[str, Account]) -> Iterator[AccountSums]:
    """Every account that is declared, has a balance or is used, by number."""
    figures = balances(sie)
    closing = {**figures.res, **figures.ub}
    previous = {**figures.previous_res, **figures.previous_ub}
    names = sie.accounts
    used = names.keys() | closing.keys() | figures.ib.keys() | figures.change.keys()
    for number in sorted(used):
        account = chart.get(number) or Account(number, names.get(number, ""))
        yield AccountSums(
            account,
            figures.ib.get(number, 0),
            figures.change.get(number, 0),
            closing.get(number, 0),
            previous.get(number, 0),
        )


def _series_in_file(sie: SieFile) -> tuple[Series, ...]:
    """A file declares no series: those that its vouchers use, open as far as the file tells."""
    return tuple(Series(code, "", manual=True) for code in sorted(filter(None, sie.columns.series.texts)))


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
