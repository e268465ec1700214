"""One import from the sandbox, split in phases, beside the number of requests it took."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

import msgspec

from benchmarks.measure import report
from core.fortnox.transport import Request, Transport
from core.usecases.context import open_context
from core.usecases.demo import connect, open_demo, register, store_secret
from core.usecases.imports import import_year
from core.usecases.progress import Progress
from core.usecases.tokens import transport


async def measure() -> None:
    """Import the first sample company and print the seconds of each phase."""
    async with open_demo(clients=1) as demo, open_context(demo.settings) as ctx:
        await store_secret(ctx, demo)
        client, engagement = await register(ctx, demo.tenants[0], 0)
        await connect(ctx, client, demo.tenants[0])
        moments: dict[str, float] = {}

        def note(progress: Progress) -> None:
            moments.setdefault(progress.phase, time.perf_counter())

        before = await _requests(transport(ctx), demo.sandbox.info.control)
        result = await import_year(ctx, engagement.id, progress=note)
        moments["end"] = time.perf_counter()
        after = await _requests(transport(ctx), demo.sandbox.info.control)
    rows: list[tuple[object, ...]] = [
        (phase, following - started) for (phase, started), (_, following) in pairwise(moments.items())
    ]
    rows.append(("whole", moments["end"] - moments["company"]))
    title = f"Import of {result.run.vouchers} vouchers with ledgers, {after - before} requests (seconds)"
    report("spine", title, ("phase", "seconds"), rows)


async def _requests(carrier: Transport, control: str) -> int:
    answer = await carrier.send(Request("GET", f"{control}/requests"))
    served = msgspec.json.decode(answer.body)
    records = served["requests"] if isinstance(served, dict) else served
    return sum("/3/" in record["path"] for record in records)


def main() -> None:
    """Measure and print."""
    asyncio.run(measure())


if __name__ == "__main__":
    main()
