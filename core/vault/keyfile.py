"""The ``keyfile`` keeper: a file that only its owner may touch, in folders that only its owner may change."""

from __future__ import annotations

import grp
import os
import pwd
import secrets
import stat
from pathlib import Path

from core.errors import UsageError
from core.files import make_private_directory, write_atomically
from core.i18n import _
from core.reasons import reason
from core.vault.keeper import locked, unfit
from core.vault.records import key_text, read_key

_LARGEST = 4096


class KeyfileKeeper:
    """Keeps the key in ``path`` with mode 0600 (0400 is fine too)."""

    name = "keyfile"
    is_writable = True

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    def load(self) -> bytes | None:
        """The key; None when there is no file.

        Raises:
            UsageError: ``vault_locked``: others may read or replace the file, or it is no key.
        """
        content = read_private_file(self.path)
        return None if content is None else read_key(content.decode("ascii", "replace"))

    def store(self, key: bytes, *, replace: bool = False) -> None:
        """Write the file.

        Raises:
            UsageError: ``vault_locked``: there is one already, or its folder is open to others.
        """
        make_private_directory(self.path.parent)
        check_parents(self.path)
        try:
            write_atomically(self.path, (key_text(key) + "\n").encode(), 0o600, replace=replace)
        except FileExistsError as error:
            raise locked(
                _("There is already a master key in {path}.").format(path=self.path),
                _("It has not been touched."),
                _("Use it, or move it away first."),
            ) from error
        except OSError as error:
            raise unfit(self.name, reason(error)) from error

    def probe(self) -> None:
        """Write, read back and delete a file beside the key."""
        make_private_directory(self.path.parent)
        check_parents(self.path)
        trial = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}.probe")
        content = secrets.token_hex(16).encode()
        try:
            write_atomically(trial, content, 0o600, replace=False)
            kept = read_private_file(trial)
        except OSError as error:
            raise unfit(self.name, reason(error)) from error
        finally:
            trial.unlink(missing_ok=True)
        if kept != content:
            raise unfit(self.name, _("What was written could not be read back."))


def read_private_file(path: Path) -> bytes | None:
    """The content of a file of our own that nobody else can read or replace; None when there is none.

    Raises:
        UsageError: ``vault_locked``.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unsafe(path, reason(error)) from error
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        _check_file(path, status)
        check_parents(path)
        return file.read(_LARGEST)


def _check_file(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
        raise _unsafe(path, _("It is not an ordinary file with one name."))
    if status.st_uid != os.geteuid():
        raise _unsafe(path, _("It belongs to another user."))
    if status.st_mode & 0o077:
        raise _unsafe(
            path,
            _("Others may read or write it (mode {mode}).").format(
                mode=f"{stat.S_IMODE(status.st_mode):04o}"
            ),
        )


def check_parents(path: Path) -> None:
    """Every folder above the file must be ours or root's, and closed to other writers.

    A sticky folder such as /tmp is fine, because others cannot replace what is ours in it.

    Raises:
        UsageError: ``vault_locked``, naming the folder.
    """
    for folder in (path.parent.resolve(), *path.parent.resolve().parents):
        status = folder.stat()
        if status.st_uid not in {0, os.geteuid()}:
            raise _unsafe(path, _("The folder {folder} belongs to another user.").format(folder=folder))
        if status.st_mode & stat.S_ISVTX:
            continue
        if status.st_mode & 0o002 or (status.st_mode & 0o020 and not _own_group(status.st_gid)):
            raise _unsafe(path, _("Others may write in the folder {folder}.").format(folder=folder))


def _own_group(gid: int) -> bool:
    """Whether the group is the user's private one (Debian's way, with umask 002)."""
    try:
        user = pwd.getpwuid(os.geteuid())
        members = grp.getgrgid(gid).gr_mem
    except KeyError:
        return False
    return gid in {0, user.pw_gid} and set(members) <= {user.pw_name}


def _unsafe(path: Path, why: str) -> UsageError:
    return locked(
        _("The master key in {path} is not used.").format(path=path),
        why,
        _("Let only your own user read the file (chmod 600) and write in its folders."),
    )
