"""``python -m core.usecases.worker LANGUAGE``: prepares imports for the process at the other end of its pipes.

The next books are looked at while the ones before are on their way back. It ends with its standard input.
"""

from __future__ import annotations

import gc
import pickle
import signal
import sys
from typing import IO

from core import i18n
from core.usecases.prepare import Material, Prepared, prepare
from core.usecases.workers import LENGTH, framed


def work(given: IO[bytes], made: IO[bytes]) -> None:
    """Answer every question until there are no more."""
    while head := given.read(LENGTH):
        material: Material = pickle.loads(given.read(int.from_bytes(head, "big")))  # noqa: S301 our own parent's
        made.write(framed(_tried(material)))
        made.flush()


def _tried(material: Material) -> Prepared | None:
    """None for books with any fault: the parent meets it again and tells of it."""
    try:
        return prepare(material)
    except Exception:  # noqa: BLE001 whatever it is, it is met again where it is told of
        return None


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    i18n.use(sys.argv[1])
    gc.freeze()
    work(sys.stdin.buffer, sys.stdout.buffer)
