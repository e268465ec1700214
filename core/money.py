"""Amounts are whole öre (int) everywhere inside brygga; text and Decimal exist only at the edges."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeAlias

Ore: TypeAlias = int
"""A whole number of öre. Ledger-signed where a record says so: debit is positive."""

LIMIT: Ore = 10**18
"""No amount is this large; the store's integers end at nine times it."""
MINUS = "\u2212"
NO_BREAK_SPACE = "\u00a0"

_PLAIN = re.compile(r"([+-]?)(\d+)(?:[.,](\d{1,2}))?\Z", re.ASCII)


def parse_amount(text: str) -> Ore:
    """Read an amount as people and programs write it: ``1 234,50``, ``-12.5``, ``−3``, ``1234``.

    Raises:
        ValueError: the text is not an amount with at most two decimals, or it is absurdly large.
    """
    compact = text.replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace(MINUS, "-")
    match = _PLAIN.match(compact)
    if match is None:
        raise ValueError(f"not an amount: {text!r}")
    sign, whole, part = match.groups()
    ore = int(whole) * 100 + int((part or "").ljust(2, "0"))
    if ore >= LIMIT:
        raise ValueError(f"not an amount: {text!r}")
    return -ore if sign == "-" else ore


def from_decimal(value: Decimal) -> Ore:
    """Turn kronor into öre.

    Raises:
        ValueError: the value is not finite or has more than two decimals.
    """
    if not value.is_finite() or abs(value) >= LIMIT // 100:
        raise ValueError(f"not an amount: {value}")
    ore = int(value.scaleb(2))
    if to_decimal(ore) != value:
        raise ValueError(f"more than two decimals: {value}")
    return ore


def to_decimal(ore: Ore) -> Decimal:
    """Öre as kronor with exactly two decimals."""
    return Decimal(ore).scaleb(-2)


def convert(ore: Ore, rate: Decimal, unit: Decimal = Decimal(1)) -> Ore:
    """Convert an amount in a foreign currency's hundredths to öre at ``rate`` kronor for ``unit`` of it."""
    return int((Decimal(ore) * rate / unit).to_integral_value(ROUND_HALF_UP))


def to_text(ore: Ore) -> str:
    """The form of files and JSON: ``-1234.50``."""
    sign = "-" if ore < 0 else ""
    whole, part = divmod(abs(ore), 100)
    return f"{sign}{whole}.{part:02d}"


def to_swedish(ore: Ore) -> str:
    """The form of screens and letters: ``−1 234,50`` with no-break spaces and U+2212."""
    sign = MINUS if ore < 0 else ""
    whole, part = divmod(abs(ore), 100)
    grouped = f"{whole:,}".replace(",", NO_BREAK_SPACE)
    return f"{sign}{grouped},{part:02d}"


def total(amounts: Iterable[Ore]) -> Ore:
    """The sum of the amounts, in öre."""
    return sum(amounts)
