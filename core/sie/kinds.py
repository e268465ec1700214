"""Names what a file is when it is not SIE 1-4: the web page, PDF or XML that somebody saved under the name."""

from __future__ import annotations

import re

_RECORD = re.compile(rb"(?:^|[\n\r])[ \t]*#[A-Za-z]{2,}", re.ASCII)
_PROBE = 256 * 1024
_SIGNATURES = (
    (b"%PDF", "pdf"),
    (b"PK\x03\x04", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"\xff\xfe", "utf16"),
    (b"\xfe\xff", "utf16"),
)


def foreign_kind(data: bytes) -> str:
    """What the bytes are instead of SIE 1-4; empty when they may be SIE.

    One of ``empty html sie5 xml pdf archive utf16 binary text``.
    """
    start = data[:_PROBE].removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n\x1a\x00")
    if not start:
        return "empty"
    for signature, kind in _SIGNATURES:
        if start.startswith(signature):
            return kind
    if start.startswith(b"<"):
        return _markup_kind(start[:4096].lower())
    if _RECORD.search(start):
        return ""
    return "binary" if b"\x00" in start or _is_mostly_control(start) else "text"


def _markup_kind(start: bytes) -> str:
    if b"sie.se/sie5" in start or b"<sie" in start:
        return "sie5"
    return "html" if b"<html" in start or b"<!doctype html" in start else "xml"


def _is_mostly_control(start: bytes) -> bool:
    control = bytes(byte for byte in range(32) if byte not in b"\t\n\r\x1a")
    return (len(start) - len(start.translate(None, control))) * 20 > len(start)
