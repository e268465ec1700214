"""mypy, with the project's own check, refuses what fails when it is run."""

from __future__ import annotations

from pathlib import Path

from mypy import api

PROJECT = Path(__file__).parents[2]
CALLS = """
from dataclasses import dataclass, replace
from msgspec import Struct

class Record(Struct):
    name: str

@dataclass
class Plain:
    name: str

replace(Plain("a"), name="b")
replace(Record("a"), name="b")
"""


def test_dataclasses_replace_with_a_record_is_refused_and_with_a_dataclass_not(tmp_path: Path) -> None:
    file = tmp_path / "calls.py"
    file.write_text(CALLS, encoding="utf-8")
    config = PROJECT / "pyproject.toml"
    out, _errors, _code = api.run([f"--config-file={config}", f"--cache-dir={tmp_path}", str(file)])
    faults = [line for line in out.splitlines() if "error:" in line]
    assert [line.split(":")[1] for line in faults] == ["13"], out
