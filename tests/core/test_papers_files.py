from __future__ import annotations

import pytest

from core.papers import PaperKind, is_whole, kind_of, named_kind
from core.usecases.exchangepapers import name_at_fortnox

PNG = b"\x89PNG\r\n\x1a\n...IEND\xaeB`\x82"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7\n", PaperKind.PDF),
        (b"\xff\xd8\xff\xe0", PaperKind.JPEG),
        (PNG, PaperKind.PNG),
        (b"II*\x00", PaperKind.TIFF),
        (b"MZ", None),
        (b"", None),
    ],
)
def test_a_kind_is_told_by_its_beginning(data: bytes, kind: PaperKind | None) -> None:
    assert kind_of(data) is kind


def test_a_name_says_a_kind_whatever_its_case() -> None:
    assert [named_kind(name) for name in ("a.PDF", "b.jpeg", "c.tiff", "d", "e.exe")] == [
        PaperKind.PDF, PaperKind.JPEG, PaperKind.TIFF, None, None,
    ]  # fmt: skip


def test_a_document_without_its_end_is_not_whole() -> None:
    assert [is_whole(b"%PDF-1.4 ..."), is_whole(b"%PDF-1.4 ...%%EOF\n"), is_whole(PNG), is_whole(PNG[:-8])] == [
        False, True, True, False,
    ]  # fmt: skip


def test_the_name_at_fortnox_is_plain_and_carries_the_content() -> None:
    assert name_at_fortnox('Kvitto "åäö"/1.PDF', "1a2b3c4d" + "0" * 56) == "Kvitto _åäö__1-1a2b3c4d.pdf"
    assert len(name_at_fortnox("x" * 300 + ".pdf", "0" * 64)) == 80 + 9 + 4
