"""Import of a large company, of fifty ordinary ones, and the screens that stand on the result.

``python -m benchmarks.imports [large|many|screens]``. The sandbox runs in a process of its own and keeps Fortnox's
limit, 25 requests in 5 seconds; brygga uses 24 in 5.1. The floor of a reading is what that limit alone takes:
(requests - 24) / 24 * 5.1 seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from core.store import imports as stored
from core.usecases import imports
from core.usecases.context import Context, open_context
from core.usecases.demo import Demo, connect, open_demo, register, store_secret
from core.usecases.drilldown import drill_down
from core.usecases.progress import Progress
from core.usecases.reconcile import reconciliation_list

WINDOW, PLACES = 5.1, 24


@dataclass
class Phases:
    """When each phase began, and the traffic at its end."""

    began: dict[str, float] = field(default_factory=dict)
    last: Progress | None = None

    def __call__(self, progress: Progress) -> None:
        self.began.setdefault(progress.phase, time.perf_counter())
        self.last = progress

    def rows(self, end: float) -> list[tuple[str, float]]:
        names = list(self.began)
        ends = [*(self.began[name] for name in names[1:]), end]
        return [(name, stop - self.began[name]) for name, stop in zip(names, ends, strict=True)]


def floor(requests: int) -> float:
    return max(requests - PLACES, 0) / PLACES * WINDOW


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextlib.asynccontextmanager
async def firm(clients: int, vouchers: int) -> AsyncIterator[tuple[Context, Demo]]:
    with tempfile.TemporaryDirectory(prefix="brygga-bench-") as place:
        async with (
            open_demo(Path(place), clients=clients, vouchers=vouchers) as running,
            open_context(running.settings) as ctx,
        ):
            await store_secret(ctx, running)
            yield ctx, running


async def large(vouchers: int) -> None:
    async with firm(0, vouchers) as (ctx, running):
        tenant = running.tenants[-1]
        client, engagement = await register(ctx, tenant, 0)
        await connect(ctx, client, tenant)
        await asyncio.sleep(WINDOW)
        before = peak_mb()
        phases = Phases()
        start = time.perf_counter()
        result = await imports.import_year(ctx, engagement.id, progress=phases)
        end = time.perf_counter()
        assert phases.last is not None
        print(
            f"{result.run.vouchers} vouchers, {result.run.transactions} rows, {result.run.size / 1e6:.1f} MB of SIE"
        )
        for annex in result.annexes:
            print(f"  {annex.account}: {len(annex.items or ())} open items, difference {annex.difference}")
        for name, seconds in phases.rows(end):
            print(f"  {name:16} {seconds:7.2f} s")
        requests, whole = phases.last.requests, end - start
        print(
            f"  requests {requests}, floor {floor(requests):.1f} s, whole {whole:.1f} s, ratio {whole / floor(requests):.2f}"
        )
        print(
            f"  received {phases.last.received / 1e6:.1f} MB, peak memory {peak_mb():.0f} MB (before {before:.0f})"
        )
        await screens(ctx, engagement.id)


async def screens(ctx: Context, engagement_id: str) -> None:
    listed = await reconciliation_list(ctx, engagement_id)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        listed = await reconciliation_list(ctx, engagement_id)
        times.append(time.perf_counter() - start)
    print(f"  reconciliation list of {len(listed.accounts)} accounts: {min(times) * 1000:.0f} ms (best of 5)")
    from core.store import rowindex

    run = await ctx.store.read(lambda tx: stored.latest(tx, engagement_id))
    assert run is not None
    counts = await ctx.store.read(lambda tx: rowindex.counts(tx, run.id))
    account = max(counts, key=lambda one: counts[one])
    times = []
    for _ in range(5):
        start = time.perf_counter()
        found = await drill_down(ctx, engagement_id, account)
        shown = found.rows[-40:]
        times.append(time.perf_counter() - start)
    print(
        f"  drill-down into {len(found.rows)} rows of {account}: {min(times) * 1000:.0f} ms (best of 5), last {shown[-1].balance}"
    )


async def many(tenants: int) -> None:
    async with firm(tenants, 0) as (ctx, running):
        for position, tenant in enumerate(running.tenants):
            client, _engagement = await register(ctx, tenant, position)
            await connect(ctx, client, tenant)
        await asyncio.sleep(WINDOW)
        start = time.perf_counter()
        outcomes = await imports.import_all(ctx)
        whole = time.perf_counter() - start
        failed = [one for one in outcomes if one.error is not None]
        print(
            f"{len(outcomes)} tenants in {whole:.1f} s, {len(failed)} failed, peak memory {peak_mb():.0f} MB"
        )
        for one in failed[:3]:
            print("  ", one.client.name, one.error)


def main() -> None:
    what = sys.argv[1] if len(sys.argv) > 1 else "large"
    count = int(sys.argv[2]) if len(sys.argv) > 2 else None
    asyncio.run(many(count or 50) if what == "many" else large(count or 100_000))


if __name__ == "__main__":
    main()
