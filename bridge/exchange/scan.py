"""Looks through the clients' ``in`` (or ``underlag``) folders, spending time only where something has changed.

A folder whose modification time stands still holds no new names, so an idle one costs a single look. Because
network file systems may be late in telling, every folder is read through now and then all the same.
"""

from __future__ import annotations

import logging
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from bridge.exchange.folder import DROP, PICK_UP, PRIVATE, Folder
from bridge.exchange.names import is_sidecar, is_unfinished
from bridge.exchange.ready import Found, Inbox, Mark, judge
from core.config_tables import ExchangeSettings

LOG = logging.getLogger("brygga.exchange")
PART = 1000
"""Folders that are looked through before the first of their files are taken."""
EVERY = 12
"""One scan in this many reads a quiet folder through."""
_FRESH_NS = 2_000_000_000
"""A folder changed this recently may change again within the grain of its clock."""

_LATER = 30.0
"""Seconds until a file that waits for a change is looked at all the same."""


@dataclass
class _Candidate:
    mark: Mark
    since: float
    """When the mark was first seen, on the monotonic clock."""
    look_at: float = 0.0
    """When another look may say yes."""
    is_whole: bool = False
    """Whether its content lacked nothing when it was looked at."""
    settles: bool = True
    """Whether time alone decides, so that it is worth waiting for."""


@dataclass
class _Incoming:
    changed: int = -1
    read_at: int = 0
    candidates: dict[str, _Candidate] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scan:
    """What a look through some folders found."""

    ready: dict[str, list[Found]]
    """Files by folder, in the order in which they are taken."""
    next_look: float | None
    """Seconds until a waiting file may be ready; None when none waits for time alone."""
    cost: float = 0.0
    """Seconds of the processor that the look took."""


class Scanner:
    """Remembers the folders between scans."""

    def __init__(
        self,
        root: Folder,
        settings: ExchangeSettings,
        inbox: Inbox,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root = root
        self.inbox = inbox
        self._settings = settings
        self._now = monotonic
        self._known: dict[str, _Incoming] = {}
        self._scans = 0
        self._told: set[str] = set()
        """Folders that could not be used; the log says so once."""

    def look(self, folders: Sequence[str]) -> Iterator[Scan]:
        """Look through the folders of these names, making what is missing; what was found in each ``PART`` of them."""
        self._scans += 1
        for first in range(0, len(folders), PART):
            yield self._look_through(folders[first : first + PART], first + self._scans)

    def _look_through(self, folders: Sequence[str], turn: int) -> Scan:
        began = time.thread_time()
        ready: dict[str, list[Found]] = {}
        waits: list[float] = []
        for position, folder in enumerate(folders, turn):
            found, wait = self._look_in(folder, thorough=position % EVERY == 0)
            if found:
                ready[folder] = found
            waits += wait
        next_look = max(0.0, min(waits) - self._now()) if waits else None
        return Scan(ready, next_look, time.thread_time() - began)

    def forget(self, folder: str) -> None:
        """Read the folder through at the next scan."""
        if folder in self._known:
            self._known[folder] = _Incoming()

    def _look_in(self, folder: str, *, thorough: bool) -> tuple[list[Found], list[float]]:
        known = self._known.get(folder)
        try:
            if known is None:
                make_folders(self._root, folder)
                known = self._known[folder] = _Incoming()
            seen = self._root.look(f"{folder}/{self.inbox.name}")
            if seen is None:
                del self._known[folder]
                return [], []
            quiet = seen.st_mtime_ns == known.changed and seen.st_mtime_ns < known.read_at - _FRESH_NS
            if quiet and not known.candidates and not thorough:
                return [], []
            return self._read(folder, known, seen.st_mtime_ns)
        except OSError as error:
            if folder not in self._told:
                LOG.warning("the folder %s cannot be used: %s", folder, error.strerror)
                self._told.add(folder)
            self._known.pop(folder, None)
            return [], []

    def _read(self, folder: str, known: _Incoming, changed: int) -> tuple[list[Found], list[float]]:
        again = changed != known.changed
        known.changed, known.read_at = changed, time.time_ns()
        with self._root.inside(folder, self.inbox.name) as incoming:
            marks = dict(self._marks(incoming))
            now = self._now()
            found: list[Found] = []
            candidates: dict[str, _Candidate] = {}
            for name, mark in marks.items():
                before = known.candidates.get(name)
                kept = before if before and before.mark == mark else _Candidate(mark, now)
                candidates[name] = kept
                if (again or kept is not before or now >= kept.look_at) and self._is_ready(
                    incoming, name, kept
                ):
                    found.append(Found(name, mark, kept.is_whole))
        known.candidates = candidates
        waits = [one.look_at for one in candidates.values() if one.settles]
        found.sort(key=lambda one: (one.mark.changed[0], one.name))
        return found, waits if not found else []

    def _is_ready(self, incoming: Folder, name: str, candidate: _Candidate) -> bool:
        now = self._now()
        rested = max(now - candidate.since, candidate.mark.age)
        try:
            verdict = judge(incoming, name, candidate.mark, rested, self._settings, self.inbox)
        except OSError:
            verdict = None
        candidate.is_whole = verdict is not None and verdict.is_whole
        if verdict is None or verdict.ready:
            candidate.look_at = now
            return True
        candidate.settles = verdict.again_in is not None
        candidate.look_at = now + (_LATER if verdict.again_in is None else verdict.again_in)
        return False

    @staticmethod
    def _marks(incoming: Folder) -> list[tuple[str, Mark]]:
        found = []
        for name in incoming.names():
            if is_unfinished(name) or is_sidecar(name):
                continue
            seen = incoming.look(name)
            if seen is not None and not stat.S_ISDIR(seen.st_mode):
                found.append((name, Mark.of(seen)))
        return found


def make_folders(root: Folder, folder: str) -> None:
    """Make a client's folders that are missing."""
    with root.made(folder, mode=PICK_UP) as client:
        client.make("in", DROP)
        client.make("out", PICK_UP)
        for name in ("done", "failed", "underlag"):
            client.make(name, DROP if name == "underlag" else PRIVATE)
