from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from bridge.cli import app
from bridge.cli.options import split
from brygga import Interface


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_a_disk_that_takes_nothing_ends_in_three_lines(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_writing(_session: object) -> int:
        raise OSError(number, os.strerror(number), str(tmp_path / "locks"))

    monkeypatch.setattr(app, "_run", no_writing)
    assert app.run(split(["status", "--data-dir", str(tmp_path)], {}), Interface()) == 2
    told = capsys.readouterr().err
    assert str(tmp_path / "locks") in told
    assert len(told.splitlines()) == 3
