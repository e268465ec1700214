"""The interface through a real pseudo-terminal of 80 by 24: keys, bytes, idleness, memory."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

from benchmarks.measure import report, seconds_until, terminal
from benchmarks.startup import EMPTY_APP, environment, fill, interface
from core.config import load
from core.model import Row
from core.register import DraftVoucher, SourceKind
from core.usecases.clients import add_client
from core.usecases.context import open_context
from core.usecases.engagements import add_engagement
from core.usecases.vouchers import add_vouchers

ENGAGEMENTS = 5_000
VOUCHERS = 100_000
QUIET = 0.1
"""Seconds without a byte after which an answer has ended."""

WORKING = 1.0
"""The same for what works on after its first paint: a filter over many rows, a page being read."""

IDLE_SECONDS = 10
PRESSES = 60


class Answer(NamedTuple):
    """What came back to one key."""

    seconds: float
    """From the key to the last byte."""
    first: float
    """To the first one."""
    waited: float
    """How long in it the program or the reader of its answer was ready and had no core; 0 where that is not told."""
    size: int
    """Bytes."""


@dataclass
class Answers:
    """What came back to the presses of one key."""

    seconds: list[float] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def add(self, answer: Answer) -> None:
        """One more."""
        self.seconds.append(answer.seconds)
        self.waited.append(answer.waited)
        self.sizes.append(answer.size)

    def row(self, name: str) -> tuple[object, ...]:
        """Median and worst, in milliseconds and bytes; the worst also without the wait for a core."""
        times = [1000 * each for each in self.seconds]
        own = [1000 * max(0.0, each - wait) for each, wait in zip(self.seconds, self.waited, strict=True)]
        return (
            name,
            round(statistics.median(times), 1),
            round(max(times), 1),
            round(max(own), 1),
            int(statistics.median(self.sizes)),
            max(self.sizes),
        )


class Program:
    """brygga in a terminal, and hands on its keys."""

    def __init__(self, master: int, started: float, pid: int) -> None:
        self.master = master
        self.pid = pid
        self.started = started

    def until(self, marker: str) -> float:
        """Seconds until the marker has been painted; then until all is quiet."""
        taken = seconds_until(self.master, self.started, marker.encode())
        self.answer(b"", WORKING)
        return taken

    def answer(self, key: bytes, quiet: float = QUIET) -> Answer:
        """Press the key and wait until nothing more comes."""
        began = last = time.perf_counter()
        before = after = self.waited()
        if key:
            os.write(self.master, key)
        size, first = 0, 0.0
        while select.select([self.master], [], [], quiet if size or not key else 5.0)[0]:
            size += len(os.read(self.master, 65536))
            last, after = time.perf_counter(), self.waited()
            first = first or last
        return Answer(last - began, (first or last) - began, after - before, size)

    def waited(self) -> float:
        """Seconds that the program's threads, and this one that reads from it, have ever waited for a core."""
        found = 0
        for thread in (
            Path("/proc/thread-self/schedstat"),
            *Path(f"/proc/{self.pid}/task").glob("*/schedstat"),
        ):
            with contextlib.suppress(OSError, IndexError):
                found += int(thread.read_text().split()[1])
        return found / 1e9

    def press(self, key: bytes, times: int = PRESSES) -> Answers:
        """The same key again and again, each after the answer to the one before."""
        answers = Answers()
        for _ in range(times):
            answers.add(self.answer(key))
        return answers

    def idle(self, seconds: float) -> int:
        """Bytes that come while nobody does anything."""
        size, end = 0, time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if select.select([self.master], [], [], left)[0]:
                size += len(os.read(self.master, 65536))
        return size

    def megabytes(self) -> float:
        """Resident memory of the program."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def running(command: list[str], data_dir: Path) -> Iterator[Program]:
    """A program on a data directory."""
    with terminal(command, environment(data_dir)) as (master, started, pid):
        yield Program(master, started, pid)


async def fill_vouchers(data_dir: Path, count: int) -> None:
    """One engagement with so many closing vouchers."""
    async with open_context(load(data_dir=data_dir, environ={})) as ctx:
        client = await add_client(ctx, name="Stora Bolaget AB", orgnr="556677-8899")
        year = (date(2025, 1, 1), date(2025, 12, 31))
        engagement = await add_engagement(ctx, client.id, *year, SourceKind.SIE4)
        drafts = [
            DraftVoucher(
                year[1],
                f"Periodisering {number}",
                (Row("1710", 100 * number + 100), Row("5010", -100 * number - 100)),
            )
            for number in range(count)
        ]
        await add_vouchers(ctx, engagement.id, drafts)


def keys_of(program: Program, where: str) -> list[tuple[object, ...]]:
    """The keys of a list, measured from its first row."""
    rows = [
        program.press(b"\x1b[B").row(f"{where}: one row down"),
        program.press(b"\x1b[6~", 30).row(f"{where}: one page down"),
        program.press(b"\x1b[5~", 30).row(f"{where}: one page up"),
    ]
    ends = Answers()
    for _ in range(5):
        for key in (b"G", b"\x1b[H"):
            ends.add(program.answer(key))
    rows.append(ends.row(f"{where}: to the end and back"))
    program.answer(b"/")
    letters, echoes = Answers(), Answers()
    for letter in (b"1", b"2", b"3", b"4", b"\x7f", b"\x7f", b"\x7f", b"\x7f"):
        answer = program.answer(letter, WORKING)
        letters.add(answer)
        echoes.add(answer._replace(seconds=answer.first, waited=min(answer.waited, answer.first)))
    rows.append(echoes.row(f"{where}: a letter of the filter, its first answer"))
    rows.append(letters.row(f"{where}: a letter of the filter, its last"))
    program.answer(b"\x1b")
    return rows


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        empty, many, vouchers = (Path(folder) / name for name in ("empty", "many", "vouchers"))
        asyncio.run(fill(many, ENGAGEMENTS))
        asyncio.run(fill_vouchers(vouchers, VOUCHERS))
        with running([sys.executable, "-c", EMPTY_APP], empty) as program:
            program.until("PAINTED")
            floor = program.megabytes()
        with running(interface(), empty) as program:
            program.until("brygga")
            bare = program.megabytes()
        with running(interface(), many) as program:
            program.until("Klient 0")
            rows = keys_of(program, f"Översikt, {ENGAGEMENTS} rows")
            idle = program.idle(IDLE_SECONDS)
            overview = program.megabytes()
        with running(interface(), vouchers) as program:
            program.until("Stora")
            opened = program.answer(b"6", WORKING)
            rows += keys_of(program, f"vouchers, {VOUCHERS} rows")
            full = program.megabytes()
    report(
        "interface",
        "Keys, 80x24 (goals: median 15 ms, worst 60 ms; 1,500 bytes a row, 10,000 a page)",
        ("key", "median ms", "worst ms", "worst without waits", "median bytes", "most bytes"),
        rows,
    )
    report(
        "interface-rest",
        "Idleness and memory",
        ("what", "value", "goal"),
        [
            (f"bytes in {IDLE_SECONDS} idle seconds", idle, "0"),
            (f"opening the list of {VOUCHERS} vouchers, seconds", opened.seconds, ""),
            ("memory of an empty Textual app, MB", floor, ""),
            ("brygga with an empty store, above it, MB", bare - floor, ""),
            (f"Översikt with {ENGAGEMENTS} rows, above it, MB", overview - floor, ""),
            (f"{VOUCHERS} vouchers, above it, MB", full - floor, "<= 100"),
        ],
    )


if __name__ == "__main__":
    main()
