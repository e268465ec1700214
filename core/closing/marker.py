"""The marker that makes a posted voucher recognisable as ours.

Fortnox has no idempotency key. The marker stands in the voucher's Comments: deterministic, so that a restored
store or a second server makes the same one, and without brackets, which Fortnox refuses (code 2000359).
"""

from __future__ import annotations

import hashlib
import re
from base64 import b32encode

from core.closing.characters import cleaned
from core.money import to_text
from core.register import ClosingVoucher

PREFIX = "brygga:"
COMMENTS_LIMIT = 1000
"""Fortnox's limit on Comments, in characters."""

_MARKER = re.compile(r"brygga:(bk[A-Z2-7]{16})(?![A-Za-z0-9])")


def canonical(voucher: ClosingVoucher) -> str:
    """The voucher's content as one text: equal exactly for vouchers with equal date, text and rows in order."""
    rows = [
        "\x1f".join((row.account, to_text(row.amount), row.text, *(f"{d}={o}" for d, o in row.objects)))
        for row in voucher.rows
    ]
    return "\x1e".join((voucher.date.isoformat(), voucher.text, *rows))


def marker_key(voucher: ClosingVoucher, *, tenant: str, year_id: str) -> str:
    """``bk`` and 16 base32 characters of SHA-256 over whose books, which year, which voucher, what it says."""
    parts = (
        tenant,
        year_id,
        voucher.engagement_id,
        voucher.id,
        str(voucher.revision),
        canonical(voucher),
    )
    digest = hashlib.sha256("\x1d".join(parts).encode()).digest()
    return "bk" + b32encode(digest[:10]).decode("ascii")


def comments(key: str, text: str = "") -> str:
    """The Comments of a posted voucher: the text as Fortnox takes it, and the marker."""
    marker = PREFIX + key
    room = COMMENTS_LIMIT - len(marker) - 1
    return f"{cleaned(text)[:room].rstrip()} {marker}".lstrip()


def find_markers(text: str) -> list[str]:
    """The keys of all markers in a text, in order, each once."""
    return list(dict.fromkeys(_MARKER.findall(text)))
