"""Pauses Python's cycle collector while many records are made at once.

A hundred thousand new records make it look through all of them again and again and find nothing: half the time
of a large import. What is made there has no cycles; the collector goes on when the last pause ends.
"""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Iterator


class _Pauses:
    """How many are under way, and whether the collector was on before the first."""

    lock = threading.Lock()
    count = 0
    was_on = False


@contextlib.contextmanager
def collector_paused() -> Iterator[None]:
    """No cycle collection inside the block; blocks may overlap in several threads."""
    with _Pauses.lock:
        if _Pauses.count == 0:
            _Pauses.was_on = gc.isenabled()
            gc.disable()
        _Pauses.count += 1
    try:
        yield
    finally:
        with _Pauses.lock:
            _Pauses.count -= 1
            if _Pauses.count == 0 and _Pauses.was_on:
                gc.enable()
