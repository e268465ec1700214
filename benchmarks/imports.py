"""Import of a large company, of fifty ordinary ones, and the screens that stand on the result.

``python -m benchmarks.imports [large|many|screens]``. The sandbox runs in a process of its own and keeps Fortnox's
limit, 25 requests in 5 seconds; brygga uses 24 in 5.1. The floor of a reading is what that limit alone takes:
(requests - 24) / 24 * 5.1 seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import resource
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from core.config import load
from core.register import SourceKind
from core.store import imports as stored
from core.usecases import imports
from core.usecases.clients import add_client
from core.usecases.context import Context, open_context
from core.usecases.demo import Demo, connect, open_demo, register, store_secret
from core.usecases.drilldown import drill_down
from core.usecases.engagements import add_engagement
from core.usecases.progress import Progress
from core.usecases.reconcile import reconciliation_list

WINDOW, PLACES = 5.1, 24


@dataclass
class Phases:
    """When each phase began, and the traffic at its end."""

    began: dict[str, tuple[float, float]] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)
    """How many requests had been made when the phase began."""
    last: Progress | None = None

    def __call__(self, progress: Progress) -> None:
        self.began.setdefault(progress.phase, now())
        self.requests.setdefault(progress.phase, progress.requests)
        self.last = progress

    def rows(self, served: list[dict[str, Any]]) -> list[tuple[str, float, float, int, float]]:
        """(phase, seconds on the wall, of this process's own work, requests, seconds of the sandbox's work).

        ``served`` are the sandbox's requests in order; a phase's are those made until the next one began.
        """
        names = list(self.began)
        ends = [*(self.began[name] for name in names[1:]), now()]
        last = [*(self.requests[name] for name in names[1:]), len(served)]
        found = []
        for name, stop, until in zip(names, ends, last, strict=True):
            mine = served[self.requests[name] : until]
            wall, own = stop[0] - self.began[name][0], stop[1] - self.began[name][1]
            found.append((name, wall, own, len(mine), service(mine)))
        return found


def service(served: Iterable[Mapping[str, Any]]) -> float:
    """The seconds that the sandbox worked."""
    return sum(float(one["seconds"]) for one in served)


def now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def asked(control: str, method: str = "GET") -> list[dict[str, Any]]:
    """The requests that the sandbox has served; DELETE forgets them."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(f"{control.rstrip('/')}/requests", method=method)
    with opener.open(request, timeout=20) as answer:
        body = json.loads(answer.read() or b"null") or {}
    found: list[dict[str, Any]] = body.get("requests", [])
    return found


def floor(requests: int) -> float:
    return max(requests - PLACES, 0) / PLACES * WINDOW


def background_floor(requests: int) -> float:
    """Background work may use 21 places of the window; the last begins after so many whole windows."""
    return math.ceil(max(requests - 21, 0) / 21) * WINDOW


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
        control = running.sandbox.info.control
        asked(control, "DELETE")
        start = time.perf_counter()
        result = await imports.import_year(ctx, engagement.id, progress=phases)
        end = time.perf_counter()
        served = asked(control)
        taken = phases.rows(served)
        assert phases.last is not None
        print(
            f"{result.run.vouchers} vouchers, {result.run.transactions} rows, {result.run.size / 1e6:.1f} MB of SIE"
        )
        for annex in result.annexes:
            print(f"  {annex.account}: {len(annex.items or ())} open items, difference {annex.difference}")
        for name, seconds, own, count, worked in taken:
            print(
                f"  {name:16} {seconds:7.2f} s, own work {own:5.2f} s, sandbox {worked:6.2f} s in {count} requests"
            )
        print(f"  the sandbox worked {service(served):.2f} s in all")
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
        for what in ("first round, the sandbox renders its files", "second round, the files are rendered"):
            await asyncio.sleep(WINDOW)
            await round_of_all(ctx, running.sandbox.info.control, what)


async def round_of_all(ctx: Context, control: str, what: str) -> None:
    """One ``import --all``: on the wall, by brygga itself, and by the sandbox."""
    asked(control, "DELETE")
    start, own = now()
    outcomes = await imports.import_all(ctx)
    end, own_end = now()
    failed = [one for one in outcomes if one.error is not None]
    served = asked(control)
    most = max(Counter(one["tenant"] for one in served if one["tenant"]).values())
    least, ours = background_floor(most), own_end - own
    print(f"{what}: {len(outcomes)} tenants in {end - start:.1f} s, {len(failed)} failed")
    print(
        f"  most requests of a tenant {most}, its floor {least:.1f} s, own work {ours:.2f} s,"
        f" of the goal {(end - start) / (1.2 * least + ours):.2f}, peak memory {peak_mb():.0f} MB"
    )
    by_path: Counter[str] = Counter()
    for one in served:
        by_path[one["path"].split("/")[2]] += one["seconds"]
    parts = ", ".join(f"{name} {spent:.1f} s" for name, spent in by_path.most_common(3))
    print(f"  {len(served)} requests, the sandbox worked {service(served):.1f} s on them: {parts}")
    for outcome in failed[:3]:
        print("  ", outcome.client.name, outcome.error)


def generated(accounts: int, rows: int) -> bytes:
    """A year with so many balance accounts, and so many rows on 1930."""
    numbers = [number for number in range(1010, 2999) if number != 1930][: accounts - 1]
    head = [
        "#FLAGGA 0",
        '#PROGRAM "Bench" 1',
        "#FORMAT PC8",
        "#SIETYP 4",
        "#ORGNR 556677-8899",
        '#FNAMN "Bench"',
    ]
    head += [
        "#RAR 0 20250101 20251231",
        '#KONTO 1930 "Bank"',
        *(f'#KONTO {one} "Konto {one}"' for one in numbers),
    ]
    vouchers = []
    for at in range(rows):
        account, day = numbers[at % len(numbers)], 20250101 + at % 28 + 100 * (at % 12)
        vouchers.append(
            f'#VER A {at + 1} {day} "Betalning {at}"\n{{\n#TRANS 1930 {{}} 100\n#TRANS {account} {{}} -100\n}}'
        )
    return "\n".join([*head, *vouchers, ""]).encode("cp437")


async def screens_alone(accounts: int, rows: int) -> None:
    """The screens over a file, without Fortnox."""
    with tempfile.TemporaryDirectory(prefix="brygga-bench-") as place:
        file = Path(place) / "year.se"
        file.write_bytes(generated(accounts, rows))
        async with open_context(load(None, Path(place) / "data", environ={})) as ctx:
            client = await add_client(ctx, name="Bench", orgnr="556677-8899")
            year = (date(2025, 1, 1), date(2025, 12, 31))
            engagement = await add_engagement(ctx, client.id, *year, SourceKind.SIE4)
            start = now()
            await imports.import_file(ctx, engagement.id, file)
            end = now()
            print(f"import of the file: {end[0] - start[0]:.2f} s, own work {end[1] - start[1]:.2f} s")
            await screens(ctx, engagement.id)


def main() -> None:
    what = sys.argv[1] if len(sys.argv) > 1 else "large"
    count = int(sys.argv[2]) if len(sys.argv) > 2 else None
    works = {
        "large": lambda: large(count or 100_000),
        "many": lambda: many(count or 50),
        "screens": lambda: screens_alone(600, count or 50_000),
    }
    asyncio.run(works[what]())


if __name__ == "__main__":
    main()
