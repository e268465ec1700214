from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.config import load
from core.register import Check
from core.usecases import doctor_places
from core.usecases.clients import add_client
from core.usecases.context import Context, open_context
from core.usecases.doctor import examine

if TYPE_CHECKING:
    from tests.core.usecases.conftest import Office


async def check(ctx: Context, code: str) -> Check:
    return next(one for one in await examine(ctx) if one.code == code)


async def test_a_firm_in_order_has_nothing_to_remedy(office: Office) -> None:
    assert [one for one in await examine(office.ctx) if not one.ok and not one.warning] == []


async def test_no_fortnox_app_is_a_warning_and_no_fault(bare: Context) -> None:
    found = await check(bare, "fortnox_app")
    assert (found.ok, found.warning) == (False, True)


async def test_a_directory_that_others_read_is_told_of(bare: Context) -> None:
    bare.settings.data_dir.chmod(0o755)
    found = await check(bare, "data_dir")
    assert not found.ok
    assert "700" in found.remedy


async def test_a_changed_audit_is_told_of(bare: Context) -> None:
    await add_client(bare, name="A", orgnr="556677-8899")
    connection = sqlite3.connect(bare.settings.store_path)
    connection.execute("DROP TRIGGER audit_is_never_changed")
    connection.execute("UPDATE audit SET person = 'bo'")
    connection.commit()
    connection.close()
    found = await check(bare, "audit")
    assert not found.ok
    assert "1" in found.text


async def test_a_full_disk_is_told_of(bare: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_places, "LEAST_FREE_MEGABYTES", 10**12)
    assert not (await check(bare, "space")).ok


async def test_a_store_outside_the_data_directory_is_examined_all_the_same(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f"[store]\npath = '{tmp_path / 'annan' / 'b.db'}'\n", encoding="utf-8")
    async with open_context(load(config, tmp_path / "data", environ={}), person="anna") as ctx:
        assert (await check(ctx, "audit")).ok


async def test_examining_leaves_nothing_behind(bare: Context) -> None:
    await examine(bare)
    before = sorted(path.name for path in bare.settings.data_dir.iterdir())
    await examine(bare)
    assert sorted(path.name for path in bare.settings.data_dir.iterdir()) == before


def test_the_file_system_is_that_of_the_nearest_mount() -> None:
    assert doctor_places.file_system_of(Path("/proc/self")) == "proc"
