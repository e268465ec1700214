from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.config import Settings, load
from core.errors import Refused
from core.register import Client, Engagement, VoucherState
from core.store import connections, schema
from core.store.outbox import OutboxState
from core.store.outbox import of_engagement as outbox_of
from core.usecases.activity import activity
from core.usecases.audit import verify_audit, write_daily_head
from core.usecases.backup import create_backup, verify_backup
from core.usecases.clients import add_client, list_clients
from core.usecases.connect import disconnect
from core.usecases.context import Context, open_context
from core.usecases.export import export_vouchers
from core.usecases.imports import import_year
from core.usecases.instance import only_instance
from core.usecases.restore import replaced_stores, restore_backup
from core.usecases.secrets import examine_secrets, rekey
from core.usecases.vouchers import list_vouchers

Filed = tuple[Client, Engagement]
Opened = Callable[..., Any]


async def restored_names(settings: Settings) -> list[str]:
    async with open_context(settings, person="anna") as ctx:
        return [client.name for client in await list_clients(ctx)]


async def made_and_closed(ctx: Context) -> Path:
    """A backup of a firm with one client, which then gets another one and is closed."""
    await add_client(ctx, name="Före AB", orgnr="5566778899")
    made = await create_backup(ctx)
    await add_client(ctx, name="Efter AB", orgnr="5566778899")
    ctx.store.close()
    return made.path


async def test_a_restore_brings_the_store_of_the_backup(bare: Context) -> None:
    path = await made_and_closed(bare)
    await restore_backup(bare.settings, path)
    assert await restored_names(bare.settings) == ["Före AB"]


async def test_the_store_that_was_there_is_kept(bare: Context) -> None:
    path = await made_and_closed(bare)
    done = await restore_backup(bare.settings, path)
    assert done.kept
    place = msgspec.structs.replace(
        bare.settings, store=msgspec.structs.replace(bare.settings.store, path=str(done.kept))
    )
    assert await restored_names(place) == ["Efter AB", "Före AB"]


async def test_a_restore_is_written_to_the_audit_which_stays_whole(bare: Context) -> None:
    path = await made_and_closed(bare)
    await restore_backup(bare.settings, path, person="bertil")
    async with open_context(bare.settings, person="anna") as ctx:
        (latest, *_rest) = await activity(ctx, 1)
        _head, checks = await verify_audit(ctx)
    assert (latest.action, latest.person, [check.ok for check in checks]) == (
        "backup.restored",
        "bertil",
        [True],
    )


async def test_an_open_brygga_hinders_a_restore(bare: Context) -> None:
    made = await create_backup(bare)
    with pytest.raises(Refused) as caught:
        await restore_backup(bare.settings, made.path)
    assert (caught.value.code, replaced_stores(bare.settings.store_path)) == ("already_running", [])


async def test_a_running_bridge_hinders_a_restore(bare: Context) -> None:
    path = await made_and_closed(bare)
    with only_instance(bare.settings), pytest.raises(Refused) as caught:
        await restore_backup(bare.settings, path)
    assert caught.value.code == "already_running"


async def test_a_damaged_backup_changes_nothing(bare: Context) -> None:
    path = await made_and_closed(bare)
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    path.write_bytes(whole)
    before = bare.settings.store_path.read_bytes()
    with pytest.raises(Refused):
        await restore_backup(bare.settings, path)
    assert bare.settings.store_path.read_bytes() == before


