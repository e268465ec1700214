"""The fields that repeat in a journal, each read carefully once and then known by its bytes."""

from __future__ import annotations

import re

from core.sie import fields, values
from core.sie.columns import Lists as ObjectLists
from core.sie.columns import Names
from core.sie.encoding import Encoding, decode

LONGEST_FIELDS = 1_000
"""Bytes; longer parts of a line go to the careful reader, which knows how long a line may be."""

_ROW_START = re.compile(rb"[ \t]*#TRANS[ \t]+(\d+)[ \t]+")


class Unfit(Exception):
    """The stretch holds something that only the careful reader knows."""


class Days(dict[bytes, int]):
    """Dates as numbers YYYYMMDD."""

    def __missing__(self, raw: bytes) -> int:
        """Read the date; ``Unfit`` when it is none."""
        text = raw[1:-1] if raw[:1] == raw[-1:] == b'"' else raw
        number = values.day(text.decode("ascii", "replace"))
        if not number:
            raise Unfit
        self[raw] = number
        return number


class Series(dict[bytes, str]):
    """Voucher series."""

    def __init__(self, encoding: Encoding) -> None:
        super().__init__()
        self._encoding = encoding

    def __missing__(self, raw: bytes) -> str:
        """Read the series; ``Unfit`` when it is not exactly one field."""
        found = fields.split(decode(raw, self._encoding))
        if len(found.values) != 1 or found.objects is not None or found.flaws:
            raise Unfit
        self[raw] = found.values[0]
        return found.values[0]


class Accounts(dict[bytes, int]):
    """Numbers of accounts, by the start of a row: ``#TRANS 1510 ``."""

    def __init__(self, names: Names) -> None:
        super().__init__()
        self._names = names

    def __missing__(self, raw: bytes) -> int:
        """Read the account; ``Unfit`` when it is no account number."""
        match = _ROW_START.fullmatch(raw)
        if match is None or len(raw) > LONGEST_FIELDS:
            raise Unfit
        self[raw] = number = self._names[match[1].decode("ascii")]
        return number

    def forget_from(self, number: int) -> None:
        """Take back what a stretch gave that turned out to be unfit."""
        self._names.forget_from(number)
        for raw in [raw for raw, given in self.items() if given >= number]:
            del self[raw]


class Lists(dict[bytes, int]):
    """Numbers of object lists, by what stands between their braces."""

    def __init__(self, lists: ObjectLists, encoding: Encoding) -> None:
        super().__init__()
        self._lists = lists
        self._encoding = encoding

    def __missing__(self, raw: bytes) -> int:
        """Read the list; ``Unfit`` when it is not whole."""
        if len(raw) > LONGEST_FIELDS:
            raise Unfit
        if not raw.strip(b" \t"):
            self[raw] = 0
            return 0
        found = fields.split(decode(b"{" + raw + b"}", self._encoding))
        if found.values or found.objects is None or found.flaws:
            raise Unfit
        self[raw] = number = self._lists[found.objects]
        return number

    def forget_from(self, number: int) -> None:
        """Take back what a stretch gave that turned out to be unfit."""
        self._lists.forget_from(number)
        for raw in [raw for raw, given in self.items() if given >= number]:
            del self[raw]
