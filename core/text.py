"""The one place where foreign text loses what a terminal, a file name or a format would obey.

Names, texts and messages come from other programs. ``clean`` runs on the way in and once more where a
widget shows them; the raw bytes stay in the snapshot for the record.
"""

from __future__ import annotations

import re
import unicodedata

_DROPPED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Control, format (bidi, invisible), surrogate, private and unassigned characters."""
_ACCENTS = re.compile("[\u0300-\u034e\u0350-\u036f]+")
"""The accents of most languages; the rarer ones take the long way."""
_LINE_BREAKS = frozenset("\n\r\u2028\u2029\x0b\x0c\x85")


LONGEST_LINE = 200
"""Characters."""


def clean(text: str, limit: int | None = LONGEST_LINE) -> str:
    """Text that is safe on one line of a terminal: NFC, no control, bidi, invisible or surrogate characters.

    Tabs and line breaks become one space; the result is cut to ``limit`` characters with an ellipsis
    (None: never cut).
    """
    safe = text if text.isascii() else unicodedata.normalize("NFC", text)
    if not safe.isprintable():
        safe = unicodedata.normalize("NFC", "".join(_safe_characters(safe)))
    if limit is not None and len(safe) > limit:
        return safe[: limit - 1] + "…"
    return safe


def _safe_characters(text: str) -> list[str]:
    kept: list[str] = []
    for character in text:
        if character == "\t" or character in _LINE_BREAKS:
            kept.append(" ")
        elif unicodedata.category(character) not in _DROPPED_CATEGORIES:
            kept.append(character)
    return kept


def fold(text: str) -> str:
    """Text for searching: lower case, without accents (``Åkeri`` matches ``akeri``)."""
    if text.isascii():
        return text.lower()
    decomposed = _ACCENTS.sub("", unicodedata.normalize("NFD", text.casefold()))
    if decomposed.isascii():
        return decomposed
    return "".join(character for character in decomposed if not unicodedata.combining(character))
