from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.timeout(300)
def test_no_connection_dies_outside_the_window_that_nobody_can_close() -> None:
    harness = Path(__file__).with_name("refresh_harness.py")
    done = subprocess.run(
        [sys.executable, str(harness), "--rounds", "1", "--processes", "3"],
        check=False,
        capture_output=True,
        text=True,
        timeout=280,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "dead outside the window: 0" in done.stdout
    assert "429: 0" in done.stdout
