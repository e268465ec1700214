"""The places that brygga works in: rights, file systems, space, backups, the exchange folder."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from core.clock import local_time
from core.config import Settings
from core.files import PRIVATE_DIR, PRIVATE_FILE, make_private_directory, write_atomically
from core.i18n import _
from core.reasons import reason
from core.register import Check
from core.store.schema import copies_aside
from core.usecases.backup import backups_in
from core.usecases.restore import replaced_stores

LEAST_FREE_MEGABYTES = 200
OLDEST_BACKUP = timedelta(days=2)
_NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "fuse.rclone", "ceph", "afs", "davfs"}
)
_SLOWEST_DISK_SECONDS = 0.5
_OCTAL = {r"\040": " ", r"\011": "\t", r"\134": "\\"}
_SHOWN = 3


def examine_places(settings: Settings, now: datetime) -> list[Check]:
    """Look at the data directory, the exchange folder and the backups. May wait for a slow disk."""
    folder = settings.data_dir
    try:
        make_private_directory(folder)
    except OSError as error:
        return [_unwritable(error)]
    store = settings.store_path.parent
    return [
        _folder_rights(folder),
        _file_rights(settings),
        _file_system(store if store.exists() else folder),
        _space(folder),
        _disk_speed(folder),
        *_exchange(settings),
        *_backups(settings, now),
        *_older_stores(settings),
    ]


def _folder_rights(folder: Path) -> Check:
    status = folder.stat()
    others = stat.S_IMODE(status.st_mode) & 0o077
    if status.st_uid == os.getuid() and not others:
        return Check("data_dir", ok=True, text=_("The data directory {path} is private").format(path=folder))
    if status.st_uid != os.getuid():
        return Check(
            "data_dir",
            ok=False,
            text=_("The data directory {path} belongs to another user").format(path=folder),
            remedy=_("Run brygga as that user, or give the directory to this one: chown -R"),
        )
    return Check(
        "data_dir",
        ok=False,
        warning=True,
        text=_("Others can look into the data directory {path}").format(path=folder),
        remedy=_("Run: chmod {mode:o} {path}").format(mode=PRIVATE_DIR, path=folder),
    )


def _file_rights(settings: Settings) -> Check:
    """The files with clients and keys in them: for their owner alone."""
    store = settings.store_path
    files = {
        *store.parent.glob(f"{store.name}*"),
        *settings.data_dir.iterdir(),
        settings.keyfile_path,
        settings.log_path,
        *(one.path for one in backups_in(settings.backup_dir)),
    }
    open_to_others = sorted(path for path in files if _is_open(path))
    if not open_to_others:
        return Check(
            "files", ok=True, text=_("Store, settings, log and backups can be read by their owner only")
        )
    named = ", ".join(map(str, open_to_others[:_SHOWN]))
    return Check(
        "files",
        ok=False,
        text=_("Others may read or write: {paths}").format(paths=named),
        remedy=_("Run: chmod {mode:o} {path}").format(
            mode=PRIVATE_FILE, path=" ".join(map(str, open_to_others[:_SHOWN]))
        ),
    )


def _is_open(path: Path) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and bool(status.st_mode & 0o077)


def _file_system(folder: Path) -> Check:
    kind = file_system_of(folder)
    if kind not in _NETWORK_FILE_SYSTEMS:
        return Check("file_system", ok=True, text=_("The data directory lies on a local disk"))
    return Check(
        "file_system",
        ok=False,
        text=_("The data directory lies on a network file system ({kind})").format(kind=kind),
        remedy=_("Move it to a local disk: locks and the store do not hold over a network."),
    )


def file_system_of(folder: Path) -> str:
    """The type of the file system under the folder; empty where the system does not tell (macOS)."""
    try:
        table = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return file_system_in(table, str(folder.resolve()))


def file_system_in(mounts: str, place: str) -> str:
    """The type of the mount that lies nearest above the place; a later mount covers an earlier one."""
    found = ("", "")
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        above, kind = _plain(fields[1]), fields[2]
        covers = place == above or place.startswith(above.rstrip("/") + "/")
        if covers and len(above) >= len(found[0]):
            found = (above, kind)
    return found[1]


def _plain(path: str) -> str:
    for octal, character in _OCTAL.items():
        path = path.replace(octal, character)
    return path


def _space(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free // 1_000_000
    return Check(
        "space",
        ok=free >= LEAST_FREE_MEGABYTES,
        text=_("{megabytes} MB are free").format(megabytes=free),
        remedy=_("Free some space: an import needs room for its snapshot."),
    )


def _disk_speed(folder: Path) -> Check:
    probe = folder / ".doctor-probe"
    started = time.monotonic()
    try:
        write_atomically(probe, b"brygga")
        probe.unlink()
    except OSError as error:
        return _unwritable(error)
    seconds = time.monotonic() - started
    return Check(
        "disk",
        ok=True,
        warning=seconds > _SLOWEST_DISK_SECONDS,
        text=_("A durable write takes {milliseconds} ms").format(milliseconds=round(seconds * 1000)),
    )


def _unwritable(error: OSError) -> Check:
    return Check(
        "disk",
        ok=False,
        text=_("The data directory cannot be written. {reason}").format(reason=reason(error)),
        remedy=_("Give this user the right to write there, or free some space."),
    )


def _exchange(settings: Settings) -> Iterator[Check]:
    folder = settings.exchange_dir
    if folder is None:
        return
    if not folder.is_dir():
        yield Check(
            "exchange",
            ok=False,
            text=_("The exchange folder {path} is not there").format(path=folder),
            remedy=_("Make it, or correct exchange.dir in the configuration."),
        )
        return
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield Check(
            "exchange",
            ok=False,
            text=_("The exchange folder {path} cannot be written").format(path=folder),
            remedy=_("Give brygga's user the right to read and write there."),
        )
        return
    if stat.S_IMODE(folder.stat().st_mode) & 0o002:
        yield Check(
            "exchange",
            ok=False,
            warning=True,
            text=_("Everybody on this machine may write in the exchange folder {path}").format(path=folder),
            remedy=_("Run: chmod o-w {path}").format(path=folder),
        )
        return
    kind = file_system_of(folder)
    if kind in _NETWORK_FILE_SYSTEMS:
        text = _(
            "The exchange folder {path} lies on a network file system ({kind}); it is looked through by the clock"
        )
        yield Check("exchange", ok=True, text=text.format(path=folder, kind=kind))
        return
    yield Check("exchange", ok=True, text=_("The exchange folder is {path}").format(path=folder))


def _backups(settings: Settings, now: datetime) -> Iterator[Check]:
    latest = next(iter(backups_in(settings.backup_dir)), None)
    how = _("Make one with: brygga backup create. brygga bridge run makes one every day.")
    if latest is None:
        text = _("There is no backup in {path}").format(path=settings.backup_dir)
        yield Check("backup", ok=False, warning=True, text=text, remedy=how)
        return
    age = now - latest.made_at
    text = _("The latest backup is of {time}").format(time=local_time(latest.made_at))
    yield Check("backup", ok=age <= OLDEST_BACKUP, warning=True, text=text, remedy=how)
    if settings.store_path.exists() and latest.path.stat().st_dev == settings.store_path.stat().st_dev:
        yield Check(
            "backup_disk",
            ok=False,
            warning=True,
            text=_("The backups lie on the same disk as the store"),
            remedy=_("Name a folder on another disk in backup.dir, or copy them away every day."),
        )


def _older_stores(settings: Settings) -> Iterator[Check]:
    """What upgrades and restores have put aside: whole books of every client."""
    aside = [*copies_aside(settings.store_path), *replaced_stores(settings.store_path)]
    if aside:
        yield Check(
            "older_stores",
            ok=True,
            text=_("Older stores lie beside the store: {paths}").format(
                paths=", ".join(path.name for path in aside)
            ),
            remedy=_("Remove them when you no longer need them."),
        )
