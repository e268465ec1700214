from __future__ import annotations

import errno
import os
import socket
import stat
from pathlib import Path
from typing import Never

import pytest

from core import files
from core.errors import Refused, UsageError


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "fil.se"


def test_a_new_file_has_its_whole_content(target: Path) -> None:
    files.write_atomically(target, b"innehall")
    assert target.read_bytes() == b"innehall"


def test_a_file_is_private_unless_told_otherwise(target: Path) -> None:
    files.write_atomically(target, b"")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def fail(*_arguments: object) -> Never:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_write_that_fails_leaves_the_old_file(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target.write_bytes(b"gammalt")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        files.write_atomically(target, b"nytt")
    assert target.read_bytes() == b"gammalt"


def test_a_write_that_fails_leaves_nothing_beside(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        files.write_atomically(target, b"nytt")
    assert not list(target.parent.iterdir())


def test_an_existing_file_is_left_when_it_may_not_be_replaced(target: Path) -> None:
    target.write_bytes(b"gammalt")
    with pytest.raises(FileExistsError):
        files.write_atomically(target, b"nytt", replace=False)
    assert target.read_bytes() == b"gammalt"


def test_a_dangling_link_counts_as_existing(target: Path) -> None:
    target.symlink_to(target.parent / "finns-inte")
    with pytest.raises(FileExistsError):
        files.write_atomically(target, b"nytt", replace=False)


def test_replacing_a_link_leaves_what_it_pointed_at(target: Path) -> None:
    other = target.with_name("annan")
    other.write_bytes(b"annans")
    target.symlink_to(other)
    files.write_atomically(target, b"nytt")
    assert other.read_bytes() == b"annans"


def without_hard_links(*_arguments: object) -> Never:
    raise OSError(errno.ENOTSUP, "Operation not supported")


def test_a_memory_stick_without_hard_links_takes_a_new_file(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", without_hard_links)
    files.write_atomically(target, b"nytt", replace=False)
    assert [target] == list(target.parent.iterdir())


def test_a_memory_stick_without_hard_links_keeps_an_existing_file(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", without_hard_links)
    target.write_bytes(b"gammalt")
    with pytest.raises(FileExistsError):
        files.write_atomically(target, b"nytt", replace=False)
    assert target.read_bytes() == b"gammalt"


def test_a_pipe_is_refused_without_waiting_for_a_writer(target: Path) -> None:
    os.mkfifo(target)
    with pytest.raises(UsageError):
        files.read_regular_file(target)


def test_a_device_is_refused() -> None:
    with pytest.raises(UsageError):
        files.read_regular_file(Path("/dev/zero"))


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        files.read_regular_file(tmp_path)


def test_a_socket_is_no_file(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tmp_path / "s"))
        with pytest.raises(UsageError):
            files.read_regular_file(tmp_path / "s")


def test_a_link_that_leads_to_itself_is_a_missing_file(target: Path) -> None:
    target.symlink_to(target)
    with pytest.raises(UsageError, match=target.name):
        files.read_regular_file(target)


def test_a_missing_file_has_the_contracts_code(target: Path) -> None:
    with pytest.raises(UsageError) as caught:
        files.read_regular_file(target)
    assert caught.value.code == "file_missing"


def test_a_file_of_exactly_the_limit_is_read(target: Path) -> None:
    target.write_bytes(b"12345")
    assert files.read_regular_file(target, 5) == b"12345"


def test_a_file_over_the_limit_is_refused(target: Path) -> None:
    target.write_bytes(b"123456")
    with pytest.raises(Refused):
        files.read_regular_file(target, 5)


def test_a_hostile_file_name_reaches_no_sentence_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        files.read_regular_file(tmp_path / "\x1b]0;x\x07\udcff.se")
    assert "\x1b" not in str(caught.value)


def test_a_made_directory_is_private(tmp_path: Path) -> None:
    made = files.make_private_directory(tmp_path / "a" / "b")
    assert stat.S_IMODE(made.stat().st_mode) == 0o700


def test_a_private_directory_s_new_parents_are_private_too(tmp_path: Path) -> None:
    made = files.make_private_directory(tmp_path / "data" / "locks")
    assert [stat.S_IMODE(one.stat().st_mode) for one in (made, made.parent)] == [0o700, 0o700]


def test_a_directory_that_is_there_keeps_its_rights(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    files.make_private_directory(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_a_file_where_a_directory_belongs_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "fil").write_text("x")
    for place in (tmp_path / "fil", tmp_path / "fil" / "under"):
        with pytest.raises(OSError, match="fil"):
            files.make_private_directory(place)
