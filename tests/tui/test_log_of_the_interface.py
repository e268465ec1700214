"""The interface's own log: what goes wrong is found under the reference that the person was given."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from core.config import Settings
from tui.app import BryggaApp
from tui.jobs import unexpected


@pytest.fixture
def handlers() -> Iterator[None]:
    """The process's log is put back afterwards."""
    root = logging.getLogger()
    former, level = root.handlers[:], root.level
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = former
    root.setLevel(level)


@pytest.mark.usefixtures("handlers")
def test_a_fault_is_in_the_log_under_its_reference(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BryggaApp, "is_headless", False)
    monkeypatch.setattr(BryggaApp, "begin_work", lambda _app: None)
    BryggaApp(settings, "anna").on_ready()
    error = unexpected(RuntimeError("here"))
    written = settings.log_path.read_text(encoding="utf-8")
    assert str(error.details["reference"]) in written
    assert "RuntimeError: here" in written


@pytest.mark.usefixtures("handlers")
def test_a_place_that_takes_no_log_stops_nobody(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.log_path.parent.parent.mkdir(parents=True, exist_ok=True)
    settings.log_path.parent.write_text("no folder")
    monkeypatch.setattr(BryggaApp, "is_headless", False)
    monkeypatch.setattr(BryggaApp, "begin_work", lambda _app: None)
    BryggaApp(settings, "anna").on_ready()
    assert unexpected(RuntimeError("here")).code == "internal"
