"""Backups: made while the service writes, checked, kept by a rule, and held against the living store.

A backup holds the store and the settings. The master key is in it only when somebody asks: whoever has a backup
with its key has every consent.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.clock import parse_rfc3339, rfc3339
from core.config import Settings
from core.errors import BryggaError, Internal, UsageError
from core.files import make_private_directory, shown
from core.i18n import _, ngettext
from core.reasons import reason
from core.register import Check
from core.store import audit
from core.store.copying import copy_file
from core.store.database import Store, Transaction
from core.store.facts import StoreFacts, facts
from core.store.schema import newest
from core.usecases.backupfile import (
    CONFIG,
    FORMAT,
    KEY,
    SETTINGS,
    STORE,
    Manifest,
    Opened,
    Part,
    opened,
    unfit,
    unwritten,
    write_backup,
)
from core.usecases.context import Context
from core.usecases.newfile import already_there
from core.usecases.rights import Right, needs
from core.version import __version__

_NAME = re.compile(r"brygga-(\d{8}T\d{6}Z)\.tar\Z")
_LEFTOVER = re.compile(r"\.(\.?brygga-.*\.(store|part|part-journal)|[0-9a-f]{16}\.tmp)\Z")
_LEFTOVER_SECONDS = 24 * 3600
_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that lies on a disk."""

    path: Path
    size: int
    manifest: Manifest
    with_key: bool

    @property
    def made_at(self) -> datetime:
        """When the store was copied, UTC."""
        return parse_rfc3339(self.manifest.made_at)


@dataclass(frozen=True, slots=True)
class Kept:
    """A scheduled backup by its name; ``made_at`` is UTC."""

    path: Path
    made_at: datetime


@needs(Right.MANAGE)
async def create_backup(ctx: Context, path: Path | None = None, *, with_key: bool = False) -> Backup:
    """Copy the store and the settings as they are at one moment, while others work on.

    Args:
        ctx: the open brygga.
        path: the file to write; None names it by the time in the configured folder.
        with_key: put the master key in, which only the keeper ``keyfile`` can give.

    Raises:
        Refused: ``file_exists``.
        UsageError: ``file_missing``: the folder is not there or takes nothing; ``no_keeper``: no key file.
        Internal: the store is damaged; no backup was made.
    """
    made_at = ctx.now()
    target = path or ctx.settings.backup_dir / made_at.strftime(f"brygga-{_STAMP}.tar")
    made = await asyncio.to_thread(
        _create, ctx.settings, target, made_at, own=path is None, with_key=with_key
    )

    def work(tx: Transaction) -> None:
        ctx.record(tx, "backup.made", file=made.path.name, seq=made.manifest.seq, with_key=with_key)

    await ctx.store.write(work)
    return made


@needs(Right.MANAGE)
async def scheduled_backup(ctx: Context) -> Backup | None:
    """Today's backup (local date), unless it is made already or none are wanted; the rule decides which older ones go.

    Raises:
        UsageError: as ``create_backup``.
        Internal: the store is damaged; nothing older was removed.
    """
    settings = ctx.settings.backup
    if not settings.scheduled:
        return None
    there = await list_backups(ctx.settings)
    today = ctx.now().astimezone().date()
    if any(one.made_at.astimezone().date() == today for one in there):
        return None
    made = await create_backup(ctx)
    kept = keeping(
        [*[one.made_at for one in there], made.made_at], settings.daily, settings.weekly, settings.monthly
    )
    await asyncio.to_thread(_remove, [one.path for one in there if one.made_at not in kept])
    return made


async def list_backups(settings: Settings) -> list[Kept]:
    """The backups in the configured folder, the newest first; other files there are not brygga's."""
    return await asyncio.to_thread(backups_in, settings.backup_dir)


