from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import Refused, UsageError
from core.usecases.newfile import write_file


@pytest.mark.parametrize("force", [None, False])
def test_an_existing_file_is_left_as_it_is(tmp_path: Path, force: bool | None) -> None:
    path = tmp_path / "fil"
    path.write_bytes(b"gammal")
    with pytest.raises(Refused, match="fil") as caught:
        write_file(path, b"ny", force=force)
    assert (caught.value.code, path.read_bytes()) == ("file_exists", b"gammal")


def test_an_existing_file_is_replaced_with_force(tmp_path: Path) -> None:
    path = tmp_path / "fil"
    path.write_bytes(b"gammal")
    write_file(path, b"ny", force=True)
    assert path.read_bytes() == b"ny"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="saknas") as caught:
        write_file(tmp_path / "saknas" / "fil", b"ny")
    assert caught.value.code == "file_missing"
