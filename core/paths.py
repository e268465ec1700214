"""Where files live: the configuration, the data directory, and what lies in it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

APP = "brygga"
CONFIG_VARIABLE = "BRYGGA_CONFIG"
DATA_DIR_VARIABLE = "BRYGGA_DATA_DIR"
LANGUAGE_VARIABLE = "BRYGGA_LANG"


@dataclass(frozen=True, slots=True)
class Paths:
    """The places inside one data directory."""

    data_dir: Path

    @property
    def store(self) -> Path:
        """The SQLite file with everything that must survive."""
        return self.data_dir / "brygga.db"

    @property
    def limits(self) -> Path:
        """The shared request window of all processes on this host."""
        return self.data_dir / "limits.db"

    @property
    def presence(self) -> Path:
        """Who has which engagement open just now."""
        return self.data_dir / "presence.db"

    @property
    def locks(self) -> Path:
        """Lock files, one per tenant and purpose."""
        return self.data_dir / "locks"

    @property
    def settings(self) -> Path:
        """What the interface changed, laid over the configuration."""
        return self.data_dir / "settings.toml"

    @property
    def log(self) -> Path:
        """The diagnostic log."""
        return self.data_dir / "brygga.log"

    @property
    def audit_heads(self) -> Path:
        """Where the audit's head is written every day unless told otherwise."""
        return self.data_dir / "audit-heads.jsonl"

    @property
    def keyfile(self) -> Path:
        """Where ``secrets init --keeper keyfile`` puts the master key unless told otherwise."""
        return self.data_dir / "master.key"

    @property
    def backups(self) -> Path:
        """Scheduled backups, unless the configuration names another place."""
        return self.data_dir / "backups"

    def person(self, name: str) -> Path:
        """What one person who enters over SSH changed in the interface's look, laid over everything else."""
        return self.data_dir / "people" / f"{name}.toml"

    @property
    def handover(self) -> Path:
        """The hand-over folders of the people who enter over SSH, unless told otherwise."""
        return self.data_dir / "handover"

    @property
    def letters(self) -> Path:
        """Letters to clients as files, where no mail server is configured."""
        return self.data_dir / "letters"

    @property
    def copies(self) -> Path:
        """What was copied when the terminal could not take it."""
        return self.data_dir / "copies"


def default_config_file(environ: Mapping[str, str] = os.environ) -> Path:
    """``$BRYGGA_CONFIG``, else ``config.toml`` in the user's configuration directory."""
    chosen = environ.get(CONFIG_VARIABLE)
    return Path(chosen) if chosen else Path(platformdirs.user_config_dir(APP)) / "config.toml"


def default_data_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """``$BRYGGA_DATA_DIR``, else the user's data directory."""
    chosen = environ.get(DATA_DIR_VARIABLE)
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir(APP))
