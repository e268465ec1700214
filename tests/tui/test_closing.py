"""A closing with keys alone: import, annexes, three vouchers, checks, export, proof; and what is decided on the way."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.config import Settings
from core.i18n import _
from core.money import to_swedish
from core.register import VoucherState
from core.usecases.context import open_context
from core.usecases.demo import Demo, connect, open_demo, register, store_secret
from core.usecases.vouchers import list_vouchers

Drive = Callable[..., Any]


@pytest.fixture
def connected(tmp_path: Path, ticking: Any) -> Callable[[], Any]:
    """A sandbox with one connected client, nothing imported."""

    @asynccontextmanager
    async def make() -> AsyncIterator[Demo]:
        async with open_demo(tmp_path / "demo", clients=5) as demo:
            async with open_context(demo.settings, person="anna", clock=ticking) as ctx:
                await store_secret(ctx, demo)
                client, _engagement = await register(ctx, demo.tenants[2], 2)
                await connect(ctx, client, demo.tenants[2])
            yield demo

    return make


async def write(driven: Any, text: str, debit: str, credit: str, amount: str) -> None:
    """A voucher in the editor, saved as ready."""
    await driven.press("n")
    await driven.until_text(_("Debit"))
    await driven.write(text)
    await driven.press("tab")
    await driven.write(debit)
    await driven.press("tab")
    await driven.write(amount)
    await driven.press("tab")
    await driven.write(credit)
    await driven.press("f6", "f7")
    await driven.until_text(_("Saved and ready to export. e exports."))


async def test_a_closing_from_import_to_proof_with_keys_alone(
    connected: Callable[[], Any], drive: Drive, ticking: Any, matches: Callable[[str, str], None]
) -> None:
    async with connected() as demo, drive(demo.settings, clock=ticking) as driven:
        await driven.press("i")
        await driven.idle()
        await driven.press("4")
        await driven.until_text("Enligt huvudbok")
        await driven.press("6")
        await write(driven, "Periodisering av hyra", "1710", "5010", "30000")
        await write(driven, "Upplupen ränta", "8410", "2960", "4200,50")
        await write(driven, "Avskrivning", "7832", "1229", "24500")
        for size in ((120, 36), (80, 24)):
            await driven.pilot.resize_terminal(*size)
            await driven.press("e")
            await driven.until(lambda: driven.app.screen.planned)
            matches(f"export-{size[0]}x{size[1]}", driven.text)
            await driven.press("escape")
        await driven.press("e")
        await driven.until_text("uppfyllda")
        await driven.press("tab", "enter")
        await driven.until_text("3 överförda")
        await driven.press("p", "i")
        await driven.until_text("rad för rad")
        times = re.sub(r"2026-01-20 \d\d:\d\d", "2026-01-20 --:--", driven.text)
        matches("proof-80x24", times)
        await driven.press("K", "enter")
        await driven.until_text("Kvitto på överföring")
        await driven.press("enter", "escape", "I")
        await driven.until_text("Överför balanser")
        made = await list_vouchers(await driven.app.context(), driven.app.engagement_id)
    assert [one.state for one in made] == [VoucherState.POSTED] * 3


async def test_the_export_dialog_in_english_looks_as_stored(
    connected: Callable[[], Any], drive: Drive, ticking: Any, matches: Callable[[str, str], None]
) -> None:
    async with connected() as demo:
        english = msgspec.structs.replace(
            demo.settings, ui=msgspec.structs.replace(demo.settings.ui, language="en")
        )
        async with drive(english, clock=ticking) as driven:
            await driven.press("i")
            await driven.idle()
            await driven.press("6")
            await write(driven, "Accrued rent", "1710", "5010", "30000")
            await driven.press("e")
            await driven.until_text("more checks passed")
            matches("export-80x24-en", driven.text)


async def test_accounts_are_added_and_activated_from_the_export_dialog(
    connected: Callable[[], Any], drive: Drive, ticking: Any
) -> None:
    async with connected() as demo:
        allowed = msgspec.structs.replace(
            demo.settings,
            export=msgspec.structs.replace(demo.settings.export, create_missing_accounts=True),
        )
        async with drive(allowed, clock=ticking) as driven:
            await driven.press("i")
            await driven.idle()
            await driven.press("6")
            await write(driven, "Nytt konto", "2126", "1950", "5000")
            await driven.press("e")
            await driven.until_text("Lägg upp kontona")
            await driven.press("tab", "enter")
            await driven.until_text("1950 Bankcertifikat aktiveras")
            await driven.write("Periodiseringsfond 2026")
            await driven.press("tab", "enter")
            await driven.until_text("uppfyllda")
            await driven.press("tab", "enter")
            await driven.until_text("1 överförd")


async def page_six(driven: Any) -> Any:
    """The closing vouchers of the company with two drafts; what they are now, as the store says."""
    await driven.to_bageri()
    await driven.press("6")
    await driven.pilot.pause()

    async def stored() -> list[tuple[str, str]]:
        found = await list_vouchers(await driven.app.context(), driven.app.engagement_id)
        return [(one.text[:5], one.state.value) for one in found]

    return stored


async def test_minus_and_plus_change_the_order(firm: Settings, drive: Drive) -> None:
    async with drive(firm) as driven:
        stored = await page_six(driven)
        before = await stored()
        await driven.press("plus")
        assert await stored() == before[::-1]
        await driven.press("minus")
        assert await stored() == before


async def test_a_voucher_is_left_out_and_taken_back(firm: Settings, drive: Drive) -> None:
    async with drive(firm) as driven:
        stored = await page_six(driven)
        await driven.press("U")
        assert [state for _text, state in await stored()] == ["excluded", "draft"]
        await driven.press("U")
        assert [state for _text, state in await stored()] == ["draft", "draft"]


async def test_a_template_is_kept_and_offered(firm: Settings, drive: Drive) -> None:
    async with drive(firm) as driven:
        await page_six(driven)
        await driven.press("H")
        await driven.press("enter", "enter")
        await driven.until_text("Sparad som")
        await driven.press("M")
        await driven.until_text("Verifikation från mall")
        assert "Periodisering av hyra" in driven.text


async def test_the_years_result_is_moved_by_one_key_and_undone_by_another(
    firm: Settings, drive: Drive
) -> None:
    async with drive(firm) as driven:
        stored = await page_six(driven)
        await driven.press("R")
        assert len(await stored()) == 3
        await driven.press("u")
        assert len(await stored()) == 2


async def test_last_years_vouchers_need_an_engagement_of_that_year(firm: Settings, drive: Drive) -> None:
    async with drive(firm) as driven:
        await page_six(driven)
        await driven.press("F")
        assert "inget uppdrag för året före" in driven.text


async def test_only_a_stuck_voucher_is_released(firm: Settings, drive: Drive) -> None:
    async with drive(firm) as driven:
        await page_six(driven)
        await driven.press("J")
        assert "Bara en verifikation som en människa måste avgöra" in driven.text


async def test_row_text_cost_centre_and_project_are_written_and_kept(firm: Settings, drive: Drive) -> None:
    async with drive(firm) as driven:
        await page_six(driven)
        await driven.press("enter", "f8")
        await driven.write("Kvartal 1")
        await driven.press("tab")
        await driven.write("K1")
        await driven.press("tab")
        await driven.write("P7")
        await driven.press("f2")
        await driven.until_text("Sparad som utkast")
        found = await list_vouchers(await driven.app.context(), driven.app.engagement_id)
        assert (found[0].rows[0].text, found[0].rows[0].objects) == ("Kvartal 1", (("1", "K1"), ("6", "P7")))
        await driven.press("enter")
        assert "P7" in driven.text


async def test_the_editor_counts_the_result_and_the_accounts_at_every_key(
    firm: Settings, drive: Drive
) -> None:
    async with drive(firm) as driven:
        await page_six(driven)
        await driven.press("n")
        await driven.write("Ränta")
        await driven.press("tab")
        await driven.write("8410")
        await driven.press("tab")
        await driven.write("5000")
        await driven.pilot.pause()
        assert f"ändring {to_swedish(-5_000_00)}" in driven.text
        await driven.write("0")
        await driven.pilot.pause()
        assert f"ändring {to_swedish(-50_000_00)}" in driven.text
