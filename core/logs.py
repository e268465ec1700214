"""The diagnostic log: JSON lines, without secrets. The audit lies in the store, not here."""

from __future__ import annotations

import fcntl
import json
import logging
import logging.handlers
import os
import re
from datetime import UTC, datetime
from pathlib import Path

from core.files import make_private_directory

_SECRETS = (
    re.compile(r"(?i)(bearer|basic)\s+[A-Za-z0-9+/=._~-]{6,}"),
    re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"),
    re.compile(
        r"(?i)((?:access[_-]?token|refresh[_-]?token|client[_-]?secret|code|token|state|password|passphrase)"
        r"[\"'\\]*\s*(?:[=:]|%3D)[\"'\\\s]*)(?:[^\s\"'&,}\\%]|%(?!26))+"
    ),
)
MASK = "***"
_NOISY = ("httpx", "httpcore", "asyncio", "uvicorn", "watchfiles")


def redact(text: str) -> str:
    """The text without tokens, codes, secrets and Authorization values."""
    text = _SECRETS[0].sub(lambda match: f"{match.group(1)} {MASK}", text)
    text = _SECRETS[1].sub(MASK, text)
    return _SECRETS[2].sub(lambda match: match.group(1) + MASK, text)


class _JsonLines(logging.Formatter):
    """One JSON object a record; a traceback is kept without local variables."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "where": record.name,
            "process": record.process,
            "message": redact(record.getMessage()),
        }
        if record.exc_info:
            entry["traceback"] = redact(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


class _PrivateRotatingFile(logging.handlers.RotatingFileHandler):
    """A rotating file that only its owner reads, shared by the service and every session.

    A process notices that another one has turned the files, and only one of them turns at a time.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line to the file that has the name now."""
        if self.stream is not None and not _is_at(self.baseFilename, self.stream.fileno()):
            self.stream.close()
            self.stream = None
        super().emit(record)

    def doRollover(self) -> None:  # noqa: N802 the name of logging
        """Turn the files, unless somebody else has just done it."""
        lock = os.open(f"{self.baseFilename}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.stream is None or _is_at(self.baseFilename, self.stream.fileno()):
                super().doRollover()
        finally:
            os.close(lock)

    def _open(self) -> object:  # type: ignore[override] # narrowed by the stream it returns
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 the name of logging
        """A disk that takes no log line is no reason to write tracebacks over somebody's screen."""


def _is_at(path: str, descriptor: int) -> bool:
    """Whether the open file is still the one of that name."""
    try:
        there, here = os.stat(path), os.fstat(descriptor)  # noqa: PTH116 at every line: no Path is made for it
    except OSError:
        return False
    return (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)


LARGEST_FILE = 10_000_000
OLD_FILES = 5


def start(path: Path, level: str) -> None:
    """Send brygga's log to ``path`` (10 MB, five old ones kept); other libraries speak from warning up."""
    make_private_directory(path.parent)
    handler = _PrivateRotatingFile(
        path, maxBytes=LARGEST_FILE, backupCount=OLD_FILES, encoding="utf-8", delay=True
    )
    handler.setFormatter(_JsonLines())
    root = logging.getLogger()
    for former in root.handlers:
        if isinstance(former, _PrivateRotatingFile):
            former.close()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
