"""What changed in the books between the two latest imports."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import date, datetime

from core.collector import collector_paused
from core.model import Account, Voucher
from core.money import Ore
from core.register import ImportRun, VoucherState
from core.sie import compare
from core.sie.compare import Comparison, NumberGap, changes, number_gaps
from core.sie.file import SieFile
from core.sie.reader import read
from core.store import imports, vouchers
from core.store.database import Transaction
from core.usecases.context import Context
from core.usecases.engagements import load


@dataclass(frozen=True, slots=True)
class Changes:
    """How many vouchers were added, removed and altered."""

    added: int
    removed: int
    altered: int


@dataclass(frozen=True, slots=True)
class VoucherChange:
    """A voucher that differs. ``ours``: brygga posted it."""

    series: str
    number: str
    date: date
    text: str
    turnover: Ore
    ours: bool


@dataclass(frozen=True, slots=True)
class AccountChange:
    """An account whose closing figure moved, ledger-signed öre."""

    account: Account
    before: Ore
    after: Ore


@dataclass(frozen=True, slots=True)
class BooksDiff:
    """The latest import against the one before it."""

    added: list[VoucherChange] = field(default_factory=list)
    removed: list[VoucherChange] = field(default_factory=list)
    altered: list[VoucherChange] = field(default_factory=list)
    """As they stand now."""
    gaps: list[str] = field(default_factory=list)
    """Numbers that the latest import's series lack: ``A 7``, ``A 9-11``."""
    accounts: list[AccountChange] = field(default_factory=list)
    imports: tuple[datetime | None, datetime | None] = (None, None)
    """When the earlier and the later import were made."""


@dataclass(frozen=True, slots=True)
class _Stored:
    """What the comparison needs of the store."""

    runs: list[ImportRun]
    """At most two, the newest first."""
    packed: list[bytes]
    names: dict[str, str]
    ours: set[tuple[str, str]]


async def latest_diff(ctx: Context, engagement_id: str) -> BooksDiff:
    """The latest import against the one before it; nothing but gaps with fewer than two.

    Raises:
        UsageError: ``id_unknown``.
    """
    stored = await ctx.store.read(lambda tx: _read(tx, engagement_id))
    return await asyncio.to_thread(_diff, stored)


async def latest_changes(ctx: Context, engagement_id: str) -> Changes | None:
    """How many vouchers differ between the two latest imports; None with fewer than two.

    Raises:
        UsageError: ``id_unknown``.
    """
    stored = await ctx.store.read(lambda tx: _read(tx, engagement_id))
    if len(stored.runs) < 2:
        return None
    if _same_file(stored):
        return Changes(0, 0, 0)
    return await asyncio.to_thread(
        lambda: count_changes(stored.packed[1], read(imports.unpack_sie(stored.packed[0])))
    )


def _same_file(stored: _Stored) -> bool:
    return stored.runs[0].sha256 == stored.runs[1].sha256


@collector_paused()
def count_changes(before: bytes, after: SieFile) -> Changes:
    """How many vouchers differ from an earlier snapshot's packed file; CPU work for a thread."""
    return Changes(*compare.count_changes(read(imports.unpack_sie(before)), after))


def _read(tx: Transaction, engagement_id: str) -> _Stored:
    load(tx, engagement_id)
    runs = imports.runs(tx, engagement_id, 2)
    posted = vouchers.of_engagement(tx, engagement_id, {VoucherState.POSTED})
    sums = imports.sums(tx, runs[0].id) if runs else []
    return _Stored(
        runs,
        [imports.packed_sie(tx, run.id) for run in runs],
        {one.account.number: one.account.name for one in sums},
        {(voucher.series, voucher.number) for voucher in posted},
    )


@collector_paused()
def _diff(stored: _Stored) -> BooksDiff:
    if not stored.runs:
        return BooksDiff()
    later = read(imports.unpack_sie(stored.packed[0]))
    if len(stored.runs) == 1:
        return BooksDiff(gaps=_gaps(number_gaps(later)), imports=(None, stored.runs[0].made_at))
    if _same_file(stored):
        times = (stored.runs[1].made_at, stored.runs[0].made_at)
        return BooksDiff(gaps=_gaps(number_gaps(later)), imports=times)
    found = changes(read(imports.unpack_sie(stored.packed[1])), later)
    return _shown(found, stored)


def _shown(found: Comparison, stored: _Stored) -> BooksDiff:
    def change(voucher: Voucher) -> VoucherChange:
        ours = (voucher.series, voucher.number) in stored.ours
        return VoucherChange(
            voucher.series, voucher.number, voucher.date, voucher.text, voucher.turnover, ours
        )

    return BooksDiff(
        [change(voucher) for voucher in found.added],
        [change(voucher) for voucher in found.removed],
        [change(after) for __, after in found.altered],
        _gaps(found.gaps),
        [
            AccountChange(Account(one.account, stored.names.get(one.account, "")), one.before, one.after)
            for one in found.accounts
        ],
        (stored.runs[1].made_at, stored.runs[0].made_at),
    )


def _gaps(found: list[NumberGap] | tuple[NumberGap, ...]) -> list[str]:
    return [
        f"{gap.series} {gap.first}" if gap.first == gap.last else f"{gap.series} {gap.first}-{gap.last}"
        for gap in found
    ]
