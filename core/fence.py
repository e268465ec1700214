"""The fence of a forced session: which files a person who has no shell may name, and what the process may do.

Two walls. ``personal`` holds every path that a person names inside the person's hand-over folder, links and all.
``wall_in`` then asks the kernel (Landlock, Linux 5.13 and later) to let this process write nowhere else than it
must, read only programs and its own data, and start no program at all; where the kernel cannot, the first wall
stands alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path

from core.errors import Refused
from core.i18n import _
from core.text import clean

_folder: list[Path] = []
"""The hand-over folder, once the process is confined; there is no way back."""

_turned_away: list[str] = []


def confine(folder: Path) -> None:
    """From now on this process serves one person, who reaches no other files than those in the folder."""
    _folder[:] = [folder.resolve(strict=True)]


def confined() -> Path | None:
    """The hand-over folder; None where the person has the machine's own rights."""
    return _folder[0] if _folder else None


def own_place() -> Path:
    """Where a person's files lie unless a folder is named: home, or the hand-over folder, where a name is enough."""
    return Path() if _folder else Path.home()


def as_named(path: Path) -> Path:
    """A path as the person names it: on a forced session a file of the hand-over folder by its name."""
    return path.relative_to(_folder[0]) if _folder and path.is_relative_to(_folder[0]) else path


def personal(path: Path) -> Path:
    """A path that a person named, ready to open: on a forced session it lies in the hand-over folder.

    There a relative path counts from the folder, and so does ``~``. The last part may be missing (a file to be
    written) but is never a link.

    Raises:
        Refused: ``read_only``: it leads out of the folder.
    """
    if not _folder:
        return path
    root = _folder[0]
    inside = Path(*path.parts[1:]) if path.parts[:1] == ("~",) else path
    whole = root / inside
    with contextlib.suppress(OSError, ValueError, RuntimeError):
        parent = whole.parent.resolve(strict=True)
        target = parent / whole.name
        if whole.name not in {"", "..", "."} and parent.is_relative_to(root) and not target.is_symlink():
            return target
    raise _outside(path)


def check_opened(descriptor: int, path: Path) -> None:
    """Hold an opened file against the fence once more: what was opened, not what was named.

    Raises:
        Refused: ``read_only``: it lies outside the hand-over folder or has a second name.
    """
    if not _folder:
        return
    facts = os.fstat(descriptor)
    with contextlib.suppress(OSError):
        opened = _place_of(descriptor)
        if opened.is_relative_to(_folder[0]) and not (stat.S_ISREG(facts.st_mode) and facts.st_nlink != 1):
            return
    raise _outside(path)


def _place_of(descriptor: int) -> Path:
    """Where an opened file really lies."""
    if sys.platform == "darwin":
        import fcntl

        return Path(os.fsdecode(fcntl.fcntl(descriptor, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0")))
    return Path(f"/proc/self/fd/{descriptor}").readlink()


def turned_away() -> list[str]:
    """The paths that were refused, for the audit."""
    return list(_turned_away)


def _outside(path: Path) -> Refused:
    named = str(as_named(path))
    _turned_away.append(clean(named, 200))
    return outside(clean(named, 120))


def outside(path: str = "…") -> Refused:
    """What is said of a path that leads out of the folder."""
    return Refused(
        "read_only",
        _("{path} is outside your hand-over folder.").format(path=path),
        _("A session over SSH reads and writes files only there; links do not lead out of it."),
        _("See what is there with: brygga file list"),
    )


# -- the kernel's wall -----------------------------------------------------------------------------------
# Numbers of linux/landlock.h and of the system calls, the same on every architecture.

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH = 1
_NO_NEW_PRIVS = 38
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | 1 << 14
_ALL = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}
"""The file-system rights that each version of the interface knows; later ones add what is left alone here."""


class _Attribute(ctypes.Structure):
    _fields_ = (("handled_access_fs", ctypes.c_uint64),)


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def wall_in(read: Iterable[Path], write: Iterable[Path], *, execute: bool = False) -> bool:
    """Let the kernel hold this process, for good, to reading and writing beneath these places.

    Call it while the process has one thread. ``execute`` leaves starting programs open.

    Returns:
        Whether the kernel took it; false where it has no Landlock.
    """
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None, use_errno=True)
    version = library.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    if version < 1:
        return False
    handled = _ALL[min(version, 3)] & ~(_EXECUTE if execute else 0)
    attribute = _Attribute(handled)
    rules = library.syscall(
        _CREATE_RULESET,
        ctypes.byref(attribute),
        ctypes.c_size_t(ctypes.sizeof(attribute)),
        ctypes.c_uint32(0),
    )
    if rules < 0:
        return False
    try:
        for place in read:
            _allow(library, rules, place, handled & (_READ_FILE | _READ_DIR))
        for place in write:
            _allow(library, rules, place, handled & ~_EXECUTE)
        if library.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            return False
        return bool(library.syscall(_RESTRICT_SELF, rules, ctypes.c_uint32(0)) == 0)
    finally:
        os.close(rules)


def _allow(library: ctypes.CDLL, rules: int, place: Path, access: int) -> None:
    """Allow the access beneath a place; a place that is not there needs no rule."""
    with contextlib.suppress(OSError):
        descriptor = os.open(place, getattr(os, "O_PATH", 0) | os.O_CLOEXEC)
        try:
            if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
                access &= _OF_A_FILE
            beneath = _Beneath(access, descriptor)
            library.syscall(_ADD_RULE, rules, _PATH_BENEATH, ctypes.byref(beneath), ctypes.c_uint32(0))
        finally:
            os.close(descriptor)
