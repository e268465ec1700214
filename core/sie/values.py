"""Reads the amounts, dates and periods of a SIE file, strictly and then forgivingly."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from core.money import Ore

_STRICT_AMOUNT = re.compile(r"(-?)(\d{1,15})(?:\.(\d{1,2}))?", re.ASCII)
_LOOSE_AMOUNT = re.compile(r"([+-]?)(\d{0,15})(?:[.,](\d{0,2})0*)?", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)

NO_DAY = 0
"""Stands where a date could not be read, among days written as the number YYYYMMDD."""


class Amount(NamedTuple):
    """An amount as it stood. ``ore`` is None when it cannot be read; ``odd`` when the format forbids the form."""

    ore: Ore | None
    odd: bool = False


def amount(text: str) -> Amount:
    """Read an amount: a point as decimal sign and at most two decimals, or the near misses of real programs.

    Accepted as odd: ``.20``, ``5.``, ``1,50``, ``+5`` and zeros beyond the second decimal. Amounts of more
    than fifteen digits are refused.
    """
    match = _STRICT_AMOUNT.fullmatch(text)
    if match:
        return Amount(_ore(*match.groups()))
    loose = _LOOSE_AMOUNT.fullmatch(text)
    if loose is None or not (loose[2] or loose[3]):
        return Amount(None)
    return Amount(_ore(*loose.groups()), odd=True)


def _ore(sign: str, whole: str, part: str | None) -> Ore:
    ore = int(whole or "0") * 100 + int((part or "").ljust(2, "0"))
    return -ore if sign == "-" else ore


def day(text: str) -> int:
    """A date ``YYYYMMDD`` as a number, or ``NO_DAY`` when it is none."""
    if len(text) != 8 or not (text.isascii() and text.isdecimal()):
        return NO_DAY
    return int(text) if to_date(int(text)) else NO_DAY


def iso_day(text: str) -> int:
    """The same for ``YYYY-MM-DD``, which the format forbids and some programs write."""
    match = _ISO.fullmatch(text)
    return day("".join(match.groups())) if match else NO_DAY


def to_date(number: int) -> date | None:
    """The calendar day of a number YYYYMMDD; None when there is no such day."""
    try:
        return date(number // 10000, number // 100 % 100, number % 100)
    except ValueError:
        return None


def from_date(value: date) -> int:
    """The number YYYYMMDD of a calendar day."""
    return value.year * 10000 + value.month * 100 + value.day


def is_period(text: str) -> bool:
    """Whether the text is a calendar month ``YYYYMM``."""
    return len(text) == 6 and day(text + "01") != NO_DAY
