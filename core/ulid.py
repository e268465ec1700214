"""ULIDs: ids that sort by time and are never reused, also by a store restored from a backup.

48 bits of milliseconds and 80 random bits in Crockford's base32 (github.com/ulid/spec), 26 characters. Ids
made in the same millisecond of one process count upwards, so that they too sort as they were made.
"""

from __future__ import annotations

import secrets
import threading
from datetime import UTC, datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_lock = threading.Lock()
_last = {"value": 0}


def new(moment: datetime) -> str:
    """A new id for the moment."""
    stamp = int(moment.timestamp() * 1000)
    with _lock:
        last = _last["value"]
        value = last + 1 if last >> 80 == stamp else (stamp << 80) | secrets.randbits(79)
        _last["value"] = value
    return "".join(_ALPHABET[(value >> shift) & 31] for shift in range(125, -1, -5))


def moment_of(ulid: str) -> datetime:
    """When the id was made, to the millisecond, by the clock of then.

    Raises:
        ValueError: a character that no ULID has.
    """
    stamp = 0
    for character in ulid[:10]:
        stamp = stamp * 32 + _ALPHABET.index(character)
    return datetime.fromtimestamp(stamp / 1000, UTC)
