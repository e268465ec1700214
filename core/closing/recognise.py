"""Tells whether a voucher found in the books is one of ours: by marker and content, never by number alone.

The last voucher of a series can be deleted in Fortnox and its number used again, and *Kopiera* may copy the
marker together with the comments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from core.closing.marker import find_markers
from core.model import COST_CENTRE, PROJECT, Row
from core.register import ClosingVoucher


class Recognition(StrEnum):
    """What a voucher in the books is to one of ours."""

    SAME = "same"
    """Our marker and our content: this is the one."""
    ALTERED = "altered"
    """Our marker, but its date or rows have been changed in Fortnox."""
    COPY = "copy"
    """Our marker on a further voucher: somebody copied it. An alarm, never ours."""
    UNMARKED = "unmarked"
    """Our content without our marker: what comes back after an export to file."""
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Found:
    """A voucher read from the books. ``rows`` is None when only the list was read, which carries none."""

    series: str
    number: str
    date: date
    comments: str = ""
    rows: tuple[Row, ...] | None = None


@dataclass(frozen=True, slots=True)
class Recognised:
    """The outcome of looking for one voucher among those found."""

    ours: Found | None
    """The voucher that is ours, as it was sent or altered since."""
    recognition: Recognition
    copies: tuple[Found, ...] = ()
    """Others that carry the same marker: the marker stands on two vouchers, which alarms."""


def same_content(voucher: ClosingVoucher, found: Found) -> bool:
    """Whether date and rows are equal, whatever the order and the texts (a person may edit a text)."""
    if voucher.date != found.date:
        return False
    return found.rows is None or _content(voucher.rows) == _content(found.rows)


def _content(rows: Iterable[Row]) -> Counter[tuple[str, int, tuple[tuple[str, str], ...]]]:
    return Counter(
        (
            row.account,
            row.amount,
            tuple(sorted(pair for pair in row.objects if pair[0] in {COST_CENTRE, PROJECT})),
        )
        for row in rows
        if row.amount
    )


def recognise(
    voucher: ClosingVoucher, key: str, found: Iterable[Found], *, by_content: bool = False
) -> Recognised:
    """Find the voucher with marker ``key`` among those found.

    Where the marker stands on several, the one with our content and the number we were given is ours, and
    the rest are copies.

    Args:
        voucher: ours; its series and number, when it has them, settle which of several is the original.
        key: its marker.
        found: vouchers of its fiscal year.
        by_content: also take an unmarked voucher with equal content (after an export to file).
    """
    everyone = list(found)
    marked = [one for one in everyone if key in find_markers(one.comments)]
    if not marked:
        unmarked = [one for one in everyone if not find_markers(one.comments) and same_content(voucher, one)]
        if by_content and unmarked:
            return Recognised(unmarked[0], Recognition.UNMARKED, tuple(unmarked[1:]))
        return Recognised(None, Recognition.FOREIGN)
    ordered = sorted(marked, key=lambda one: _likeness(voucher, one))
    first = ordered[0]
    recognition = Recognition.SAME if same_content(voucher, first) else Recognition.ALTERED
    return Recognised(first, recognition, tuple(ordered[1:]))


def _likeness(voucher: ClosingVoucher, found: Found) -> tuple[bool, bool, str, int, str]:
    """A sort key: the number we were given first, then equal content, then the lowest number."""
    ours = (voucher.series, voucher.number) == (found.series, found.number)
    return not ours, not same_content(voucher, found), found.series, len(found.number), found.number
