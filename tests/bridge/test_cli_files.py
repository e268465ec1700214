from __future__ import annotations

import os
from pathlib import Path

import pytest

from bridge.cli.files import read_file, write_new
from core.errors import Refused, UsageError


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, Path.is_file], ids=["folder", "fifo", "nothing"])
def test_what_is_no_ordinary_file_is_a_missing_file_and_never_hangs(tmp_path: Path, make: object) -> None:
    path = tmp_path / "clients.csv"
    assert callable(make)
    make(path)
    with pytest.raises(UsageError) as caught:
        read_file(path)
    assert caught.value.code == "file_missing"


def test_a_written_file_is_whole_and_has_the_rights_of_other_files(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_new(tmp_path / "a", b"data")
    finally:
        os.umask(old)
    assert (tmp_path / "a").read_bytes() == b"data"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


def test_an_existing_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"precious")
    with pytest.raises(Refused) as caught:
        write_new(path, b"data")
    assert caught.value.code == "file_exists"
    assert path.read_bytes() == b"precious"
    assert [one.name for one in tmp_path.iterdir()] == ["a"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        write_new(tmp_path / "nowhere" / "a", b"data")
    assert caught.value.code == "file_missing"
