"""The audit as a file that can be verified on its own: JSON lines, each with its hashes, and the head as the last one.

A line holds the row's content, the hash of the row before it and its own hash. The files of consecutive years join:
the first row of one names the hash that the head of the other tells.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from core.clock import parse_rfc3339
from core.errors import UsageError
from core.files import GIGABYTE, read_regular_file
from core.i18n import _
from core.reasons import reason
from core.register import Check
from core.store import audit
from core.store.audit import Link


class Row(msgspec.Struct, frozen=True):
    """A line of the file; ``details`` keeps its very bytes, which the hash covers."""

    seq: int
    at: str
    person: str
    action: str
    client_id: str
    engagement_id: str
    outcome: str
    details: msgspec.Raw
    previous: str
    hash: str

    @property
    def follows_itself(self) -> bool:
        """Whether the row's hash is that of its content."""
        return self.hash == audit.hash_of_row(self.link)

    @property
    def link(self) -> Link:
        """The row as the store has it."""
        values = {name: getattr(self, name) for name in self.__struct_fields__ if name != "details"}
        return Link(**values, details=bytes(self.details).decode())


class Head(msgspec.Struct, frozen=True, tag="head", tag_field="line", forbid_unknown_fields=True):
    """The last line: where the rows of the file end. ``seq`` 0 and 64 zeros before the first row of all."""

    seq: int
    hash: str
    at: str
    """When the file was written, RFC 3339 UTC."""


def of_year(links: Iterable[Link], year: int) -> tuple[list[Link], tuple[int, str]]:
    """The unbroken run of rows from the first to the last of a local calendar year, and where it ends."""
    everything = list(links)
    inside = [place for place, one in enumerate(everything) if _year_of(one) == year]
    if inside:
        run = everything[inside[0] : inside[-1] + 1]
        return run, (run[-1].seq, run[-1].hash)
    before = [one for one in everything if _year_of(one) < year]
    return [], ((before[-1].seq, before[-1].hash) if before else (0, audit.GENESIS))


def _year_of(link: Link) -> int:
    return parse_rfc3339(link.at).astimezone().year


def lines(links: Iterable[Link], head: Head) -> bytes:
    """The file: a line a row, and the head."""
    rows = [
        msgspec.json.encode(
            {name: getattr(one, name) for name in Row.__struct_fields__}
            | {"details": msgspec.Raw(one.details.encode())}
        )
        for one in links
    ]
    return b"\n".join([*rows, msgspec.json.encode(head), b""])


async def verify_audit_file(path: Path) -> tuple[Head | None, list[Check]]:
    """Follow the rows of an exported file; its head, None where it has none. Needs no store.

    Raises:
        UsageError: ``file_missing``; ``usage``: it is no such file.
    """
    return await asyncio.to_thread(_verify, path)


def _verify(path: Path) -> tuple[Head | None, list[Check]]:
    written = read_regular_file(path, GIGABYTE).splitlines()
    try:
        head = _head(written)
        rows = [msgspec.json.decode(line, type=Row) for line in (written[:-1] if head else written)]
    except (msgspec.DecodeError, UnicodeError) as error:
        raise UsageError(
            "usage",
            _("{path} is no exported audit.").format(path=path),
            reason(error),
            _("Give the file that brygga audit export wrote."),
        ) from error
    return head, [_chain_check(rows), _head_check(rows, head)]


def _head(written: Sequence[bytes]) -> Head | None:
    try:
        return msgspec.json.decode(written[-1], type=Head) if written else None
    except msgspec.ValidationError:
        return None


def _chain_check(rows: Sequence[Row]) -> Check:
    broken = _first_broken(rows)
    if broken is None:
        told = (
            _("Rows {first} to {last} follow from each other").format(first=rows[0].seq, last=rows[-1].seq)
            if rows
            else _("There are no rows in the file")
        )
        return Check("audit_chain", ok=True, text=told)
    return Check(
        "audit_chain",
        ok=False,
        text=_("Row {seq} was changed, removed or moved").format(seq=broken),
        remedy=_(
            "Compare with another copy of the file or with the store; everything after that row is in doubt."
        ),
    )


def _first_broken(rows: Sequence[Row]) -> int | None:
    before: Row | None = None
    for row in rows:
        joined = (
            (row.seq != 1 or row.previous == audit.GENESIS)
            if before is None
            else (row.seq == before.seq + 1 and row.previous == before.hash)
        )
        if not joined or not row.follows_itself:
            return row.seq
        before = row
    return None


def _head_check(rows: Sequence[Row], head: Head | None) -> Check:
    if head is not None and (not rows or (rows[-1].seq, rows[-1].hash) == (head.seq, head.hash)):
        return Check("audit_head", ok=True, text=_("The file ends where its head says"))
    return Check(
        "audit_head",
        ok=False,
        text=_("The file ends elsewhere than its head says: rows at the end are missing"),
        remedy=_("Compare with another copy of the file or with the store."),
    )
