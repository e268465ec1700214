"""File names from outside: which are no files yet, how they are shown, and what brygga calls the results."""

from __future__ import annotations

import hashlib
import os
import re

from core.text import clean

READY, SUM = ".ready", ".sha256"
SIDECARS = (READY, SUM)
RECEIPT, ERROR_TEXT, ERROR_JSON = ".receipt.json", ".error.txt", ".error.json"
_LONGEST = 200
"""Bytes of a result's name, so that what is added to it fits too."""
_UNFINISHED = re.compile(
    r"(\..*|~.*|.*~|.*\.(tmp|temp|part|partial|filepart|crdownload|download|upload|swp|lock|!sync|bak))\Z",
    re.IGNORECASE | re.DOTALL,
)
_UNFIT = re.compile(r"[/\\:*?\"<>|]")


def is_unfinished(name: str) -> bool:
    """Whether the name is what programs call a file that they still write."""
    return _UNFINISHED.match(name) is not None


def is_sidecar(name: str) -> bool:
    """Whether the file says something of another file."""
    return name.endswith(SIDECARS)


def shown(name: str) -> str:
    """The name as text: bytes that are no text by their hexadecimal value, nothing that a terminal obeys."""
    return clean(os.fsencode(name).decode("utf-8", "backslashreplace"))


def result_name(name: str) -> str:
    """What the file is called in ``done`` and ``failed``: its own name, made plain where it is not.

    A name that had to be changed carries eight digits of its hash, so that two of them stay apart.
    """
    plain = _UNFIT.sub("_", clean(os.fsencode(name).decode("utf-8", "replace"), None)).strip()
    cut = plain.encode()[:_LONGEST].decode("utf-8", "ignore")
    if cut == name:
        return name
    stem, dot, ending = cut.rpartition(".")
    digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:8]
    if dot and stem and len(ending) <= 8:
        return f"{stem}-{digest}.{ending}"
    return f"{cut}-{digest}"


def numbered(name: str, serial: int) -> str:
    """The name, or ``books~2.se`` when others have taken the first ones."""
    if serial == 1:
        return name
    stem, dot, ending = name.rpartition(".")
    return f"{stem}~{serial}.{ending}" if dot and stem else f"{name}~{serial}"
