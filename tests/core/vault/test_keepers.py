from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import ClassVar

import keyring.backend
import keyring.backends.fail
import pytest

from core.errors import UsageError
from core.secret import Secret
from core.vault.keyfile import KeyfileKeeper
from core.vault.keyring_keeper import KeyringKeeper
from core.vault.passphrase import PassphraseKeeper
from core.vault.systemd import CREDENTIAL, SystemdKeeper

KEY = bytes(range(32))
HERE = __name__


@pytest.fixture
def keyfile(tmp_path: Path) -> KeyfileKeeper:
    return KeyfileKeeper(tmp_path / "data" / "master.key")


def test_keyfile_keeps_the_key_for_its_owner_alone(keyfile: KeyfileKeeper) -> None:
    assert keyfile.load() is None
    keyfile.store(KEY)
    assert keyfile.load() == KEY
    assert keyfile.path.stat().st_mode & 0o777 == 0o600


def test_keyfile_is_not_overwritten_unasked(keyfile: KeyfileKeeper) -> None:
    keyfile.store(KEY)
    with pytest.raises(UsageError):
        keyfile.store(bytes(32))
    assert keyfile.load() == KEY
    keyfile.store(bytes(32), replace=True)
    assert keyfile.load() == bytes(32)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o622, 0o666])
def test_keyfile_open_to_others_is_refused(keyfile: KeyfileKeeper, mode: int) -> None:
    keyfile.store(KEY)
    keyfile.path.chmod(mode)
    with pytest.raises(UsageError) as caught:
        keyfile.load()
    assert caught.value.code == "vault_locked"
    assert f"{mode:04o}" in caught.value.message


def test_keyfile_may_be_read_only(keyfile: KeyfileKeeper) -> None:
    keyfile.store(KEY)
    keyfile.path.chmod(0o400)
    assert keyfile.load() == KEY


def test_a_link_is_not_followed(keyfile: KeyfileKeeper, tmp_path: Path) -> None:
    keyfile.store(KEY)
    link = KeyfileKeeper(tmp_path / "link.key")
    link.path.symlink_to(keyfile.path)
    with pytest.raises(UsageError):
        link.load()


def test_a_second_name_is_refused(keyfile: KeyfileKeeper, tmp_path: Path) -> None:
    keyfile.store(KEY)
    os.link(keyfile.path, tmp_path / "second.key")
    with pytest.raises(UsageError):
        keyfile.load()


def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(UsageError):
        KeyfileKeeper(tmp_path / "pipe").load()


@pytest.mark.parametrize("mode", [0o777, 0o775 | 0o002, 0o703])
def test_a_folder_where_others_write_is_refused(keyfile: KeyfileKeeper, mode: int) -> None:
    keyfile.store(KEY)
    keyfile.path.parent.chmod(mode)
    with pytest.raises(UsageError) as caught:
        keyfile.load()
    assert str(keyfile.path.parent) in caught.value.message


def test_a_sticky_folder_is_fine(keyfile: KeyfileKeeper) -> None:
    keyfile.store(KEY)
    keyfile.path.parent.chmod(0o1777)
    assert keyfile.load() == KEY


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(keyfile: KeyfileKeeper) -> None:
    keyfile.store(KEY)
    os.chown(keyfile.path, 12345, 12345)
    with pytest.raises(UsageError):
        keyfile.load()


def test_probing_leaves_nothing_behind(keyfile: KeyfileKeeper) -> None:
    keyfile.probe()
    assert list(keyfile.path.parent.iterdir()) == []


class Memory(keyring.backend.KeyringBackend):
    """A keyring that keeps."""

    priority = 1
    kept: ClassVar[dict[tuple[str, str], str]] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class Forgetful(Memory):
    """A keyring that says yes and keeps nothing."""

    def set_password(self, service: str, username: str, password: str) -> None:
        pass


class Locked(Memory):
    """A keyring over SSH without a terminal."""

    def get_password(self, service: str, username: str) -> str | None:  # noqa: ARG002 keyring's interface
        raise EOFError


