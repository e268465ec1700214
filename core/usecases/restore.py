"""Back to a backup: checked first, put in place in one step, the store that was there kept beside.

Nothing is sent twice afterwards. Vouchers that were posted after the backup was made are recognised in Fortnox by
their markers before anything is sent, and those whose answer never came are carried over and looked up.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.clock import Clock, SystemClock
from core.config import Settings
from core.files import PRIVATE_FILE, make_private_directory, write_atomically
from core.i18n import _
from core.reasons import reason
from core.register import AuditEvent
from core.store import handover
from core.store.facts import facts
from core.store.handover import Carried
from core.store.hold import Hold
from core.store.schema import newest
from core.usecases.audit import last_head
from core.usecases.backup import Backup, described
from core.usecases.backupfile import CONFIG, KEY, SETTINGS, STORE, Opened, opened, unfit, unwritten
from core.usecases.context import current_person
from core.usecases.instance import only_instance

_KEPT = "{name}.replaced-{stamp}"


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did."""

    backup: Backup
    kept: Path | None
    """The store that was there, under its new name."""
    carried: Carried
    written: tuple[Path, ...]
    """Settings and key that were missing on this machine and are there now."""
    left: tuple[Path, ...]
    """Settings and key of this machine that were left as they are."""
    missed: tuple[Path, ...] = ()
    """Settings and key that are missing on this machine and could not be written; they are in the backup."""
    heads: Path | None = None
    """The file of audit heads of the store that was there, under its new name."""


async def restore_backup(
    settings: Settings, path: Path, *, person: str = "", clock: Clock | None = None
) -> Restored:
    """Put the store of a backup in the place of the store in use.

    Raises:
        UsageError: ``file_missing``; the disk takes no copy.
        Refused: ``backup_unfit``: it is damaged, or a newer brygga made it; ``already_running``: the service or
            another brygga has the store open. Nothing was changed.
    """
    at = (clock or SystemClock()).now()
    return await asyncio.to_thread(_restore, settings, path, person or current_person(), at)


def replaced_stores(store: Path) -> list[Path]:
    """The stores that restores have put aside."""
    return sorted(store.parent.glob(_KEPT.format(name=store.name, stamp="*Z")))


def _restore(settings: Settings, path: Path, person: str, at: datetime) -> Restored:
    store = settings.store_path
    try:
        make_private_directory(store.parent)
        with opened(path) as archive, contextlib.closing(Hold.alone(store)), only_instance(settings):
            kept, carried = _swap(archive, store, person, at)
            heads = _put_heads_aside(settings, archive.manifest.seq, at)
            written, left, missed = map(tuple, _put_settings(archive, settings))
            return Restored(described(archive), kept, carried, written, left, missed, heads)
    except OSError as error:
        raise unwritten(store, error) from error


def _swap(archive: Opened, store: Path, person: str, at: datetime) -> tuple[Path | None, Carried]:
    copy = store.with_name(f".{store.name}.restoring")
    kept = store.with_name(_KEPT.format(name=store.name, stamp=_stamp(at)))
    handover.drop_links(store, _KEPT.format(name=store.name, stamp="*Z"))
    try:
        archive.unpack_store(copy)
        _check(archive, copy)
        there = store.exists()
        seq = handover.settle(store) if there else None
        details = {
            "file": archive.path.name,
            "made_at": archive.manifest.made_at,
            "seq": archive.manifest.seq,
            "replaced_seq": seq,
        }
        event = AuditEvent(at, person, "backup.restored", details=details)
        carried = handover.finish(copy, store if seq is not None else None, event)
        handover.put_in_place(copy, store, kept, whole=seq is not None)
    except sqlite3.Error as error:
        raise unfit(archive.path, reason(error)) from error
    finally:
        copy.unlink(missing_ok=True)
    return (kept if there else None), carried


def _put_heads_aside(settings: Settings, seq: int, at: datetime) -> Path | None:
    """Give the heads of the store that is gone another name, where they reach past the backup's audit."""
    path = settings.audit_heads_path
    if not path.exists() or last_head(path) <= seq:
        return None
    return path.replace(path.with_name(_KEPT.format(name=path.name, stamp=_stamp(at))))


def _stamp(at: datetime) -> str:
    return at.strftime("%Y%m%dT%H%M%S%fZ")


def _check(archive: Opened, copy: Path) -> None:
    """Refuse what ``brygga backup verify`` would not pass."""
    if STORE in archive.wrong_files():
        raise unfit(archive.path, _("The store in it has changed since it was written."))
    found = facts(copy)
    if found.version > newest():
        raise unfit(archive.path, _("A newer brygga made it."))
    if found.faults:
        raise unfit(archive.path, _("The store in it is damaged."))
    if found.broken is not None:
        told = _("The activity log in it has been changed at entry {number}.")
        raise unfit(archive.path, told.format(number=found.broken))
    if (found.seq, found.hash) != (archive.manifest.seq, archive.manifest.hash):
        raise unfit(archive.path, _("The store in it is another one than its table of contents tells."))


def _put_settings(archive: Opened, settings: Settings) -> tuple[list[Path], list[Path], list[Path]]:
    """Settings, configuration and key where this machine has none; what is there stays, whoever owns its folder."""
    places = {
        SETTINGS: settings.paths.settings,
        CONFIG: settings.config_file,
        KEY: settings.keyfile_path,
    }
    written, left, missed = [], [], []
    for name, place in places.items():
        if not archive.holds(name):
            continue
        content = archive.small(name)
        if place.exists():
            left += [place] if place.read_bytes() != content else []
            continue
        try:
            make_private_directory(place.parent)
            write_atomically(place, content, PRIVATE_FILE, replace=False)
        except OSError:  # the store is back already, which is what matters
            missed.append(place)
        else:
            written.append(place)
    return written, left, missed
