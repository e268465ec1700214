from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HARNESS = Path(__file__).with_name("exchange_harness.py")


def test_no_file_is_lost_doubled_or_taken_in_wrongly_under_random_drops_and_kills() -> None:
    done = subprocess.run(
        [sys.executable, str(HARNESS), "--drops", "400"],
        check=False,
        capture_output=True,
        text=True,
        timeout=110,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
