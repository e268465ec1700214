"""A backup of a large store while it is written to, its verification, and its restore.

python -m benchmarks.backup [--megabytes N]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import tempfile
import time
from contextlib import suppress
from datetime import date
from functools import partial
from pathlib import Path

from core.config import load
from core.register import SourceKind
from core.store.database import Transaction
from core.usecases.backup import create_backup, verify_backup
from core.usecases.clients import add_client
from core.usecases.context import Context, open_context
from core.usecases.engagements import add_engagement
from core.usecases.restore import restore_backup

PIECE = 1_000_000


def row(tx: Transaction, number: int, engagement_id: str) -> None:
    """A snapshot of random bytes, which do not shrink."""
    columns = {one["name"]: one["type"] for one in tx.execute("PRAGMA table_info(imports)")}
    values: dict[str, object] = {name: "" if kind == "TEXT" else 0 for name, kind in columns.items()}
    values |= {"id": f"I{number}", "engagement_id": engagement_id, "made_at": "2026-01-01T00:00:00Z"}
    tx.execute(f"INSERT INTO imports ({', '.join(values)}) VALUES (:{', :'.join(values)})", values)
    tx.execute(
        "INSERT INTO import_files (import_id, sie) VALUES (:id, :sie)",
        {"id": values["id"], "sie": os.urandom(PIECE)},
    )


async def fill(ctx: Context, megabytes: int) -> None:
    client = await add_client(ctx, name="A", orgnr="5566778899")
    made = await add_engagement(ctx, client.id, date(2025, 1, 1), date(2025, 12, 31), SourceKind.SIE4)
    for number in range(megabytes):
        await ctx.store.write(partial(row, number=number, engagement_id=made.id))


async def writing(ctx: Context, took: list[float]) -> None:
    """Write a row a hundred times a second, as well as it goes."""
    while True:
        started = time.perf_counter()
        await ctx.store.write(lambda tx: ctx.record(tx, "benchmark"))
        took.append(time.perf_counter() - started)
        await asyncio.sleep(0.01)


async def measure(place: Path, megabytes: int) -> None:
    settings = load(data_dir=place / "data", environ={"BRYGGA_CONFIG": ""})
    took: list[float] = []
    async with open_context(settings, person="benchmark") as ctx:
        await fill(ctx, megabytes)
        writer = asyncio.create_task(writing(ctx, took))
        started = time.perf_counter()
        made = await create_backup(ctx)
        create = time.perf_counter() - started
        writer.cancel()
        with suppress(asyncio.CancelledError):
            await writer
        started = time.perf_counter()
        _backup, checks = await verify_backup(settings, made.path)
        verify = time.perf_counter() - started
    started = time.perf_counter()
    await restore_backup(settings, made.path)
    restore = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"store {settings.store_path.stat().st_size // PIECE} MB, all checks {all(one.ok for one in checks)}"
    )
    print(f"create  {create:6.1f} s   {len(took)} writes meanwhile, the slowest {max(took) * 1000:.0f} ms")
    print(f"verify  {verify:6.1f} s")
    print(f"restore {restore:6.1f} s")
    print(f"peak memory {peak} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=int, default=1000)
    with tempfile.TemporaryDirectory(prefix="brygga-backup-") as directory:
        asyncio.run(measure(Path(directory), parser.parse_args().megabytes))
