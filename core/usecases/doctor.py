"""Is everything in order? Each line says what was looked at and what to do when it is not."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import time
from pathlib import Path

from msgspec.structs import replace

from core.config import Settings
from core.errors import BryggaError
from core.files import PRIVATE_DIR, make_private_directory
from core.i18n import _
from core.reasons import reason
from core.register import Check
from core.usecases.activity import first_broken_event
from core.usecases.context import Context
from core.usecases.secrets import examine_secrets

LEAST_FREE_MEGABYTES = 200
_NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "ceph", "afs"})
_SLOWEST_DISK_SECONDS = 0.5


async def examine(ctx: Context) -> list[Check]:
    """Look at the configuration, the data directory, the store, the audit, the keeper and the Fortnox app."""
    settings = ctx.settings
    checks = [_configuration(settings), _fortnox_app(ctx)]
    checks += await asyncio.to_thread(_data_directory, settings)
    checks.append(await _audit(ctx))
    return checks + await _secrets(settings)


async def _secrets(settings: Settings) -> list[Check]:
    """The keeper and its records; a firm without a Fortnox app needs none yet, so they only warn."""
    try:
        checks = await examine_secrets(settings)
    except BryggaError as error:
        checks = [Check("keeper", ok=False, text=error.title, remedy=error.hint)]
    if settings.fortnox.client_id:
        return checks
    return [check if check.ok else replace(check, warning=True) for check in checks]


def _configuration(settings: Settings) -> Check:
    if settings.config_file.exists():
        return Check(
            "config", ok=True, text=_("The configuration is {path}").format(path=settings.config_file)
        )
    return Check(
        "config",
        ok=True,
        text=_("There is no configuration file {path}; the defaults are used").format(
            path=settings.config_file
        ),
        remedy=_("Make one with: brygga config init"),
    )


def _fortnox_app(ctx: Context) -> Check:
    if ctx.settings.fortnox.client_id:
        return Check(
            "fortnox_app", ok=True, text=_("Fortnox is {url}").format(url=ctx.settings.fortnox.api_url)
        )
    return Check(
        "fortnox_app",
        ok=False,
        warning=True,
        text=_("No Fortnox app is configured; brygga works with SIE files only"),
        remedy=_("Set fortnox.client_id and store its secret: brygga secrets set fortnox-client-secret"),
    )


def _data_directory(settings: Settings) -> list[Check]:
    folder = make_private_directory(settings.data_dir)
    return [_permissions(folder), _file_system(folder), _space(folder), _disk_speed(folder)]


def _permissions(folder: Path) -> Check:
    status = folder.stat()
    others = stat.S_IMODE(status.st_mode) & 0o077
    if status.st_uid == os.getuid() and not others:
        return Check("data_dir", ok=True, text=_("The data directory {path} is private").format(path=folder))
    return Check(
        "data_dir",
        ok=False,
        warning=True,
        text=_("Others can look into the data directory {path}").format(path=folder),
        remedy=_("Run: chmod {mode:o} {path}").format(mode=PRIVATE_DIR, path=folder),
    )


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
    mounts = [line.split() for line in table.splitlines()]
    place = str(folder.resolve())
    under = [
        (mount[1], mount[2])
        for mount in mounts
        if place == mount[1] or place.startswith(mount[1].rstrip("/") + "/")
    ]
    return max(under, key=lambda found: len(found[0]), default=("", ""))[1]


def _space(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free // 1_000_000
    return Check(
        "space",
        ok=free >= LEAST_FREE_MEGABYTES,
        text=_("{megabytes} MB are free").format(megabytes=free),
        remedy=_("Free some space: an import needs room for its snapshot."),
    )


def _disk_speed(folder: Path) -> Check:
    from core.files import write_atomically

    probe = folder / ".doctor-probe"
    started = time.monotonic()
    try:
        write_atomically(probe, b"brygga")
        probe.unlink()
    except OSError as error:
        return Check(
            "disk",
            ok=False,
            text=_("The data directory cannot be written. {reason}").format(reason=reason(error)),
            remedy=_("Give this user the right to write there, or free some space."),
        )
    seconds = time.monotonic() - started
    return Check(
        "disk",
        ok=True,
        warning=seconds > _SLOWEST_DISK_SECONDS,
        text=_("A durable write takes {milliseconds} ms").format(milliseconds=round(seconds * 1000)),
    )


async def _audit(ctx: Context) -> Check:
    broken = await first_broken_event(ctx)
    if broken is None:
        return Check("audit", ok=True, text=_("The activity log is whole"))
    return Check(
        "audit",
        ok=False,
        text=_("The activity log has been changed at entry {number}").format(number=broken),
        remedy=_("Keep the store as it is and compare it with a backup."),
    )
