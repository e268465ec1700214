from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HARNESS = Path(__file__).with_name("step_harness.py")


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(HARNESS), *words], check=False, capture_output=True, text=True, timeout=110
    )


@pytest.mark.timeout(120)
def test_a_kill_at_any_step_leaves_a_whole_store_and_whole_backups() -> None:
    done = run("--every", "7")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.timeout(120)
def test_the_harness_finds_what_a_naive_restore_breaks() -> None:
    done = run("--naive", "--every", "1")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
