"""Which character set a file is really in. ``#FORMAT PC8`` is no evidence: most UTF-8 files say it too.

CP437's Swedish letters can never form valid UTF-8 by themselves, so UTF-8 is proved by decoding, and CP437
and Windows-1252 are told apart by counting the Swedish letters of each (measured on 148 public files).
"""

from __future__ import annotations

import codecs
from typing import Literal, TypeAlias

Encoding: TypeAlias = Literal["cp437", "utf-8", "utf-8-sig", "cp1252", "ascii"]

SLICE = 256 * 1024
"""Bytes per C-speed pass, so that a thread never holds the interpreter for long."""

_ASCII = bytes(range(128))
_CP437_LETTERS = bytes([0x86, 0x84, 0x94, 0x8F, 0x8E, 0x99, 0x82])
_CP1252_LETTERS = bytes([0xE5, 0xE4, 0xF6, 0xC5, 0xC4, 0xD6, 0xE9])


def detect(data: bytes) -> Encoding:
    """The encoding by the bytes alone."""
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    high = b"".join(data[at : at + SLICE].translate(None, _ASCII) for at in range(0, len(data), SLICE))
    if not high:
        return "ascii"
    if _is_utf8(data):
        return "utf-8"
    cp1252 = len(high) - len(high.translate(None, _CP1252_LETTERS))
    cp437 = len(high) - len(high.translate(None, _CP437_LETTERS))
    return "cp1252" if cp1252 > cp437 else "cp437"


def _is_utf8(data: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for at in range(0, len(data), SLICE):
            decoder.decode(data[at : at + SLICE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def decode(data: bytes, encoding: Encoding) -> str:
    """The text of some whole lines of the file; undecodable bytes become U+FFFD.

    ``utf-8-sig`` decodes as ``utf-8`` here, because the byte order mark is skipped by position.
    """
    return data.decode("utf-8" if encoding == "utf-8-sig" else encoding, "replace")
