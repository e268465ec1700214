"""From the configuration to the keeper that a person has chosen; never a guess, never a downgrade."""

from __future__ import annotations

from core.config import Settings
from core.errors import UsageError
from core.i18n import _
from core.vault.keeper import Keeper, locked, ways
from core.vault.keyfile import KeyfileKeeper
from core.vault.keyring_keeper import KeyringKeeper
from core.vault.passphrase import Ask, PassphraseKeeper
from core.vault.records import Vault
from core.vault.systemd import SystemdKeeper

KEEPERS = ("keyfile", "keyring", "systemd", "passphrase")


def keeper(settings: Settings, name: str | None = None, ask: Ask | None = None) -> Keeper:
    """The configured keeper, or the one named.

    Raises:
        UsageError: ``no_keeper``: nobody chose one.
    """
    chosen = name or settings.secrets.keeper
    if chosen == "keyfile":
        return KeyfileKeeper(settings.keyfile_path)
    if chosen == "keyring":
        return KeyringKeeper(settings.secrets.keyring_backend, settings.data_dir)
    if chosen == "systemd":
        return SystemdKeeper()
    if chosen == "passphrase":
        path = settings.data_dir / "passphrase.json"
        return PassphraseKeeper(path, settings.secrets.passphrase_command, ask)
    raise UsageError(
        "no_keeper",
        _("Nobody has chosen where the master key is kept."),
        _("Consents are stored encrypted, and the key needs a keeper."),
        ways(),
    )


def open_vault(settings: Settings, ask: Ask | None = None) -> Vault:
    """Fetch the master key from its keeper. May wait: call it in a thread.

    Raises:
        UsageError: ``no_keeper``, ``vault_locked``.
    """
    chosen = keeper(settings, ask=ask)
    key = chosen.load()
    if key is None:
        raise locked(
            _("The keeper {name} has no master key.").format(name=chosen.name),
            _("Stored consents cannot be opened without it."),
            _("Run brygga secrets init, or restore the key from its backup.")
            if chosen.is_writable
            else _("The running service has it. Start the service: systemctl start brygga"),
        )
    return Vault(key)
