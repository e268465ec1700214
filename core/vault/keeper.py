"""What every keeper of the master key can do, and what they say when they cannot."""

from __future__ import annotations

from typing import Protocol

from core.errors import UsageError
from core.i18n import _


class Keeper(Protocol):
    """Keeps one 32-byte master key. The calls may wait for a disk, a daemon or a person: use a thread."""

    name: str
    is_writable: bool
    """Whether ``store`` can ever work: root alone gives systemd a key."""

    def load(self) -> bytes | None:
        """The key; None when none has been kept yet.

        Raises:
            UsageError: ``vault_locked``: it is there but must not or cannot be used.
        """
        ...

    def store(self, key: bytes, *, replace: bool = False) -> None:
        """Keep the key; an existing one is replaced only when told so.

        Raises:
            UsageError: ``vault_locked``, ``no_keeper``.
        """
        ...

    def probe(self) -> None:
        """Write, read back, compare and delete something harmless, where the keeper can be written.

        Raises:
            UsageError: ``no_keeper``: it does not keep what it is given.
        """
        ...


def locked(title: str, message: str, hint: str) -> UsageError:
    """The keeper has a key but it cannot be used."""
    return UsageError("vault_locked", title, message, hint)


def unfit(name: str, message: str) -> UsageError:
    """The keeper does not work on this machine."""
    return UsageError(
        "no_keeper",
        _("The keeper {name} does not work here.").format(name=name),
        message,
        ways(),
    )


def ways() -> str:
    """The ways to keep a master key, as the last line of an error."""
    return _(
        "Choose one: brygga secrets init --keeper keyfile (a server), keyring (a desktop), "
        "systemd (a service) or passphrase (asked for each time)."
    )
