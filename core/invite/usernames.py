"""Suggested usernames: first.last without accents. Fortnox decides, and adds ``@`` and its own number."""

from __future__ import annotations

import re
from collections.abc import Collection

from core.text import fold

_SPELLED = str.maketrans({"ø": "o", "æ": "ae", "ß": "ss", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "œ": "oe"})
_OTHER = re.compile(r"[^a-z0-9-]+")
LONGEST = 40


def suggest(name: str, email: str, taken: Collection[str] = ()) -> str:
    """``Åsa Öberg`` becomes ``asa.oberg``; taken at the client: ``asa.oberg2``.

    A name in letters that have no Latin form falls back on the part of the address before ``@``.
    """
    words = [word for word in (_plain(part) for part in name.split()) if word]
    base = ".".join(dict.fromkeys((words[0], words[-1]))) if words else _plain(email.partition("@")[0])
    base = base[:LONGEST].strip(".-") or "anvandare"
    number, username = 1, base
    while username in taken:
        number += 1
        username = f"{base}{number}"
    return username


def _plain(text: str) -> str:
    return _OTHER.sub("", fold(text).translate(_SPELLED)).strip("-")
