"""Screen 4 with keys alone: notes, another day, the signed-off annex beside the new one, own annexes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
from msgspec.structs import replace

from core.config import Settings
from core.model import Annex
from core.usecases.annexes import annex_views, annexes
from core.usecases.context import Context
from core.usecases.reconcile import set_supported, sign_off
from core.usecases.status import overview
from tui.screens.annex_rows import reasons_of

ACCOUNT = "1510"


async def bakery(ctx: Context) -> str:
    """The engagement whose 1510 differs."""
    found = [row.engagement for row in await overview(ctx) if "Bageri" in row.client.name]
    assert found[0] is not None
    return found[0].id


async def at_the_bakery(driven: Any, *keys: str) -> Any:
    driven.app.engagement_id = await bakery(await driven.app.context())
    await driven.press("4", *keys)
    return driven.app.current_page


async def sign_and_change(driven: Any) -> None:
    """1510 is signed off, with one item less and other books than the latest import has."""
    ctx = await driven.app.context()
    engagement_id = await bakery(ctx)
    await sign_off(ctx, engagement_id, [ACCOUNT], comment="utreds")
    now = (await annexes(ctx, engagement_id, ACCOUNT))[0]
    items = now.items or ()
    before = replace(
        now,
        items=(replace(items[0], open=100_00), *items[2:]),
        total=(now.total or 0) - 1,
        books=now.books - 1,
    )
    body = msgspec.json.encode(before)
    await ctx.store.write(lambda tx: tx.execute("UPDATE frozen_annexes SET body = :body", {"body": body}))


async def test_a_signed_off_annex_that_is_another_now_looks_as_stored(
    size: tuple[int, int], firm: Settings, drive: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    async with drive(firm, size) as driven:
        await sign_and_change(driven)
        await at_the_bakery(driven)
        matches(f"annexes-changed-{size[0]}x{size[1]}", driven.text)
        await driven.press("v")
        matches(f"annexes-other-{size[0]}x{size[1]}", driven.text)


async def test_the_signed_off_annex_is_kept_and_given_up(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm) as driven:
        await sign_and_change(driven)
        page = await at_the_bakery(driven, "B")
        assert page.tab.view.declined
        assert "den nya bilagan är avböjd" in driven.text
        await driven.press("B")
        assert not page.tab.view.declined


async def test_the_annex_shown_is_signed_off_and_frozen(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm) as driven:
        page = await at_the_bakery(driven, "tab", "m")
        assert page.tab.view.frozen is not None
        assert "bilagan är densamma" in driven.text
        await driven.press("m")
        assert "Den är klarmarkerad som den står" in driven.text


async def test_a_note_is_written_edited_and_taken_away(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm) as driven:
        page = await at_the_bakery(driven, "down", "N")
        number = page.table.current.number
        await driven.press(*"ring", "enter", "enter")
        assert "» ring" in driven.text
        assert page.table.current.number == number
        await driven.press("N", *"er", "enter", "enter")
        views = await annex_views(await driven.app.context(), page.engagement_id)
        notes = {item.number: item.note for item in views[0].latest.items or ()}
        assert notes[number].endswith("ringer")
        await driven.press("N", *["backspace"] * 6, "enter", "enter")
        assert "»" not in driven.text


async def test_another_day_is_shown_and_left(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm) as driven:
        page = await at_the_bakery(driven, "D")
        await driven.press(*["backspace"] * 5, *"10", "minus", *"01", "enter", "enter")
        assert str(page.tab.annex.date) == "2025-10-01"
        assert "per 2025-10-01" in driven.text
        await driven.press("m")
        assert "en annan dags bilaga" in driven.text
        await driven.press("escape")
        assert "per 2025-12-31" in driven.text


async def test_a_day_outside_the_year_is_not_taken(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm) as driven:
        await at_the_bakery(driven, "D")
        await driven.press(*["backspace"] * 10, *"2027", "minus", *"01", "minus", *"01", "enter", "enter")
        assert "Dagen ligger inte i 2025-01-01" in driven.text


async def test_an_entered_amount_is_an_own_annex(
    size: tuple[int, int], firm: Settings, drive: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    async with drive(firm, size) as driven:
        ctx = await driven.app.context()
        found = await bakery(ctx)
        await set_supported(ctx, found, "1930", 1_000_00, note="saldobesked", reference="kontoutdrag-dec.pdf")
        await at_the_bakery(driven, "tab", "tab")
        matches(f"annexes-own-{size[0]}x{size[1]}", driven.text)


async def test_the_details_tell_ages_reasons_and_old_claims(
    firm: Settings, drive: Callable[..., Any]
) -> None:
    async with drive(firm) as driven:
        await at_the_bakery(driven, "d")
        for piece in ("Åldersanalys", "Differensen uppstår 2025-10-14", "förfallen sedan mer än"):
            assert piece in driven.text


def test_a_long_explanation_ends_with_a_sign_that_there_is_more() -> None:
    annex = Annex("1510", date(2025, 12, 31), (), 0, 1, 1)
    lines = reasons_of(annex, ["obetalda fakturor är ännu inte bokförda " * 8], 40)
    assert len(lines) == 4
    assert lines[-1][0][0].endswith("…")
