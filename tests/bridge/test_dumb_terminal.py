"""A terminal that cannot move its cursor gets three lines, not a program that paints on it without end."""

from __future__ import annotations

from pathlib import Path

import pytest

from brygga import Interface
from core.config import Settings, load
from core.errors import UsageError
from core.register import Role


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(None, tmp_path, environ={})


@pytest.mark.parametrize("name", ["dumb", "DUMB", "unknown"])
def test_the_interface_does_not_open(settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("TERM", name)
    with pytest.raises(UsageError, match="move its cursor"):
        Interface().open(settings, "anna", Role.CONSULTANT)


def test_the_dashboard_does_not_open(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    with pytest.raises(UsageError, match="move its cursor"):
        Interface().dashboard(settings)
