"""Documents that came are a sign: more vouchers in a later import, or a file in the exchange folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from core.clock import rfc3339
from core.invite.rows import InviteState
from core.register import SourceKind
from core.store.database import Transaction
from core.usecases import invite
from core.usecases.context import Context
from core.usecases.engagements import add_engagement
from core.usecases.invite_desk import desk

_IMPORT = (
    "INSERT INTO imports (id, engagement_id, made_at, source, person, sha256, size, program, encoding, accounts,"
    " vouchers, transactions, has_ledgers, findings)"
    " VALUES (:id, :engagement, :at, 'sie4', 'anna', '', 0, '', 'utf-8', 0, :vouchers, 0, 0, '[]')"
)
_POSTED = (
    "INSERT INTO outbox (key, tenant, voucher_id, engagement_id, year_id, series, state, body, person, sent_at)"
    " VALUES (:id, 'T', :id, :engagement, '1', 'A', 'posted', '{}', 'anna', :at)"
)


class Books:
    """An engagement whose imports hold as many vouchers as the test says."""

    def __init__(self, ctx: Context, clock: Any, engagement: str) -> None:
        self.ctx, self.clock, self.engagement = ctx, clock, engagement

    async def hold(self, vouchers: int) -> None:
        await self._write(_IMPORT, vouchers=vouchers)

    async def post(self) -> None:
        await self._write(_POSTED)

    async def _write(self, sql: str, **more: object) -> None:
        values = {
            "id": self.ctx.new_id(),
            "engagement": self.engagement,
            "at": rfc3339(self.clock.moment),
            **more,
        }
        await self.ctx.store.write(lambda tx: tx.execute(sql, values))

    async def sign(self) -> object:
        (line,) = [line for line in (await desk(self.ctx)).rows if line.row]
        return line.documents


@pytest.fixture
async def books(ctx: Context, clock: Any, invite_clients: Callable[..., Any]) -> Books:
    (line,) = await invite_clients(ctx, 1)
    engagement = await add_engagement(
        ctx, line.client.id, date(2026, 1, 1), date(2026, 12, 31), SourceKind.SIE4
    )
    made = Books(ctx, clock, engagement.id)
    await made.hold(10)
    clock.pass_days(1)
    await invite.mark(ctx, [line.key], InviteState.INVITED)
    clock.pass_days(1)
    return made


async def test_the_same_books_are_no_sign(books: Books) -> None:
    await books.hold(10)
    assert await books.sign() is None


async def test_more_vouchers_are_a_sign_with_the_day_of_the_import(books: Books) -> None:
    await books.hold(12)
    assert await books.sign() == books.clock.moment


async def test_vouchers_that_brygga_posted_are_no_sign(books: Books) -> None:
    await books.post()
    await books.hold(11)
    assert await books.sign() is None
    await books.hold(12)
    assert await books.sign() is not None


async def test_a_sign_outlives_the_import_that_it_was_measured_from(books: Books, ctx: Context) -> None:
    await books.hold(12)
    await ctx.store.write(lambda tx: tx.execute("DELETE FROM imports WHERE vouchers = 10"))
    assert await books.sign() is not None


async def test_a_file_in_the_exchange_folder_is_a_sign(books: Books, ctx: Context) -> None:
    (line,) = (await desk(ctx)).rows
    job = {"id": "J1", "client": line.client.id, "at": rfc3339(books.clock.moment)}

    def work(tx: Transaction) -> None:
        tx.execute(
            "INSERT INTO exchange_jobs (id, client_id, name, sha256, outcome, at, receipt)"
            " VALUES (:id, :client, 'kvitto.pdf', 'x', 'done', :at, '{}')",
            job,
        )

    await ctx.store.write(work)
    assert await books.sign() == books.clock.moment


async def test_where_documents_came_nobody_is_reminded(books: Books, ctx: Context, clock: Any) -> None:
    clock.pass_days(10)
    assert len((await desk(ctx)).due) == 1
    await books.hold(12)
    assert (await desk(ctx)).due == []
