"""Posting speed against the request limit: one company with many vouchers, and many companies side by side.

``python -m benchmarks.export --vouchers 500 --tenants 20 --each 50`` prints the times and the floor that the
limit of 24 requests in 5.1 seconds sets for the same number of requests.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from core.fortnox.limits import REQUESTS, WINDOW_SECONDS
from core.model import Row
from core.register import Client, DraftVoucher, Engagement
from core.together import together
from core.usecases.context import Context, open_context
from core.usecases.demo import Demo, connect, open_demo, register, store_secret
from core.usecases.export import export_vouchers
from core.usecases.imports import import_year
from core.usecases.vouchers import add_vouchers, mark_ready

SAMPLES = 5
"""The companies with traits, which are left alone."""


def floor(requests: int) -> float:
    """Seconds that so many requests take at least: a window's worth at once, the next one window later."""
    return max(0, (requests - 1) // REQUESTS) * WINDOW_SECONDS


async def _prepare(ctx: Context, demo: Demo, position: int, count: int) -> tuple[Client, Engagement]:
    tenant = demo.tenants[position]
    client, engagement = await register(ctx, tenant, position)
    await connect(ctx, client, tenant)
    await import_year(ctx, engagement.id, ledgers=())
    rows = (Row("6530", 100_00), Row("2990", -100_00))
    drafts = [DraftVoucher(engagement.year.to_date, f"Test {at}", rows) for at in range(count)]
    made = await add_vouchers(ctx, engagement.id, drafts)
    await mark_ready(ctx, [one.id for one in made])
    return client, engagement


async def _export(ctx: Context, engagement: Engagement, count: int) -> float:
    started = time.perf_counter()
    result = await export_vouchers(ctx, engagement.id, "I", wait=True)
    assert result.posted == count, result
    return time.perf_counter() - started


async def _requests(demo: Demo, tenant: str) -> int:
    import json
    import urllib.request

    def ask() -> int:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{demo.sandbox.info.control}/requests", timeout=60) as answer:
            served = json.load(answer)["requests"]
        return sum(one["tenant"] == tenant for one in served)

    return await asyncio.to_thread(ask)


async def run(vouchers: int, tenants: int, each: int) -> list[str]:
    """Measure; the lines of the table."""
    async with contextlib.AsyncExitStack() as stack:
        place = Path(stack.enter_context(TemporaryDirectory(prefix="brygga-bench-")))
        demo = await stack.enter_async_context(open_demo(place, clients=SAMPLES + tenants + 2))
        ctx = await stack.enter_async_context(open_context(demo.settings, person="bench"))
        await store_secret(ctx, demo)
        one = await _prepare(ctx, demo, SAMPLES, vouchers)
        alone = await _prepare(ctx, demo, SAMPLES + 1, each)
        many = [await _prepare(ctx, demo, SAMPLES + 2 + at, each) for at in range(tenants)]
        await asyncio.sleep(WINDOW_SECONDS)
        before = await _requests(demo, demo.tenants[SAMPLES].tenant)
        seconds = await _export(ctx, one[1], vouchers)
        least = floor(await _requests(demo, demo.tenants[SAMPLES].tenant) - before)
        by_itself = await _export(ctx, alone[1], each)
        together_seconds = await together(_export(ctx, engagement, each) for _client, engagement in many)
        slowest = max(together_seconds)
    return [
        f"one company, {vouchers} vouchers: {seconds:.1f} s, floor {least:.1f} s, ratio {seconds / least:.2f}",
        f"one company alone, {each} vouchers: {by_itself:.1f} s",
        f"{tenants} companies at once, {each} each: slowest {slowest:.1f} s, {slowest / by_itself - 1:+.0%}",
    ]


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--vouchers", type=int, default=500)
    parser.add_argument("--tenants", type=int, default=20)
    parser.add_argument("--each", type=int, default=50)
    options = parser.parse_args()
    print("\n".join(asyncio.run(run(options.vouchers, options.tenants, options.each))))


if __name__ == "__main__":
    main()
