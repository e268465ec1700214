"""Files on their way out: complete or not there at all, never over another file, with their control sum beside."""

from __future__ import annotations

import contextlib
import hashlib

from bridge.exchange.folder import PICK_UP, RESULT_FILE, Folder
from bridge.exchange.names import SUM

STAGING = ".out"
"""Below the private folder."""


def publish(staging: Folder, name: str, client: Folder) -> None:
    """Let a staged file appear in the client's ``out``; done again it changes nothing.

    The control sum appears first, so that whoever sees the file can check it.
    """
    seen = staging.look(name)
    data, __ = staging.read(name, seen.st_size if seen else 0)
    digest = hashlib.sha256(data).hexdigest()
    if client.make("out", PICK_UP):
        client.sync()
    with client.inside("out") as out:
        with contextlib.suppress(FileExistsError):
            out.write(name + SUM, f"{digest}  {name}\n".encode(), via=staging)
        with contextlib.suppress(FileExistsError):
            out.write(name, data, RESULT_FILE, via=staging)


def clear(staging: Folder, keep: set[str]) -> None:
    """Remove what was staged but never came to be."""
    for name in staging.names():
        if name not in keep:
            staging.remove(name)
