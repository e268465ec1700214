"""The exchange folder: waiting files taken in against their floor, an idle service, the status of many clients.

``python benchmarks/exchange.py intake|idle|status [--files N] [--clients N]``
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import report
from bridge.exchange.run import open_exchange
from core import orgnr, ulid
from core.clock import SystemClock
from core.config import Settings, load
from core.model import FiscalYear
from core.register import Client, Engagement, SourceKind
from core.sie.reader import read
from core.store import clients, engagements
from core.store.database import Transaction
from core.usecases.context import open_context
from core.usecases.exchangefolders import client_folders

Item = TypeVar("Item")
YEARS = tuple(FiscalYear(date(year, 1, 1), date(year, 12, 31)) for year in (2024, 2025))
HEAD = (
    '#FLAGGA 0\n#PROGRAM "Prov" 1\n#FORMAT PC8\n#GEN 20260110\n#SIETYP 4\n#ORGNR {orgnr}\n#FNAMN "Prov AB"\n'
    "#RAR 0 {year}0101 {year}1231\n"
)
VOUCHERS = 330
SAMPLE = 200
"""Files that the floor is measured on."""


def orgnrs() -> Iterator[str]:
    """Made-up organisation numbers with their check digit."""
    return (
        orgnr.normalise(orgnr.with_check_digit(str(number))) for number in range(556_000_000, 556_999_999)
    )


def books(number: str, serial: int, year: int = 2025) -> bytes:
    """A year of about 60 kB."""
    lines = [HEAD.format(orgnr=number, year=year).rstrip("\n")]
    lines += [f'#KONTO {account} "Konto {account}"' for account in range(1910, 2010)]
    amount = f"{serial}.50"
    total = f"{(serial * 100 + 50) * VOUCHERS / 100:.2f}"
    lines += [f"#UB 0 1930 {total}", f"#RES 0 3001 -{total}"]
    for at in range(VOUCHERS):
        day = f"{year}{at % 12 + 1:02d}{at % 28 + 1:02d}"
        lines += [
            f'#VER A {at + 1} {day} "Faktura {serial} {at} fran kund nummer {at * 7}" 20260110', "{",
            f'#TRANS 1930 {{}} {amount} {day} "Betalning av faktura"', f'#TRANS 3001 {{}} -{amount} {day} "Intakt"', "}",
        ]  # fmt: skip
    return ("\r\n".join(lines) + "\r\n").encode("cp437")


async def register(
    settings: Settings, count: int, source: SourceKind, years: Sequence[FiscalYear] = YEARS
) -> list[str]:
    """Clients 1 to ``count`` with their years; their organisation numbers."""
    numbers = [number for number, _ in zip(orgnrs(), range(count), strict=False)]
    clock = SystemClock()

    def work(tx: Transaction) -> None:
        for at, number in enumerate(numbers, 1):
            client = Client(ulid.new(clock.now()), f"Prov {at} AB", number, str(at))
            clients.insert(tx, client)
            for year in years:
                engagements.insert(tx, Engagement(ulid.new(clock.now()), client.id, year, source))

    async with open_context(settings, person="benchmark") as ctx:
        await ctx.store.write(work)
        await client_folders(ctx)
    return numbers


def configured(place: Path, text: str = "") -> Settings:
    config = place / "config.toml"
    folder = json.dumps(str(place / "exchange"))
    config.write_text(f"[exchange]\ndir = {folder}\nstable_seconds = 0\n{text}", encoding="utf-8")
    return load(config, place / "data", environ={})


def intake(files: int, count: int) -> None:
    """Rate of taking waiting files in, beside read + parse + hash + one durable commit."""
    with tempfile.TemporaryDirectory(dir=Path.home()) as place:
        settings = configured(Path(place))
        numbers = asyncio.run(register(settings, count, SourceKind.SIE4))
        incoming = Path(place) / "exchange"
        sample = []
        for serial in range(files):
            client, year = serial % count, YEARS[serial // count % len(YEARS)].to_date.year
            folder = incoming / str(client + 1) / "in"
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"bok{serial}.se"
            path.write_bytes(books(numbers[client], serial + 1, year))
            old = time.time() - 60
            os.utime(path, (old, old))
            if serial < SAMPLE:
                sample.append(path)
        size = sample[0].stat().st_size
        subprocess.run(["sync"], check=True)
        floor = floors(sample, Path(place))
        print(f"{files} files of {size} bytes, {count} clients; floor ms per file:", floor)
        began, spent = time.monotonic(), _spent()
        outcomes = asyncio.run(_settle(settings))
        seconds = time.monotonic() - began
        own, helpers = (now - before for now, before in zip(_spent(), spent, strict=True))
        assert outcomes == files, outcomes
        done = sorted((incoming / "1" / "done").rglob("*.se"))
        after = floors((done * SAMPLE)[:SAMPLE], Path(place))
        least = [sum(one.values()) for one in (floor, after)]
        rate, ideal = files / seconds, 2000 / sum(least)
        report(
            "exchange",
            "Waiting SIE files taken in; the floor is the mean of one before and one after",
            ("files", "bytes", "clients", "parse ms", "commit ms", "floor before ms", "after ms", "floor files/s",
             "files/s", "share", "cpu ms/file", "helpers' cpu", "peak MB"),
            [(files, size, count, floor["parse"], floor["commit"], *least, ideal, rate, rate / ideal,
              own / files * 1000, helpers / files * 1000, _peak())],
        )  # fmt: skip


def _spent() -> tuple[float, float]:
    """Seconds of the processor that this process and the ended ones that it started have used."""
    times = os.times()
    return times.user + times.system, times.children_user + times.children_system


def _peak() -> float:
    """The most memory that this process has held, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def _settle(settings: Settings) -> int:
    async with open_context(settings, person="bridge") as ctx, open_exchange(ctx) as exchange:
        assert exchange is not None
        made = await exchange.settle()
        return sum(one.outcome == "done" for one in made.outcomes)


