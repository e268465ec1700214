"""The first start: whether anything has been set up yet."""

from __future__ import annotations

from core.config import Settings
from core.store.peek import is_without_clients


def is_first_start(settings: Settings) -> bool:
    """Whether nobody has configured anything here and there is no client; looks without writing.

    A store that cannot be read is none of a first start: its own trouble must be told.
    """
    chosen = settings.config_file.exists() or settings.secrets.keeper or settings.fortnox.client_id
    return not chosen and is_without_clients(settings.store_path)
