from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HARNESS = Path(__file__).with_name("export_harness.py")


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, str(HARNESS), "--lanes", "3", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=170,
    )
    print(done.stdout)
    return done


def test_no_voucher_is_posted_twice_or_lost_under_faults_and_kills() -> None:
    done = _run("--trials", "8")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_harness_sees_the_duplicates_of_an_exporter_that_just_tries_again() -> None:
    done = _run("--trials", "8", "--naive")
    assert done.returncode == 0, done.stdout + done.stderr
