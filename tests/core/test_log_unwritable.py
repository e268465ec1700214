from __future__ import annotations

import logging
from pathlib import Path

import pytest

from core import logs


def test_a_log_that_cannot_be_written_says_nothing_on_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = logging.getLogger().handlers[:]
    (tmp_path / "brygga.log").mkdir()
    logs.start(tmp_path / "brygga.log", "info")
    try:
        logging.getLogger("brygga.test").error("nowhere to go")
    finally:
        logging.getLogger().handlers[:] = before
    assert capfd.readouterr().err == ""
