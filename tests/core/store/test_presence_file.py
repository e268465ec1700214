"""The presence file as other processes find it."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from core.store.presence import PresenceBook

LOOK = (
    "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('SELECT * FROM present'); db.close()"
)


def test_a_second_book_in_the_process_does_not_drop_the_first_ones_lock(tmp_path: Path) -> None:
    path = tmp_path / "presence.db"
    first, second = PresenceBook(path), PresenceBook(path)
    for book in (first, second):
        book.alive("here", datetime(2026, 1, 20, tzinfo=UTC))
    subprocess.run([sys.executable, "-c", LOOK, path], check=True)
    # whoever closes as the last one, as the lock tells it, takes the write-ahead log away
    log_is_there = path.with_name("presence.db-wal").exists()
    first.close()
    second.close()
    assert log_is_there


def test_the_file_is_private(tmp_path: Path) -> None:
    book = PresenceBook(tmp_path / "presence.db")
    book.alive("here", datetime(2026, 1, 20, tzinfo=UTC))
    book.close()
    assert (tmp_path / "presence.db").stat().st_mode & 0o777 == 0o600
