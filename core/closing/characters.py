"""The characters that Fortnox takes in a text, and a text without the others.

Source: Fortnox's page on formats and encoding: letters, digits, space, new line and a list of punctuation;
anything else is refused with code 2000359.
"""

from __future__ import annotations

import unicodedata

from core.text import clean

_PUNCTUATION = frozenset("\u2013:.`\u00b4\u2019,;^\u00a4#%§£$€¢¥©™°&/()=+-*_!?²³®½@\\ \n")

_REPLACED = str.maketrans(
    {
        "'": "\u2019",
        '"': "\u2019",
        "\u201c": "\u2019",
        "\u201d": "\u2019",
        "\u2018": "\u2019",
        "[": "(",
        "]": ")",
        "{": "(",
        "}": ")",
        "<": "(",
        ">": ")",
        "|": "/",
        "~": "-",
        "\u2014": "\u2013",
        "\u2212": "-",
        "\u00a0": " ",
        "…": "...",
    }
)


def allowed(character: str) -> bool:
    """Whether Fortnox takes the character in a text."""
    return character in _PUNCTUATION or unicodedata.category(character)[0] == "L" or character.isdecimal()


def refused(text: str) -> str:
    """The characters of the text that Fortnox refuses, each once, in order of appearance."""
    return "".join(dict.fromkeys(character for character in text if not allowed(character)))


def cleaned(text: str) -> str:
    """The text as Fortnox takes it: look-alikes for what it refuses, nothing where there is none."""
    replaced = clean(text, None).translate(_REPLACED)
    kept = "".join(character for character in replaced if allowed(character))
    return " ".join(kept.split())
