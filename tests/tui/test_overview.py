"""The overview's own: forecast, totals, views, activity, joint imports, rows by number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from core.config import Settings
from core.orgnr import with_check_digit
from core.register import (
    AnnexStatus,
    Client,
    ConnectionState,
    ConnectionView,
    EngagementStatus,
    NextStep,
    SourceKind,
    VoucherState,
)
from core.usecases.activity import activity_by_day
from core.usecases.clients import add_client, update_client
from core.usecases.context import open_context
from core.usecases.engagements import add_engagement, set_locked
from tui.tally import day_word, steps_line, summary_of, waiting_for
from tui.wording import sparkline, vouchers_in

TUESDAY = date(2026, 1, 20)


class MovedClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 1, 20, 9, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


def lapsing(*days: int) -> list[EngagementStatus]:
    """Clients whose connections lapse in so many days."""
    return [
        EngagementStatus(
            Client(str(place), f"Klient {place}", "559999-1014"),
            None,
            ConnectionView(ConnectionState.EXPIRING, days_left=left),
            None,
            (),
            {},
            0,
            NextStep.CONNECT,
        )
        for place, left in enumerate(days)
    ]


def words(rows: list[EngagementStatus]) -> str:
    return "".join(text for text, _tone in summary_of(rows, TUESDAY))


def test_connections_lapse_before_the_day_after_the_last_of_them() -> None:
    assert "3 kopplingar går ut före fredag" in words(lapsing(0, 1, 2))


@pytest.mark.parametrize(
    ("days", "word"), [(1, "i morgon"), (2, "torsdag"), (6, "måndag"), (7, "2026-01-27"), (0, "2026-01-20")]
)
def test_a_day_is_named_so_that_nobody_mistakes_it(days: int, word: str) -> None:
    assert day_word(date(2026, 1, 20 + days), TUESDAY) == word


def test_each_bar_of_a_sparkline_is_twice_the_one_before() -> None:
    assert sparkline([0, 1, 2, 4, 8, 16, 32, 64, 5000]) == "▁▂▃▄▅▆▇██"


def test_a_task_of_the_cash_method_is_not_counted_as_one_to_explain() -> None:
    row = lapsing(1)[0]
    rows = [
        msgspec.structs.replace(
            row, next_step=NextStep.EXPLAIN, annexes=(AnnexStatus("1510", 100, task=task),)
        )
        for task in (True, False, True)
    ]
    assert "".join(text for text, _tone in steps_line(rows)) == "Utred 1 · Årsomför 2"
    assert waiting_for(rows, (NextStep.EXPLAIN, True)) == [rows[0], rows[2]]


def test_counted_vouchers_have_the_form_of_their_number() -> None:
    assert [vouchers_in(VoucherState.POSTED, count) for count in (1, 10)] == ["1 överförd", "10 överförda"]
    assert all("5" in vouchers_in(state, 5) for state in VoucherState)


async def test_activity_is_counted_by_day_and_client(settings: Settings) -> None:
    clock = MovedClock()
    async with open_context(settings, clock=clock) as ctx:
        client = await add_client(ctx, name="Abborre AB", orgnr=with_check_digit("556600001"))
        clock.moment = datetime(2026, 1, 22, 9, 30, tzinfo=UTC)
        await update_client(ctx, client)
        await add_engagement(ctx, client.id, date(2025, 1, 1), date(2025, 12, 31), SourceKind.SIE4)
        counts = await activity_by_day(ctx, 4)
        clock.moment = datetime(2026, 2, 22, 9, 30, tzinfo=UTC)
        assert await activity_by_day(ctx, 4) == {}
    assert len(counts[client.id]) == 4
    assert counts[client.id][1] == 1
    assert counts[client.id][3] >= 1
    assert counts[client.id][0] == counts[client.id][2] == 0


async def test_the_obstacles_are_gone_through_one_by_one(
    size: tuple[int, int], firm: Settings, drive: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    async with drive(firm, size) as driven:
        await driven.press("P", "P")
        matches(f"overview-obstacle-{size[0]}x{size[1]}", driven.text)
        assert driven.app.current_page.table.count == 1
        await driven.press("escape")
        assert driven.app.current_page.table.count == 5


async def test_the_next_step_of_the_row_is_said_and_its_key_comes_first(
    firm: Settings, drive: Callable[..., Any]
) -> None:
    async with drive(firm) as driven:
        await driven.press("home")
        assert "▸ Anslut klienten till Fortnox: tryck f." in driven.text
        assert driven.text.splitlines()[-1].startswith(" f anslut")
        await driven.press("j", "enter")
        assert "▸ ▲ Koppling till Fortnox" in driven.text  # the first step that is not done


def test_a_short_line_leaves_the_noun_out() -> None:
    line = summary_of(lapsing(0, 1, 2), TUESDAY, 40)
    assert "▲ 3 går ut före fredag" in "".join(text for text, _tone in line)


async def test_mine_are_those_that_i_answer_for(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm) as driven:
        await driven.press("v", "v")
        assert "urval: mina" in driven.text
        assert driven.app.current_page.table.count == 2
        await driven.press("v")
        assert driven.app.current_page.table.count == 5


async def test_activity_stands_in_a_column_where_there_is_room(
    firm: Settings, drive: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    async with drive(firm, (160, 36)) as driven:
        assert "14 dagar" in driven.text
        matches("overview-160x36", driven.text)


async def test_marked_engagements_that_cannot_be_imported_are_left_out_in_words(
    firm: Settings, drive: Callable[..., Any]
) -> None:
    async with drive(firm) as driven:
        table = driven.app.current_page.table
        await set_locked(await driven.app.context(), table.current.engagement.id, locked=True)
        await driven.press("r", "a", "i")
        assert "4 uppdrag importeras från Fortnox" in driven.text
        assert "1 markerat uppdrag är låst och utelämnas." in driven.text
        assert "Skriv 4 för att fortsätta" in driven.text


async def test_importing_several_asks_for_their_number(
    size: tuple[int, int], firm: Settings, drive: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    async with drive(firm, size) as driven:
        table = driven.app.current_page.table
        await set_locked(await driven.app.context(), table.current.engagement.id, locked=True)
        await driven.press("r", "a", "i")
        matches(f"import-several-{size[0]}x{size[1]}", driven.text)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (SourceKind.SIE4, "2 markerade uppdrag har SIE4-fil som datakälla"),
        (SourceKind.FORTNOX, "2 markerade uppdrag är inte anslutna till Fortnox och utelämnas."),
    ],
)
async def test_marks_without_anything_to_import_say_why(
    source: SourceKind, why: str, settings: Settings, drive: Callable[..., Any]
) -> None:
    async with open_context(settings) as ctx:
        for place in range(2):
            client = await add_client(ctx, name=f"Klient {place}", orgnr=with_check_digit(f"55660000{place}"))
            await add_engagement(ctx, client.id, date(2025, 1, 1), date(2025, 12, 31), source)
    async with drive(settings) as driven:
        await driven.press("a", "i")
        assert why in driven.text


async def test_a_number_leads_to_its_row_in_any_list(settings: Settings, drive: Callable[..., Any]) -> None:
    async with open_context(settings) as ctx:
        for place in range(30):
            await add_client(ctx, name=f"Klient {place:02}", orgnr=with_check_digit(f"5566000{place:02}"))
    async with drive(settings) as driven:
        await driven.press("colon", "1", "7")
        assert "Rad 17" in driven.text
        await driven.press("enter")
        assert driven.app.current_page.table.current.client.name == "Klient 16"
        await driven.press("8", "colon", "9", "enter")
        assert driven.app.current_page.table._cursor == 8


async def test_a_client_of_that_number_comes_before_the_row(
    firm: Settings, drive: Callable[..., Any]
) -> None:
    async with drive(firm) as driven:
        await driven.press("colon", *"101", "enter")
        assert "Uppdrag · Bageri Söder AB" in driven.text
