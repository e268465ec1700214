from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HARNESS = Path(__file__).with_name("invite_harness.py")


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, str(HARNESS), *arguments], check=False, capture_output=True, text=True, timeout=110
    )
    print(done.stdout)
    return done


def test_no_letter_goes_twice_or_is_lost_when_the_sender_is_killed() -> None:
    done = _run("--trials", "6")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_harness_sees_the_doubles_of_a_sender_that_writes_nothing_down_before() -> None:
    done = _run("--trials", "6", "--naive")
    assert done.returncode == 0, done.stdout + done.stderr
