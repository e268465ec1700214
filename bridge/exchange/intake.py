"""One file from the client's ``in`` or ``underlag`` folder to its end, in numbered steps of which each can be done again.

A crash between any two of them is continued by ``resume``; the effect itself is one transaction of the store
(``core.usecases.exchange``), so it happens once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from bridge.exchange import claim as claims
from bridge.exchange import results
from bridge.exchange.claim import COPY, Claim, Copied
from bridge.exchange.folder import Folder
from bridge.exchange.names import READY, SUM, shown
from bridge.exchange.ready import STALE_SECONDS, UNDERLAG, Found, Inbox, Whole, incoming, sum_holds
from core.bunches import Bunches, each
from core.errors import BryggaError, Refused
from core.i18n import _
from core.usecases.context import Context
from core.usecases.exchange import Parcel, Settled, refuse, standing, take_in, waiting_ids
from core.usecases.exchangehead import Head, read_head
from core.usecases.exchangepapers import take_paper

LOG = logging.getLogger("brygga.exchange")
PROCESSING = ".processing"
TOGETHER = 64
"""Results that are made durable in one go."""
LARGE = 4_000_000
"""Bytes; of larger files only a few are in hand at a time, so that memory stays bounded."""
LARGE_AT_ONCE = 2
AT_THE_DESK = 8
"""Small works that a thread takes in one go."""


class Step(IntEnum):
    """The points between which a crash may strike."""

    PREPARED = 1
    CLAIMED = 2
    COPIED = 3
    SETTLED = 4
    PLACED = 5
    EXPLAINED = 6
    SYNCED = 7
    SWEPT = 8


Reached = Callable[[Step], None]


def unwatched(_step: Step) -> None:
    """Nobody watches the steps."""


@dataclass(frozen=True, slots=True)
class _Examined:
    """A claimed file after its private copy has been made."""

    copied: Copied
    reason: str = ""
    """Why the file has no effect, as a word; empty when it may have one."""
    head: Head | None = None
    """How its content begins, where it may be SIE."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file. ``receipt`` is the path of what lies beside it, below the exchange folder."""

    name: str
    client: str
    outcome: str
    receipt: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """What became of files that were left claimed."""

    outcomes: list[Outcome]
    held: frozenset[tuple[str, str]]
    """(client id, inbox) in which the oldest file met a fault again, so that the ones after it must wait."""


