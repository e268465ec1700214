"""Which character set a file is really in. ``#FORMAT PC8`` is no evidence: most UTF-8 files say it too.

CP437's Swedish letters can never form valid UTF-8 by themselves, so UTF-8 is proved by decoding, and CP437
and Windows-1252 are told apart by counting the Swedish letters of each (measured on 148 public files).
"""

from __future__ import annotations

import codecs
from typing import Literal, NamedTuple, TypeAlias

Encoding: TypeAlias = Literal["cp437", "utf-8", "utf-8-sig", "cp1252", "ascii"]

SLICE = 64 * 1024
"""Bytes per C-speed pass, so that a thread never holds the interpreter for long."""

NO_CONTROLS = bytes(byte for byte in range(256) if (byte >= 32 and byte != 127) or byte == 9)
"""All bytes but control characters; a tab is an ordinary separator."""

_ORDINARY = bytes(byte for byte in range(32, 127)) + b"\t"
_CONTROLS = bytes(set(range(256)) - set(NO_CONTROLS))
_CP437_LETTERS = bytes([0x86, 0x84, 0x94, 0x8F, 0x8E, 0x99, 0x82])
_CP1252_LETTERS = bytes([0xE5, 0xE4, 0xF6, 0xC5, 0xC4, 0xD6, 0xE9])


class CharacterSet(NamedTuple):
    """What the bytes of a file are."""

    encoding: Encoding
    controls: bool
    """Whether there are control characters besides one kind of line end."""


def examine(data: bytes) -> CharacterSet:
    """The encoding by the bytes alone, in one pass."""
    high: list[bytes] = []
    kinds = set()
    for at in range(0, len(data), SLICE):
        unusual = data[at : at + SLICE].translate(None, _ORDINARY)
        high.append(unusual.translate(None, _CONTROLS))
        kinds.add(_line_end(unusual.translate(None, NO_CONTROLS)))
    return CharacterSet(_encoding(data, b"".join(high)), len(kinds - {""}) > 1 or "?" in kinds)


def _line_end(controls: bytes) -> str:
    """The line end that the control characters of a slice consist of; ``?`` when they do not."""
    if not controls.replace(b"\n", b""):
        return "lf" if controls else ""
    return "?" if controls.removeprefix(b"\n").removesuffix(b"\r").replace(b"\r\n", b"") else "crlf"


def _encoding(data: bytes, high: bytes) -> Encoding:
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
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
