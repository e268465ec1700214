"""The result of a file: where it ends up, and the explanation beside it.

Nothing here is durable by itself: the intake makes many results durable in one go before it lets the claims go.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from bridge.exchange.folder import Folder
from bridge.exchange.names import ERROR_JSON, ERROR_TEXT, RECEIPT, numbered, result_name
from core.i18n import _

_COMPANIONS = (RECEIPT, ERROR_TEXT, ERROR_JSON)


def target_of(outcome: str, at: datetime) -> tuple[str, ...]:
    """The folders below the client's: ``done/2026/11`` (in local time), or ``failed``."""
    if outcome == "failed":
        return ("failed",)
    local = at.astimezone()
    return ("done", f"{local.year:04d}", f"{local.month:02d}")


def place_file(place: Folder, source: str, folder: Folder, name: str) -> str:
    """Let the file stand in its folder under the first free name; the name.

    Done again after a crash it finds the file that it placed.
    """
    seen = place.look(source)
    assert seen is not None
    serial = 0
    while True:
        serial += 1
        wish = numbered(result_name(name), serial)
        there = folder.look(wish)
        if there is not None and (there.st_ino, there.st_dev) == (seen.st_ino, seen.st_dev):
            return wish
        if there is not None or any(folder.look(wish + ending) for ending in _COMPANIONS):
            continue
        try:
            _put(place, source, folder, wish, seen)
        except FileExistsError:
            continue
        return wish


def _put(place: Folder, source: str, folder: Folder, name: str, seen: os.stat_result) -> None:
    try:
        place.link(source, folder, name)
    except PermissionError:
        if stat.S_ISREG(seen.st_mode) and source.startswith("."):
            raise
        place.move(source, folder, name)  # the system lets nobody link what another user owns


def write_receipt(place: Folder, folder: Folder, name: str, receipt: Mapping[str, Any]) -> str:
    """Write what lies beside the result; its name. One that is there already is left."""
    if receipt["outcome"] != "failed":
        _write_once(place, folder, name + RECEIPT, _json(receipt))
        return name + RECEIPT
    _write_once(place, folder, name + ERROR_TEXT, ("\n".join(explanation(receipt)) + "\n").encode())
    _write_once(place, folder, name + ERROR_JSON, _json(receipt))
    return name + ERROR_JSON


def explanation(receipt: Mapping[str, Any]) -> Iterator[str]:
    """The error as a person reads it: what happened, where, what it means, what to do."""
    yield receipt["title"]
    if receipt["line"]:
        yield _("Line {line}.").format(line=receipt["line"])
    yield from filter(None, (receipt["message"], receipt["hint"]))
    yield ""
    yield _("File: {name}").format(name=receipt["name"])
    for finding in receipt["findings"]:
        place = _("line {line}: ").format(line=finding["line"]) if finding["line"] else ""
        yield f"- {place}{finding['message']}"
    yield _(
        "When that is put right, put the file in the same folder again; brygga does not try this one by itself."
    )


def _json(receipt: Mapping[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(receipt), indent=2) + b"\n"


def _write_once(place: Folder, folder: Folder, name: str, data: bytes) -> None:
    try:
        folder.write(name, data, via=place, durable=False)
    except FileExistsError:
        return
