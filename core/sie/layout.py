"""How one file lays out its vouchers: line end, what stands between fields, what follows an amount."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_FIRST_VOUCHER = re.compile(
    rb"#VER(?P<gap>[ \t])[^\r\n]*(?P<eol>\r?\n)\{\r?\n"
    rb"[ \t]*#TRANS[ \t]+[^ \t]+[ \t]*\{[^}\r\n]*\}[ \t][-\d.]+(?P<date> \"\" )?"
)
_QUOTED = rb'"[^"\\\n]*+(?:\\(?!")[^"\\\n]*+)*+"'
_BARE = rb'[^ \t"{}\r\n]++'
_DAY = (
    rb"[12]\d{3}(?:(?:0[1-9]|1[0-2])(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])(?:29|30)|(?:0[13578]|1[02])31)"
)
_PROBE = 16_384


@dataclass(frozen=True, slots=True)
class Layout:
    """The bytes between the parts of a file's vouchers, and what may stand in their last fields."""

    eol: bytes
    gap: bytes
    empty_dates: bool
    """Whether ``""`` stands for the date after a row's amount, as Fortnox writes it."""
    ver: bytes = field(init=False)
    """How a voucher begins."""
    between_vouchers: bytes = field(init=False)
    opening: bytes = field(init=False)
    """From the end of a #VER line to its first row."""
    closing: bytes = field(init=False)
    row_ends: re.Pattern[bytes] = field(init=False)
    """What may follow the amounts (and empty dates) of rows, one per line: date, text, quantity, sign."""
    voucher_ends: re.Pattern[bytes] = field(init=False)
    """What may follow the dates of vouchers, one per line: text, registration date, sign."""

    def __post_init__(self) -> None:
        """Derive the patterns."""
        gap = re.escape(self.gap)
        token = rb"(?:" + _QUOTED + rb"|" + _BARE + rb")"
        day = rb'(?:""|' + _DAY + rb'|"' + _DAY + rb'")'
        first, more = (token, rb"{0,2}+") if self.empty_dates else (day, rb"{0,3}+")
        row_end = rb"(?:" + first + rb"(?:" + gap + token + rb")" + more + rb")?+"
        voucher_end = token + rb"(?:" + gap + day + rb"(?:" + gap + token + rb")?+)?+"
        derived = {
            "ver": b"#VER" + self.gap,
            "between_vouchers": self.eol + b"#VER" + self.gap,
            "opening": self.eol + b"{" + self.eol,
            "closing": self.eol + b"}",
            "row_ends": re.compile(rb"(?:" + row_end + rb"[ \t\r]*+\n)*+"),
            "voucher_ends": re.compile(rb"(?:" + voucher_end + rb"[ \t]*+\n)*+"),
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)


def find_layout(data: bytes) -> Layout | None:
    """The layout of the first voucher with rows; None when it has none that the column passes know."""
    start = data.find(b"#VER")
    match = _FIRST_VOUCHER.search(data, start, start + _PROBE) if start >= 0 else None
    return Layout(match["eol"], match["gap"], bool(match["date"])) if match else None
