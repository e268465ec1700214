"""The audit as a chain: read, verified, exported, and its head written outside the store.

A row's hash covers its content and the hash before it, so a changed, removed or moved row is found. Somebody
who can write the store can write a whole new chain; that shows against the heads that were written elsewhere.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from core.clock import parse_rfc3339, rfc3339
from core.errors import Refused, UsageError
from core.files import read_regular_file, write_atomically
from core.i18n import _
from core.reasons import reason
from core.register import Check
from core.store import audit
from core.store.audit import Link
from core.store.database import Transaction
from core.usecases import audit_file
from core.usecases.context import Context


@dataclass(frozen=True, slots=True)
class AuditHead:
    """Where the chain ends."""

    seq: int
    hash: str
    at: str
    """When it was looked at, RFC 3339 UTC."""


async def verify_audit(ctx: Context, heads: Path | None = None) -> tuple[AuditHead, list[Check]]:
    """Follow the chain from its beginning, and hold it against the heads in a file.

    Raises:
        UsageError: ``file_missing``; ``usage`` when the file holds no heads.
    """
    known = await asyncio.to_thread(_read_heads, heads) if heads is not None else []

    def work(tx: Transaction) -> tuple[AuditHead, list[Check]]:
        seq, hashed = audit.head(tx)
        broken = audit.first_broken(tx)
        checks = [_chain_check(broken, seq)]
        if known:
            checks.append(_heads_check(_astray(tx, known)))
        return AuditHead(seq, hashed, rfc3339(ctx.now())), checks

    return await ctx.store.read(work)


async def export_audit(
    ctx: Context, path: Path, *, year: int | None = None, force: bool = False
) -> tuple[AuditHead, int]:
    """Write the chain, or the rows of a calendar year, as JSON lines with the hashes included; the head is the last.

    Returns the head of what was written and its number of rows.

    Raises:
        Refused: ``file_exists`` unless ``force``.
        UsageError: ``file_missing``: the folder is not there or may not be written.
    """

    def work(tx: Transaction) -> tuple[list[Link], tuple[int, str]]:
        links = list(audit.chain(tx))
        return (links, audit.head(tx)) if year is None else audit_file.of_year(links, year)

    links, (seq, hashed) = await ctx.store.read(work)
    head = AuditHead(seq, hashed, rfc3339(ctx.now()))
    data = audit_file.lines(links, audit_file.Head(head.seq, head.hash, head.at))
    await asyncio.to_thread(_write, path, data, force=force)
    return head, len(links)


async def write_audit_head(ctx: Context, path: Path) -> AuditHead:
    """Add the chain's head to a file outside the store, one JSON line; nothing when it has not moved.

    Where it has not moved, the time of the last line says when it was last looked at.

    Raises:
        UsageError: ``file_missing``: the file cannot be written; ``usage``: it holds something else.
    """
    seq, hashed = await ctx.store.read(audit.head)
    head = AuditHead(seq, hashed, rfc3339(ctx.now()))
    await asyncio.to_thread(_append_head, path, head)
    return head


async def write_daily_head(ctx: Context) -> AuditHead | None:
    """Add the chain's head to the configured file outside the store, once a day; None when today's is there.

    Raises:
        Refused: ``audit_broken``: the chain does not pass through an earlier head; nothing is written.
        UsageError: ``file_missing``: the file cannot be read or written; ``usage``: it holds something else.
    """
    path = ctx.settings.audit_heads_path
    known = await asyncio.to_thread(_read_heads, path) if path.exists() else []
    today = ctx.now().astimezone().date()
    if known and parse_rfc3339(known[-1].at).astimezone().date() == today:
        return None
    check = await ctx.store.read(lambda tx: _heads_check(_astray(tx, known)))
    if not check.ok:
        raise Refused("audit_broken", check.text, _("Today's head was not written."), check.remedy)
    return await write_audit_head(ctx, path)


def _astray(tx: Transaction, known: Iterable[AuditHead]) -> list[AuditHead]:
    """The heads that the chain does not pass through."""
    return [one for one in known if audit.hash_of(tx, one.seq) != one.hash]


def last_head(path: Path) -> int:
    """The last row that a file of heads tells of; 0 where it tells nothing that can be read."""
    try:
        return max((one.seq for one in _read_heads(path)), default=0)
    except UsageError:
        return 0


def _append_head(path: Path, head: AuditHead) -> None:
    known = _read_heads(path) if path.exists() else []
    if known and (known[-1].seq, known[-1].hash) == (head.seq, head.hash):
        known.pop()
    lines = [*known, head]
    _write(path, b"".join(json.dumps(asdict(one)).encode() + b"\n" for one in lines), force=True)


def _read_heads(path: Path) -> list[AuditHead]:
    try:
        rows = [json.loads(line) for line in read_regular_file(path).splitlines() if line.strip()]
        return [AuditHead(int(row["seq"]), str(row["hash"]), str(row["at"])) for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            "usage",
            _("{path} is not a file of audit heads.").format(path=path),
            _("It should have one JSON line a day: seq, hash, at."),
            _("Give the file that brygga audit verify --head wrote."),
        ) from error


def _write(path: Path, data: bytes, *, force: bool) -> None:
    try:
        write_atomically(path, data, 0o600, replace=force)
    except FileExistsError as error:
        raise Refused(
            "file_exists",
            _("There is already a file {path}.").format(path=path),
            _("It was left as it is."),
            _("Choose another name, or write over it with --force."),
        ) from error
    except OSError as error:
        raise UsageError(
            "file_missing",
            _("The file {path} cannot be written.").format(path=path),
            reason(error),
            _("Choose another folder, or ask for the right to write there."),
        ) from error


def _chain_check(broken: int | None, rows: int) -> Check:
    if broken is None:
        return Check(
            "audit_chain", ok=True, text=_("All {count} rows follow from each other").format(count=rows)
        )
    return Check(
        "audit_chain",
        ok=False,
        text=_("Row {seq} was changed, removed or moved").format(seq=broken),
        remedy=_("Compare with the latest backup; everything after that row is in doubt."),
    )


def _heads_check(wrong: list[AuditHead]) -> Check:
    if not wrong:
        return Check("audit_heads", ok=True, text=_("The chain passes through every head that was written"))
    first = wrong[0]
    return Check(
        "audit_heads",
        ok=False,
        text=_("Row {seq} is another one than the head written at {at}").format(seq=first.seq, at=first.at),
        remedy=_("The store was replaced or rewritten after that; compare with a backup of that day."),
    )
