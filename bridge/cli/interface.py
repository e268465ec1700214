"""What the command line needs of the full-screen interface; ``brygga.py`` brings the two together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from core.config import Settings
from core.register import Role


class Interface(Protocol):
    """The full-screen front end, of which the headless one only knows this much."""

    def open(self, settings: Settings, person: str, role: Role) -> int:
        """Run the interface until it is left."""
        ...

    async def open_inside(self, settings: Settings, person: str) -> int:
        """Run the interface inside a running event loop (the demo's)."""
        ...

    def dashboard(self, settings: Settings) -> int:
        """Show the read-only overview until it is left; the exit code."""
        ...

    def keys(self, changes: Mapping[str, str]) -> Sequence[tuple[str, str, str]]:
        """Each action's key, id and description in the language in use; ``changes`` as in ``[ui.keys]``."""
        ...
