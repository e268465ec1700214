"""Recognises names whose letters were lost on the way: ``Ink”p``, ``FÃ¶rsÃ¤ljning``, ``F"rskott``."""

from __future__ import annotations

import re
from collections.abc import Iterable

_DOUBLE_ENCODED = re.compile(r"Ã[\x80-\xbf¤¥¶„…–€‰]|├[ñÑÂ╢Ñûä]")
_LETTER_BETWEEN = re.compile(r"(?<=[A-Za-zåäöÅÄÖ])[”„†Ž™\"?�](?=[a-zåäö])")


def damaged_example(names: Iterable[str]) -> str:
    """The first name that has lost letters; empty when all look whole."""
    for name in names:
        if _DOUBLE_ENCODED.search(name) or _LETTER_BETWEEN.search(name):
            return name
    return ""