def floors(sample: list[Path], place: Path) -> dict[str, float]:
    """Milliseconds a file for each step alone."""
    contents = [path.read_bytes() for path in sample]
    store = sqlite3.connect(place / "floor.db", isolation_level=None)
    store.execute("PRAGMA journal_mode = WAL")
    store.execute("PRAGMA synchronous = FULL")
    store.execute("CREATE TABLE IF NOT EXISTS t (a TEXT)")

    def commit(_data: bytes) -> None:
        store.execute("BEGIN IMMEDIATE")
        store.execute("INSERT INTO t VALUES ('x')")
        store.execute("COMMIT")

    made = {
        "read": _each(lambda path: path.read_bytes(), sample),
        "parse": _each(read, contents),
        "hash": _each(lambda data: hashlib.sha256(data).hexdigest(), contents),
        "commit": _each(commit, contents),
    }
    store.close()
    return made


def _each(work: Callable[[Item], object], over: Sequence[Item]) -> float:
    began = time.perf_counter()
    for one in over:
        work(one)
    return (time.perf_counter() - began) / len(over) * 1000


def idle(count: int, seconds: int) -> None:
    """The processor time and memory of the real service with nothing to do."""
    with tempfile.TemporaryDirectory(dir=Path.home()) as place:
        settings = configured(Path(place), '[schedule]\nimport_at = "02:30"\n')
        asyncio.run(register(settings, count, SourceKind.SIE4))
        command = [sys.executable, "-m", "brygga", "--config", str(settings.config_file),
                   "--data-dir", str(settings.data_dir), "bridge", "run"]  # fmt: skip
        with subprocess.Popen(command, cwd=Path(__file__).parents[1]) as service:
            last = Path(place) / "exchange"
            while sum(1 for _ in last.iterdir()) <= count if last.exists() else True:
                time.sleep(0.5)
            time.sleep(20)
            began, before = time.monotonic(), _ticks(service.pid)
            time.sleep(seconds)
            spent = (_ticks(service.pid) - before) / os.sysconf("SC_CLK_TCK")
            share = spent / (time.monotonic() - began) * 100
            memory = _memory(service.pid)
            service.terminate()
        report(
            "exchange-idle",
            "An idle service",
            ("clients", "seconds", "% of a core", "MB resident", "goal"),
            [(count, seconds, share, memory, "< 1 %, <= 90 MB")],
        )


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return int(fields[11]) + int(fields[12])


