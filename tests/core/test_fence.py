"""The two walls of a forced session, tried in a child process: there is no way back from behind them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import Refused
from core.fence import confined, personal

PROJECT = Path(__file__).parents[2]

BEHIND = """
import os, sys, sysconfig
from pathlib import Path
sys.path.insert(0, {project!r})
from core.fence import wall_in
here = Path({here!r})
read = [Path("/usr"), Path("/lib"), Path("/lib64"), Path("/etc"), Path("/proc"), Path(sys.base_prefix), Path({project!r})]
read += [Path(place) for place in sysconfig.get_paths().values()]
if not wall_in(read, [here / "in", Path("/dev")]):
    print("no landlock")
    raise SystemExit
def tried(work):
    try:
        work()
    except PermissionError:
        return "refused"
    return "done"
print(tried(lambda: (here / "in" / "new").write_text("x")))
print(tried(lambda: (here / "in" / "new").read_text()))
print(tried(lambda: (here / "out").write_text("x")))
print(tried(lambda: (here / "secret").read_text()))
print(tried(lambda: os.rename(here / "in" / "new", here / "out")))
print(tried(lambda: os.link(here / "in" / "new", here / "out2")))
print(tried(lambda: os.unlink(here / "secret")))
print(tried(lambda: os.mkdir(here / "folder")))
print(tried(lambda: os.execv("/bin/sh", ["sh", "-c", "echo escaped"])))
print(tried(lambda: os.execv(sys.executable, [sys.executable, "-c", "print('escaped')"])))
"""


def test_the_kernel_holds_the_process_to_its_places(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "secret").write_text("x")
    script = BEHIND.format(project=str(PROJECT), here=str(tmp_path))
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    if told.stdout.startswith("no landlock"):
        pytest.skip("this kernel has no Landlock")
    assert told.stdout.split() == ["done"] * 2 + ["refused"] * 8, told.stderr


def test_without_a_session_a_path_is_what_it_was() -> None:
    assert confined() is None
    assert personal(Path("../x")) == Path("../x")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hand-over folder that this process is confined to."""
    inside = tmp_path / "inside"
    inside.mkdir()
    monkeypatch.setattr("core.fence._folder", [inside.resolve()])
    monkeypatch.setattr("core.fence._turned_away", [])
    (tmp_path / "outside.se").write_text("x")
    (inside / "link").symlink_to(tmp_path / "outside.se")
    (inside / "dangling").symlink_to(tmp_path / "not-there")
    (inside / "up").symlink_to(tmp_path)
    (inside / "sub").mkdir()
    (inside / "back").symlink_to(inside / "sub")
    return inside


@pytest.mark.parametrize(
    "name", ["a.se", "sub/a.se", "./a.se", "~/a.se", "sub/../a.se", "back/a.se", "å ä.se"]
)
def test_a_path_in_the_folder_is_taken(folder: Path, name: str) -> None:
    assert personal(Path(name)).is_relative_to(folder)


@pytest.mark.parametrize(
    "name",
    [
        "..", ".", "", "/", "../outside.se", "link", "dangling", "up/outside.se", "sub/../../outside.se",
        "~/../outside.se", "~root/x", "/etc/passwd", "missing/a.se", "/proc/self/root/etc/passwd", "a\0b/x",
    ],
)  # fmt: skip
def test_a_path_that_leads_out_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(Refused):
        personal(Path(name))


def test_a_path_may_be_asked_of_twice(folder: Path) -> None:
    assert personal(personal(Path("a.se"))) == folder / "a.se"
