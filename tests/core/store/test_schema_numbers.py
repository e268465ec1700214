"""The scripts of the store's form."""

from __future__ import annotations

from importlib import resources


def test_schema_steps_are_numbered_from_one_without_gap_or_clash() -> None:
    folder = resources.files("core.store") / "migrations"
    numbers = sorted(int(entry.name[:4]) for entry in folder.iterdir() if entry.name.endswith(".sql"))
    assert numbers == list(range(1, len(numbers) + 1))
