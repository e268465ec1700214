"""The real program on a disk that is really full: a small file system in memory, which only root can mount."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

can_mount = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or shutil.which("mount") is None,
    reason="needs root and mount to make a small disk",
)


@pytest.fixture
def full(tmp_path: Path, brygga: Any) -> Iterator[Any]:
    """A firm with one client on a disk without a single free block, which nobody has open."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], check=False)
    if mounted.returncode:
        pytest.skip("this machine mounts no file systems")
    try:
        brygga.environ["BRYGGA_DATA_DIR"] = str(disk / "data")
        brygga("client", "add", "--name", "Bageri Söder AB", "--orgnr", "556677-8899", "--number", "7")
        with (disk / "fill").open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError:
                pass
        yield brygga
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


@can_mount
@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("client", "list"),
        ("client", "show", "7"),
        ("audit", "show"),
        ("audit", "verify"),
        ("paths",),
    ],
)
def test_a_full_disk_can_be_read(full: Any, words: tuple[str, ...]) -> None:
    done = full(*words, "--json")
    assert (done.code, done.err) == (0, "")


@can_mount
def test_what_is_read_on_a_full_disk_is_what_was_written(full: Any) -> None:
    assert full("client", "list", "--json").json["clients"][0]["name"] == "Bageri Söder AB"


@can_mount
def test_a_change_on_a_full_disk_says_what_is_wrong_in_swedish(full: Any) -> None:
    done = full("client", "add", "--name", "A", "--orgnr", "556677-8899", "--lang", "sv")
    assert done.code != 0
    assert "Disken är full" in done.err
    assert "No space" not in done.err


@can_mount
def test_a_backup_on_a_full_disk_leaves_nothing_half(full: Any) -> None:
    done = full("backup", "create")
    folder = Path(full.environ["BRYGGA_DATA_DIR"]) / "backups"
    assert done.code != 0
    assert [one.name for one in folder.glob("*")] == []


@can_mount
def test_the_disk_can_be_written_again_once_there_is_room(full: Any) -> None:
    full("status")
    (Path(full.environ["BRYGGA_DATA_DIR"]).parent / "fill").unlink()
    assert full("client", "add", "--name", "B", "--orgnr", "556677-8899").code == 0
    assert len(full("client", "list", "--json").json["clients"]) == 2
