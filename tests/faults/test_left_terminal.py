"""SIGTERM and SIGHUP in the middle of things: nothing is half-written, and what was being written is kept."""

from __future__ import annotations

import json
import signal
import sqlite3
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from core.usecases.context import open_context
from core.usecases.demo import Demo, connect, open_demo, register, store_secret
from core.usecases.engagements import list_engagements
from core.usecases.vouchers import list_vouchers
from tests.terminals import Program

SIGNALS = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])


@contextmanager
def opened(demo: Demo) -> Iterator[Program]:
    program = Program(demo.settings)
    try:
        program.until(lambda: "uppdrag" in program.text, "the overview")
        yield program
    finally:
        program.end()


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    """A connected client whose Fortnox takes its time to give the books."""
    async with open_demo(tmp_path / "demo") as made:
        async with open_context(made.settings, person="anna") as ctx:
            await store_secret(ctx, made)
            client, _engagement = await register(ctx, made.tenants[2], 2)
            await connect(ctx, client, made.tenants[2])
        yield made


def slow(demo: Demo) -> None:
    """Every answer of Fortnox takes three seconds from now on."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    fault = json.dumps({"name": "slow", "count": 100, "delay_s": 3}).encode()
    head = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{demo.sandbox.info.control}/faults", fault, head, method="POST")
    opener.open(request, timeout=20).close()


def whole(demo: Demo) -> dict[str, int]:
    """How much the store holds; it must be whole, and no file half-written."""
    assert [path.name for path in demo.settings.data_dir.rglob("*.tmp")] == []
    with closing(sqlite3.connect(demo.settings.store_path)) as store:
        assert store.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert store.execute("PRAGMA foreign_key_check").fetchall() == []
        tables = ("imports", "import_files", "import_balances", "closing_vouchers")
        return {name: store.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0] for name in tables}


def codes(number: signal.Signals) -> set[int]:
    """How the program may end: where the terminal is gone its last flush may fail, which Python tells by 120."""
    return {128 + number} | ({120} if number is signal.SIGHUP else set())


@SIGNALS
async def test_an_import_that_a_signal_ends_leaves_nothing_of_it(demo: Demo, number: signal.Signals) -> None:
    slow(demo)
    with opened(demo) as terminal:
        terminal.press("i", "Import")
        terminal.until(lambda: "/" in terminal.text, "its progress")
        began = time.monotonic()
        assert terminal.signalled(number) in codes(number)
        assert time.monotonic() - began < 10
    assert set(whole(demo).values()) == {0}


@SIGNALS
async def test_a_voucher_that_is_being_written_is_kept_as_a_draft(demo: Demo, number: signal.Signals) -> None:
    with opened(demo) as terminal:
        terminal.press("6", "Ingen har skrivits")
        terminal.press("n", "Debet")
        terminal.press("Halvskriven", "Halvskriven")
        assert terminal.signalled(number) in codes(number)
    assert whole(demo)["closing_vouchers"] == 1
    async with open_context(demo.settings) as ctx:
        (engagement,) = await list_engagements(ctx)
        (voucher,) = await list_vouchers(ctx, engagement.id)
    assert voucher.text == "Halvskriven (osparat, anna)"
