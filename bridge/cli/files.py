"""Files named on the command line: read with a clear error, written whole and never over another."""

from __future__ import annotations

from pathlib import Path

from core.errors import Refused, UsageError
from core.fence import personal
from core.files import read_regular_file, shown, write_atomically
from core.i18n import _
from core.reasons import reason

AS_THE_UMASK_SAYS = 0o666
"""A file that a person asked for gets the rights that the person's other files get."""


def read_file(path: Path) -> bytes:
    """The bytes of an ordinary file.

    Raises:
        UsageError: ``file_missing``: it is not there, is no ordinary file, is too large or may not be read.
    """
    try:
        return read_regular_file(path)
    except Refused as error:
        if error.code == "read_only":
            raise
        raise UsageError("file_missing", error.title, error.message, _("Choose another file.")) from error


def refuse_existing(path: Path) -> None:
    """Stop before the work when the file that it ends in is already there.

    Raises:
        Refused: ``file_exists``.
    """
    if path.exists():
        raise _exists(path)


def write_new(path: Path, data: bytes) -> None:
    """Write a file that must not exist.

    Raises:
        Refused: ``file_exists``.
        UsageError: ``file_missing``: the folder is not there or not writable.
    """
    path = personal(path)
    try:
        write_atomically(path, data, AS_THE_UMASK_SAYS, replace=False)
    except FileExistsError as error:
        raise _exists(path) from error
    except OSError as error:
        raise UsageError(
            "file_missing",
            _("{path} cannot be written.").format(path=shown(path)),
            reason(error),
            _("Check the folder and its rights."),
        ) from error


def _exists(path: Path) -> Refused:
    return Refused(
        "file_exists",
        _("{path} already exists.").format(path=shown(path)),
        _("brygga does not write over it."),
        _("Choose another name, or move the file away."),
    )
