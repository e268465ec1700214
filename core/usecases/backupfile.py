"""A backup as a file: an ordinary tar with a manifest first, the store, and the settings.

Nothing in the archive decides where it is written: members are known by name, each once, ordinary files only,
of the size and the hash that the manifest tells.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

from core.errors import Refused, UsageError
from core.files import MEGABYTE, PRIVATE_FILE, open_regular_file, shown, stream_atomically
from core.i18n import _
from core.reasons import reason

FORMAT = 1
MANIFEST, STORE, SETTINGS, CONFIG, KEY = (
    "manifest.json",
    "store.db",
    "settings.toml",
    "config.toml",
    "master.key",
)
_MEMBERS = frozenset({STORE, SETTINGS, CONFIG, KEY})
_LARGEST_MANIFEST = MEGABYTE
_LARGEST_SMALL = MEGABYTE
"""Settings and keys; only the store may be larger."""
_CHUNK = MEGABYTE


class FileFacts(msgspec.Struct, frozen=True):
    """A member as it was written."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup says of itself."""

    format: int
    made_at: str
    """RFC 3339 UTC."""
    program: str
    """The version of brygga that made it."""
    schema: int
    seq: int
    hash: str
    """Where the audit of the store in it ends."""
    rows: dict[str, int]
    files: dict[str, FileFacts]


@dataclass(frozen=True, slots=True)
class Part:
    """A member to write: a file of the disk, or bytes."""

    source: Path | bytes

    def facts(self) -> FileFacts:
        """Size and hash of what will be written."""
        if isinstance(self.source, bytes):
            return FileFacts(len(self.source), hashlib.sha256(self.source).hexdigest())
        with self.source.open("rb") as file:
            return FileFacts(os.fstat(file.fileno()).st_size, _hash(file))


def write_backup(path: Path, manifest: Manifest, parts: Mapping[str, Part], mtime: float) -> None:
    """Write the archive whole or not at all; never over an existing file.

    Raises:
        FileExistsError: there is a file of that name.
        OSError: no space, no right.
    """

    def write(file: IO[bytes]) -> None:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
            _add(archive, MANIFEST, Part(msgspec.json.format(msgspec.json.encode(manifest))), mtime)
            for name, part in parts.items():
                _add(archive, name, part, mtime)

    stream_atomically(path, write, PRIVATE_FILE, replace=False)


def _add(archive: tarfile.TarFile, name: str, part: Part, mtime: float) -> None:
    entry = tarfile.TarInfo(name)
    entry.mode, entry.mtime = PRIVATE_FILE, int(mtime)
    if isinstance(part.source, bytes):
        entry.size = len(part.source)
        archive.addfile(entry, io.BytesIO(part.source))
        return
    with part.source.open("rb") as file:
        entry.size = os.fstat(file.fileno()).st_size
        archive.addfile(entry, file)


class Opened:
    """A backup that is open for reading."""

    def __init__(self, path: Path, archive: tarfile.TarFile) -> None:
        self.path = path
        self._archive = archive
        self.manifest, self._entries = _read(path, archive)

    def holds(self, name: str) -> bool:
        """Whether the member is there."""
        return name in self._entries

    def wrong_files(self) -> list[str]:
        """The members that are missing or not as they were written."""
        told = self.manifest.files
        return sorted(
            name
            for name in told.keys() | self._entries.keys()
            if name not in told or name not in self._entries or self._facts(name) != told[name]
        )

    def _facts(self, name: str) -> FileFacts:
        file = self._stream(name)
        return FileFacts(self._entries[name].size, _hash(file))

    def _stream(self, name: str) -> IO[bytes]:
        file = self._archive.extractfile(self._entries[name])
        if file is None:
            raise unfit(self.path, _("It is damaged."))
        return file

    def small(self, name: str) -> bytes:
        """A member that is no store."""
        return self._stream(name).read(_LARGEST_SMALL)

    def unpack_store(self, target: Path) -> None:
        """Write the store in it to a file of our own, durable.

        Raises:
            OSError: no space, no right.
        """
        source = self._stream(STORE)

        def write(file: IO[bytes]) -> None:
            while chunk := source.read(_CHUNK):
                file.write(chunk)

        stream_atomically(target, write, PRIVATE_FILE)


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """Open a backup for the time of the block.

    Raises:
        UsageError: ``file_missing``.
        Refused: ``backup_unfit``: it is no backup, is damaged, or a newer brygga made it.
    """
    try:
        with open_regular_file(path) as file, tarfile.open(fileobj=file, mode="r:") as archive:
            yield Opened(path, archive)
    except (tarfile.TarError, EOFError) as error:
        raise unfit(path, _("It is damaged or something else.")) from error


def _read(path: Path, archive: tarfile.TarFile) -> tuple[Manifest, dict[str, tarfile.TarInfo]]:
    first = archive.next()
    if first is None or first.name != MANIFEST or not first.isreg() or first.size > _LARGEST_MANIFEST:
        raise unfit(path, _("It has no table of contents."))
    content = archive.extractfile(first)
    try:
        manifest = msgspec.json.decode(content.read() if content else b"", type=Manifest)
    except msgspec.DecodeError as error:
        raise unfit(path, _("It has no table of contents.")) from error
    if manifest.format > FORMAT:
        raise unfit(path, _("A newer brygga made it."))
    entries: dict[str, tarfile.TarInfo] = {}
    while (entry := archive.next()) is not None:
        too_large = entry.name != STORE and entry.size > _LARGEST_SMALL
        if entry.name not in _MEMBERS or entry.name in entries or not entry.isreg() or too_large:
            raise unfit(path, _("There is something in it that belongs in no backup."))
        entries[entry.name] = entry
    if STORE not in entries:
        raise unfit(path, _("There is no store in it."))
    return manifest, entries


def _hash(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def unfit(path: Path, why: str) -> Refused:
    """The error of a file that nothing can be restored from."""
    return Refused(
        "backup_unfit",
        _("{path} is no backup that can be used.").format(path=shown(path)),
        why,
        _("Choose another backup; brygga backup list shows them."),
    )


def unwritten(path: Path, error: Exception) -> UsageError:
    """The error of a place that takes no file."""
    return UsageError(
        "file_missing",
        _("{path} cannot be written.").format(path=shown(path)),
        reason(error),
        _("Choose another folder, free some space, or ask for the right to write there."),
    )
