"""The ``systemd`` keeper: a credential that systemd decrypts for the service (LoadCredentialEncrypted=).

systemd puts it where only the service's account reads it, for as long as the service runs. The commands and the
people's sessions run as that account too and take it from there.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from core.i18n import _
from core.reasons import reason
from core.vault.keeper import locked, unfit
from core.vault.records import read_key

CREDENTIAL = "brygga-master-key"
DIRECTORY_VARIABLE = "CREDENTIALS_DIRECTORY"
SERVICE_CREDENTIALS = Path("/run/credentials/brygga.service")
"""The running service's credentials (systemd.exec(5), "Credentials")."""


class SystemdKeeper:
    """Reads the key from ``$CREDENTIALS_DIRECTORY``, else from the running service's; only root can put it there."""

    name = "systemd"
    is_writable = False

    def __init__(self, environ: Mapping[str, str] = os.environ, service: Path = SERVICE_CREDENTIALS) -> None:
        own = environ.get(DIRECTORY_VARIABLE, "")
        self._places = [*([Path(own)] if own else []), service]

    def load(self) -> bytes | None:
        """The key; None when neither this process nor a running service has the credential."""
        for place in self._places:
            try:
                return read_key((place / CREDENTIAL).read_text("ascii", "replace"))
            except FileNotFoundError:
                continue
            except OSError as error:
                if (
                    place == self._places[-1]
                ):  # the service's, which systemd hides from other units and accounts
                    continue
                raise locked(
                    _("The master key cannot be read."), reason(error), _("Restart the service.")
                ) from error
        return None

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
        "(a key that is in use is moved there instead), LoadCredentialEncrypted={name} in the service's unit, "
        "and start the service."
    ).format(name=CREDENTIAL)
