from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.config import Settings, load
from core.errors import Refused, UsageError
from core.fortnox import resources
from core.register import Client
from core.secret import Secret
from core.store import records
from core.usecases import secrets
from core.usecases.context import Context, open_context
from core.usecases.tokens import open_api, vault
from core.vault.choice import keeper
from core.vault.systemd import CREDENTIAL


@pytest.fixture
def bare(tmp_path: Path) -> Settings:
    config = tmp_path / "bare.toml"
    config.write_text("")
    return load(config, tmp_path / "bare", environ={})


def again(settings: Settings) -> Settings:
    return load(settings.config_file, settings.data_dir, environ={})


async def test_the_choice_is_recorded_and_proven(bare: Settings) -> None:
    checks = await secrets.init_keeper(bare, "keyfile")
    assert all(check.ok for check in checks)
    assert again(bare).secrets.keeper == "keyfile"


async def test_init_twice_keeps_the_key(bare: Settings) -> None:
    await secrets.init_keeper(bare, "keyfile")
    key = keeper(again(bare)).load()
    await secrets.init_keeper(again(bare), "keyfile")
    assert keeper(again(bare)).load() == key


async def test_a_keeper_that_does_not_work_is_not_recorded(bare: Settings) -> None:
    with pytest.raises(UsageError) as caught:
        await secrets.init_keeper(bare, "systemd")
    assert caught.value.code == "no_keeper"
    assert again(bare).secrets.keeper == ""


async def test_an_unknown_keeper_is_named(bare: Settings) -> None:
    with pytest.raises(UsageError) as caught:
        await secrets.init_keeper(bare, "plaintext")
    assert caught.value.code == "usage"


async def test_changing_keeper_moves_the_key(
    ctx: Context, settings: Settings, client: Client, connector: Any, sandbox: Any, tmp_path: Path
) -> None:
    import msgspec

    await connector(client.id, sandbox.tenants[0]["tenant"])
    command = ["/bin/echo", "korrekt häst batteri"]
    asked = msgspec.structs.replace(
        settings, secrets=msgspec.structs.replace(settings.secrets, passphrase_command=command)
    )
    await secrets.init_keeper(asked, "passphrase")
    moved = msgspec.structs.replace(
        again(settings), secrets=msgspec.structs.replace(asked.secrets, keeper="passphrase")
    )
    async with open_context(moved) as other:
        assert (await resources.company(await open_api(other, client))).tenant


async def test_a_former_keeper_that_gives_nothing_is_left_while_nothing_is_sealed(bare: Settings) -> None:
    bare.config_file.write_text('[secrets]\nkeeper = "systemd"\n')
    await secrets.init_keeper(again(bare), "keyfile")
    assert again(bare).secrets.keeper == "keyfile"


async def test_what_is_sealed_is_not_given_up_for_another_keeper(
    ctx: Context, settings: Settings, tmp_path: Path
) -> None:
    settings.keyfile_path.chmod(0o644)
    with pytest.raises(UsageError) as caught:
        await secrets.init_keeper(settings, "passphrase", ask=lambda: Secret("korrekt häst batteri"))
    assert caught.value.code == "vault_locked"
    assert again(settings).secrets.keeper == "keyfile"


async def test_a_keeper_with_another_key_is_not_chosen(
    ctx: Context, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / CREDENTIAL).write_text("7" * 64)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with pytest.raises(UsageError) as caught:
        await secrets.init_keeper(settings, "systemd")
    assert caught.value.code == "vault_locked"
    assert again(settings).secrets.keeper == "keyfile"


async def test_the_key_in_use_is_changed_only_where_the_keeper_can_take_it(
    ctx: Context, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / CREDENTIAL).write_text(settings.keyfile_path.read_text())
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    await secrets.init_keeper(settings, "systemd")
    async with open_context(again(settings)) as kept_by_root:
        with pytest.raises(UsageError) as caught:
            await secrets.rekey(kept_by_root)
    assert caught.value.code == "no_keeper"
    checks = await secrets.examine_secrets(again(settings))
    assert all(check.ok for check in checks)


async def test_nobody_chose_a_keeper(bare: Settings) -> None:
    checks = await secrets.examine_secrets(bare)
    assert [check.ok for check in checks] == [False, False]
    assert "keyfile" in checks[0].remedy


async def test_a_set_up_brygga_is_in_order(ctx: Context, settings: Settings) -> None:
    checks = await secrets.examine_secrets(settings)
    assert {check.code: check.ok for check in checks} == {
        "keeper": True,
        "records": True,
        "client_secret": True,
    }


async def test_another_key_is_noticed(ctx: Context, settings: Settings) -> None:
    settings.keyfile_path.unlink()
    await secrets.init_keeper(settings, "keyfile")
    checks = {check.code: check for check in await secrets.examine_secrets(settings)}
    assert not checks["records"].ok


async def test_an_empty_secret_is_refused(ctx: Context) -> None:
    with pytest.raises(UsageError):
        await secrets.set_client_secret(ctx, " \n")


async def test_a_new_master_key_opens_everything(
    ctx: Context, settings: Settings, client: Client, connector: Any, sandbox: Any
) -> None:
    await connector(client.id, sandbox.tenants[0]["tenant"])
    before = keeper(settings).load()
    assert await secrets.rekey(ctx) == 2
    assert keeper(settings).load() != before
    assert all(check.ok for check in await secrets.examine_secrets(settings))
    async with open_context(settings) as other:
        assert (await resources.company(await open_api(other, client))).tenant


async def test_no_new_master_key_while_another_brygga_still_has_the_old_one(
    ctx: Context, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.store.hold.WAIT_SECONDS", 0.05)
    before = keeper(settings).load()
    async with open_context(settings):
        with pytest.raises(Refused) as caught:
            await secrets.rekey(ctx)
    assert (caught.value.code, keeper(settings).load()) == ("already_running", before)


async def test_a_rekey_cut_before_the_keeper_is_finished_later(
    ctx: Context, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.vault.keyfile import KeyfileKeeper

    def power_cut(self: Any, key: bytes, *, replace: bool = False) -> None:
        raise OSError("power cut")

    with monkeypatch.context() as cut:
        cut.setattr(KeyfileKeeper, "store", power_cut)
        with pytest.raises(OSError, match="power cut"):
            await secrets.rekey(ctx)
    async with open_context(settings) as other:
        await vault(other)
        assert await other.store.read(lambda tx: records.newest(tx, "rekey_bridge")) is None
    assert all(check.ok for check in await secrets.examine_secrets(settings))
