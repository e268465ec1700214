"""One bridge a data directory and an exchange folder: the second one that starts refuses."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from core.config import Settings
from core.errors import Refused
from core.files import make_private_directory, shown
from core.i18n import _


@contextlib.contextmanager
def only_instance(settings: Settings) -> Iterator[None]:
    """Hold the data directory's bridge lock for the time of the block; it ends with the process.

    Raises:
        Refused: ``already_running``.
    """
    folder = make_private_directory(settings.paths.locks)
    with only_one(folder / "bridge.lock", settings.data_dir):
        yield


@contextlib.contextmanager
def only_one(lock_file: Path, place: Path) -> Iterator[None]:
    """Hold a lock for the time of the block, without waiting for it.

    Raises:
        Refused: ``already_running``: another bridge works in the place.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(lock_file, thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise Refused(
            "already_running",
            _("Another brygga bridge works in {place}.").format(place=shown(place)),
            _("Only one at a time may, so that no file is taken twice. This one did nothing."),
            _("Use the one that runs, or stop it first."),
        ) from error
    try:
        yield
    finally:
        lock.release()