def _memory(pid: int) -> float:
    line = next(
        one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmRSS")
    )
    return int(line.split()[1]) / 1024


def worked_on(path: Path) -> None:
    """Give every engagement two imports with annexes and findings, and every client a connection."""
    finding = json.dumps([{"severity": "warning", "code": "ksumma_missing", "line": None, "parameters": {}}])
    now = "2026-11-20T02:30:00Z"
    with contextlib.closing(sqlite3.connect(path)) as store:
        store.row_factory = sqlite3.Row
        known = {row["name"] for row in store.execute("PRAGMA table_info(imports)")}
        for row in store.execute("SELECT id, client_id FROM engagements").fetchall():
            for serial in (1, 2):
                run = {"id": f"{row['id']}{serial}", "engagement_id": row["id"], "made_at": now, "source": "fortnox",
                       "person": "x", "sha256": "0" * 64, "size": 1, "program": "Fortnox", "encoding": "cp437",
                       "accounts": 1, "vouchers": 1, "transactions": 1, "has_ledgers": 1, "findings": finding}  # fmt: skip
                names = ", ".join(run.keys() & known)
                marks = ", ".join(f":{name}" for name in names.split(", "))
                store.execute(f"INSERT INTO imports ({names}) VALUES ({marks})", run)
                store.executemany(
                    "INSERT INTO annexes (import_id, account, difference, body) VALUES (?, ?, 0, ?)",
                    [(run["id"], account, b"x" * 5000) for account in ("1510", "2440")],
                )
            store.execute(
                "INSERT OR IGNORE INTO connections (client_id, tenant, mode, company, orgnr, scopes, connected_at,"
                " rotated_at, last_used_at) VALUES (?, ?, 'code', 'x', 'x', '', ?, ?, ?)",
                (row["client_id"], row["client_id"], now, now, now),
            )
        store.commit()


def status(count: int, runs: int = 7) -> None:
    """``brygga status --json`` as a process."""
    with tempfile.TemporaryDirectory(dir=Path.home()) as place:
        settings = configured(Path(place))
        asyncio.run(register(settings, count, SourceKind.FORTNOX, YEARS[:1]))
        worked_on(settings.store_path)
        command = [sys.executable, "-m", "brygga", "--config", str(settings.config_file),
                   "--data-dir", str(settings.data_dir), "status", "--json"]  # fmt: skip
        taken, users = [], []
        for _ in range(runs):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            began = time.perf_counter()
            done = subprocess.run(command, cwd=Path(__file__).parents[1], check=True, capture_output=True)
            taken.append(time.perf_counter() - began)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            users.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
            assert len(json.loads(done.stdout)["clients"]) == count
        report(
            "exchange-status",
            "brygga status --json",
            ("clients", "median s", "best s", "cpu s", "goal"),
            [(count, statistics.median(taken), min(taken), statistics.median(users), "< 0.5 s")],
        )


def main() -> None:
    """Run the named measurement."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="?", choices=("intake", "idle", "status"), default="intake")
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--clients", type=int)
    parser.add_argument("--seconds", type=int, default=60)
    chosen, _rest = parser.parse_known_args()
    if chosen.what == "intake":
        intake(chosen.files, chosen.clients or chosen.files // len(YEARS))
    elif chosen.what == "idle":
        idle(chosen.clients or 5000, chosen.seconds)
    else:
        status(chosen.clients or 5000)


if __name__ == "__main__":
    main()
