"""Puts records together as lines of CP437: quoting, amounts, dates, and a note of everything that was replaced."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from core.model import Severity
from core.money import Ore, to_text
from core.sie.characters import to_cp437
from core.sie.fields import ObjectList
from core.sie.findings import Findings
from core.sie.ksumma import content

_PLAIN = re.compile(r"[^\s\"{}#]+")
_EOL = "\r\n"


class Emitter:
    """Collects lines; foreign characters and long texts become findings with the line they were written on."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self._lines: list[str] = []

    @property
    def line(self) -> int:
        """The number of the line that is written next."""
        return len(self._lines) + 1

    def record(self, label: str, *fields: str) -> None:
        """A record of fields that are ready to write; empty ones at the end are left out."""
        kept = list(fields)
        while kept and kept[-1] in {"", '""'}:
            kept.pop()
        self._lines.append(" ".join([f"#{label}", *kept]))

    def raw(self, text: str) -> None:
        """A line as it is: a brace."""
        self._lines.append(text)

    def text(self, value: str, limit: int | None = None) -> str:
        """A quoted text in CP437, cut at ``limit`` characters."""
        return f'"{self._escaped(value, limit)}"'

    def code(self, value: str) -> str:
        """A series, number or id: unquoted where the format allows it."""
        if not value:
            return '""'
        escaped = self._escaped(value, None)
        return escaped if _PLAIN.fullmatch(escaped) else f'"{escaped}"'

    def objects(self, pairs: ObjectList) -> str:
        """An object list."""
        inner = " ".join(f"{self.code(dimension)} {self.text(number)}" for dimension, number in pairs)
        return f"{{{inner}}}"

    def _escaped(self, value: str, limit: int | None) -> str:
        plain, replaced = to_cp437(value)
        for character, replacement in replaced:
            self.findings.add(
                Severity.WARNING,
                "character_replaced",
                self.line,
                character=character,
                replacement=replacement,
            )
        if limit is not None and len(plain) > limit:
            self.findings.add(Severity.WARNING, "text_cut", self.line, text=plain, limit=limit)
            plain = plain[:limit].rstrip()
        if plain.endswith("\\"):
            plain = plain.rstrip("\\") + "/"
            self.findings.add(
                Severity.WARNING, "character_replaced", self.line, character="\\", replacement="/"
            )
        return plain.replace('"', '\\"')

    def to_bytes(self, *, ksumma: bool = False) -> bytes:
        """The file; with ``ksumma`` the control sum stands after #FLAGGA and at the end (SIE 4B section 10)."""
        lines = self._lines
        if ksumma:
            from zlib import crc32

            checksum = crc32(content("\n".join(lines[1:])))
            lines = [lines[0], "#KSUMMA", *lines[1:], f"#KSUMMA {checksum}"]
        return (_EOL.join(lines) + _EOL).encode("cp437")


def amount(ore: Ore) -> str:
    """An amount with two decimals."""
    return to_text(ore)


def day(value: date | int | None) -> str:
    """``YYYYMMDD``; empty when there is none."""
    if not value:
        return ""
    if isinstance(value, int):
        return f"{value:08d}"
    return f"{value:%Y%m%d}" if value.year >= 1000 else ""


def optional(fields: Iterable[str]) -> list[str]:
    """Fields of which some may be empty: an empty one before a filled one is written as two quotation marks."""
    return [field or '""' for field in fields]
