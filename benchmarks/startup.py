"""Start-up: first paint of Översikt against an empty Textual app, and ``brygga status --json``."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from benchmarks.measure import medians, report, seconds_until, terminal
from core.config import load
from core.money import to_text
from core.orgnr import with_check_digit
from core.register import SourceKind
from core.usecases.clients import add_client
from core.usecases.context import open_context
from core.usecases.engagements import add_engagement
from core.usecases.imports import import_file

ROOT = Path(__file__).resolve().parent.parent
RUNS = 7
MANY = 5_000
EMPTY_APP = """
from textual.app import App, ComposeResult
from textual.widgets import Static
class Empty(App):
    def compose(self) -> ComposeResult:
        yield Static("PAINTED")
Empty().run()
"""


async def fill(data_dir: Path, engagements: int) -> None:
    """A store with so many clients, each with an imported year from a small SIE file."""
    async with open_context(load(data_dir=data_dir, environ={})) as ctx:
        for position in range(engagements):
            orgnr = with_check_digit(f"{559000000 + position}")
            client = await add_client(
                ctx, name=f"Klient {position:04d} AB", orgnr=orgnr, number=str(1000 + position)
            )
            engagement = await add_engagement(
                ctx, client.id, date(2025, 1, 1), date(2025, 12, 31), SourceKind.SIE4
            )
            file = data_dir / "year.se"
            file.write_bytes(small_year(orgnr, position))
            await import_file(ctx, engagement.id, file)


def small_year(orgnr: str, position: int) -> bytes:
    """A year of three vouchers whose amounts differ from client to client."""
    ore = 100_00 * (position + 1)
    lines = [
        "#FLAGGA 0",
        '#PROGRAM "benchmark" 1',
        "#FORMAT PC8",
        "#GEN 20260101",
        "#SIETYP 4",
        f"#ORGNR {orgnr}",
        f'#FNAMN "Klient {position:04d} AB"',
        "#RAR 0 20250101 20251231",
        '#KONTO 1510 "Kundfordringar"',
        '#KONTO 2440 "Leverantörsskulder"',
        '#KONTO 3001 "Försäljning"',
        '#KONTO 4010 "Inköp"',
    ]
    for number in range(1, 4):
        for debit, credit in (("1510", "3001"), ("4010", "2440")):
            lines += [f'#VER A "" 2025{number:02d}15 "Affär"', "{"]
            lines += [f"#TRANS {debit} {{}} {to_text(ore)}", f"#TRANS {credit} {{}} {to_text(-ore)}", "}"]
    return ("\r\n".join(lines) + "\r\n").encode("cp437")


def environment(data_dir: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "TERM": "xterm-256color", "BRYGGA_DATA_DIR": str(data_dir), "COLORTERM": "truecolor"}


def interface() -> list[str]:
    """The command that opens the interface."""
    return [sys.executable, str(ROOT / "brygga.py")]


def _first_paint(command: list[str], data_dir: Path, marker: bytes) -> float:
    with terminal(command, environment(data_dir)) as (master, started, _pid):
        return seconds_until(master, started, marker)


def _status(data_dir: Path) -> float:
    started = time.perf_counter()
    command = [sys.executable, str(ROOT / "brygga.py"), "status", "--json"]
    subprocess.run(command, env=environment(data_dir), check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def _posting(data_dir: Path) -> dict[str, Callable[[], float]]:
    """Another full-screen program on Textual, when it is installed or ``BRYGGA_POSTING`` names it."""
    program = os.environ.get("BRYGGA_POSTING") or shutil.which("posting")
    if program is None:
        return {}
    try:
        _first_paint([program], data_dir, b"Posting")
    except (OSError, TimeoutError) as error:
        print(f"posting painted nothing, perhaps because of its tree-sitter (0.25.2 works): {error}")
        return {}
    return {"posting": lambda: _first_paint([program], data_dir, b"Posting")}


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = Path(folder) / "few", Path(folder) / "many"
        asyncio.run(fill(few, 5))
        asyncio.run(fill(many, MANY))
        empty = [sys.executable, "-c", EMPTY_APP]
        taken = medians(
            RUNS,
            {
                "empty Textual app": lambda: _first_paint(empty, few, b"PAINTED"),
                "Översikt, 5 engagements": lambda: _first_paint(interface(), few, b"Klient 0003"),
                f"Översikt, {MANY} engagements": lambda: _first_paint(interface(), many, b"Klient 0003"),
                f"status --json, {MANY} engagements": lambda: _status(many),
                **_posting(few),
            },
        )
    floor, own = taken["empty Textual app"], taken["Översikt, 5 engagements"]
    goals = {
        "Översikt, 5 engagements": "<= 1.3",
        f"Översikt, {MANY} engagements": "<= 1.6",
        "posting": f"brygga at most half: {own / taken['posting']:.2f}" if "posting" in taken else "",
    }
    report(
        "startup",
        f"Start-up to the first paint, median of {RUNS} (seconds)",
        ("what", "seconds", "of the empty app", "goal"),
        [(name, seconds, round(seconds / floor, 2), goals.get(name, "")) for name, seconds in taken.items()],
    )


if __name__ == "__main__":
    main()
