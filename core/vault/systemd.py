"""The ``systemd`` keeper: a credential that systemd decrypts for the service (LoadCredentialEncrypted=)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from core.files import read_regular_file
from core.i18n import _
from core.reasons import reason
from core.vault.keeper import locked, unfit
from core.vault.records import read_key

CREDENTIAL = "brygga-master-key"
DIRECTORY_VARIABLE = "CREDENTIALS_DIRECTORY"


class SystemdKeeper:
    """Reads the key from ``$CREDENTIALS_DIRECTORY``; only root can put it there."""

    name = "systemd"

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._directory = environ.get(DIRECTORY_VARIABLE, "")

    def load(self) -> bytes | None:
        """The key; None when this process was not started with the credential."""
        if not self._directory:
            return None
        path = Path(self._directory) / CREDENTIAL
        if not path.exists():
            return None
        try:
            return read_key(read_regular_file(path, 4096).decode("ascii", "replace"))
        except OSError as error:
            raise locked(
                _("The master key cannot be read."), reason(error), _("Restart the service.")
            ) from error

    def store(self, key: bytes, *, replace: bool = False) -> None:  # noqa: ARG002 the keeper's interface
        """Say how root puts a key there; a process cannot do it itself."""
        raise unfit(self.name, instruction())

    def probe(self) -> None:
        """The credential must be here already."""
        if self.load() is None:
            raise unfit(self.name, instruction())


def instruction() -> str:
    """How a credential is made and given to the service."""
    return _(
        "As root: openssl rand -hex 32 | systemd-creds encrypt --name={name} - /etc/credstore.encrypted/{name} "
        "and LoadCredentialEncrypted={name} in the service's unit."
    ).format(name=CREDENTIAL)
