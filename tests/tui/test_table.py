"""The virtual table: large lists at once, sorting, filter, marks, and only what changed is painted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from core import i18n
from tui.theme import Tone
from tui.widgets.columns import Column
from tui.widgets.order import PORTION, Order
from tui.widgets.table import Table

COLUMNS = (Column("number", "Nr", 8), Column("name", "Namn"), Column("amount", "Belopp", 6, right=True))
HOSTILE = "\x1b[31mFirma [/] \u202eAB\x07\n\t[bold]"


class Counting(Table[int]):
    """Counts the lines that are painted."""

    painted = 0

    def render_line(self, y: int) -> Any:
        type(self).painted += 1
        return super().render_line(y)


class Host(App[None]):
    """An app that is a table and nothing more."""

    def __init__(self, records: Any, name: str = "kund") -> None:
        super().__init__()
        self.animation_level = "none"
        self.records = records
        self.table = Counting(
            COLUMNS,
            cells=lambda record: (
                (str(record), Tone.PLAIN),
                (f"{name} {record}", Tone.PLAIN),
                (str(record % 97), Tone.PLAIN),
            ),
            key=str,
            rank=lambda record, column: record % 97 if column == "amount" else record,
        )

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.table.focus()
        self.table.show(self.records)


@asynccontextmanager
async def shown(records: Any, name: str = "kund") -> AsyncIterator[tuple[Counting, Pilot[None]]]:
    app = Host(records, name)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        yield app.table, pilot


def lines(table: Counting) -> list[str]:
    return [
        "".join(segment.text for segment in table.render_line(y)).rstrip() for y in range(table.size.height)
    ]


async def test_a_hundred_thousand_rows_make_only_the_visible_ones() -> None:
    asked: list[int] = []

    class Lazy:
        """A hundred thousand records that remember who was asked for."""

        def __len__(self) -> int:
            return 100_000

        def __getitem__(self, index: int) -> int:
            asked.append(index)
            return index

        def __iter__(self) -> Any:
            pytest.fail("the whole list was walked")

    async with shown(Lazy()) as (table, _pilot):
        assert table.count == 100_000
    assert len(set(asked)) < 50


async def test_a_step_repaints_two_lines() -> None:
    async with shown(range(1000)) as (table, pilot):
        before = Counting.painted
        table.do_down()
        await pilot.pause()
        assert Counting.painted - before == 2


async def test_the_header_stays_when_the_list_scrolls() -> None:
    async with shown(range(1000)) as (table, pilot):
        table.do_end()
        await pilot.pause()
        painted = lines(table)
        assert painted[0].split() == ["Nr", "Namn", "Belopp"]
        assert painted[-1].split()[:2] == ["▸", "999"]


@pytest.mark.parametrize("move", ["do_end", "do_page_down", "do_down"])
async def test_the_cursor_is_always_in_sight(move: str) -> None:
    async with shown(range(200)) as (table, pilot):
        for _step in range(60):
            getattr(table, move)()
        await pilot.pause()
        assert sum(line.startswith("▸") for line in lines(table)) == 1


async def test_a_filter_narrows_as_one_types_and_ignores_accents() -> None:
    async with shown(range(100), name="Åkeri") as (table, pilot):
        table.do_filter()
        for letter in ("a", "k", "e", "r", "i", "space", "4", "2"):
            await pilot.press(letter)
        assert table.count == 1
        assert table.current == 42
        assert table.do_clear_filter()
        assert table.count == 100


async def test_a_filter_over_many_rows_lets_the_keyboard_in_and_finds_the_same() -> None:
    async with shown(range(30_000)) as (table, pilot):
        table.do_filter()
        table._set_query("kund 29999")
        while table.count != 1:
            await pilot.pause(0.01)
        assert table.current == 29_999


def order_of(records: Any) -> tuple[Order[int], list[int]]:
    """An order over numbers, and which of them it has read for its filter."""
    read: list[int] = []

    def search(record: int) -> str:
        read.append(record)
        return f"kund {record}"

    return Order(lambda record, _column: -record, search), read


def test_a_filter_shows_what_it_has_found_before_it_has_read_everything() -> None:
    order, _read = order_of([])
    order.take(range(30_000))
    order.query = "77"
    order.read_on()
    assert order.narrow(0) == 0
    assert list(order) == [number for number in range(PORTION) if "77" in str(number)]


def test_the_row_under_the_cursor_stays_where_the_filter_has_not_read_to_it() -> None:
    order, _read = order_of([])
    order.take(range(30_000))
    order.query = "77"
    order.read_on()
    assert order.at(order.narrow(25_077)) == 25_077


def test_a_filter_reads_only_what_is_new_when_the_same_records_are_shown_again() -> None:
    order, read = order_of([])
    records = list(range(1_000, 9_000))
    order.take(records)
    order.query = "kund"
    order.arrange()
    while not order.is_read:
        order.read_on()
    read.clear()
    order.take([77, *records[1:]])
    assert order.is_read
    assert read == [77]


def test_another_language_is_read_anew() -> None:
    order, read = order_of([])
    records = list(range(1_000))
    order.take(records)
    order.query = "kund"
    order.arrange()
    while not order.is_read:
        order.read_on()
    read.clear()
    i18n.use("en")
    order.take(records)
    assert read == records


async def test_a_long_list_is_sorted_with_the_keyboard_let_in() -> None:
    async with shown(range(30_000)) as (table, pilot):
        for _column in range(3):
            table.do_sort()
        while table.current != 0 or table._order.row(1) != 97:
            await pilot.pause(0.01)
        table.do_sort_reverse()
        assert table._order.row(0) == 96


async def test_marked_rows_are_looked_for_once() -> None:
    async with shown(range(200)) as (table, _pilot):
        table.do_mark()
        asked: list[int] = []

        def key(record: int) -> str:
            asked.append(record)
            return str(record)

        table._key = key
        assert table.marked == table.marked == [0]
        assert len(asked) == 200
        table.do_mark()
        assert table.marked == [0, 1]


async def test_marks_follow_their_records_through_sorting_and_a_new_list() -> None:
    async with shown(range(200)) as (table, pilot):
        table.do_mark()
        table.do_mark()
        for _column in range(3):
            table.do_sort()
        await pilot.pause()
        table.show(range(1, 200))
        assert table.marked == [1]


async def test_the_cursor_follows_its_record_when_the_list_is_sorted() -> None:
    async with shown(range(200)) as (table, pilot):
        table.go_to("150")
        for _column in range(3):
            table.do_sort()
        await pilot.pause()
        assert table.current == 150


async def test_mark_all_marks_what_the_filter_shows() -> None:
    async with shown(range(100)) as (table, _pilot):
        table._set_query("7")
        table.do_mark_all()
        assert table.marks == 19


async def test_an_amount_is_never_cut() -> None:
    async with shown([123_456_789_012]) as (table, pilot):
        table._cells = lambda _record: (
            ("1", Tone.PLAIN),
            ("kund", Tone.PLAIN),
            ("−123 456 789 012,00", Tone.PLAIN),
        )
        table.changed()
        await pilot.pause()
        table.changed()
        await pilot.pause()
        assert lines(table)[1].endswith("−123 456 789 012,00")


async def test_hostile_text_is_shown_as_text_and_nothing_else() -> None:
    async with shown(range(3), name=HOSTILE) as (table, _pilot):
        text = "".join(lines(table))
        assert "[31mFirma [/] AB" in text
        assert not [letter for letter in text if ord(letter) < 32 or letter in "\x1b\u202e\x07"]


async def test_copied_rows_paste_into_a_spreadsheet() -> None:
    async with shown(range(10), name=HOSTILE) as (table, _pilot):
        table.do_mark_all()
        rows = table.as_tsv().split("\n")
        assert len(rows) == 10
        assert all(row.count("\t") == 2 for row in rows)