async def test_a_backup_of_a_newer_program_is_refused(bare: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    path = await made_and_closed(bare)
    monkeypatch.setattr("core.usecases.restore.newest", lambda: schema.newest() - 1)
    with pytest.raises(Refused) as caught:
        await restore_backup(bare.settings, path)
    assert caught.value.message == "En nyare brygga har gjort den."


async def test_a_backup_of_an_older_program_is_upgraded(
    bare: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await made_and_closed(bare)
    scripts = {**schema.migrations(), schema.newest() + 1: "CREATE TABLE fresh (a TEXT);"}
    monkeypatch.setattr(schema, "migrations", lambda: scripts)
    await restore_backup(bare.settings, path)
    connection = sqlite3.connect(bare.settings.store_path)
    assert connection.execute("SELECT COUNT(*) FROM fresh").fetchone() == (0,)
    connection.close()


async def test_a_damaged_store_is_replaced_and_kept(bare: Context) -> None:
    path = await made_and_closed(bare)
    bare.settings.store_path.write_bytes(b"trasig" * 5000)
    done = await restore_backup(bare.settings, path)
    assert done.kept
    assert (done.kept.read_bytes()[:6], await restored_names(bare.settings)) == (b"trasig", ["Före AB"])


async def test_a_new_machine_gets_store_settings_and_key(bare: Context, tmp_path: Path) -> None:
    bare.settings.paths.settings.write_text('[ui]\nlanguage = "en"\n')
    path = await made_and_closed(bare)
    fresh = load(data_dir=tmp_path / "ny" / "data", environ={"BRYGGA_CONFIG": ""})
    done = await restore_backup(fresh, path)
    again = load(data_dir=tmp_path / "ny" / "data", environ={"BRYGGA_CONFIG": ""})
    assert (done.kept, again.ui.language, await restored_names(fresh)) == (None, "en", ["Före AB"])


async def test_settings_of_this_machine_are_left_as_they_are(bare: Context) -> None:
    place = bare.settings.paths.settings
    place.write_text('[ui]\nlanguage = "en"\n')
    path = await made_and_closed(bare)
    place.write_text('[ui]\nlanguage = "sv"\n')
    done = await restore_backup(bare.settings, path)
    assert (done.left, place.read_text()) == ((place,), '[ui]\nlanguage = "sv"\n')


@pytest.mark.parametrize("is_there", [True, False])
async def test_a_configuration_in_a_folder_of_roots_hinders_no_restore(
    bare: Context, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    place = bare.settings.paths.settings
    place.write_text('[ui]\nlanguage = "en"\n')
    path = await made_and_closed(bare)
    if not is_there:
        place.unlink()

    def forbidden(*_arguments: object, **_options: object) -> None:
        raise PermissionError(errno.EACCES, "roots")

    monkeypatch.setattr("core.usecases.restore.write_atomically", forbidden)
    done = await restore_backup(bare.settings, path)
    assert (done.written, done.left, done.missed) == ((), (), () if is_there else (place,))
    assert await restored_names(bare.settings) == ["Före AB"]


async def test_a_restored_store_is_no_earlier_state_of_what_its_later_backups_hold(bare: Context) -> None:
    path = await made_and_closed(bare)
    await restore_backup(bare.settings, path)
    _backup, checks = await verify_backup(bare.settings, path)
    assert all(check.ok for check in checks)


async def test_nothing_is_sent_twice_after_a_restore(opening: Opened, data: Path) -> None:
    async with opening(data) as office:
        await office.ready()
        made = await create_backup(office.ctx)
        await export_vouchers(office.ctx, office.engagement.id, "I")
        settings = office.ctx.settings
    await restore_backup(settings, made.path)
    async with opening(data) as office:
        (before,) = await list_vouchers(office.ctx, office.engagement.id)
        await export_vouchers(office.ctx, office.engagement.id, "I")
        (after,) = await list_vouchers(office.ctx, office.engagement.id)
        booked = len(office.booked())
    assert (before.state, after.state, booked) == (VoucherState.READY, VoucherState.POSTED, 1)


async def test_an_import_after_a_restore_recognises_what_was_posted(opening: Opened, data: Path) -> None:
    async with opening(data) as office:
        await office.ready()
        made = await create_backup(office.ctx)
        await export_vouchers(office.ctx, office.engagement.id, "I")
        settings = office.ctx.settings
    await restore_backup(settings, made.path)
    async with opening(data) as office:
        await import_year(office.ctx, office.engagement.id, ledgers=())
        (after,) = await list_vouchers(office.ctx, office.engagement.id)
    assert after.state is VoucherState.POSTED


async def test_a_voucher_whose_answer_never_came_is_looked_up_after_a_restore(
    opening: Opened, data: Path
) -> None:
    """The request is still on its way to Fortnox when the older store comes back."""
    async with opening(data, horizon=600) as office:
        await office.ready()
        made = await create_backup(office.ctx)
        office.fault("drop-after")
        await export_vouchers(office.ctx, office.engagement.id, "I")
        settings = office.ctx.settings
    done = await restore_backup(settings, made.path)
    async with opening(data, horizon=600) as office:
        result = await export_vouchers(office.ctx, office.engagement.id, "I")
        (entry,) = await office.ctx.store.read(lambda tx: outbox_of(tx, office.engagement.id))
    assert (done.carried.uncertain, result.posted, result.unknown) == (1, 0, 1)
    assert entry.state in {OutboxState.SENDING, OutboxState.UNKNOWN}


async def test_a_token_used_up_since_the_backup_does_not_end_the_connection(
    opening: Opened, data: Path
) -> None:
    async with opening(data) as office:
        made = await create_backup(office.ctx)
        office.clock.ahead += timedelta(hours=2)
        await import_year(office.ctx, office.engagement.id, ledgers=())
        settings = office.ctx.settings
    done = await restore_backup(settings, made.path)
    async with opening(data, renew=False) as office:
        office.clock.ahead += timedelta(hours=4)
        result = await import_year(office.ctx, office.engagement.id, ledgers=())
    assert (done.carried.connections, result.run.accounts > 0) == (1, True)


async def test_the_daily_head_goes_on_after_a_restore(bare: Context, clock: Any) -> None:
    path = (await create_backup(bare)).path
    await add_client(bare, name="Efter AB", orgnr="5566778899")
    await write_daily_head(bare)
    bare.store.close()
    done = await restore_backup(bare.settings, path)
    clock.ahead += timedelta(days=1)
    async with open_context(bare.settings, person="anna", clock=clock) as ctx:
        head = await write_daily_head(ctx)
    assert done.heads
    assert head
    assert (done.heads.exists(), len(ctx.settings.audit_heads_path.read_text().splitlines())) == (True, 1)


async def test_a_master_key_changed_since_the_backup_still_opens_the_connections(
    opening: Opened, data: Path
) -> None:
    async with opening(data) as office:
        made = await create_backup(office.ctx)
        await rekey(office.ctx)
        settings = office.ctx.settings
    await restore_backup(settings, made.path)
    async with opening(data) as office:
        checks = await examine_secrets(office.ctx.settings)
        result = await import_year(office.ctx, office.engagement.id, ledgers=())
    assert ([one.code for one in checks if not one.ok], result.run.accounts > 0) == ([], True)


async def test_a_consent_ended_since_the_backup_does_not_come_back(opening: Opened, data: Path) -> None:
    async with opening(data) as office:
        made = await create_backup(office.ctx)
        await disconnect(office.ctx, office.client.id)
        settings = office.ctx.settings
    await restore_backup(settings, made.path)
    async with opening(data, renew=False) as office:
        assert await office.ctx.store.read(lambda tx: connections.get(tx, office.client.id)) is None


async def test_an_empty_store_in_the_way_takes_no_connection_from_the_backup(
    opening: Opened, data: Path
) -> None:
    """Somebody started brygga anew before finding the backup."""
    async with opening(data) as office:
        made = await create_backup(office.ctx)
        settings = office.ctx.settings
    settings.store_path.unlink()
    async with open_context(settings, person="anna") as ctx:
        await add_client(ctx, name="Ny AB", orgnr="5566778899")
    await restore_backup(settings, made.path)
    async with opening(data) as office:
        result = await import_year(office.ctx, office.engagement.id, ledgers=())
    assert result.run.accounts > 0
