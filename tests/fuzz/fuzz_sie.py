"""Fuzz the SIE reader: python tests/fuzz/fuzz_sie.py [--minutes N] [--corpus FOLDER] [--seed N]

With atheris installed (optional) its coverage guides the mutations; without, files of the corpus and
generated years are mutated at random. Prints executions and crashes; exit 1 when there were any.
"""

from __future__ import annotations

import argparse
import importlib
import random
import sys
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.sie_generated import fortnox_year  # noqa: E402 - after the path is known
from core.sie import reader  # noqa: E402
from core.sie.messages import message  # noqa: E402
from core.sie.reader import read  # noqa: E402
from core.sie.rewrite import rewrite  # noqa: E402

SECONDS_PER_MEGABYTE = 1.0
SMALLEST_TIMED = 100_000
LARGEST_SEED = 60_000


class Mismatch(AssertionError):
    """The two ways of reading differ, or a reading was too slow."""


def execute(data: bytes) -> None:
    """One execution: read both ways, compare, ask for every voucher and sentence, write again."""
    start = time.perf_counter()
    sie = read(data)
    spent = time.perf_counter() - start
    if len(data) > SMALLEST_TIMED and spent > SECONDS_PER_MEGABYTE * len(data) / 1e6:
        raise Mismatch(f"{spent:.2f} s for {len(data)} bytes")
    careful = read(data, fast=False)
    if (sie.findings, sie.columns.row_amount, sie.change) != (
        careful.findings,
        careful.columns.row_amount,
        careful.change,
    ):
        raise Mismatch("the two ways of reading differ")
    if [voucher.balance for voucher in sie.vouchers()] != list(sie.columns.voucher_sum):
        raise Mismatch("a voucher's rows and its sum differ")
    for finding in sie.findings:
        message(finding)
    if sie.fatal is None:
        rewrite(sie)


def mutate(data: bytes, chance: random.Random) -> bytes:
    """The data with some bytes, lines or pieces changed."""
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 12)):
        kind, at = chance.randrange(6), chance.randrange(len(changed) + 1)
        if kind == 0 and changed:
            changed[at - 1] = chance.randrange(256)
        elif kind == 1:
            changed[at:at] = chance.choice(
                (b'"', b"{", b"}", b"\\", b"\n", b"\x00", b"#TRANS", b"#VER ", b"-", b".", b" ")
            )
        elif kind == 2:
            del changed[at : at + chance.randrange(40)]
        elif kind == 3:
            end = at + chance.randrange(200)
            changed[at:at] = changed[at:end]
        elif kind == 4:
            lines = bytes(changed).split(b"\n")
            first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
            lines[first], lines[second] = lines[second], lines[first]
            changed = bytearray(b"\n".join(lines))
        else:
            changed = changed[: max(at, 20)]
    return bytes(changed)


def seeds(folder: Path) -> list[bytes]:
    """Small files to begin with."""
    found = [path.read_bytes() for path in sorted(folder.rglob("*")) if path.suffix.lower() in {".se", ".si"}]
    return [fortnox_year(20, seed=seed) for seed in range(5)] + [
        one for one in found if len(one) < LARGEST_SEED
    ]


def run(minutes: float, folder: Path, seed: int) -> int:
    """Mutate until the time is over; returns the number of crashes."""
    chance, inputs = random.Random(seed), seeds(folder)
    executions = crashes = 0
    end = time.monotonic() + minutes * 60
    while time.monotonic() < end:
        data = mutate(chance.choice(inputs), chance)
        executions += 1
        reader.SLICE = chance.choice((400, 4_000, 65_536))  # type: ignore[attr-defined]
        try:
            execute(data)
        except Exception:  # noqa: BLE001 - every exception is what is looked for
            crashes += 1
            Path(f"crash-sie-{crashes}.se").write_bytes(data)
            traceback.print_exc()
    print(f"{executions} executions, {crashes} crashes, {len(inputs)} seeds, {minutes} minutes")
    return crashes


def run_atheris(minutes: float, folder: Path) -> None:
    """Coverage-guided, when atheris is installed."""
    atheris = importlib.import_module("atheris")
    atheris.instrument_all()
    atheris.Setup([sys.argv[0], f"-max_total_time={int(minutes * 60)}", str(folder)], execute)
    atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser(description="Fuzz the SIE reader.")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--corpus", type=Path, default=ROOT.parent / "shared" / "data" / "sie" / "files")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--atheris", action="store_true")
    arguments = parser.parse_args()
    if arguments.atheris:
        run_atheris(arguments.minutes, arguments.corpus)
    else:
        sys.exit(1 if run(arguments.minutes, arguments.corpus, arguments.seed) else 0)


if __name__ == "__main__":
    main()
