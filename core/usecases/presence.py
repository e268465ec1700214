"""Presence: who else has an engagement open, and taking it over so that only one writes in it."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sqlite3
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final, TypeVar

from msgspec.structs import replace

from core import critical
from core.register import Present
from core.store.database import Transaction
from core.store.presence import PresenceBook
from core.usecases.context import Context
from core.usecases.engagements import load
from core.usecases.rights import GRANTED, Right, needs

BEAT: Final = timedelta(seconds=15)
"""How often a session says that it lives; four times as often as it must."""

LOG: Final = logging.getLogger(__name__)
_Result = TypeVar("_Result")


class Attendance:
    """This session's own presence and what it knows of the others'. For one context.

    A file that cannot be read or written is no reason to stop working: then nobody else is seen.
    """

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self._book = PresenceBook(ctx.settings.paths.presence)
        self._one_at_a_time = asyncio.Lock()
        self._me = Present(ctx.new_id(), "", ctx.person, socket.gethostname(), os.getpid(), ctx.now())
        self._beaten = ctx.now()
        self._alive: Sequence[Present] = ()
        ctx.closers.append(self._close)

    @property
    def engagement_id(self) -> str:
        """The engagement that this session has open; empty when none."""
        return self._me.engagement_id

    # -- this session ----------------------------------------------------------------------------------

    async def enter(self, engagement_id: str) -> None:
        """Have the engagement open from now on; staying in it changes nothing. Readers are not counted."""
        if engagement_id == self._me.engagement_id or Right.WORK not in GRANTED[self.ctx.role]:
            return
        now = self.ctx.now()
        self._me = replace(self._me, engagement_id=engagement_id, since=now)
        self._beaten = now
        me = self._me
        await self._run(lambda: self._book.enter(me, now))
        await self.look()

    async def leave(self) -> None:
        """Have nothing open."""
        if self._me.engagement_id:
            self._me = replace(self._me, engagement_id="")
            await self._run(lambda: self._book.leave(self._me.session))

    async def look(self) -> bool:
        """Beat when it is time, and see who is there; whether that is others than before."""
        now = self.ctx.now()
        if self._me.engagement_id and abs(now - self._beaten) >= BEAT:
            self._beaten = now
            await self._run(lambda: self._book.beat(self._me, now))
        found = await self._run(lambda: self._book.alive(self._me.host, now))
        before, self._alive = self._alive, found or ()
        return list(before) != list(self._alive)

    # -- the others ------------------------------------------------------------------------------------

    def others(self, engagement_id: str) -> list[Present]:
        """The other sessions that have it open, the first to come first."""
        mine = self._me.session
        return [each for each in self._alive if each.engagement_id == engagement_id and each.session != mine]

    def holder(self, engagement_id: str) -> Present | None:
        """Who has taken it over, when that is not this session: nothing is to be changed here meanwhile."""
        taken = [each for each in self._alive if each.engagement_id == engagement_id and each.taken]
        last = max(taken, key=lambda each: each.taken, default=None)
        return last if last is not None and last.session != self._me.session else None

    async def _run(self, work: Callable[[], _Result]) -> _Result | None:
        async with self._one_at_a_time:
            try:
                return await critical.in_thread(work)
            except (sqlite3.Error, OSError) as error:
                LOG.warning("presence is not known: %s", error)
                return None

    async def _close(self) -> None:
        await self.leave()
        await self._run(self._book.close)

    async def take(self) -> None:
        """Write down that this session has taken over."""
        await self._run(lambda: self._book.take_over(self._me.session))
        await self.look()


@needs(Right.WORK)
async def take_over(ctx: Context, attendance: Attendance, engagement_id: str) -> list[Present]:
    """Take the engagement over: the other sessions that have it open may only read it from now on.

    It lasts until this session leaves it, or another one takes over. Gives whom it was taken from.

    Raises:
        Refused: ``read_only``: the person may only read.
    """
    await attendance.enter(engagement_id)
    others = attendance.others(engagement_id)
    await attendance.take()

    def work(tx: Transaction) -> None:
        client, _engagement = load(tx, engagement_id)
        names = sorted({each.person for each in others})
        ctx.record(
            tx, "engagement.taken_over", client_id=client.id, engagement_id=engagement_id, taken_from=names
        )

    await ctx.store.write(work)
    return others
