"""Directories that are held open, so that nothing dropped into the exchange can lead anywhere else.

Everything is reached by name within an open directory, never by a path, and a symbolic link is never followed.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import stat
from pathlib import Path
from types import TracebackType
from typing import Self

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_LIBC = ctypes.CDLL(None, use_errno=True)
PRIVATE = 0o700
DROP = 0o2770
"""Others of the group may put files in."""
PICK_UP = 0o2750
"""Others of the group may read."""
RESULT_FILE = 0o640


class Folder:
    """An open directory."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    @classmethod
    def open(cls, path: Path) -> Folder:
        """The root of the exchange, which may itself be a link that its owner made.

        Raises:
            OSError: it is not there or is no directory.
        """
        return cls(os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the directory go."""
        os.close(self.descriptor)

    def inside(self, *names: str) -> Folder:
        """A directory below this one.

        Raises:
            OSError: it is not there, is no directory, or a link stands in the way.
        """
        if not names:
            return Folder(os.dup(self.descriptor))
        at = os.open(names[0], _DIRECTORY, dir_fd=self.descriptor)
        for name in names[1:]:
            try:
                below = os.open(name, _DIRECTORY, dir_fd=at)
            finally:
                os.close(at)
            at = below
        return Folder(at)

    def made(self, *names: str, mode: int = PRIVATE) -> Folder:
        """As ``inside``, making what is missing with these rights; what is made is durable with its first file."""
        try:
            return self.inside(*names)
        except FileNotFoundError:
            return self._made(names, mode)

    def _made(self, names: tuple[str, ...], mode: int) -> Folder:
        at = self.inside()
        for name in names:
            at.make(name, mode)
            below = at.inside(name)
            at.close()
            at = below
        return at

    def make(self, name: str, mode: int = PRIVATE) -> bool:
        """Make a directory; False when the name is taken."""
        try:
            os.mkdir(name, PRIVATE, dir_fd=self.descriptor)
        except FileExistsError:
            return False
        if mode != PRIVATE:
            with contextlib.suppress(OSError), self.inside(name) as made:
                os.fchmod(made.descriptor, mode)
        return True

    def names(self) -> list[str]:
        """What lies in it, in no order; bytes that are no text stand as surrogates."""
        return os.listdir(self.descriptor)  # noqa: PTH208 a path cannot be made of a descriptor

    def look(self, name: str) -> os.stat_result | None:
        """What the name stands for, a link as the link; None when it is gone."""
        try:
            return os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
        except OSError:
            return None

    def read(self, name: str, limit: int) -> tuple[bytes, os.stat_result]:
        """The bytes of a regular file, at most ``limit`` + 1 of them, and what it was when it was opened.

        Never waits for a pipe or a device.

        Raises:
            OSError: it is gone, may not be read, or is no regular file.
        """
        before = self.look(name)
        if before is None or not stat.S_ISREG(before.st_mode):
            raise OSError(f"no regular file: {name!r}")
        descriptor = os.open(name, _FILE, dir_fd=self.descriptor)
        with os.fdopen(descriptor, "rb") as file:
            opened = os.fstat(descriptor)
            if not stat.S_ISREG(opened.st_mode):
                raise OSError(f"no regular file: {name!r}")
            return file.read(limit + 1), opened

    def write(
        self,
        name: str,
        data: bytes,
        mode: int = RESULT_FILE,
        *,
        via: Folder | None = None,
        durable: bool = True,
    ) -> None:
        """Write a file whole; a name that is taken keeps what it has.

        ``via`` is where it is drafted, so that a crash leaves no half file where others look. What is not durable
        is gone or empty after a power cut until ``sync_all`` has been called.

        Raises:
            FileExistsError: the name is taken.
            OSError: no space, no right.
        """
        draft = f".{secrets.token_hex(8)}.tmp"
        desk = via or self
        descriptor = os.open(draft, _NEW, mode, dir_fd=desk.descriptor)
        try:
            _fill(descriptor, data, mode, durable=durable)
            desk.link(draft, self, name)
        finally:
            desk.remove(draft)
        if durable:
            self.sync()

    def put(self, name: str, data: bytes) -> None:
        """Write a file straight under its name, where nobody looks and a crash that leaves it half does no harm.

        Raises:
            FileExistsError: the name is taken.
            OSError: no space, no right; nothing is left.
        """
        descriptor = os.open(name, _NEW, RESULT_FILE, dir_fd=self.descriptor)
        try:
            _fill(descriptor, data, RESULT_FILE, durable=False)
        except BaseException:
            self.remove(name)
            raise

    def link(self, name: str, target: Folder, new_name: str) -> None:
        """Let the file stand under another name too, also a link or a pipe as what it is.

        Raises:
            FileExistsError: the name is taken.
        """
        os.link(
            name, new_name, src_dir_fd=self.descriptor, dst_dir_fd=target.descriptor, follow_symlinks=False
        )

    def move(self, name: str, target: Folder, new_name: str) -> None:
        """Rename a file; the caller knows that the new name is free."""
        os.rename(name, new_name, src_dir_fd=self.descriptor, dst_dir_fd=target.descriptor)

    def remove(self, name: str) -> None:
        """Remove a file; one that is gone is no fault."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self.descriptor)

    def remove_folder(self, name: str) -> None:
        """Remove an empty directory; one that is gone is no fault."""
        with contextlib.suppress(FileNotFoundError):
            os.rmdir(name, dir_fd=self.descriptor)

    def sync_all(self) -> None:
        """Make everything written to its file system durable, in one go."""
        syncfs = getattr(_LIBC, "syncfs", None)
        if syncfs is None or syncfs(self.descriptor) != 0:
            os.sync()

    def sync(self) -> None:
        """Make what happened to names in it durable."""
        os.fsync(self.descriptor)


def _fill(descriptor: int, data: bytes, mode: int, *, durable: bool) -> None:
    """Write the new file and close it."""
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fchmod(descriptor, mode)
        if durable:
            os.fsync(descriptor)
