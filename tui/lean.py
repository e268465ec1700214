"""Textual without its command palette, which would bring input, select, option list and tree to every start."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Final

UNUSED: Final = ("textual.command", "textual.types")
"""Textual's palette, and its type names, which it gathers from the widgets; brygga has its own and needs neither."""


class _StandIn(ModuleType):
    """A module in which every name is an empty class: enough for what is inherited from and never made."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


def import_textual() -> None:
    """Import Textual's app with empty names where the palette would be, which spares a tenth of the start.

    Afterwards the modules themselves can be imported again. Where Textual has been imported, nothing happens.
    """
    if "textual.app" in sys.modules:
        return
    missing = [name for name in UNUSED if name not in sys.modules]
    sys.modules.update((name, _StandIn(name)) for name in missing)
    try:
        import textual.app
        import textual.await_complete  # noqa: F401 the two that use the names
    finally:
        for name in missing:
            del sys.modules[name]
