"""What a person of a forced session is told of files: names in the hand-over folder, never the server's places."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.cli.files import read_file
from core.errors import Refused
from core.fence import own_place, personal
from core.files import shown
from core.usecases.tables import free_name
from tui.completion import complete_sie_path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hand-over folder, confined to it as a session is, with a neighbour's folder beside it."""
    own, neighbours = tmp_path / "anna", tmp_path / "bo"
    own.mkdir()
    neighbours.mkdir()
    (own / "bageri.se").write_bytes(b"")
    (neighbours / "hemlig.se").write_bytes(b"")
    (own / "ut").symlink_to(neighbours)
    monkeypatch.setattr("core.fence._folder", [own])
    monkeypatch.chdir(own)
    return own


async def test_tab_completes_in_the_hand_over_folder(folder: Path) -> None:
    (folder / "sie").mkdir()
    (folder / "sie" / "x.se").write_bytes(b"")
    assert await complete_sie_path("ba") == ("bageri.se", "")
    assert await complete_sie_path("~/ba") == ("~/bageri.se", "")
    assert await complete_sie_path("sie/") == ("sie/x.se", "")


@pytest.mark.parametrize("asked", ["../bo/", "/etc/", "/", "~/../bo/he", "ut/", "sie/../../bo/"])
async def test_tab_tells_of_no_other_folder(folder: Path, asked: str) -> None:
    (folder / "sie").mkdir()
    assert await complete_sie_path(asked) == (asked, "")


def test_a_link_that_is_refused_is_no_missing_file(folder: Path) -> None:
    (folder / "lank.se").hardlink_to(folder.parent / "bo" / "hemlig.se")
    with pytest.raises(Refused):
        read_file(Path("lank.se"))


def test_a_file_is_told_of_by_its_name(folder: Path) -> None:
    assert shown(folder / "bageri.se") == "bageri.se"
    assert shown(Path("/etc/passwd")) == "/etc/passwd"


def test_a_file_is_proposed_by_its_name(folder: Path) -> None:
    assert free_name("bageri.se") == Path("bageri-2.se")
    assert own_place() / "ny.se" == Path("ny.se")
    assert personal(Path("ny.se")) == folder / "ny.se"
