"""A crash between the copying of a control sum and the taking of its file must not part the two."""

from __future__ import annotations

from pathlib import Path

from bridge.exchange import claim as claims
from bridge.exchange.claim import Claim
from bridge.exchange.folder import Folder

CLAIM = Claim("01A", "01B")


def folders(tmp_path: Path) -> tuple[Folder, Folder, Folder]:
    """The folder of claims, the claim's own, the client's."""
    for name in ("in", "processing"):
        (tmp_path / name).mkdir()
    (tmp_path / "in" / "books.se").write_bytes(b"books")
    (tmp_path / "in" / "books.se.sha256").write_bytes(b"sum")
    processing = Folder.open(tmp_path / "processing")
    return processing, processing.made(CLAIM.name), Folder.open(tmp_path / "in")


def test_a_claim_that_never_came_to_be_leaves_the_sidecar(tmp_path: Path) -> None:
    processing, place, incoming = folders(tmp_path)
    claims.prepare(place, incoming, "books.se")
    claims.put_back(processing, CLAIM, incoming, None)
    assert sorted(incoming.names()) == ["books.se", "books.se.sha256"]
    assert processing.names() == []


def test_a_taken_file_takes_its_sidecar_along(tmp_path: Path) -> None:
    _processing, place, incoming = folders(tmp_path)
    claims.prepare(place, incoming, "books.se")
    assert claims.take(place, incoming, "books.se")
    assert incoming.names() == []
    assert sorted(place.names()) == [".sha256", "books.se"]


def test_a_file_that_goes_back_has_its_sidecar_again(tmp_path: Path) -> None:
    processing, place, incoming = folders(tmp_path)
    claims.prepare(place, incoming, "books.se")
    claims.take(place, incoming, "books.se")
    assert claims.put_back(processing, CLAIM, incoming, "books.se")
    assert sorted(incoming.names()) == ["books.se", "books.se.sha256"]


def test_the_sidecar_of_another_file_of_the_same_name_is_left(tmp_path: Path) -> None:
    _processing, place, incoming = folders(tmp_path)
    claims.prepare(place, incoming, "books.se")
    (tmp_path / "in" / "books.se.sha256").write_bytes(b"another")
    claims.take(place, incoming, "books.se")
    assert incoming.names() == ["books.se.sha256"]


def test_a_claim_whose_dropped_file_is_gone_is_only_emptied(tmp_path: Path) -> None:
    processing, place, incoming = folders(tmp_path)
    claims.prepare(place, incoming, "books.se")
    claims.take(place, incoming, "books.se")
    place.put(claims.COPY, b"books")
    place.remove("books.se")
    assert claims.dropped_name(place) is None
    claims.put_back(processing, CLAIM, incoming, None)
    assert (processing.names(), incoming.names()) == ([], [])
