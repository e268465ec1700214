"""ULIDs: ids that sort by time and are never reused, also by a store restored from a backup.

48 bits of milliseconds and 80 random bits in Crockford's base32 (github.com/ulid/spec), 26 characters.
"""

from __future__ import annotations

import secrets
from datetime import datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new(moment: datetime) -> str:
    """A new id for the moment."""
    value = (int(moment.timestamp() * 1000) << 80) | secrets.randbits(80)
    return "".join(_ALPHABET[(value >> shift) & 31] for shift in range(125, -1, -5))
