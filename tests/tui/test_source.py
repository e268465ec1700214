"""Source, chart and balances of an engagement: asked for, said in words, and only then changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.config import Settings
from core.register import AccountNames, PreviousYear, SourceKind, SourceSettings
from core.usecases.engagements import get_engagement
from core.usecases.sourcesettings import source_settings
from core.usecases.status import overview

ALL_OTHER = ("down", "right", "down", "right", "down", "right", "down", "enter")


async def at_the_bakery(driven: Any, *keys: str) -> str:
    rows = await overview(await driven.app.context())
    found = next(row.engagement for row in rows if "Bageri" in row.client.name)
    assert found is not None
    driven.app.engagement_id = found.id
    await driven.press(*keys)
    return found.id


async def test_what_is_kept_and_what_is_replaced_is_said_first(
    size: tuple[int, int], firm: Settings, drive: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    async with drive(firm, size) as driven:
        engagement_id = await at_the_bakery(driven, "3", "s", "right", *ALL_OTHER)
        matches(f"source-plan-{size[0]}x{size[1]}", driven.text)
        assert await source_settings(await driven.app.context(), engagement_id) == SourceSettings()


async def test_the_change_is_made_when_it_is_confirmed(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm) as driven:
        engagement_id = await at_the_bakery(driven, "3", "s", "right", *ALL_OTHER, "down", "enter")
        ctx = await driven.app.context()
        assert await source_settings(ctx, engagement_id) == SourceSettings(
            AccountNames.EDITED, period_balances=False, previous_year=PreviousYear.ENGAGEMENT
        )
        __, engagement = await get_engagement(ctx, engagement_id)
        assert engagement.source is SourceKind.SIE4


async def test_nothing_chosen_changes_nothing(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm) as driven:
        await at_the_bakery(driven, "3", "s", "down", "down", "down", "down", "enter")
        assert "Inget ändrades" in driven.text


async def test_the_settings_show_the_engagement_and_lead_to_its_source(
    size: tuple[int, int], firm: Settings, drive: Callable[..., Any]
) -> None:
    async with drive(firm, size) as driven:
        await at_the_bakery(driven, "comma")
        assert "Periodsaldon            tas över, månad för månad" in driven.text
        await driven.press("down", "down", "down", "down", "enter")
        assert "Inget ändras än" in driven.text


async def test_the_months_of_an_account_stand_under_its_rows(
    firm: Settings, drive: Callable[..., Any]
) -> None:
    async with drive(firm) as driven:
        await at_the_bakery(driven, "5")
        driven.app.current_page.table.go_to("1930")
        await driven.press("enter")
        assert "Per månad" in driven.text
        assert "2025-12" in driven.text


async def test_an_account_is_renamed_and_named_as_before(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm) as driven:
        await at_the_bakery(driven, "5")
        driven.app.current_page.table.go_to("1930")
        await driven.press("A", *"X", "enter", "enter")
        assert "FöretagskontoX" in driven.text
        await driven.press("A", *["backspace"] * 20, "enter", "enter")
        assert "FöretagskontoX" not in driven.text


async def test_the_clients_details_are_changed_beside_the_source(firm: Settings, drive: Any) -> None:
    async with drive(firm) as driven:
        await driven.to_bageri()
        await driven.press("enter", "comma", *["tab"] * 5, "enter")
        assert "Klientens uppgifter" in driven.text
        await driven.press(*["tab"] * 5, "I", "enter", "enter")
        rows = await overview(await driven.app.context())
        assert next(row.client for row in rows if "Bageri" in row.client.name).default_series == "I"