def keeping(times: Iterable[datetime], daily: int, weekly: int, monthly: int) -> set[datetime]:
    """The latest of each of the last ``daily`` days, ``weekly`` ISO weeks and ``monthly`` months that have any."""
    newest_first = sorted(times, reverse=True)
    kept: set[datetime] = set()
    for form, number in (("%Y-%m-%d", daily), ("%G-%V", weekly), ("%Y-%m", monthly)):
        latest: dict[str, datetime] = {}
        for moment in newest_first:
            latest.setdefault(moment.astimezone().strftime(form), moment)
        kept |= set(list(latest.values())[:number])
    return kept


async def verify_backup(settings: Settings, path: Path) -> tuple[Backup, list[Check]]:
    """Unpack a backup beside and look through all of it, and hold its audit against the living store's.

    Raises:
        UsageError: ``file_missing``.
        Refused: ``backup_unfit``: it is no backup at all.
    """
    backup, checks = await asyncio.to_thread(_verify, path)
    return backup, checks + await _lineage(settings, backup)


def _create(settings: Settings, path: Path, made_at: datetime, *, own: bool, with_key: bool) -> Backup:
    if own:
        _make_folder(path.parent)
    if path.exists():
        raise already_there(path)
    copy = path.with_name(f".{path.name}.store")
    try:
        try:
            copy_file(settings.store_path, copy)
            found = facts(copy)
            parts = dict(_parts(settings, copy, with_key=with_key))
            manifest = _manifest(found, made_at, parts)
            write_backup(path, manifest, parts, made_at.timestamp())
        finally:
            copy.unlink(missing_ok=True)
        with opened(path) as archive:
            if archive.wrong_files():
                raise Internal(
                    "internal",
                    _("The backup {path} was not written as it should be.").format(path=shown(path)),
                )
            return described(archive)
    except sqlite3.Error as error:
        raise _no_copy(error) from error
    except FileExistsError as error:
        raise already_there(path) from error
    except OSError as error:
        raise unwritten(path, error) from error


def _make_folder(folder: Path) -> None:
    try:
        make_private_directory(folder)
        _sweep(folder)
    except OSError as error:
        raise unwritten(folder, error) from error


def _sweep(folder: Path) -> None:
    """Take away what a backup that was killed left behind."""
    long_ago = time.time() - _LEFTOVER_SECONDS
    for path in folder.iterdir():
        if _LEFTOVER.match(path.name) and path.lstat().st_mtime < long_ago:
            path.unlink(missing_ok=True)


def _parts(settings: Settings, copy: Path, *, with_key: bool) -> Iterator[tuple[str, Part]]:
    yield STORE, Part(copy)
    for name, place in ((SETTINGS, settings.paths.settings), (CONFIG, settings.config_file)):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            yield name, Part(place.read_bytes())
    if with_key:
        yield KEY, Part(_key(settings))


def _key(settings: Settings) -> bytes:
    from core.vault.keyfile import read_private_file

    if settings.secrets.keeper == "keyfile":
        key = read_private_file(settings.keyfile_path)
        if key is not None:
            return key
    raise UsageError(
        "no_keeper",
        _("The master key cannot be put into the backup."),
        _("Only the keeper keyfile has its key in a file."),
        _("Make the backup without --with-key, and look after the key by its keeper's own means."),
    )


def _manifest(found: StoreFacts, made_at: datetime, parts: dict[str, Part]) -> Manifest:
    return Manifest(
        format=FORMAT,
        made_at=rfc3339(made_at),
        program=__version__,
        schema=found.version,
        seq=found.seq,
        hash=found.hash,
        rows=found.rows,
        files={name: part.facts() for name, part in parts.items()},
    )


def described(archive: Opened) -> Backup:
    """The backup that is open."""
    return Backup(archive.path, archive.path.stat().st_size, archive.manifest, archive.holds(KEY))


