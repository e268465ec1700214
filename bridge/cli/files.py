"""Files named on the command line: read with a clear error, written whole and never over another."""

from __future__ import annotations

from pathlib import Path

from core.errors import Refused, UsageError
from core.files import write_atomically
from core.i18n import _


def read_file(path: Path) -> bytes:
    """The file's bytes.

    Raises:
        UsageError: ``file_missing``: it is not there, is no file or cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            "file_missing",
            _("{path} cannot be read.").format(path=path),
            error.strerror or str(error),
            _("Check the name of the file and its rights."),
        ) from error


def refuse_existing(path: Path) -> None:
    """Stop before a file is written over.

    Raises:
        Refused: ``file_exists``.
    """
    if path.exists():
        raise Refused(
            "file_exists",
            _("{path} already exists.").format(path=path),
            _("brygga does not write over it."),
            _("Choose another name, or move the file away."),
        )


def write_new(path: Path, data: bytes) -> None:
    """Write a file that must not exist.

    Raises:
        Refused: ``file_exists``.
        UsageError: ``file_missing``: the folder is not there or not writable.
    """
    refuse_existing(path)
    try:
        write_atomically(path, data)
    except OSError as error:
        raise UsageError(
            "file_missing",
            _("{path} cannot be written.").format(path=path),
            error.strerror or str(error),
            _("Check the folder and its rights."),
        ) from error
