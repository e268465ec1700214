"""``brygga file``: a person's hand-over folder on the server, the way in and out for files over SSH."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from bridge.cli import shape
from bridge.cli.files import read_file, write_new
from bridge.cli.session import Run
from bridge.cli.tables import table
from core.clock import local_time, rfc3339
from core.errors import Refused, UsageError
from core.fence import confined
from core.files import MEGABYTE, make_private_directory, shown
from core.i18n import _, mark
from core.text import clean

FileName = Annotated[str, Parameter(name="NAME", help=mark("a file's name in the hand-over folder"))]
LARGEST = 100 * MEGABYTE
MOST = 500
"""Files that one person's folder takes."""
MOST_BYTES = 2000 * MEGABYTE
"""What they take together."""


def show_all(*, run: Run) -> None:
    """List the files of the hand-over folder."""
    found = _files(_folder(run))
    record: shape.Json = {
        "folder": str(_folder(run)),
        "files": [{"name": name, "size": size, "at": rfc3339(at)} for name, size, at in found],
    }
    run.output.answer(record, lambda: _lines(found))


def put(name: FileName, /, *, run: Run) -> None:
    """Write standard input to a new file of the hand-over folder."""
    folder = _folder(run)
    target = folder / _plain(name)
    there = _files(folder)
    if len(there) >= MOST:
        raise _too_much(_("There are already {count} files in the hand-over folder.").format(count=MOST))
    data = sys.stdin.buffer.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise _too_much(_("The file is larger than {limit} MB.").format(limit=LARGEST // MEGABYTE))
    if sum(size for _name, size, _at in there) + len(data) > MOST_BYTES:
        raise _too_much(_("The hand-over folder takes {limit} MB.").format(limit=MOST_BYTES // MEGABYTE))
    write_new(target, data)
    run.output.answer(
        {"file": target.name, "size": len(data)}, lambda: [_("Wrote {path}.").format(path=target.name)]
    )


def get(name: FileName, /, *, run: Run) -> None:
    """Write a file of the hand-over folder to standard output."""
    run.output.data(read_file(_folder(run) / _plain(name)))


def remove(name: FileName, /, *, run: Run) -> None:
    """Remove a file of the hand-over folder."""
    target = _folder(run) / _plain(name)
    try:
        target.unlink()
    except OSError as error:
        raise UsageError(
            "file_missing",
            _("There is no file {path}.").format(path=shown(target)),
            _("Nothing was removed."),
            _("See what is there with: brygga file list"),
        ) from error
    run.output.answer({"file": target.name}, lambda: [_("Removed {name}.").format(name=target.name)])


def _folder(run: Run) -> Path:
    return confined() or make_private_directory(run.settings.handover_dir.absolute() / _plain(run.person))


def _plain(name: str) -> str:
    """A name that is one part of a path and no more.

    Raises:
        UsageError: ``usage``.
    """
    if not name or name.startswith(".") or "/" in name or clean(name, None) != name or len(name) > 120:
        raise UsageError(
            "usage",
            _("{name} cannot be a file's name here.").format(name=clean(name, 60) or "''"),
            _("A name has no slash, does not begin with a full stop and has at most 120 signs."),
            _("For example: bageri.se"),
        )
    return name


def _files(folder: Path) -> list[tuple[str, int, datetime]]:
    """Name, size in bytes and time of change of each ordinary file, by name."""
    return sorted(
        (entry.name, facts.st_size, datetime.fromtimestamp(facts.st_mtime, UTC))
        for entry in folder.iterdir()
        if not entry.name.startswith(".") and entry.is_file() and not entry.is_symlink()
        for facts in (entry.stat(),)
    )


def _lines(found: list[tuple[str, int, datetime]]) -> Iterator[str]:
    if not found:
        yield _("The hand-over folder is empty. Put a file there with: ssh SERVER file put NAME < FILE")
        return
    yield from table(
        (_("File"), _("Size"), _("Changed")),
        [(name, str(size), local_time(at)) for name, size, at in found],
    )


def _too_much(title: str) -> Refused:
    return Refused("usage", title, _("Nothing was written."), _("Remove what is no longer needed first."))