@pytest.fixture
def backends(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(sys.modules, "desktop", sys.modules[HERE])
    Memory.kept.clear()
    return "desktop"


def test_keyring_keeps_the_key_per_data_directory(backends: str, tmp_path: Path) -> None:
    one = KeyringKeeper(f"{backends}.Memory", tmp_path / "one")
    two = KeyringKeeper(f"{backends}.Memory", tmp_path / "two")
    one.store(KEY)
    assert one.load() == KEY
    assert two.load() is None


def test_keyring_probe_leaves_nothing_behind(backends: str, tmp_path: Path) -> None:
    KeyringKeeper(f"{backends}.Memory", tmp_path).probe()
    assert Memory.kept == {}


def test_a_keyring_that_forgets_is_found_out(backends: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        KeyringKeeper(f"{backends}.Forgetful", tmp_path).probe()
    assert caught.value.code == "no_keeper"


def test_a_locked_keyring_is_explained(backends: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        KeyringKeeper(f"{backends}.Locked", tmp_path).load()
    assert (caught.value.code, "EOFError" in caught.value.message) == ("vault_locked", True)


@pytest.mark.parametrize(
    "backend",
    [
        "keyring.backends.null.Keyring",
        "keyring.backends.fail.Keyring",
        "keyring.backends.chainer.ChainerBackend",
        "keyrings.alt.file.PlaintextKeyring",
        "keyrings.alt.file.EncryptedKeyring",
        "keyrings.cryptfile.cryptfile.CryptFileKeyring",
        "nonsense",
    ],
)
def test_backends_that_do_not_guard_are_refused(backend: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        KeyringKeeper(backend, tmp_path).probe()
    assert caught.value.code == "no_keeper"


def test_the_environment_does_not_choose_the_backend(
    backends: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    keeper = KeyringKeeper(f"{backends}.Memory", tmp_path)
    keeper.store(KEY)
    assert keeper.load() == KEY


def test_systemd_credential_is_read(tmp_path: Path) -> None:
    (tmp_path / CREDENTIAL).write_text(KEY.hex() + "\n")
    assert SystemdKeeper({"CREDENTIALS_DIRECTORY": str(tmp_path)}).load() == KEY


def test_the_running_services_credential_serves_the_accounts_other_processes(tmp_path: Path) -> None:
    (tmp_path / CREDENTIAL).write_text(KEY.hex() + "\n")
    assert SystemdKeeper({}, tmp_path).load() == KEY


def test_a_services_credential_that_is_hidden_from_this_process_is_none(tmp_path: Path) -> None:
    (tmp_path / CREDENTIAL).mkdir()
    assert SystemdKeeper({}, tmp_path).load() is None


def test_without_systemd_there_is_no_key_and_the_way_is_told(tmp_path: Path) -> None:
    keeper = SystemdKeeper({}, tmp_path)
    assert keeper.load() is None
    with pytest.raises(UsageError) as caught:
        keeper.probe()
    assert "systemd-creds" in caught.value.message


def passphrase(path: Path, words: str) -> PassphraseKeeper:
    return PassphraseKeeper(path / "passphrase.json", ask=lambda: Secret(words))


def test_passphrase_wraps_the_key(tmp_path: Path) -> None:
    passphrase(tmp_path, "korrekt häst batteri").store(KEY)
    assert passphrase(tmp_path, "korrekt häst batteri").load() == KEY
    assert KEY.hex() not in (tmp_path / "passphrase.json").read_text()


def test_a_wrong_passphrase_does_not_open(tmp_path: Path) -> None:
    passphrase(tmp_path, "korrekt häst batteri").store(KEY)
    with pytest.raises(UsageError) as caught:
        passphrase(tmp_path, "korrekt häst batterj").load()
    assert caught.value.code == "vault_locked"


def test_a_short_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        passphrase(tmp_path, "kort").store(KEY)


def test_passphrase_comes_from_a_command(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('korrekt häst batteri')"]
    PassphraseKeeper(tmp_path / "p.json", command).store(KEY)
    assert PassphraseKeeper(tmp_path / "p.json", command).load() == KEY


def test_with_nobody_to_ask_the_command_is_named(tmp_path: Path) -> None:
    passphrase(tmp_path, "korrekt häst batteri").store(KEY)
    with pytest.raises(UsageError) as caught:
        PassphraseKeeper(tmp_path / "passphrase.json").load()
    assert "passphrase_command" in caught.value.hint
