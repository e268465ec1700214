"""A claimed file: a private directory of its own, named by its ULID and its client, from which nothing is lost.

::

    .processing/01J...ABC.<client id>[.underlag]/
        books.se        the file as it was dropped, moved here by one rename: the claim
        .copy           its private copy; who wrote the file may still hold it open, but not this
        .ready .sha256  the sidecars that came with it

Everything that is done to a claim can be done again after a crash. When its result lies in place the dropped file
is the first to be removed: a directory without one, which never had any or has done its work, is only ever emptied.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import stat
from dataclasses import dataclass

from bridge.exchange.folder import Folder
from bridge.exchange.names import SIDECARS, numbered
from bridge.exchange.ready import UNDERLAG, Written, written

_LARGEST_SIDECAR = 4096
COPY = ".copy"


@dataclass(frozen=True, slots=True)
class Copied:
    """The private copy, or why there is none."""

    sha256: str = ""
    size: int = 0
    owner: str = ""
    written: Written | None = None
    """What the dropped file was when it was copied."""
    changed_at: float = 0.0
    """Seconds since the epoch when the dropped file was last written."""
    unfit: str = ""
    """``link``, ``hard_link``, ``special``, ``large``, ``unreadable``; empty when there is a copy."""
    moving: bool = False
    """Somebody wrote to the file while it was copied."""
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim by its two ids and the folder that the file came from."""

    id: str
    client_id: str
    inbox: str = "in"

    @property
    def name(self) -> str:
        """The directory's name."""
        ids = f"{self.id}.{self.client_id}"
        return ids if self.inbox == "in" else f"{ids}.{self.inbox}"

    @property
    def is_paper(self) -> bool:
        """Whether it is a supporting document."""
        return self.inbox == UNDERLAG.name

    @classmethod
    def of(cls, name: str) -> Claim | None:
        """The claim that a directory's name tells of."""
        parts = name.split(".")
        if (
            not all(map(str.isalnum, parts))
            or len(parts) not in {2, 3}
            or parts[2:] not in ([], ["underlag"])
        ):
            return None
        return cls(*parts)


def prepare(place: Folder, incoming: Folder, name: str) -> None:
    """Copy the file's sidecars into its claim's directory; nothing is claimed yet.

    The sidecars themselves stay until the file has been taken, so that a crash before that parts them from no file.
    """
    for sidecar in SIDECARS:
        if incoming.look(name + sidecar) is not None:
            place.write(sidecar, _said(incoming, name + sidecar))


def _said(folder: Folder, sidecar: str) -> bytes:
    """What a sidecar says; nothing, which no content agrees with, when it cannot be read."""
    try:
        return folder.read(sidecar, _LARGEST_SIDECAR)[0]
    except OSError:
        return b""


def drop_sidecars(place: Folder, incoming: Folder, name: str) -> None:
    """Remove the sidecars of a taken file, unless another file's have come in their place."""
    for sidecar in SIDECARS:
        both = place.look(sidecar) is not None and incoming.look(name + sidecar) is not None
        if both and _said(incoming, name + sidecar) == _said(place, sidecar):
            incoming.remove(name + sidecar)


def take(place: Folder, incoming: Folder, name: str) -> bool:
    """The claim: one rename. False when the file is gone."""
    try:
        incoming.move(name, place, name)
    except FileNotFoundError:
        return False
    drop_sidecars(place, incoming, name)
    return True


def dropped_name(place: Folder) -> str | None:
    """The name of the file in a claim's directory, or None where the claim never came to be."""
    return next((name for name in place.names() if not _is_ours(name)), None)


def _is_ours(name: str) -> bool:
    """Whether the file in a claim's directory was made here."""
    return name.startswith(".")


def copy(place: Folder, name: str, largest: int, *, durable: bool) -> Copied:
    """Make the private copy, or say why the file may not be read. A copy that is there is kept.

    One that is not durable must be dropped after a crash, which may have left it half or empty.
    """
    seen = place.look(name)
    if seen is None:
        return Copied(unfit="unreadable")
    unfit = _unfit(seen, largest)
    owner, changed_at = _owner(seen.st_uid), max(seen.st_mtime, 0.0)
    if unfit:
        return Copied(size=seen.st_size, owner=owner, unfit=unfit)
    opened = seen
    if place.look(COPY) is None:
        try:
            data, opened = place.read(name, largest)
        except OSError:
            return Copied(size=seen.st_size, owner=owner, unfit="unreadable")
        after = place.look(name)
        moved = after is None or written(after) != written(opened) or len(data) != opened.st_size
        if _unfit(opened, largest) or moved:
            return Copied(size=seen.st_size, owner=owner, moving=True)
        if durable:
            place.write(COPY, data)
        else:
            place.put(COPY, data)
    else:
        data, __ = place.read(COPY, largest)
    sha256 = hashlib.sha256(data).hexdigest()
    return Copied(sha256, len(data), owner, written(opened), changed_at, data=data)


def renew_copy(place: Folder, name: str, largest: int, sha256: str) -> None:
    """Drop a copy that is not what it should be; ``sha256`` is empty while nothing rests on it.

    The dropped file itself takes its place where it is what it should be.
    """
    with contextlib.suppress(OSError):
        if sha256 and _digest(place, COPY, largest) == sha256:
            return
    if sha256:
        with contextlib.suppress(OSError):
            if _digest(place, name, largest) != sha256:
                return
    place.remove(COPY)


def _digest(place: Folder, name: str, largest: int) -> str:
    return hashlib.sha256(place.read(name, largest)[0]).hexdigest()


def put_back(processing: Folder, claim: Claim, incoming: Folder, name: str | None) -> bool:
    """Give the file and its sidecars back to the client's folder; False when the name is taken there."""
    with processing.inside(claim.name) as place:
        try:
            if name is not None:
                _put_sidecars_back(place, incoming, name)
                place.link(name, incoming, name)
                place.remove(name)
        except FileExistsError:
            return False
    sweep(processing, claim)
    return True


def _put_sidecars_back(place: Folder, incoming: Folder, name: str) -> None:
    """Before the file itself, and kept here too, so that a crash never parts the file from them."""
    if incoming.look(name) is not None:
        raise FileExistsError(name)
    for sidecar in SIDECARS:
        if place.look(sidecar) is not None and incoming.look(name + sidecar) is None:
            place.link(sidecar, incoming, name + sidecar)


def written_late(place: Folder, name: str) -> bool:
    """Whether somebody wrote on to the dropped file after its copy was made."""
    original, copied = place.look(name), place.look(COPY)
    if original is None or copied is None or not stat.S_ISREG(original.st_mode):
        return False
    return original.st_size != copied.st_size or original.st_mtime_ns > copied.st_mtime_ns


def give_late(place: Folder, incoming: Folder, name: str) -> None:
    """Put what was written on to back among the incoming files, under a free name."""
    serial = 0
    while True:
        serial += 1
        try:
            place.link(name, incoming, numbered(name, serial))
        except FileExistsError:
            continue
        place.remove(name)
        return


def sweep(processing: Folder, claim: Claim) -> None:
    """The claim has ended: remove its directory and what is in it, the dropped file first."""
    with processing.inside(claim.name) as place:
        for name in sorted(place.names(), key=_is_ours):
            place.remove(name)
    processing.remove_folder(claim.name)


def _unfit(seen: os.stat_result, largest: int) -> str:
    if stat.S_ISLNK(seen.st_mode):
        return "link"
    if not stat.S_ISREG(seen.st_mode):
        return "special"
    if seen.st_nlink > 1:
        return "hard_link"
    return "large" if seen.st_size > largest else ""


def _owner(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
