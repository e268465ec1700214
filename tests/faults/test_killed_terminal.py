"""The terminal is killed in the middle of an export; the program started again shows where things are and ends them."""

from __future__ import annotations

import json
import signal
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.config import load
from core.model import Row
from core.register import DraftVoucher
from core.usecases.context import open_context
from core.usecases.demo import Demo, connect, open_demo, register, store_secret
from core.usecases.imports import import_year
from core.usecases.vouchers import add_vouchers, list_vouchers, mark_ready
from tests.terminals import Program

COUNT = 5
SLOW_SECONDS = 0.5
"""How long Fortnox takes for each voucher, so that a kill lands between two of them."""


@dataclass
class Closing:
    """A client with ready vouchers at a slow Fortnox."""

    demo: Demo
    engagement_id: str
    programs: list[Program]

    def open(self) -> Program:
        """The program on the closing vouchers."""
        program = Program(self.demo.settings)
        self.programs.append(program)
        program.until(lambda: "Nästa" in program.text, "the overview")
        program.press("6", "Resultat före")
        return program

    def export(self) -> Program:
        """The export, begun with keys."""
        program = self.open()
        program.press("e", "uppfyllda")
        program.press("\t\r", "Export")
        return program

    def books(self) -> list[str]:
        """The texts of our vouchers in the sandbox's own books."""
        address = f"{self.demo.sandbox.info.control}/books/{self.demo.tenants[2].tenant}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(address, timeout=20) as answer:
            books: dict[str, Any] = json.loads(answer.read())
        found = [voucher["text"] for year in books["years"] for voucher in year["vouchers"]]
        return sorted(text for text in found if text.startswith("Prov "))

    async def states(self) -> list[str]:
        async with open_context(
            load(self.demo.settings.config_file, self.demo.settings.data_dir), person="anna"
        ) as ctx:
            return [one.state.value for one in await list_vouchers(ctx, self.engagement_id)]


@pytest.fixture
async def closing(tmp_path: Path) -> AsyncIterator[Closing]:
    async with open_demo(tmp_path / "demo") as demo:
        config = demo.settings.config_file
        config.write_text(
            config.read_text(encoding="utf-8") + "\n[export]\nhorizon_seconds = 2\n", encoding="utf-8"
        )
        settings = load(config, demo.settings.data_dir, environ={})
        async with open_context(settings, person="anna") as ctx:
            await store_secret(ctx, demo)
            client, engagement = await register(ctx, demo.tenants[2], 2)
            await connect(ctx, client, demo.tenants[2])
            await import_year(ctx, engagement.id, ledgers=())
            rows = (Row("1710", 100_00), Row("5010", -100_00))
            day = engagement.year.to_date
            drafts = [DraftVoucher(day, f"Prov {number}", rows) for number in range(COUNT)]
            made = await add_vouchers(ctx, engagement.id, drafts)
            await mark_ready(ctx, [one.id for one in made])
        slow = {"name": "slow", "path": "POST /3/vouchers", "count": 100, "delay_s": SLOW_SECONDS}
        _post(f"{demo.sandbox.info.control}/faults", slow)
        made_closing = Closing(demo, engagement.id, [])
        try:
            yield made_closing
        finally:
            for program in made_closing.programs:
                program.end()


def _post(address: str, body: dict[str, Any]) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(
        address, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    opener.open(request, timeout=20).close()


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGKILL])
async def test_an_export_whose_terminal_was_killed_is_shown_as_it_is_and_finished(
    closing: Closing, number: signal.Signals
) -> None:
    program = closing.export()
    program.until(lambda: len(closing.books()) >= 2, "two vouchers in the books")
    program.signalled(number)
    between = await closing.states()
    booked = len(closing.books())
    assert 2 <= booked < COUNT
    assert between.count("posted") + between.count("sending") >= booked
    assert between.count("ready") == COUNT - between.count("posted") - between.count("sending")

    again = closing.open()
    again.until(lambda: "klar att överföra" in again.text, "what is left")
    again.press("e", "uppfyllda")
    again.press("\t\r", "överförd")
    again.until(lambda: len(closing.books()) == COUNT, "all vouchers in the books")
    assert closing.books() == [f"Prov {number}" for number in range(COUNT)]
    assert await closing.states() == ["posted"] * COUNT