class Intake:
    """Takes files in, below one exchange folder. ``root`` stays open for as long as this lives."""

    def __init__(self, ctx: Context, directory: Path, root: Folder, reached: Reached = unwatched) -> None:
        self._ctx = ctx
        self._directory = directory
        self._root = root
        self._processing = root.inside(PROCESSING)
        self._reached = reached
        self._placed: list[tuple[Claim, str, str]] = []
        """Claims whose results lie in place: (claim, folder, name of the file)."""
        self._told: set[str] = set()
        """Claims whose fault the log knows."""
        self._room_for_large = asyncio.Semaphore(LARGE_AT_ONCE)
        self._thread = ThreadPoolExecutor(1, "brygga-exchange")
        self._desk = Bunches(self._thread, each, AT_THE_DESK)

    def close(self) -> None:
        """Wait for the thread's last work and end it."""
        self._thread.shutdown()
        self._processing.close()

    async def take(self, client_id: str, folder: str, found: Found, inbox: str = "in") -> Outcome | None:
        """Claim the file and bring it to its end.

        None when it was gone, went back to be finished, or waits for Fortnox.

        Raises:
            BryggaError, OSError: it stays claimed and is continued at the next ``resume``.
        """
        claim = Claim(self._ctx.new_id(), client_id, inbox)
        if found.mark.size <= LARGE and not claim.is_paper:
            examined = await self._desk.give(lambda: self._claim(claim, folder, found))
            return await self._finish(claim, folder, found.name, examined)
        async with self._room_for_large:
            examined = await asyncio.to_thread(self._claim, claim, folder, found)
            return await self._finish(claim, folder, found.name, examined)

    async def close_claims(self) -> None:
        """Let the claims go whose results lie in place: those are made durable first, all in one go."""
        placed, self._placed = self._placed, []
        if placed:
            await asyncio.to_thread(self._sweep, placed)

    @property
    def is_full(self) -> bool:
        """Whether enough results lie in place to make them durable."""
        return len(self._placed) >= TOGETHER

    async def resume(self, folders: dict[str, str]) -> Resumed:
        """Continue what a crash or a passing fault left claimed; ``folders`` are names by client id."""
        done, held = list[Outcome](), set[tuple[str, str]]()
        left = await asyncio.to_thread(self._left)
        waiting = await waiting_ids(self._ctx) if left else frozenset()
        for found in left:
            claim = Claim.of(found)
            if claim is not None and claim.client_id in folders and claim.id not in waiting:
                queue = (claim.client_id, claim.inbox)
                if queue not in held and not await self._resumed(claim, folders[claim.client_id], done):
                    held.add(queue)
        return Resumed(done, frozenset(held))

    async def _resumed(self, claim: Claim, folder: str, done: list[Outcome]) -> bool:
        """Bring a claim to its end, noting its outcome in ``done``; False where a fault was met again."""
        try:
            outcome = await self._resume(claim, folder)
        except (OSError, BryggaError) as error:
            if claim.id not in self._told:
                LOG.warning("client %s: %s", claim.client_id, type(error).__name__, exc_info=error)
                self._told.add(claim.id)
            return False
        self._told.discard(claim.id)
        done += [outcome] if outcome else []
        return True

    async def _resume(self, claim: Claim, folder: str) -> Outcome | None:
        name = await asyncio.to_thread(self._dropped_name, claim)
        if name is None:
            await asyncio.to_thread(self._give_back, claim, folder, None)
            return None
        await asyncio.to_thread(self._drop_sidecars, claim, folder, name)
        stands = await standing(self._ctx, claim.id)
        await asyncio.to_thread(self._renew_copy, claim, name, stands.settled)
        if stands.settled is None and not stands.waits:
            examined = await asyncio.to_thread(self._examine_again, claim, name)
            return await self._finish(claim, folder, name, examined)
        return await self._explain(claim, folder, name, stands.settled)

    async def _finish(
        self, claim: Claim, folder: str, name: str, examined: _Examined | None
    ) -> Outcome | None:
        unfinished = examined is not None and examined.reason == "unfinished"
        if examined is None or (unfinished and await asyncio.to_thread(self._give_back, claim, folder, name)):
            return None
        self._reached(Step.COPIED)
        return await self._explain(claim, folder, name, await self._settle(claim, name, examined))

    async def _explain(self, claim: Claim, folder: str, name: str, end: Settled | None) -> Outcome | None:
        self._reached(Step.SETTLED)
        if end is None:
            return None
        receipt = await self._desk.give(lambda: self._place(claim, folder, name, end))
        return Outcome(shown(name), folder, end.outcome, receipt)

    async def _settle(self, claim: Claim, name: str, examined: _Examined) -> Settled | None:
        copied, reason = examined.copied, examined.reason
        path = self._directory / PROCESSING / claim.name / COPY
        parcel = Parcel(
            claim.id,
            claim.client_id,
            shown(name),
            path,
            copied.sha256,
            copied.size,
            copied.owner,
            copied.data,
            examined.head,
        )
        if reason:
            error = hindrance(reason, self._inbox(claim).largest)
            return await refuse(self._ctx, parcel, error, is_sie=not claim.is_paper)
        try:
            return await (take_paper if claim.is_paper else take_in)(self._ctx, parcel)
        except (BryggaError, OSError):
            raise
        except Exception as error:  # a file that breaks the reader must not be tried for ever
            LOG.exception("file %s", claim.id)
            return await refuse(self._ctx, parcel, _broken(error), is_sie=not claim.is_paper)

    def _claim(self, claim: Claim, folder: str, found: Found) -> _Examined | None:
        """The file that is ours now; None when it is gone."""
        with self._processing.made(claim.name) as place:
            with self._root.inside(folder, claim.inbox) as incoming:
                claims.prepare(place, incoming, found.name)
                self._reached(Step.PREPARED)
                if not claims.take(place, incoming, found.name):
                    claims.put_back(self._processing, claim, incoming, None)
                    return None
            self._reached(Step.CLAIMED)
            return self._examine(place, claim, found.name, found)

    def _examine(self, place: Folder, claim: Claim, name: str, found: Found | None = None) -> _Examined:
        """Make the private copy and see whether it may have an effect; ``found`` is what the scan saw of it."""
        inbox = self._inbox(claim)
        copied = claims.copy(place, name, inbox.largest, durable=claim.is_paper)
        reason = copied.unfit or self._fault(place, copied, inbox, found)
        head = None if reason or claim.is_paper else read_head(copied.data, shown(name), inbox.largest)
        return _Examined(copied, reason, head)

    def _examine_again(self, claim: Claim, name: str) -> _Examined:
        with self._place_of(claim) as place:
            return self._examine(place, claim, name)

    @staticmethod
    def _fault(place: Folder, copied: Copied, inbox: Inbox, found: Found | None) -> str:
        """Why the content may have no effect, as a word; empty when it may."""
        if copied.moving:
            return "unfinished"
        if place.look(SUM) is not None:
            expected, __ = place.read(SUM, 4096)
            return "" if sum_holds(expected, copied.data) else "other_sum"
        was_whole = found is not None and found.is_whole and found.mark.written == copied.written
        if was_whole or place.look(READY) is not None or inbox.wholeness(copied.data) is not Whole.NO:
            return ""
        return "incomplete" if time.time() - copied.changed_at >= STALE_SECONDS else "unfinished"

    def _renew_copy(self, claim: Claim, name: str, end: Settled | None) -> None:
        """After a crash the copy is trusted only where its content is what the receipt says."""
        sha256 = str(end.receipt["sha256"]) if end else ""
        if sha256 or not claim.is_paper:
            with self._place_of(claim) as place:
                claims.renew_copy(place, name, self._inbox(claim).largest, sha256)

    def _give_back(self, claim: Claim, folder: str, name: str | None) -> bool:
        with self._root.inside(folder, claim.inbox) as origin:
            if name is not None:
                with self._place_of(claim) as place:
                    place.remove(COPY)
            return claims.put_back(self._processing, claim, origin, name)

    def _place(self, claim: Claim, folder: str, name: str, end: Settled) -> str:
        target = results.target_of(end.outcome, end.at)
        with self._place_of(claim) as place, self._root.made(folder, *target) as results_folder:
            source = COPY if place.look(COPY) is not None else name
            placed = results.place_file(place, source, results_folder, name)
            self._reached(Step.PLACED)
            told = {**end.receipt, "client": folder}
            receipt = results.write_receipt(place, results_folder, placed, told)
            self._reached(Step.EXPLAINED)
        self._placed.append((claim, folder, name))
        return "/".join((folder, *target, receipt))

    def _sweep(self, placed: list[tuple[Claim, str, str]]) -> None:
        self._root.sync_all()
        self._reached(Step.SYNCED)
        for claim, folder, name in placed:
            with self._place_of(claim) as place:
                if claims.written_late(place, name):
                    with self._root.inside(folder, claim.inbox) as origin:
                        claims.give_late(place, origin, name)
            claims.sweep(self._processing, claim)
            self._reached(Step.SWEPT)

    def _left(self) -> list[str]:
        return sorted(name for name in self._processing.names() if not name.startswith("."))

    def _drop_sidecars(self, claim: Claim, folder: str, name: str) -> None:
        with self._place_of(claim) as place, self._root.inside(folder, claim.inbox) as origin:
            claims.drop_sidecars(place, origin, name)

    def _dropped_name(self, claim: Claim) -> str | None:
        with self._place_of(claim) as place:
            return claims.dropped_name(place)

    def _inbox(self, claim: Claim) -> Inbox:
        return UNDERLAG if claim.is_paper else incoming(self._ctx.settings)

    def _place_of(self, claim: Claim) -> Folder:
        return self._processing.inside(claim.name)


