"""From the bytes of the books to all that a snapshot stores: pure work without store or network.

It runs in a thread, or in a process beside this one while many files wait (``core.usecases.workers``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from core.collector import collector_paused
from core.files import content_hash, read_regular_file
from core.ledger.reading import worth_keeping
from core.model import Account, Annex, Series
from core.register import Client, Engagement, ImportRun
from core.sie.books import accept, balances
from core.sie.file import SieFile
from core.sie.reader import read
from core.store import imports, ledgers
from core.store.imports import AccountSums, PackedSnapshot, Snapshot
from core.usecases.annex_days import annexes_of
from core.usecases.diffs import Changes, count_changes
from core.usecases.fetch import Fetched
from core.usecases.ours import OwnVouchers, Seen, find_ours
from core.usecases.rows import RowIndex, row_index, series_names, take_over_findings
from core.usecases.siebooks import refuse_other_company, refuse_other_year

_NOT_YET = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Material:
    """Books that have been read but not looked at, and what they are to be held against."""

    client: Client
    engagement: Engagement
    fetched: Fetched
    on: date
    """The day of the annexes that are asked for; those of the year's end are made in any case."""
    own: OwnVouchers
    """Our own vouchers to look for in the books."""
    largest: int
    """Bytes; larger books are refused."""
    before: bytes | None
    """The packed books of the import before, None at the first."""
    periods: bool
    """Whether monthly changes are kept."""
    path: Path | None = None
    """The file that holds the books, where ``fetched`` does not."""
    sha256: str = ""
    """What the file holds, where that is known."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is ready to be stored."""

    packed: PackedSnapshot
    """Its run has no id, time and person yet."""
    index: RowIndex
    kept: bytes | None
    """The ledgers, packed."""
    annexes: list[Annex]
    """As of the day that was asked for."""
    changes: Changes | None
    """Since the import before; None at the first."""
    seen: list[Seen]


@collector_paused()
def prepare(material: Material) -> Prepared:
    """Read and check the books, make their annexes and their index, compress it all; CPU work.

    Raises:
        UsageError: ``file_missing``.
        Refused: ``not_sie``, ``sie_fatal``, ``company_mismatch``, ``year_mismatch``.
    """
    fetched, name = material.fetched, ""
    if material.path is not None:
        fetched = replace(fetched, sie=read_regular_file(material.path, material.largest))
        name = material.path.name
    sie = accept(read(fetched.sie, name=name, largest=material.largest))
    refuse_other_company(material.client, sie)
    refuse_other_year(material.engagement.year, sie)
    year = material.engagement.year
    annexes = annexes_of(sie, year, fetched.reading, year.to_date)
    asked = annexes if material.on == year.to_date else annexes_of(sie, year, fetched.reading, material.on)
    index = row_index(sie, periods=material.periods)
    changes = count_changes(material.before, sie) if material.before is not None else None
    kept = ledgers.pack(worth_keeping(fetched.reading)) if fetched.reading is not None else None
    snapshot = _snapshot(material, fetched, sie, index, annexes)
    return Prepared(imports.pack(snapshot), index, kept, asked, changes, find_ours(sie, material.own))


def _snapshot(
    material: Material, fetched: Fetched, sie: SieFile, index: RowIndex, annexes: list[Annex]
) -> Snapshot:
    chart = {account.number: account for account in fetched.accounts}
    run = ImportRun(
        id="",
        engagement_id=material.engagement.id,
        made_at=_NOT_YET,
        source=material.engagement.source,
        person="",
        sha256=content_hash(fetched.sie),
        size=len(fetched.sie),
        program=sie.program,
        encoding=sie.encoding,
        accounts=len(sie.accounts),
        vouchers=sie.voucher_count,
        transactions=sie.transaction_count,
        has_ledgers=fetched.reading is not None,
        findings=(*sie.findings, *take_over_findings(sie), *fetched.findings, *index.findings),
    )
    return Snapshot(
        run, fetched.sie, tuple(account_sums(sie, chart)), tuple(_series(sie, fetched)), tuple(annexes)
    )


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


def _series(sie: SieFile, fetched: Fetched) -> Iterator[Series]:
    """The series that Fortnox lists, and those that the vouchers use besides.

    A file declares no series: those that its vouchers use count as open, as far as the file tells.
    """
    listed = {one.code for one in fetched.series}
    yield from fetched.series
    for code in sorted({*filter(None, series_names(sie))} - listed):
        yield Series(code, "", manual=not listed)
