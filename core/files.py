"""Files written whole or not at all, opened without following traps, and hashed."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import IO

from core.errors import Refused, UsageError
from core.fence import as_named, check_opened, personal
from core.i18n import _
from core.text import clean

PRIVATE_FILE = 0o600
PRIVATE_DIR = 0o700
MEGABYTE = 1024 * 1024
GIGABYTE = 1024 * MEGABYTE
_NO_HARD_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS})
"""What a memory stick or a network share answers."""


def write_atomically(path: Path, data: bytes, mode: int = PRIVATE_FILE, *, replace: bool = True) -> None:
    """Write ``data`` so that a reader sees the old file or the whole new one, also after a power cut.

    Raises:
        FileExistsError: the file exists and ``replace`` is False; it is left untouched.
        OSError: no space, no right.
    """

    def write(file: IO[bytes]) -> None:
        file.write(data)

    stream_atomically(path, write, mode, replace=replace)


def stream_atomically(
    path: Path, write: Callable[[IO[bytes]], None], mode: int = PRIVATE_FILE, *, replace: bool = True
) -> None:
    """``write_atomically`` for what is too large to hold: ``write`` is given the open file.

    Raises:
        FileExistsError: the file exists and ``replace`` is False; it is left untouched.
        OSError: no space, no right.
    """
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            temporary.replace(path)
        else:
            _move_to_free_name(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        raise
    sync_directory(path.parent)


def _move_to_free_name(temporary: Path, path: Path) -> None:
    """Give the file its name unless the name is taken; also where the file system has no hard links."""
    try:
        os.link(temporary, path)
        temporary.unlink()
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE))
        temporary.replace(path)


def sync_directory(directory: Path) -> None:
    """Make renames and links in the directory durable."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_private_directory(directory: Path) -> Path:
    """Create the directory (and its parents) for the owner alone; an existing one is left as it is."""
    missing = []
    above = directory
    while not above.exists():
        missing.append(above)
        above = above.parent
    for one in reversed(missing):
        one.mkdir(mode=PRIVATE_DIR, exist_ok=True)
    if not missing and not directory.is_dir():
        raise FileExistsError(errno.EEXIST, "no directory", str(directory))
    return directory


def open_regular_file(path: Path) -> IO[bytes]:
    """A regular file open for reading; never hangs on a FIFO or device.

    Raises:
        UsageError: ``file_missing``: there is no such file, it is no regular one, or it may not be read.
    """
    path = personal(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _missing(path, error) from error
    check_opened(descriptor, path)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UsageError(
            "file_missing",
            _("{path} is not an ordinary file.").format(path=shown(path)),
            _("Only ordinary files are read, never folders, pipes or devices."),
            _("Choose the file itself."),
        )
    return os.fdopen(descriptor, "rb")


def read_regular_file(path: Path, limit: int = 100 * MEGABYTE) -> bytes:
    """The bytes of a regular file; never hangs on a FIFO or device.

    Raises:
        UsageError: ``file_missing``: there is no such file, it is no regular one, or it may not be read.
        Refused: ``not_sie``: larger than ``limit`` bytes.
    """
    with open_regular_file(path) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise Refused(
            "not_sie",
            _("{path} is larger than {limit} MB.").format(path=shown(path), limit=limit // MEGABYTE),
            _("Nothing was read."),
            _("Export one fiscal year at a time."),
        )
    return data


def _missing(path: Path, error: OSError) -> UsageError:
    if error.errno in {errno.EACCES, errno.EPERM}:
        return UsageError(
            "file_missing",
            _("The file {path} may not be read.").format(path=shown(path)),
            _("Its permissions do not let this user in."),
            _("Ask the file's owner for the right to read it."),
        )
    return UsageError(
        "file_missing",
        _("There is no file {path}.").format(path=shown(path)),
        _("Nothing was read and nothing was changed."),
        _("Check the path."),
    )


def shown(path: Path) -> str:
    """A path in a sentence: a file's name may hold anything, and what a terminal obeys is left out."""
    return clean(str(as_named(path)), None)


def content_hash(data: bytes) -> str:
    """SHA-256 as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
