"""The look through many clients' folders, part by part."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.exchange import scan
from bridge.exchange.folder import Folder
from bridge.exchange.ready import Inbox, Whole
from bridge.exchange.scan import EVERY, Scanner
from core.config_tables import ExchangeSettings

FOLDERS = [str(number) for number in range(25)]


@pytest.fixture
def scanner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scanner:
    monkeypatch.setattr(scan, "PART", 10)
    return Scanner(
        Folder.open(tmp_path), ExchangeSettings(stable_seconds=0), Inbox("in", 1000, lambda _data: Whole.YES)
    )


def found(scanner: Scanner) -> list[list[str]]:
    return [sorted(part.ready) for part in scanner.look(FOLDERS)]


def test_each_part_tells_of_its_own_folders(scanner: Scanner, tmp_path: Path) -> None:
    found(scanner)
    for folder in ("3", "12", "24"):
        (tmp_path / folder / "in" / "books.se").write_bytes(b"books")
    assert found(scanner) == [["3"], ["12"], ["24"]]


def test_every_quiet_folder_is_read_through_now_and_then(
    scanner: Scanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(scanner)
    read: set[str] = set()

    def look_in(folder: str, *, thorough: bool) -> tuple[list[object], list[float]]:
        read.update({folder} if thorough else ())
        return [], []

    monkeypatch.setattr(scanner, "_look_in", look_in)
    for _pass in range(EVERY):
        found(scanner)
    assert read == set(FOLDERS)