def backups_in(folder: Path) -> list[Kept]:
    """``list_backups`` of a folder, at once."""
    found = []
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        for path in folder.iterdir():
            if match := _NAME.match(path.name):
                with contextlib.suppress(ValueError):
                    moment = datetime.strptime(match.group(1), _STAMP).replace(tzinfo=UTC)
                    found.append(Kept(path, moment))
    return sorted(found, key=lambda one: one.made_at, reverse=True)


def _remove(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _verify(path: Path) -> tuple[Backup, list[Check]]:
    with opened(path) as archive, tempfile.TemporaryDirectory(prefix="brygga-verify-") as folder:
        wrong = archive.wrong_files()
        backup = described(archive)
        checks = [_files_check(wrong)]
        if STORE in wrong:
            return backup, checks
        copy = Path(folder) / "store.db"
        try:
            archive.unpack_store(copy)
        except OSError as error:
            raise unwritten(copy, error) from error
        try:
            return backup, checks + _store_checks(facts(copy), archive.manifest)
        except sqlite3.Error as error:
            raise unfit(path, reason(error)) from error


def _files_check(wrong: list[str]) -> Check:
    if not wrong:
        return Check("backup_files", ok=True, text=_("Every file in it is as it was written"))
    return Check(
        "backup_files",
        ok=False,
        text=_("Files in it have changed: {names}").format(names=", ".join(wrong)),
        remedy=_("Use another backup, and look at the disk that this one lies on."),
    )


def _store_checks(found: StoreFacts, manifest: Manifest) -> list[Check]:
    same = (found.seq, found.hash, found.rows) == (manifest.seq, manifest.hash, manifest.rows)
    other = _("Use another backup.")
    return [
        _check(
            "backup_store",
            not found.faults,
            _("The store in it is whole"),
            _("The store in it is damaged"),
            other,
        ),
        _check(
            "backup_schema",
            found.version <= newest(),
            _("This brygga knows the store's form ({number})").format(number=found.version),
            _("The store's form ({number}) is newer than this brygga").format(number=found.version),
            _("Upgrade brygga on this machine."),
        ),
        _check(
            "backup_audit",
            found.broken is None,
            _("The activity log in it is whole, up to entry {number}").format(number=found.seq),
            _("The activity log in it has been changed at entry {number}").format(number=found.broken),
            other,
        ),
        _check(
            "backup_head",
            same,
            _("The store in it is the one that was copied"),
            _("The store in it is another one than its table of contents tells"),
            other,
        ),
    ]


async def _lineage(settings: Settings, backup: Backup) -> list[Check]:
    """Whether the backup's audit is a beginning of the living store's; nothing where there is no store."""
    if not settings.store_path.exists():
        return []
    try:
        store = Store.open(settings.store_path, read_only=True)
    except BryggaError as error:
        return [Check("backup_lineage", ok=False, warning=True, text=error.title, remedy=error.hint)]
    try:
        seq, _hashed = await store.read(audit.head)
        there = await store.read(lambda tx: audit.hash_of(tx, backup.manifest.seq))
    finally:
        store.close()
    if there == backup.manifest.hash:
        later = seq - backup.manifest.seq
        text = ngettext(
            "It is an earlier state of this store ({count} log entry ago)",
            "It is an earlier state of this store ({count} log entries ago)",
            later,
        ).format(count=later)
        return [Check("backup_lineage", ok=True, text=text)]
    return [
        Check(
            "backup_lineage",
            ok=False,
            warning=True,
            text=_("It is not an earlier state of this store"),
            remedy=_(
                "That is right after a restore or on another machine. Else find out which of the two was changed."
            ),
        )
    ]


def _check(code: str, ok: bool, good: str, bad: str, remedy: str) -> Check:
    return Check(code, ok=ok, text=good if ok else bad, remedy="" if ok else remedy)


def _no_copy(error: sqlite3.Error) -> BryggaError:
    return Internal(
        "internal",
        _("The store could not be copied. No backup was made."),
        reason(error),
        _("Check the disk; brygga doctor looks closer. Earlier backups are untouched."),
    )
