from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable

import pytest
from msgspec.structs import replace

from core.errors import Internal
from core.register import Client
from core.store import clients
from core.store.database import Store, Transaction

CLIENT = Client("K1", "Bageri Söder AB", "556677-8899", "101")
SECOND, THIRD = replace(CLIENT, id="K2", number="102"), replace(CLIENT, id="K3", number="103")
Work = Callable[[Transaction], object]


async def at_once(store: Store, *works: Work) -> tuple[list[object], list[str]]:
    """The outcomes of changes that wait for the writer together, and the statements that they took."""
    begun, go = threading.Event(), threading.Event()
    statements: list[str] = []

    def hold(tx: Transaction) -> None:
        begun.set()
        go.wait(10)
        tx.set_trace_callback(statements.append)

    held = asyncio.ensure_future(store.write(hold))
    await asyncio.to_thread(begun.wait, 10)
    waiting: list[Awaitable[object]] = [asyncio.ensure_future(store.write(work)) for work in works]
    await asyncio.sleep(0)
    go.set()
    await held
    outcomes: list[object] = list(await asyncio.gather(*waiting, return_exceptions=True))
    return outcomes, statements[statements.index("COMMIT") + 1 :]


def add(client: Client) -> Work:
    return lambda tx: clients.insert(tx, client)


async def test_changes_that_wait_together_share_a_commit(store: Store) -> None:
    _outcomes, statements = await at_once(store, add(CLIENT), add(SECOND), add(THIRD))
    assert statements.count("COMMIT") == 1
    assert len(await store.read(clients.every)) == 3


async def test_a_change_that_fails_leaves_nothing_and_the_others_stand(store: Store) -> None:
    def half(tx: Transaction) -> None:
        clients.insert(tx, SECOND)
        raise ValueError("half-way")

    outcomes, _statements = await at_once(store, add(CLIENT), half, add(THIRD))
    assert isinstance(outcomes[1], ValueError)
    assert {one.id for one in await store.read(clients.every)} == {"K1", "K3"}


async def test_each_change_is_told_of_its_own_fault(store: Store) -> None:
    outcomes, _statements = await at_once(
        store, add(CLIENT), add(CLIENT), lambda tx: tx.execute("INSERT INTO nothing VALUES (1)")
    )
    assert [type(one) for one in outcomes] == [type(None), sqlite3.IntegrityError, Internal]


async def test_nobody_is_told_that_a_change_stands_when_the_commit_of_all_fails(store: Store) -> None:
    def undo(tx: Transaction) -> None:
        tx.execute("ROLLBACK")
        raise sqlite3.OperationalError("disk I/O error")

    outcomes, _statements = await at_once(store, add(CLIENT), undo, add(THIRD))
    assert [type(one) for one in outcomes] == [Internal] * 3
    assert await store.read(clients.every) == []


async def test_a_change_that_is_cancelled_while_it_waits_never_happens(store: Store) -> None:
    begun, go = threading.Event(), threading.Event()

    def hold(tx: Transaction) -> None:
        begun.set()
        go.wait(10)

    held = asyncio.ensure_future(store.write(hold))
    await asyncio.to_thread(begun.wait, 10)
    waiting = asyncio.ensure_future(store.write(add(CLIENT)))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.sleep(0)  # the loop's next turn brings it to the change
    go.set()
    await held
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await store.read(clients.every) == []
