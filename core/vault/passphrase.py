"""The ``passphrase`` keeper: the master key lies in a file, wrapped with a key made from a passphrase.

Argon2id with 64 MiB, 3 passes and 4 lanes (about 0.3 s). The passphrase comes from a command
(``secrets.passphrase_command``) or from a person.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import msgspec

from core.files import make_private_directory, write_atomically
from core.i18n import _
from core.reasons import reason
from core.secret import Secret
from core.vault.keeper import locked, unfit
from core.vault.keyfile import check_parents, read_private_file
from core.vault.records import Label, Vault, key_text, read_key

COMMAND_SECONDS = 60
LEAST_CHARACTERS = 12
_LABEL = Label("master-key")

Ask: TypeAlias = Callable[[], Secret]
"""Asks a person for the passphrase."""


class _File(msgspec.Struct):
    """The wrapped key and how its wrapping key is made."""

    salt: bytes
    wrapped: bytes
    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 4


class PassphraseKeeper:
    """Keeps the wrapped key in ``path``."""

    name = "passphrase"
    is_writable = True

    def __init__(self, path: Path, command: Sequence[str] = (), ask: Ask | None = None) -> None:
        self.path = path.absolute()
        self._command = list(command)
        self._ask = ask

    def load(self) -> bytes | None:
        """The key; None when there is no file.

        Raises:
            UsageError: ``vault_locked``: wrong passphrase, nobody to ask, or an unsafe or damaged file.
        """
        content = read_private_file(self.path)
        if content is None:
            return None
        try:
            file = msgspec.json.decode(content, type=_File)
        except msgspec.DecodeError as error:
            raise locked(
                _("The file {path} is damaged.").format(path=self.path),
                reason(error),
                _("Restore it from its backup."),
            ) from error
        wrapping = Vault(_derive(self._passphrase(), file))
        return read_key(wrapping.open(_LABEL, file.wrapped))

    def store(self, key: bytes, *, replace: bool = False) -> None:
        """Wrap the key and write the file."""
        make_private_directory(self.path.parent)
        check_parents(self.path)
        passphrase = self._passphrase()
        if len(passphrase.reveal()) < LEAST_CHARACTERS:
            raise unfit(
                self.name,
                _("The passphrase has fewer than {count} characters.").format(count=LEAST_CHARACTERS),
            )
        file = _File(salt=os.urandom(16), wrapped=b"")
        file.wrapped = Vault(_derive(passphrase, file)).seal(_LABEL, key_text(key))
        try:
            write_atomically(self.path, msgspec.json.encode(file), 0o600, replace=replace)
        except FileExistsError as error:
            raise locked(
                _("There is already a master key in {path}.").format(path=self.path),
                _("It has not been touched."),
                _("Use it, or move it away first."),
            ) from error

    def probe(self) -> None:
        """There must be a way to get the passphrase."""
        self._passphrase()

    def _passphrase(self) -> Secret:
        if self._command:
            return _from_command(self._command)
        if self._ask is None:
            raise locked(
                _("The master key needs a passphrase."),
                _("Nobody can be asked for it here."),
                _("Set secrets.passphrase_command in the configuration, or choose another keeper."),
            )
        return self._ask()


def _derive(passphrase: Secret, file: _File) -> bytes:
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    derivation = Argon2id(
        salt=file.salt, length=32, iterations=file.passes, lanes=file.lanes, memory_cost=file.memory_kib
    )
    return derivation.derive(passphrase.reveal().encode())


def _from_command(command: Sequence[str]) -> Secret:
    try:
        done = subprocess.run(  # noqa: S603 the command stands in the owner's configuration; no shell is used
            command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=COMMAND_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise locked(
            _("The command for the passphrase did not work."),
            type(error).__name__,
            _("Try secrets.passphrase_command by hand."),
        ) from error
    first = done.stdout.decode("utf-8", "replace").splitlines()[:1]
    return Secret(first[0] if first else "")
