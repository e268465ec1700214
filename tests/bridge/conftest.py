"""What the tests of the command line share: a sealed machine, and the real program in a child process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core import i18n

PROJECT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    i18n.use("en")
    yield
    i18n.use("sv")


@dataclass(frozen=True)
class Ran:
    """How a run of the program ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


class Brygga:
    """The real program over one data directory."""

    def __init__(self, directory: Path, environ: dict[str, str] | None = None) -> None:
        self.directory = directory
        self.config = directory / "config.toml"
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory),
            "XDG_CONFIG_HOME": str(directory / "xdg"),
            "XDG_DATA_HOME": str(directory / "xdg"),
            "BRYGGA_DATA_DIR": str(directory / "data"),
            "BRYGGA_LANG": "en",
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(PROJECT),
            **(environ or {}),
        }

    def use_config(self, text: str) -> None:
        self.config.write_text(text, encoding="utf-8")
        self.environ["BRYGGA_CONFIG"] = str(self.config)

    def command(self, *words: str | Path) -> list[str]:
        return [sys.executable, "-m", "brygga", *map(str, words)]

    def __call__(self, *words: str | Path, stdin: str = "", environ: dict[str, str] | None = None) -> Ran:
        done = subprocess.run(
            self.command(*words),
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            env={**self.environ, **(environ or {})},
            cwd=self.directory,
            timeout=60,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def brygga(tmp_path: Path) -> Brygga:
    return Brygga(tmp_path)
