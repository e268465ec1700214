"""Is a file finished? A program that writes it may pause in the middle, so time alone proves nothing.

In this order: a name that says unfinished, a sidecar (``NAME.ready``, ``NAME.sha256``), content that is complete
and has rested. What never becomes complete is taken after a quarter of an hour and refused with an explanation.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from bridge.exchange.folder import Folder
from bridge.exchange.names import READY, SUM
from core import papers
from core.config import Settings
from core.config_tables import ExchangeSettings
from core.sie.kinds import foreign_kind

STALE_SECONDS = 15 * 60
PATIENCE_SECONDS = 2.0
"""How long what cannot prove that it is whole must have rested, at least."""
_NO_BRACES = bytes(sorted(set(range(256)) - set(b"\n{}")))
_OPEN, _CLOSE = (
    re.compile(rb"^[ \t]*\{[ \t]*\r?$", re.MULTILINE),
    re.compile(rb"^[ \t]*\}[ \t]*\r?$", re.MULTILINE),
)
_BODY = re.compile(rb"^[ \t]*(\}|#(UB|RES|IB)\b)", re.MULTILINE)
"""What a file that is more than its beginning holds: a whole voucher or a balance."""
_KSUMMA = re.compile(rb"^[ \t]*#KSUMMA\b", re.MULTILINE)


class Whole(Enum):
    """What the content says of its own completeness."""

    YES = "yes"
    PERHAPS = "perhaps"
    """Nothing is missing that would show, but nothing proves it either."""
    NO = "no"


def wholeness(data: bytes) -> Whole:
    """Whether a SIE file has all its braces, its control sum and its last line end, or stops before what it is for."""
    if foreign_kind(data) == "empty":
        return Whole.NO
    if foreign_kind(data):
        return Whole.PERHAPS
    text = data.rstrip(b"\x1a\x00 \t") if data[-1:] in b"\x1a\x00 \t" else data
    if _lacks_a_brace(text) or (b"#KSUMMA" in text and len(_KSUMMA.findall(text)) % 2):
        return Whole.NO
    ended, body = text.endswith((b"\n", b"\r")), _BODY.search(text)
    if not (ended or body) and b"#SIETYP" in text:
        return Whole.NO
    return Whole.YES if ended and body else Whole.PERHAPS


def _lacks_a_brace(text: bytes) -> bool:
    """Whether a voucher is open at the end; first by the lines with one brace, which is fast."""
    braces = b"\n" + text.translate(None, _NO_BRACES) + b"\n"
    if braces.count(b"\n{\n") == braces.count(b"\n}\n"):
        return False
    return len(_OPEN.findall(text)) > len(_CLOSE.findall(text))


def paper_wholeness(data: bytes) -> Whole:
    """Whether a supporting document has its end."""
    whole = papers.is_whole(data)
    return Whole.PERHAPS if whole is None else Whole.YES if whole else Whole.NO


@dataclass(frozen=True, slots=True)
class Inbox:
    """One of a client's folders from which files are taken, and what is known of files in it."""

    name: str
    largest: int
    """Bytes; a larger file is refused without being read."""
    wholeness: Callable[[bytes], Whole]


UNDERLAG = Inbox("underlag", papers.LARGEST_PAPER, paper_wholeness)


def incoming(settings: Settings) -> Inbox:
    """The folder for SIE files."""
    return Inbox("in", settings.sie.largest_bytes, wholeness)


def sum_holds(expected: bytes, data: bytes) -> bool:
    """Whether the content has the control sum that lies beside it (``HEX  NAME`` or the digits alone)."""
    words = expected.split()
    return bool(words) and words[0].decode("ascii", "replace").lower() == hashlib.sha256(data).hexdigest()


Written = tuple[int, int, int]
"""Size, time of the last write in nanoseconds and inode: others after somebody wrote, the same after a rename."""


def written(seen: os.stat_result) -> Written:
    """What changes when somebody writes to the file."""
    return seen.st_size, seen.st_mtime_ns, seen.st_ino


@dataclass(frozen=True, slots=True)
class Mark:
    """What a file looked like at a scan; the same again means that nobody wrote meanwhile."""

    size: int
    changed: tuple[int, int]
    inode: int
    links: int
    regular: bool

    @classmethod
    def of(cls, seen: os.stat_result) -> Mark:
        """From what ``stat`` saw."""
        return cls(
            seen.st_size,
            (seen.st_mtime_ns, seen.st_ctime_ns),
            seen.st_ino,
            seen.st_nlink,
            stat.S_ISREG(seen.st_mode),
        )

    @property
    def written(self) -> Written:
        """As ``written`` of the file."""
        return self.size, self.changed[0], self.inode

    @property
    def age(self) -> float:
        """Seconds since the file was last written or renamed, by the machine's clock; never negative."""
        return max(0.0, time.time() - max(self.changed) / 1e9)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether to take the file now; ``again_in`` is when another look may say yes, None when only a change can."""

    ready: bool
    again_in: float | None = None
    is_whole: bool = False
    """Whether the content was looked at and lacks nothing."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file to take, what it looked like, and whether its content was seen to lack nothing then."""

    name: str
    mark: Mark
    is_whole: bool


def judge(
    folder: Folder, name: str, mark: Mark, rested: float, settings: ExchangeSettings, inbox: Inbox
) -> Verdict:
    """Decide on a file that has been the same for ``rested`` seconds (by our scans or its own times).

    Raises:
        OSError: it is gone or may not be read.
    """
    patience = max(float(settings.stable_seconds), PATIENCE_SECONDS)
    if not mark.regular or mark.links > 1 or mark.size > inbox.largest:
        return _after(patience, rested)
    ready, control_sum = folder.look(name + READY), folder.look(name + SUM)
    if settings.require_ready and ready is None and control_sum is None:
        return Verdict(ready=False)
    if rested >= STALE_SECONDS:
        return Verdict(ready=True)
    data, __ = folder.read(name, inbox.largest)
    if control_sum is not None:
        expected, __ = folder.read(name + SUM, 4096)
        return Verdict(ready=True) if sum_holds(expected, data) else _resting(patience, rested)
    if ready is not None:
        return Verdict(ready=True)
    whole = inbox.wholeness(data)
    if whole is Whole.NO:
        return _resting(patience, rested)
    return _after(settings.stable_seconds if whole is Whole.YES else patience, rested, is_whole=True)


def _after(seconds: float, rested: float, *, is_whole: bool = False) -> Verdict:
    again_in = None if rested >= seconds else seconds - rested
    return Verdict(again_in is None, again_in, is_whole)


def _resting(patience: float, rested: float) -> Verdict:
    """Not finished: worth waiting for while somebody still writes, else only a change can help."""
    return Verdict(ready=False, again_in=patience - rested if rested < patience else None)
