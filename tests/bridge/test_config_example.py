from __future__ import annotations

import re
import tomllib

import msgspec

from bridge.cli.config import example_file
from core.config_tables import Tables

KEY = re.compile(r"^# ([a-z_]+ = .*)$", re.MULTILINE)


def uncommented() -> dict[str, object]:
    return tomllib.loads(KEY.sub(r"\1", example_file().read_text(encoding="utf-8")))


def test_the_example_shows_every_key_with_its_default() -> None:
    assert uncommented() == msgspec.to_builtins(Tables())


def test_the_example_changes_nothing_as_it_stands() -> None:
    raw = tomllib.loads(example_file().read_text(encoding="utf-8"))
    assert msgspec.convert(raw, Tables) == Tables()
