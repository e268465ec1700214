"""Supporting documents as files: which kinds Fortnox's inbox takes, and whether one is whole.

Fortnox names PDF, JPEG, PNG and TIFF. Its own limit of size is not published; ours keeps a mistake from being sent.
"""

from __future__ import annotations

from enum import StrEnum

LARGEST_PAPER = 20 * 1024 * 1024
"""Bytes."""


class PaperKind(StrEnum):
    """A kind of document, by the ending of its name."""

    PDF = "pdf"
    JPEG = "jpg"
    PNG = "png"
    TIFF = "tif"


_BEGINNINGS = {
    b"%PDF-": PaperKind.PDF,
    b"\xff\xd8\xff": PaperKind.JPEG,
    b"\x89PNG\r\n\x1a\n": PaperKind.PNG,
    b"II*\x00": PaperKind.TIFF,
    b"MM\x00*": PaperKind.TIFF,
}
_ENDINGS = {
    "pdf": PaperKind.PDF,
    "jpg": PaperKind.JPEG,
    "jpeg": PaperKind.JPEG,
    "png": PaperKind.PNG,
    "tif": PaperKind.TIFF,
    "tiff": PaperKind.TIFF,
}
_TAIL = 2048
"""Bytes at the end of a PDF in which its mark of the end stands."""


def kind_of(data: bytes) -> PaperKind | None:
    """The kind by what the file begins with, or None for one that is not taken."""
    return next((kind for start, kind in _BEGINNINGS.items() if data.startswith(start)), None)


def named_kind(name: str) -> PaperKind | None:
    """The kind by the file's name, or None where the name says none that is taken."""
    return _ENDINGS.get(name.rpartition(".")[2].lower())


def is_whole(data: bytes) -> bool | None:
    """Whether the end of the file is there; None where its kind has no mark of it."""
    kind = kind_of(data)
    if kind is PaperKind.PDF:
        return b"%%EOF" in data[-_TAIL:]
    if kind is PaperKind.PNG:
        return b"IEND" in data[-12:]
    if kind is PaperKind.JPEG:
        return data.rstrip(b"\x00").endswith(b"\xff\xd9") or None
    return None if data else False
