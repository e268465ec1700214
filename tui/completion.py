"""Completing the path of a file as it is written: tab fills in what is sure and shows the rest."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final

from core.errors import Refused
from core.fence import confined, personal
from core.i18n import ngettext
from core.text import clean

SIE_ENDINGS: Final = frozenset({".se", ".si", ".sie"})
SHOWN: Final = 8
"""Names that are shown at most."""

LOOKED_AT: Final = 5000
"""Names of a folder that are looked at at most."""


async def complete_sie_path(text: str) -> tuple[str, str]:
    """The path further on, as far as it is sure, and a line about what it may become; folders end with ``/``."""
    return await asyncio.to_thread(_complete, text)


def _complete(text: str) -> tuple[str, str]:
    head, slash, tail = text.rpartition("/")
    try:
        folder = _folder(head + slash)
    except Refused:
        return text, ""
    names = sorted(_names(folder, tail), key=str.casefold)
    if not names:
        return text, ""
    sure = _common(names)
    completed = head + slash + (sure if len(sure) >= len(tail) else tail)
    return completed, "" if len(names) == 1 else _hint(names)


def _folder(text: str) -> Path:
    """The folder that is looked in; on a forced session the hand-over folder or one in it.

    Raises:
        Refused: ``read_only``: another folder.
    """
    if not confined():
        return Path(text).expanduser()
    parts = Path(text).parts
    inside = Path(*parts[1:]) if parts[:1] == ("~",) else Path(text)
    return personal(inside) if inside.parts else inside


def _names(folder: Path, beginning: str) -> list[str]:
    found: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for place, entry in enumerate(entries):
                if place >= LOOKED_AT:
                    break
                name = entry.name
                hidden = name.startswith(".") and not beginning.startswith(".")
                if (
                    hidden
                    or not name.casefold().startswith(beginning.casefold())
                    or clean(name, None) != name
                ):
                    continue
                if entry.is_dir():
                    found.append(name + "/")
                elif Path(name).suffix.casefold() in SIE_ENDINGS:
                    found.append(name)
    except OSError:
        return []
    return found


def _common(names: list[str]) -> str:
    """What all begin with, letters large or small as in the first."""
    first = names[0]
    for length in range(len(first), 0, -1):
        if all(name[:length].casefold() == first[:length].casefold() for name in names):
            return first[:length]
    return ""


def _hint(names: list[str]) -> str:
    more = len(names) - SHOWN
    shown = "  ".join(names[:SHOWN])
    if more <= 0:
        return shown
    return shown + "  " + ngettext("and {count} more", "and {count} more", more).format(count=more)
