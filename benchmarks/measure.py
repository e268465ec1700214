"""What the benchmarks share: medians, tables, JSON beside them, and a terminal to run programs in."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import signal
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
DEADLINE_SECONDS = 60


def medians(runs: int, works: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """The median of several runs of each work, taken in turns so that a noisy moment hits them all."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(runs):
        for name, work in works.items():
            times[name].append(work())
    return {name: statistics.median(taken) for name, taken in times.items()}


def report(name: str, title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table and write it as JSON to ``benchmarks/results/NAME.json``."""
    shown = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *shown, strict=True)]
    print(f"\n{title}")
    for line in (header, *shown):
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    RESULTS.mkdir(exist_ok=True)
    records = [dict(zip(header, row, strict=True)) for row in rows]
    (RESULTS / f"{name}.json").write_text(json.dumps({"title": title, "rows": records}, indent=1) + "\n")


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


@contextlib.contextmanager
def terminal(command: Sequence[str], env: Mapping[str, str]) -> Iterator[tuple[int, float, int]]:
    """A program in an 80x24 pseudo-terminal; yields its descriptor, the moment it was started, its pid."""
    import fcntl
    import struct
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    started = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=dict(env), start_new_session=True
    )
    os.close(slave)
    try:
        yield master, started, process.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(master)


def seconds_until(master: int, started: float, marker: bytes) -> float:
    """Seconds from the start until the marker has been painted."""
    seen = b""
    while marker not in seen:
        ready, _, _ = select.select([master], [], [], DEADLINE_SECONDS)
        if not ready:
            raise TimeoutError(f"{marker!r} was not painted; the last bytes: {seen[-400:]!r}")
        seen = (seen + os.read(master, 65536))[-200_000:]
    return time.perf_counter() - started
