"""What still waits for Fortnox in ``exchange_harness.py``, how long that is borne, and the person who decides.

A voucher that was sent three times without a trace is left to a person, and the files behind it wait for that. So
the harness has a person, who does what the guide says: looks in Fortnox, releases what is not there and exports it.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Collection
from pathlib import Path

import msgspec

from core.config import Settings
from core.errors import BryggaError
from core.register import VoucherState
from core.store import outbox, vouchers
from core.store.database import Transaction
from core.store.outbox import OutboxState
from core.usecases.context import Context, open_context
from core.usecases.export import export_vouchers
from core.usecases.voucher_order import exclude_voucher, release_voucher
from tests.faults.exchange_fortnox import SERIES

PATIENCE = 60
"""So many looks in a row may find the same files waiting."""
_WAITING = "SELECT job_id, kind, details, tries, sent_at FROM exchange_errands ORDER BY job_id"
_OPEN = "SELECT key, voucher_id, state, attempts, error FROM outbox WHERE state != 'posted' ORDER BY key"


class Patience:
    """Counts the looks at which nothing has moved."""

    def __init__(self, looks: int = PATIENCE) -> None:
        self._looks, self._same = looks, 0
        self.longest = 0
        """Most looks in a row at which nothing had moved."""
        self._seen: frozenset[str] = frozenset()

    def lasts(self, waiting: Collection[str]) -> bool:
        """Whether to wait on for these, or for a run that ends by itself where nothing waits; False when they have been the same for too many looks in a row."""
        seen = frozenset(waiting)
        self._same = self._same + 1 if seen == self._seen else 0
        self._seen = seen
        self.longest = max(self.longest, self._same)
        return self._same < self._looks


def bring_forward(store_path: Path) -> list[str]:
    """The ids of the files that wait for Fortnox; their time is brought forward, as if it had passed."""
    with contextlib.closing(sqlite3.connect(store_path, timeout=10)) as store:
        waiting = [row[0] for row in store.execute(_WAITING)]
        store.execute("UPDATE exchange_errands SET due_at = since")
        store.commit()
    return waiting


def what_waits(store_path: Path) -> list[str]:
    """A line for each file that waits and for each voucher that is not certain, the oldest first."""
    with contextlib.closing(sqlite3.connect(store_path, timeout=10)) as store:
        states = dict(store.execute("SELECT id, state FROM closing_vouchers"))
        lines = []
        for job_id, kind, details, tries, sent_at in store.execute(_WAITING):
            told = msgspec.json.decode(details)
            held = ", ".join(f"{one} {states.get(one, 'gone')}" for one in told.get("vouchers", []))
            lines.append(f"{kind} {job_id} {told['name']!r}: {tries} tries, sent {sent_at}; {held or '-'}")
        for key, voucher_id, state, attempts, error in store.execute(_OPEN):
            lines.append(f"voucher {voucher_id} ({key}): {state} after {attempts} attempts; {error or '-'}")
    return lines


class Person:
    """Decides about the vouchers that brygga leaves to one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.decided = 0
        self._released: set[str] = set()
        """Vouchers that are to be exported by hand."""

    @property
    def is_needed(self) -> bool:
        """Whether a voucher waits for a decision, or for the export that a decision allows."""
        with contextlib.closing(sqlite3.connect(self._settings.store_path, timeout=10)) as store:
            stuck = store.execute("SELECT COUNT(*) FROM outbox WHERE state = 'conflict'").fetchone()[0]
        return bool(stuck or self._released)

    async def decide(self, there: Collection[str]) -> None:
        """Look in Fortnox, where vouchers of these texts are; what is not there is released and exported."""
        async with open_context(self._settings, person="person") as ctx:
            for voucher_id, text in await ctx.store.read(_stuck):
                self.decided += 1
                if text in there:
                    await exclude_voucher(ctx, voucher_id)
                else:
                    await release_voucher(ctx, voucher_id)
                    self._released.add(voucher_id)
            for voucher_id in sorted(self._released):
                await self._export(ctx, voucher_id)

    async def _export(self, ctx: Context, voucher_id: str) -> None:
        voucher = await ctx.store.read(lambda tx: vouchers.get(tx, voucher_id))
        assert voucher is not None
        with contextlib.suppress(BryggaError):  # at the next look the person tries again
            await export_vouchers(ctx, voucher.engagement_id, SERIES, only={voucher_id}, wait=True)
        after = await ctx.store.read(lambda tx: vouchers.get(tx, voucher_id))
        if after is not None and after.state is VoucherState.POSTED:
            self._released.discard(voucher_id)


def _stuck(tx: Transaction) -> list[tuple[str, str]]:
    found = []
    for engagement_id in outbox.engagements_in(tx, {OutboxState.CONFLICT}):
        for entry in outbox.of_engagement(tx, engagement_id):
            voucher = vouchers.get(tx, entry.voucher_id) if entry.state is OutboxState.CONFLICT else None
            if voucher is not None:
                found.append((voucher.id, voucher.text))
    return found
