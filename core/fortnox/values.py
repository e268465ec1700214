"""Fortnox's JSON, read leniently at the edge: whole answers decoded, their fields raw until they are asked for.

Recorded answers mix numbers and numbers as strings, ``""`` and null, ``Credit`` as the strings "true" and
"false", ids as numbers and strings. So fields stay raw until they are asked for as text, number, flag or
day: one place decides what each spelling means, amounts are exact, and unknown fields are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TypeVar

import msgspec

from core.fortnox import errors
from core.money import from_decimal
from core.reasons import reason
from core.text import clean

NULL = msgspec.Raw(b"null")
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)")
_CENT = Decimal("0.01")
LARGEST_EXPONENT = 15
"""A number with more digits is no amount, and arithmetic with it could take for ever."""
_Item = TypeVar("_Item")


def decode(data: bytes, kind: type[_Item]) -> _Item:
    """Read an answer.

    Raises:
        FortnoxRejected: ``fortnox_error``: the answer is not of that shape.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise errors.unreadable(reason(error)) from error


def envelope(data: bytes) -> Mapping[str, msgspec.Raw]:
    """The keys of an answer's outermost object, each still raw."""
    return decode(data, dict[str, msgspec.Raw])


def raw_text(raw: msgspec.Raw) -> str:
    """Any scalar as text, exactly as it was sent; null is empty."""
    data = bytes(raw)
    if data == b"null":
        return ""
    if data[:1] == b'"':
        simple = data.isascii() and b"\\" not in data
        return data[1:-1].decode("ascii") if simple else decode(data, str)
    if data[:1] in {b"{", b"["}:
        raise errors.misplaced(data.decode("ascii", "replace"), "string")
    return data.decode("ascii", "replace")


def text(raw: msgspec.Raw, limit: int | None = 200) -> str:
    """Any scalar as clean text."""
    return clean(raw_text(raw), limit).strip()


def number(raw: msgspec.Raw) -> Decimal | None:
    """A number or a number as a string; ``""`` and null are None, never 0."""
    spelled = raw_text(raw).strip()
    if not spelled:
        return None
    try:
        value = Decimal(spelled)
    except InvalidOperation:
        raise errors.misplaced(spelled, "number") from None
    if not value.is_finite() or not -30 < value.adjusted() <= LARGEST_EXPONENT:
        raise errors.misplaced(spelled, "number")
    return value


def hundredths(raw: msgspec.Raw) -> int | None:
    """An amount in hundredths (öre for kronor), rounded half up when it has more decimals."""
    value = number(raw)
    return None if value is None else from_decimal(value.quantize(_CENT, ROUND_HALF_UP))


def flag(raw: msgspec.Raw) -> bool:
    """A boolean, also as a string; ``""`` and null are False."""
    return raw_text(raw).strip().lower() in {"true", "1"}


def day(raw: msgspec.Raw) -> date | None:
    """A date, also with a time behind it; ``""``, null and zeros are None."""
    match = _DAY.match(raw_text(raw).strip())
    if match is None or match.group(1).startswith("0000"):
        return None
    try:
        return date.fromisoformat(match.group(1))
    except ValueError as error:
        raise errors.misplaced(match.group(1), "date") from error


def reference(raw: msgspec.Raw) -> str | None:
    """The number of another document; ``""``, null and 0 are None."""
    spelled = text(raw)
    return None if spelled in {"", "0"} else spelled


def required_day(raw: msgspec.Raw, field: str) -> date:
    """A date that must be there."""
    value = day(raw)
    if value is None:
        raise errors.missing(field)
    return value
