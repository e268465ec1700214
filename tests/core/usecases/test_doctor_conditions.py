"""Doctor against real conditions: rights, clocks, proxies, folders, a running bridge."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.errors import BryggaError
from core.register import Check
from core.usecases import doctor_places
from core.usecases.backup import create_backup
from core.usecases.clients import add_client
from core.usecases.context import Context
from core.usecases.doctor import examine, examine_without_store
from core.usecases.doctor_places import examine_places, file_system_in
from core.usecases.exchangerules import set_rules
from core.usecases.instance import only_instance


async def check(ctx: Context, code: str) -> Check:
    return next(one for one in await examine(ctx) if one.code == code)


def change(ctx: Context, table: str, **changes: object) -> None:
    section = msgspec.structs.replace(getattr(ctx.settings, table), **changes)
    ctx.settings = msgspec.structs.replace(ctx.settings, **{table: section})


async def test_a_whole_store_is_in_order(bare: Context) -> None:
    assert (await check(bare, "store")).ok


async def test_supporting_documents_that_fortnox_would_refuse_are_told_of(bare: Context) -> None:
    client = await add_client(bare, name="Bageri AB", orgnr="5566778899")
    assert "underlag" not in {one.code for one in await examine(bare)}
    await set_rules(bare, client.id, underlag=True)
    found = await check(bare, "underlag")
    assert (found.ok, found.warning, found.why) == (False, True, "Bageri AB")
    assert "fortnox.scopes" in found.remedy


async def test_a_store_that_others_read_is_told_of(bare: Context) -> None:
    bare.settings.store_path.chmod(0o644)
    found = await check(bare, "files")
    assert (found.ok, found.warning, str(bare.settings.store_path) in found.remedy) == (False, False, True)


async def test_a_store_that_cannot_be_opened_is_examined_all_the_same(bare: Context) -> None:
    found = await examine_without_store(
        bare.settings, BryggaError("config_invalid", "Trasig", "Varför", "Gör så")
    )
    store = next(one for one in found if one.code == "store")
    assert (store.ok, store.text, store.why, store.remedy, len(found) > 5) == (
        False,
        "Trasig",
        "Varför",
        "Gör så",
        True,
    )


async def test_a_clock_that_is_off_is_told_of(office: Any) -> None:
    office.fortnox.control("POST", "clock", {"seconds": 600})
    try:
        found = await check(office.ctx, "clock")
    finally:
        office.fortnox.control("POST", "clock", {"seconds": -600})
    assert (found.ok, "efter Fortnox" in found.text) == (False, True)


async def test_a_clock_that_agrees_is_in_order(office: Any) -> None:
    assert (await check(office.ctx, "clock")).ok


async def test_a_fortnox_that_nobody_answers_for_is_told_of_in_swedish(office: Any) -> None:
    change(office.ctx, "fortnox", api_url="http://127.0.0.1:9/3")
    found = await check(office.ctx, "fortnox_reached")
    assert (found.ok, "Ingen svarar där" in found.why, "refused" in found.why) == (False, True, False)


async def test_without_an_app_nothing_leaves_the_machine(bare: Context) -> None:
    assert "fortnox_reached" not in {one.code for one in await examine(bare)}


async def test_a_proxy_is_named_without_its_password(bare: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://anna:hemlig@proxy.firma:8080")
    found = await check(bare, "proxy")
    assert ("proxy.firma:8080" in found.text, "hemlig" in found.text, "anna" in found.text) == (
        True,
        False,
        False,
    )


async def test_certificates_that_are_not_there_are_told_of(
    bare: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/finns/inte.pem")
    assert not (await check(bare, "certificates")).ok


async def test_an_exchange_folder_that_is_not_there_is_told_of(bare: Context, tmp_path: Path) -> None:
    change(bare, "exchange", dir=str(tmp_path / "borta"))
    assert not (await check(bare, "exchange")).ok


async def test_an_exchange_folder_open_to_everybody_is_told_of(bare: Context, tmp_path: Path) -> None:
    (tmp_path / "utbyte").mkdir()
    (tmp_path / "utbyte").chmod(0o777)
    change(bare, "exchange", dir=str(tmp_path / "utbyte"))
    found = await check(bare, "exchange")
    assert (found.ok, found.warning) == (False, True)


async def test_a_missing_backup_is_a_note(bare: Context) -> None:
    found = await check(bare, "backup")
    assert (found.ok, found.warning) == (False, True)


async def test_a_fresh_backup_is_in_order_and_an_old_one_is_not(bare: Context, clock: Any) -> None:
    await create_backup(bare)
    fresh = await check(bare, "backup")
    clock.ahead += timedelta(days=3)
    old = await check(bare, "backup")
    assert (fresh.ok, old.ok) == (True, False)


async def test_backups_on_the_store_s_own_disk_are_a_note(bare: Context) -> None:
    await create_backup(bare)
    found = await check(bare, "backup_disk")
    assert (found.ok, found.warning) == (False, True)


async def test_a_service_that_should_run_is_missed(bare: Context, tmp_path: Path) -> None:
    idle = await check(bare, "service")
    change(bare, "schedule", import_at="02:30")
    wanted = await check(bare, "service")
    with only_instance(bare.settings):
        running = await check(bare, "service")
    assert (idle.ok, wanted.ok, running.ok) == (True, False, True)


async def test_a_service_that_hangs_is_told_of(bare: Context) -> None:
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    change(bare, "service", health_port=port)
    with only_instance(bare.settings):
        found = await check(bare, "health")
    assert not found.ok


@pytest.mark.parametrize(
    ("place", "kind"),
    [("/srv/data/brygga", "nfs4"), ("/srv/database", "ext4"), ("/srv/my disk/x", "cifs"), ("/", "ext4")],
)
def test_the_nearest_mount_decides(place: str, kind: str) -> None:
    mounts = "a / ext4 rw 0 0\nb /srv/data nfs4 rw 0 0\nc /srv/my\\040disk cifs rw 0 0\n"
    assert file_system_in(mounts, place) == kind


def test_a_network_file_system_under_the_data_directory_is_a_fault(
    bare: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_places, "file_system_of", lambda _folder: "nfs4")
    found = {one.code: one.ok for one in examine_places(bare.settings, bare.now())}
    assert not found["file_system"]


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or shutil.which("mount") is None,
    reason="needs root and mount",
)
def test_a_small_disk_is_told_of(bare: Context, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], check=False).returncode:
        pytest.skip("this machine mounts no file systems")
    try:
        small = msgspec.structs.replace(bare.settings, data_dir=disk / "data")
        found = {one.code: one for one in examine_places(small, bare.now())}
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)
    assert (found["space"].ok, found["disk"].ok) == (False, True)
