"""The ``keyring`` keeper: the desktop's own secret store, through one explicitly chosen backend.

keyring's auto-detection is never used at run time: over SSH it silently picks backends that forget (null),
write plain text, or ask inside the interface (measured; reliability notes, section 1.1). Every call runs in
a thread with a limit, because unlocking can hang.
"""

from __future__ import annotations

import hashlib
import importlib
import logging
import secrets
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from core.i18n import _
from core.reasons import reason
from core.text import clean
from core.vault.keeper import locked, unfit
from core.vault.records import key_text, read_key

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

LOG = logging.getLogger("brygga.vault.keyring")
SERVICE = "brygga"
CALL_SECONDS = 5.0
_REFUSED = ("null", "fail", "chainer", "plaintext", "keyrings.alt", "cryptfile")
_Result = TypeVar("_Result")


def platform_backend() -> str:
    """The backend of this platform's desktop."""
    if sys.platform == "darwin":
        return "keyring.backends.macOS.Keyring"
    return "keyring.backends.SecretService.Keyring"


class KeyringKeeper:
    """Keeps the key as one entry per data directory."""

    name = "keyring"
    is_writable = True

    def __init__(self, backend: str, data_dir: Path) -> None:
        self.backend = backend or platform_backend()
        digest = hashlib.sha256(str(data_dir.absolute()).encode()).hexdigest()[:12]
        self._user = f"master-key-{digest}"

    def load(self) -> bytes | None:
        """The key; None when the keyring has none.

        Raises:
            UsageError: ``vault_locked``: the keyring is locked, absent or does not answer.
        """
        try:
            kept = self._call(lambda keyring: keyring.get_password(SERVICE, self._user))
        except _KeyringFailed as error:
            raise locked(
                _("The keyring does not give the master key."),
                str(error),
                _("Unlock the desktop's keyring; on a server run: brygga secrets init --keeper keyfile"),
            ) from error
        return None if kept is None else read_key(kept)

    def store(self, key: bytes, *, replace: bool = False) -> None:
        """Keep the key and read it back.

        Raises:
            UsageError: ``vault_locked``: there is one already; ``no_keeper``: it does not keep it.
        """
        if not replace and self.load() is not None:
            raise locked(
                _("There is already a master key in the keyring."),
                _("It has not been touched."),
                _("Use it, or remove the entry {name} first.").format(name=self._user),
            )
        self._keep(self._user, key_text(key))

    def probe(self) -> None:
        """Write, read back and delete an entry."""
        user = f"probe-{secrets.token_hex(4)}"
        self._keep(user, secrets.token_hex(16))
        try:
            self._call(lambda keyring: keyring.delete_password(SERVICE, user))
        except _KeyringFailed as error:
            raise unfit(self.name, str(error)) from error

    def _keep(self, user: str, content: str) -> None:
        def write_and_read(keyring: KeyringBackend) -> str | None:
            keyring.set_password(SERVICE, user, content)
            return keyring.get_password(SERVICE, user)

        try:
            kept = self._call(write_and_read)
        except _KeyringFailed as error:
            raise unfit(self.name, str(error)) from error
        if kept != content:
            raise unfit(self.name, _("What was written could not be read back."))

    def _call(self, work: Callable[[KeyringBackend], _Result]) -> _Result:
        """Run in a thread of its own; a hanging call is left behind after five seconds."""
        results: list[_Result] = []
        failures: list[BaseException] = []

        def run() -> None:
            try:
                results.append(work(self._make()))
            except BaseException as error:  # noqa: BLE001 backends raise anything, EOFError among it
                failures.append(error)

        thread = threading.Thread(target=run, name="brygga-keyring", daemon=True)
        thread.start()
        thread.join(CALL_SECONDS)
        if results:
            return results[0]
        if failures:
            LOG.info("the keyring failed: %s: %s", type(failures[0]).__name__, failures[0])
            raise _KeyringFailed(_why(failures[0])) from failures[0]
        raise _KeyringFailed(_("It did not answer within five seconds."))

    def _make(self) -> Any:
        refuse(self.backend)
        module, _dot, name = self.backend.rpartition(".")
        made = getattr(importlib.import_module(module), name)()
        refuse(f"{type(made).__module__}.{type(made).__qualname__}")
        return made


def refuse(backend: str) -> None:
    """Turn away backends that forget, fail, write plain text or choose for themselves.

    Raises:
        _KeyringFailed: with the reason.
    """
    if any(word in backend.lower() for word in _REFUSED) or "." not in backend:
        raise _KeyringFailed(_("The backend {name} is not safe.").format(name=clean(backend)))


def _why(failure: BaseException) -> str:
    if isinstance(failure, _KeyringFailed | OSError):
        return str(failure) if isinstance(failure, _KeyringFailed) else reason(failure)
    return _("It refused with the fault {name}.").format(name=type(failure).__name__)


class _KeyringFailed(Exception):
    """The keyring did not do what it was asked."""
