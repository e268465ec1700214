"""Text to CP437, the only character set of SIE 1-4; what it lacks is written with what it has."""

from __future__ import annotations

import unicodedata

_REPLACEMENTS = {
    "–": "-", "—": "-", "‑": "-", "−": "-", "’": "'", "‘": "'", "‚": "'", "´": "'", "“": '"', "”": '"',
    "„": '"', "…": "...", "€": "EUR", "\u00a0": " ", "\u202f": " ", "Ø": "O", "ø": "o", "Õ": "O", "õ": "o",
    "Þ": "Th", "þ": "th", "Ð": "D", "ð": "d", "Ł": "L", "ł": "l", "Œ": "OE", "œ": "oe", "©": "(c)",
    "®": "(r)", "™": "(tm)", "•": "*", "×": "x", "§": "par.", "¤": "*", "¹": "1", "³": "3", "¾": "3/4",
    "÷": "/", "─": "-", "┼": "+", "╓": "+", "σ": "s", "Σ": "S", "Θ": "O",
}  # fmt: skip
_AMBIGUOUS = frozenset("÷─┼╓σΣΘ")
"""Signs of CP437 whose bytes are Swedish letters in Windows-1252: a short file with them would be taken for
that by every reader that has to guess, ours (``encoding.py``) included."""


def to_cp437(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The text in characters that CP437 has, without control characters.

    Returns:
        The text, and each (character, replacement) that was needed, in order.
    """
    try:
        text.encode("cp437")
    except UnicodeEncodeError:
        pass
    else:
        if text.isprintable() and _AMBIGUOUS.isdisjoint(text):
            return text, []
    replaced: list[tuple[str, str]] = []
    kept: list[str] = []
    for character in text:
        if _is_plain(character):
            kept.append(character)
        else:
            replacement = _replacement(character)
            replaced.append((character, replacement))
            kept.append(replacement)
    return "".join(kept), replaced


def _is_plain(character: str) -> bool:
    if character < " " or character == "\x7f" or character in _AMBIGUOUS:
        return False
    try:
        character.encode("cp437")
    except UnicodeEncodeError:
        return False
    return True


def _replacement(character: str) -> str:
    if character in _REPLACEMENTS:
        return _REPLACEMENTS[character]
    if character in "\t\n\r":
        return " "
    category = unicodedata.category(character)
    if category.startswith("C") or category == "Mn":
        return ""
    decomposed = unicodedata.normalize("NFKD", character)
    letters = "".join(one for one in decomposed if _is_plain(one) and not unicodedata.combining(one))
    return letters or "?"
