"""How fast SIE files are read, beside the floors of the same machine in the same run.

    nice python benchmarks/sie.py [--vouchers 1000 10000 100000 400000] [--rounds 5] [--json FILE]

For each size a Fortnox-like 4E year is generated (4 rows a voucher, CP437, CRLF, 30 % of the rows with
objects, 20 % with texts). The floors and the reader take turns, and the best of the rounds counts, so that
other load on the machine hits them alike. Peak memory is measured in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.sie_generated import fortnox_year  # noqa: E402 - after the path is known
from core.sie.compare import changes  # noqa: E402 - the same
from core.sie.reader import read  # noqa: E402 - the same

_RECORD = re.compile(rb"^#(\S+)([^\r\n]*)", re.MULTILINE)
_MOST_RECORDS = 100_000
_MEASURE = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from core.sie.reader import read

def peak():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024

before = peak()
sie = read(Path({path!r}).read_bytes())
print(peak() - before)
"""


def main() -> None:
    arguments = _arguments()
    results = []
    print(_HEAD)
    for vouchers in arguments.vouchers:
        result = measure(vouchers, arguments.rounds)
        results.append(result)
        print(_line(result), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the SIE reader.")
    parser.add_argument("--vouchers", type=int, nargs="+", default=[1_000, 10_000, 100_000, 400_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def measure(vouchers: int, rounds: int) -> dict[str, float]:
    data = fortnox_year(vouchers)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "year.se"
        path.write_bytes(data)
        actions: dict[str, Callable[[], object]] = {
            "floor": lambda: path.read_bytes().decode("cp437").splitlines(),
            "finditer": lambda: sum(1 for _ in _RECORD.finditer(data)),
            "read": lambda: read(path.read_bytes()),
        }
        best = dict.fromkeys(actions, float("inf"))
        for _ in range(rounds):
            for name, action in actions.items():
                best[name] = min(best[name], _seconds(action))
        memory = _peak_memory(path)
    sie = read(data)
    assert (sie.voucher_count, sie.transaction_count, sie.unbalanced) == (vouchers, 4 * vouchers, 0)
    assert not sie.findings
    return {
        "vouchers": vouchers,
        "megabytes": len(data) / 1e6,
        **best,
        "ratio": best["read"] / best["floor"],
        "memory_ratio": memory / len(data),
        "records": _seconds(lambda: sum(1 for _ in sie.vouchers())) if vouchers <= _MOST_RECORDS else 0.0,
        "compare": _seconds(lambda: changes(sie, sie)),
        "longest_hold": min(_longest_hold(data) for _ in range(rounds)),
    }


def _seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def _peak_memory(path: Path) -> int:
    """Bytes by which reading the file raises a fresh process's peak."""
    script = _MEASURE.format(root=str(ROOT), path=str(path))
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return int(done.stdout)


def _longest_hold(data: bytes) -> float:
    """The longest time that another thread was kept waiting while a thread read the file."""
    reader = threading.Thread(target=read, args=(data,))
    longest, last = 0.0, time.perf_counter()
    reader.start()
    while reader.is_alive():
        time.sleep(0.001)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    return longest


_HEAD = """\
| vouchers | MB | decode + splitlines, s | one finditer, s | read, s | times the floor | MB/s | peak memory / file | \
all vouchers as records, s | compare with itself, s | longest hold, ms |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"""


def _line(result: dict[str, float]) -> str:
    return (
        "| {vouchers:,} | {megabytes:.2f} | {floor:.3f} | {finditer:.3f} | **{read:.3f}** | **{ratio:.1f}** | {speed:.1f} |"
        " {memory_ratio:.1f} | {shown} | {compare:.2f} | {hold:.0f} |"
    ).format(
        **result,
        speed=result["megabytes"] / result["read"],
        hold=result["longest_hold"] * 1000,
        shown=f"{result['records']:.2f}" if result["records"] else "–",
    )


if __name__ == "__main__":
    main()
