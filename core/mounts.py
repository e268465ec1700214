"""Which file system a path lies on, as the system names it."""

from __future__ import annotations

import re
from pathlib import Path

LOCAL = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "tmpfs", "bcachefs"})
"""File systems whose changes nobody makes but this machine, so that it hears of every one."""
MOUNTS = Path("/proc/self/mountinfo")
_ESCAPED = re.compile(r"\\([0-7]{3})")


def file_system(path: Path, mounts: Path = MOUNTS) -> str:
    """``ext4``, ``nfs4``, ...; empty where the system does not tell (proc(5), mountinfo)."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        wanted = path.resolve()
    except OSError:
        return ""
    found, deepest = "", -1
    for line in lines:
        fields, _dash, described = line.partition(" - ")
        point = Path(_ESCAPED.sub(lambda match: chr(int(match[1], 8)), fields.split()[4]))
        if wanted.is_relative_to(point) and len(point.parts) >= deepest:
            found, deepest = described.split()[0], len(point.parts)
    return found


def is_local(path: Path) -> bool:
    """Whether every change in the directory is made, and told of, by this machine."""
    return file_system(path) in LOCAL
