"""Sending letters, each of them once.

The outbox holds a letter before it goes. It is *sending* in the store before the server has got a byte of its
text, so a letter that is found there later, when nobody sends, may have gone: a person is asked, never the server.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core import critical
from core.errors import TryLater, UsageError
from core.files import make_private_directory
from core.i18n import _
from core.invite import letters as wording
from core.invite.addresses import without_addresses
from core.invite.letters import LANGUAGES, LetterKind
from core.invite.outbound import ARRIVED, Letter, LetterState
from core.invite.rows import CLOSED, Consent, InviteState
from core.mail.folder import FolderPost
from core.mail.message import Mail
from core.mail.post import Delivery, Fate, Post, PostFailed
from core.store import clients, invitations, letters
from core.store.database import Transaction
from core.text import clean
from core.usecases.context import Context
from core.usecases.invite import move
from core.usecases.invite_letters import LetterPlan, facts_of, plan_letters, template_in
from core.usecases.invite_post import open_post
from core.usecases.progress import Progress, Report, silent
from core.usecases.rights import Right, needs


@dataclass(slots=True)
class Sent:
    """What came of a run."""

    sent: int = 0
    written: int = 0
    refused: int = 0
    unknown: int = 0
    """Nobody can tell whether they went; a person must look."""
    waiting: int = 0
    """Not sent, and may be sent again."""
    stopped: str = ""
    """Why the run ended before the last letter."""
    folder: Path | None = None
    rows: list[tuple[str, LetterState, str]] = field(default_factory=list)
    """(row id, what became of its letter, the reason)."""


@needs(Right.WORK)
async def send_letters(
    ctx: Context,
    kind: LetterKind,
    ids: Sequence[str] | None = None,
    *,
    language: str = "sv",
    folder: Path | None = None,
    progress: Report = silent,
) -> Sent:
    """Send the letters of ``plan_letters``, and those that wait since an earlier run. Each goes once.

    Cancelling pauses between two letters; the next run goes on. ``ids`` empty sends only what waits.

    Raises:
        UsageError: ``config_invalid``, ``no_keeper``, ``vault_locked``, ``usage``: no such language.
        TryLater: ``mail_unreachable``: no letter went, every row is as it was; ``busy``.
    """
    if language not in LANGUAGES:
        raise UsageError("usage", _("There is no letter in {language}.").format(language=language))
    async with _sending(ctx):
        plan = await plan_letters(ctx, kind, ids, folder=folder)
        try:
            post = await open_post(ctx, kind, folder)
        except PostFailed as failure:
            raise _unreachable(str(failure)) from None
        try:
            await ctx.store.write(lambda tx: _look_after(tx, ctx, post, kind))
            await ctx.store.write(lambda tx: _queue(ctx, tx, plan, language))
            return await _Run(ctx, post, kind, progress).all()
        finally:
            await critical.drain()
            await post.close()


def _look_after(tx: Transaction, ctx: Context, post: Post, kind: LetterKind) -> None:
    """Letters in the air while nobody sends were cut off: a file tells for itself, anything else asks a person."""
    for letter in letters.in_state(tx, LetterState.SENDING):
        if letter.kind is kind or (letter.kind is not LetterKind.SMS and kind is not LetterKind.SMS):
            there = isinstance(post, FolderPost) and post.path_of(letter.id).exists()
            state = LetterState.WRITTEN if there else LetterState.UNKNOWN
            letters.set_state(tx, letter, state, ctx.now())
            ctx.record(tx, f"letter.{state}", client_id=_owner(tx, letter), letter=letter.id)


def _queue(ctx: Context, tx: Transaction, plan: LetterPlan, language: str) -> None:
    for line in plan.to_send:
        assert line.row is not None
        earlier = [letter.round for letter in line.letters if letter.kind is plan.kind]
        made = Letter(
            ctx.new_id(),
            line.row.id,
            plan.kind,
            max(earlier, default=0) + 1,
            language,
            LetterState.QUEUED,
            ctx.now(),
        )
        with contextlib.suppress(sqlite3.IntegrityError):
            letters.insert(tx, made)


class _Run:
    """One run over the letters that wait."""

    def __init__(self, ctx: Context, post: Post, kind: LetterKind, report: Report) -> None:
        self._ctx = ctx
        self._post = post
        self._kind = kind
        self._report = report
        self._to_folder = isinstance(post, FolderPost)
        self._sent = Sent(folder=post.folder if isinstance(post, FolderPost) else None)

    async def all(self) -> Sent:
        """Every waiting letter, one after the other."""
        queued = await self._ctx.store.read(lambda tx: letters.in_state(tx, LetterState.QUEUED))
        waiting = [letter for letter in queued if letter.kind is self._kind]
        for number, letter in enumerate(waiting, start=1):
            self._report(Progress("letters", number, len(waiting)))
            try:
                await critical.run(self._one(letter))
            except PostFailed as failure:
                self._sent.stopped = str(failure)
                self._sent.waiting += len(waiting) - number + 1
                await self._ctx.store.write(lambda tx, rest=waiting[number - 1 :]: self._explain(tx, rest))  # type: ignore[misc]
                break
        return self._sent

    def _explain(self, tx: Transaction, rest: Sequence[Letter]) -> None:
        """The reason stands with every letter that did not go."""
        for letter in rest:
            letters.set_state(tx, letter, LetterState.QUEUED, letter.at, self._sent.stopped)

    async def _one(self, letter: Letter) -> None:
        mail = await self._ctx.store.read(lambda tx: self._made(tx, letter))
        if mail is None:
            await self._ctx.store.write(lambda tx: letters.delete(tx, letter.id))
            return
        in_the_air: list[Letter] = []

        async def commit() -> bool:
            going = await self._ctx.store.write(lambda tx: self._going(tx, letter, mail))
            in_the_air.extend([going] if going else [])
            return going is not None

        delivery = await self._post.send(mail, commit)
        former = in_the_air[0] if in_the_air else letter
        await self._ctx.store.write(lambda tx: self._written_down(tx, former, delivery))

    def _made(self, tx: Transaction, letter: Letter) -> Mail | None:
        """The letter for the row as it stands now; a row that is closed or says no gets none."""
        row = invitations.get(tx, letter.invitation_id)
        client = clients.get(tx, row.client_id) if row else None
        if row is None or client is None or row.state in CLOSED or row.consent is Consent.NO:
            return None
        subject, body = wording.fill(
            template_in(tx, letter.kind, letter.language), facts_of(self._ctx, row, client)
        )
        to = row.mobile if letter.kind is LetterKind.SMS else row.email
        return Mail(letter.id, row.name, to, subject, body, letter.language, self._ctx.now())

    def _going(self, tx: Transaction, letter: Letter, mail: Mail) -> Letter | None:
        """The letter is in the air from now on, unless somebody changed the row since it was made."""
        made = self._made(tx, letter)
        if made is None or (made.to_email, made.body) != (mail.to_email, mail.body):
            return None
        return letters.set_state(tx, letter, LetterState.SENDING, self._ctx.now())

    def _written_down(self, tx: Transaction, letter: Letter, delivery: Delivery) -> None:
        gone = LetterState.WRITTEN if self._to_folder else LetterState.SENT
        state = {
            Fate.ACCEPTED: gone,
            Fate.REFUSED: LetterState.REFUSED,
            Fate.NOT_NOW: LetterState.QUEUED,
            Fate.UNKNOWN: LetterState.UNKNOWN,
        }[delivery.fate]
        letters.set_state(tx, letter, state, self._ctx.now(), delivery.reason)
        self._count(letter, state, delivery.reason)
        row = invitations.get(tx, letter.invitation_id)
        if row is None:
            return
        if state is not LetterState.QUEUED:
            self._ctx.record(tx, f"letter.{state}", client_id=row.client_id, letter=letter.id)
        if state in ARRIVED and letter.kind is LetterKind.REMINDER:
            move(self._ctx, tx, row, InviteState.REMINDED)

    def _count(self, letter: Letter, state: LetterState, reason: str) -> None:
        sent = self._sent
        sent.rows.append((letter.invitation_id, state, reason))
        match state:
            case LetterState.SENT:
                sent.sent += 1
            case LetterState.WRITTEN:
                sent.written += 1
            case LetterState.REFUSED:
                sent.refused += 1
            case LetterState.UNKNOWN:
                sent.unknown += 1
            case _:
                sent.waiting += 1


@contextlib.asynccontextmanager
async def _sending(ctx: Context) -> AsyncIterator[None]:
    """One sender at a time, across processes."""
    from filelock import FileLock, Timeout

    folder = make_private_directory(ctx.settings.paths.locks)
    lock = FileLock(folder / "letters.lock", thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise TryLater(
            "busy",
            _("Another brygga is sending letters."),
            _("Only one at a time may, so that nobody gets a letter twice."),
            _("Wait until it is done, then look at the list."),
        ) from None
    try:
        yield
    finally:
        lock.release()


def _unreachable(reason: str) -> TryLater:
    return TryLater(
        "mail_unreachable",
        _("No letter was sent."),
        reason,
        _("Every row is as it was. brygga doctor tests the settings; try again later."),
    )


def _owner(tx: Transaction, letter: Letter) -> str:
    row = invitations.get(tx, letter.invitation_id)
    return row.client_id if row else ""


# -- what a person says ------------------------------------------------------------------------------------------


@needs(Right.WORK)
async def settle_letters(ctx: Context, ids: Sequence[str], *, went: bool) -> int:
    """Say of the named rows' unclear letters that they went, or that they did not: those are sent again. How many."""

    def work(tx: Transaction) -> int:
        unclear = [one for one in letters.in_state(tx, LetterState.UNKNOWN) if one.invitation_id in set(ids)]
        for letter in unclear:
            state = LetterState.SENT if went else LetterState.QUEUED
            letters.set_state(tx, letter, state, ctx.now())
            ctx.record(tx, f"letter.said_{state}", client_id=_owner(tx, letter), letter=letter.id)
            row = invitations.get(tx, letter.invitation_id)
            if went and row is not None and letter.kind is LetterKind.REMINDER:
                move(ctx, tx, row, InviteState.REMINDED)
        return len(unclear)

    return await ctx.store.write(work)


@needs(Right.WORK)
async def note_bounce(ctx: Context, ids: Sequence[str], reason: str = "") -> int:
    """Say of the named rows that their latest letter came back. How many."""
    said = clean(without_addresses(reason), 160)

    def work(tx: Transaction) -> int:
        everything = letters.every(tx)
        count = 0
        for one in ids:
            own = [each for each in everything if each.invitation_id == one and each.state in ARRIVED]
            if own and letters.set_state(tx, own[-1], LetterState.BOUNCED, ctx.now(), said):
                ctx.record(tx, "letter.bounced", client_id=_owner(tx, own[-1]), letter=own[-1].id)
                count += 1
        return count

    return await ctx.store.write(work)


@needs(Right.WORK)
async def drop_waiting(ctx: Context) -> int:
    """Give up the letters that wait to be sent. How many."""

    def work(tx: Transaction) -> int:
        waiting = letters.in_state(tx, LetterState.QUEUED)
        for letter in waiting:
            letters.delete(tx, letter.id)
            ctx.record(tx, "letter.dropped", client_id=_owner(tx, letter), letter=letter.id)
        return len(waiting)

    return await ctx.store.write(work)
