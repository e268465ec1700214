"""The voucher grid: completion, live balance, what cannot be understood is refused at its cell."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from core.model import Account, Row
from core.register import DraftVoucher
from tui.widgets.editline import EditLine
from tui.widgets.grid import HEAD, VoucherGrid
from tui.widgets.voucher_rows import Chart, balance_line, effect_on_result

CHART = [
    Account("1710", "Förutbetalda hyreskostnader"),
    Account("1930", "Företagskonto"),
    Account("5010", "Lokalhyra"),
    Account("5020", "El för belysning"),
    Account("8999", "Årets resultat"),
]
EMPTY = DraftVoucher(date(2025, 12, 31), "", ())
ACTIONS = {"tab": "do_next_cell", "shift+tab": "do_previous_cell", "up": "do_row_up", "down": "do_row_down"}


class Host(App[None]):
    """An app that is a grid and nothing more."""

    def compose(self) -> ComposeResult:
        self.grid = VoucherGrid()
        yield self.grid

    def on_key(self, event: events.Key) -> None:
        if event.key in ACTIONS:
            getattr(self.grid, ACTIONS[event.key])()


@asynccontextmanager
async def shown(draft: DraftVoucher = EMPTY) -> AsyncIterator[tuple[VoucherGrid, Pilot[None]]]:
    app = Host()
    async with app.run_test(size=(80, 20)) as pilot:
        app.screen._bindings.key_to_bindings.clear()  # tab belongs to the grid here, as it does on a page
        app.grid.focus()
        app.grid.fill(draft, CHART, read_only=False)
        await pilot.pause()
        yield app.grid, pilot


async def write(pilot: Pilot[None], *cells: str) -> None:
    for cell in cells:
        await pilot.press(
            *cell.replace(" ", "~").replace("~", " ") if " " not in cell else [*cell.replace(" ", "")]
        )
        await pilot.press("tab")
    await pilot.pause()


@pytest.mark.parametrize(
    ("query", "numbers"),
    [("50", ["5010", "5020"]), ("hyra", ["5010"]), ("foretag", ["1930"]), ("", []), ("9", [])],
)
def test_accounts_are_found_by_number_and_by_name(query: str, numbers: list[str]) -> None:
    assert [account.number for account in Chart(CHART).suggest(query)] == numbers


def test_the_effect_on_the_result_leaves_the_result_account_out() -> None:
    assert effect_on_result([("3001", -10_000), ("5010", 4_000), ("8999", 6_000), ("1930", 0)]) == 6_000


def test_the_balance_line_says_what_is_missing() -> None:
    text = "".join(piece for piece, _tone in balance_line([("5010", 12_000)], 80))
    assert "saknas 120,00" in text


async def test_a_voucher_is_written_with_few_keys() -> None:
    async with shown() as (grid, pilot):
        await write(pilot, "Hyra", "1710", "1200", "hyra")
        await pilot.press("tab")
        await write(pilot, "1200")
        made = grid.read()
        assert made == DraftVoucher(date(2025, 12, 31), "Hyra", (Row("1710", 120_000), Row("5010", -120_000)))


async def test_what_is_missing_is_put_on_the_row() -> None:
    async with shown(DraftVoucher(date(2025, 12, 31), "Hyra", (Row("5010", 100), Row("1930", 0)))) as (
        grid,
        _pilot,
    ):
        grid._go((1, "account"))
        grid.balance_here()
        made = grid.read()
        assert made is not None
        assert [row.amount for row in made.rows] == [100, -100]


@pytest.mark.parametrize(
    ("cell", "text"), [((HEAD, "date"), "31/12"), ((0, "account"), "9999"), ((0, "debit"), "tolv")]
)
async def test_what_cannot_be_understood_is_refused_at_its_cell(cell: tuple[int, str], text: str) -> None:
    async with shown(DraftVoucher(date(2025, 12, 31), "Hyra", (Row("5010", 100), Row("1930", -100)))) as (
        grid,
        _p,
    ):
        grid._at = cell
        grid.line.set(text)
        assert grid.read() is None
        assert grid.problem is not None
        assert grid.problem[0] == cell


async def test_rows_keep_their_texts_and_objects() -> None:
    draft = DraftVoucher(
        date(2025, 12, 31), "Hyra", (Row("5010", 100, "mars", (("1", "KST"),)), Row("1930", -100, "april"))
    )
    async with shown(draft) as (grid, _pilot):
        assert grid.read() == draft


async def test_a_voucher_that_has_left_brygga_takes_no_key() -> None:
    async with shown() as (grid, pilot):
        grid.read_only = True
        await pilot.press("x")
        assert grid.text.text == ""
        assert not grid.dirty


async def test_a_pasted_text_loses_what_a_terminal_would_obey() -> None:
    async with shown() as (grid, pilot):
        grid.post_message(events.Paste("\x1b[31mHyra\n\u202e"))
        await pilot.pause()
        assert grid.text.text == "[31mHyra"


@given(
    st.lists(
        st.sampled_from(["left", "right", "home", "end", "backspace", "delete", "a", "ö", "7"]), max_size=40
    )
)
def test_the_caret_never_leaves_the_text(keys: list[str]) -> None:
    line = EditLine()
    for key in keys:
        line.press(key, key if len(key) == 1 else None)
        assert 0 <= line.caret <= len(line.text)
        assert sum(len(text) for text, _tone in line.spans(10)) <= 11