def hindrance(reason: str, largest: int) -> Refused:
    """The error for a file that is not even read; ``largest`` in bytes."""
    what, remedy = {
        "link": (_("It is a symbolic link, not a file."), _("Put the file itself in the folder.")),
        "hard_link": (
            _("The file has a second name (a hard link) and could be changed from there."),
            _("Put a copy of it in the folder."),
        ),
        "special": (
            _("It is a pipe, a device or a socket, not a file."),
            _("Put an ordinary file in the folder."),
        ),
        "large": (
            _("The file is larger than {limit} MB.").format(limit=largest // (1024 * 1024)),
            _("Export one fiscal year at a time."),
        ),
        "unreadable": (
            _("The file may not be read."),
            _("Give brygga's user the right to read it and put it in again."),
        ),
        "other_sum": (
            _("The content is not what the control sum beside it (.sha256) says."),
            _("Send the file and its control sum again."),
        ),
        "incomplete": (
            _(
                "The file is not complete: it is empty, ends inside a voucher or lacks its closing control sum."
            ),
            _("Export the file again and put the whole of it in."),
        ),
        "unfinished": (
            _("The file was still being written, and another one had taken its name."),
            _("Put the file in again under a name of its own."),
        ),
    }[reason]
    return Refused("not_sie", _("The file was not taken in."), what, remedy)


def _broken(error: Exception) -> BryggaError:
    return BryggaError(
        "internal",
        _("The file could not be read because of a fault in brygga ({kind}).").format(
            kind=type(error).__name__
        ),
        _("Nothing of it was taken in."),
        _("Send the file to those who look after brygga; the log has the details."),
    )
