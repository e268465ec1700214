"""Screen 5 with keys alone: sign off, an amount, the vouchers of an account, the statements, a voucher."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.config import Settings

OPENED = {
    "reconciliation-rows": ("enter",),
    "reconciliation-voucher": ("enter", "enter"),
    "reconciliation-income": ("tab",),
    "reconciliation-balance": ("tab", "tab"),
    "reconciliation-trial": ("tab", "tab", "tab"),
    "reconciliation-amount": ("b",),
}


async def to_account(driven: Any, account: str) -> Any:
    """Screen 5 of the company whose 1510 differs, the cursor on an account."""
    await driven.to_bageri()
    await driven.press("5")
    page = driven.app.current_page
    page.table.go_to(account)
    await driven.pilot.pause()
    return page


@pytest.mark.parametrize("screen", OPENED)
async def test_what_the_screen_leads_to_looks_as_stored(
    screen: str,
    size: tuple[int, int],
    firm: Settings,
    drive: Callable[..., Any],
    matches: Callable[[str, str], None],
) -> None:
    async with drive(firm, size) as driven:
        await to_account(driven, "1930")
        for key in OPENED[screen]:
            await driven.press(key)
        matches(f"{screen}-{size[0]}x{size[1]}", driven.text)


async def test_an_account_is_signed_off_and_opened_again(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm, (80, 24)) as driven:
        page = await to_account(driven, "1930")
        await driven.press("m")
        assert page.table.current.done
        await driven.press("u")
        assert not page.table.current.done


async def test_a_difference_is_signed_off_with_a_comment(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm, (80, 24)) as driven:
        page = await to_account(driven, "1510")
        await driven.press("m")
        assert not page.table.current.done
        await driven.press(*"utreds", "enter", "enter")
        assert page.table.current.sign_off.comment == "utreds"


async def test_an_amount_gives_the_account_a_difference_and_a_voucher(
    firm: Settings, drive: Callable[..., Any]
) -> None:
    async with drive(firm, (80, 24)) as driven:
        page = await to_account(driven, "2650")
        await driven.press("b", *"-32000", "enter", "enter", "enter", "enter")
        assert page.table.current.supported_amount == -32_000_00
        difference = page.table.current.difference
        await driven.press("n")
        assert driven.app.current_page.page == "editor"
        assert str(abs(difference))[:2] in driven.text


async def test_the_list_narrows_to_what_is_left(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm, (80, 24)) as driven:
        page = await to_account(driven, "1930")
        every = page.table.count
        await driven.press("m", "v")
        assert page.table.count == every - 1
        await driven.press("v")
        assert page.table.count == 1


async def test_escape_leads_from_the_vouchers_back_to_the_account(
    firm: Settings, drive: Callable[..., Any]
) -> None:
    async with drive(firm, (80, 24)) as driven:
        page = await to_account(driven, "1930")
        await driven.press("enter", "escape")
        assert page.table.current.account.number == "1930"
        await driven.press("escape")
        assert driven.app.current_page.page == "overview"
