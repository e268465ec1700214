"""Which line of a file an error is about, so that the person who made the file finds it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from core.model import Finding, Severity

_RECORDS: Mapping[str, bytes] = {
    "company_mismatch": b"ORGNR",
    "year_mismatch": b"RAR",
    "year_unknown": b"RAR",
    "wrong_source": b"RAR",
    "engagement_locked": b"RAR",
    "not_sie": b"",
}
"""The record that each error looks at; the file's first line where it is none in particular."""
_RANK = (Severity.FATAL, Severity.ERROR)


def line_of(data: bytes, code: str, findings: Sequence[Finding]) -> int | None:
    """The 1-based line, or None where the error is about no line."""
    exact = [one.line for one in findings if one.code == code and one.line]
    if exact:
        return exact[0]
    if code in _RECORDS:
        return line_of_record(data, _RECORDS[code])
    placed = sorted(
        (_RANK.index(one.severity), one.line) for one in findings if one.line and one.severity in _RANK
    )
    return placed[0][1] if placed else None


def line_of_record(data: bytes, label: bytes) -> int:
    """The line of the first record with the label, 1 where there is none."""
    found = re.search(rb"^[ \t]*#" + label + rb"\b", data, re.MULTILINE) if label else None
    return data.count(b"\n", 0, found.start()) + 1 if found else 1
