from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import UsageError
from core.usecases.audit import export_audit
from core.usecases.audit_file import verify_audit_file
from core.usecases.clients import add_client
from core.usecases.context import Context

ROWS = 6


@pytest.fixture
async def exported(bare: Context, tmp_path: Path) -> Path:
    for number in range(ROWS):
        await add_client(bare, name=f"Åäö {number}", orgnr="5566778899", number=str(number))
    await export_audit(bare, tmp_path / "audit.jsonl")
    return tmp_path / "audit.jsonl"


async def holds(path: Path) -> bool:
    _head, checks = await verify_audit_file(path)
    return all(check.ok for check in checks)


async def test_an_exported_audit_holds_on_its_own(exported: Path) -> None:
    assert await holds(exported)


@pytest.mark.parametrize("removed", range(ROWS + 1))
async def test_a_missing_line_is_found(exported: Path, removed: int) -> None:
    lines = exported.read_bytes().splitlines(keepends=True)
    exported.write_bytes(b"".join(lines[:removed] + lines[removed + 1 :]))
    assert not await holds(exported) or removed == 0


async def test_without_its_first_row_a_whole_audit_no_longer_begins_at_one(exported: Path) -> None:
    lines = exported.read_bytes().splitlines(keepends=True)
    exported.write_bytes(b"".join(lines[1:]))
    _head, checks = await verify_audit_file(exported)
    assert checks[0].text.startswith("Raderna 2 till")


@given(
    place=st.integers(0, ROWS - 1), name=st.sampled_from(["at", "person", "action", "client_id", "outcome"])
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
async def test_a_changed_value_is_found(exported: Path, place: int, name: str) -> None:
    whole = exported.read_bytes()
    rows = [json.loads(line) for line in whole.splitlines()]
    rows[place][name] += "x"
    exported.write_bytes(b"".join(json.dumps(row, separators=(",", ":")).encode() + b"\n" for row in rows))
    try:
        assert not await holds(exported)
    finally:
        exported.write_bytes(whole)


async def test_two_lines_that_changed_places_are_found(exported: Path) -> None:
    lines = exported.read_bytes().splitlines(keepends=True)
    lines[2], lines[3] = lines[3], lines[2]
    exported.write_bytes(b"".join(lines))
    assert not await holds(exported)


async def test_a_year_s_file_holds_that_year_and_joins_the_next(
    bare: Context, tmp_path: Path, clock: Any
) -> None:
    start = datetime(2026, 12, 30, 12, tzinfo=UTC)
    clock.ahead = start - datetime.now(UTC)
    for number in range(4):
        await add_client(bare, name="A", orgnr="5566778899", number=str(number))
        clock.ahead += timedelta(days=1)
    ends = [await export_audit(bare, tmp_path / f"{year}.jsonl", year=year) for year in (2026, 2027)]
    first = json.loads((tmp_path / "2027.jsonl").read_text().splitlines()[0])
    assert [count for _head, count in ends] == [2, 2]
    assert first["previous"] == ends[0][0].hash
    assert [await holds(tmp_path / f"{year}.jsonl") for year in (2026, 2027)] == [True, True]


async def test_the_turn_of_the_year_is_the_firm_s_own(bare: Context, tmp_path: Path, clock: Any) -> None:
    """23:30 UTC on 31 December is the new year in Sweden."""
    clock.ahead = datetime(2026, 12, 31, 23, 30, tzinfo=UTC) - datetime.now(UTC)
    await add_client(bare, name="A", orgnr="5566778899")
    _head, count = await export_audit(bare, tmp_path / "2027.jsonl", year=2027)
    assert count == 1


async def test_a_year_without_rows_is_an_empty_file_with_a_head(bare: Context, tmp_path: Path) -> None:
    await export_audit(bare, tmp_path / "tom.jsonl", year=2001)
    assert await holds(tmp_path / "tom.jsonl")


@pytest.mark.parametrize("content", ["detta är ingen logg\n", '{"a": 1}\n', "[1, 2]\n"])
async def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "x").write_text(content)
    with pytest.raises(UsageError):
        await verify_audit_file(tmp_path / "x")
