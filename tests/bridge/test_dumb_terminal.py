"""A terminal that cannot move its cursor gets three lines, not a program that paints on it without end."""

from __future__ import annotations

from pathlib import Path

import pytest

from brygga import Interface
from core.config import load
from core.errors import UsageError
from core.register import Role


@pytest.mark.parametrize("name", ["dumb", "DUMB", "unknown"])
@pytest.mark.parametrize("way", ["interface", "dashboard"])
def test_a_dumb_terminal_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, way: str
) -> None:
    monkeypatch.setenv("TERM", name)
    settings = load(None, tmp_path, environ={})
    with pytest.raises(UsageError, match="move its cursor"):
        if way == "interface":
            Interface().open(settings, "anna", Role.CONSULTANT)
        else:
            Interface().dashboard(settings)
