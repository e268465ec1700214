"""A year closed from a SIE4 file: opened in the start guide, a voucher written, exported as SIE 4I."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.config import Settings
from core.register import VoucherState
from core.usecases.vouchers import list_vouchers

BOOKS = """#FLAGGA 0
#PROGRAM "Handskriven" 1
#FORMAT PC8
#GEN 20260110
#SIETYP 4
#ORGNR 556677-8899
#FNAMN "Åkeri Öster AB"
#RAR 0 20250101 20251231
#KONTO 1510 "Kundfordringar"
#KONTO 1930 "Företagskonto"
#KONTO 2440 "Leverantörsskulder"
#KONTO 3001 "Försäljning"
#KONTO 5010 "Lokalhyra"
#KONTO 1710 "Förutbetalda hyreskostnader"
#UB 0 1510 1000.00
#RES 0 3001 -1000.00
#VER A 1 20250301 "Faktura 1"
{
#TRANS 1510 {} 1000.00
#TRANS 3001 {} -1000.00
}
"""


async def test_a_sie_file_is_opened_closed_and_written_back(
    tmp_path: Path, settings: Settings, drive: Callable[..., Any]
) -> None:
    books, written = tmp_path / "bocker.se", tmp_path / "ut.si"
    books.write_bytes(BOOKS.replace("\n", "\r\n").encode("cp437"))
    async with drive(settings, (100, 30)) as driven:
        await driven.press("n", "down", "enter")
        await driven.write(str(books))
        await driven.press("down", "enter")
        await driven.until_text("Klienten är ny")
        await driven.press("enter")
        await driven.until_text("importerad 2026-01-20")
        await driven.idle()
        assert "Åkeri Öster AB" in driven.text
        await driven.press("4")
        assert "En SIE4-fil innehåller bokföringen men ingen reskontra." in driven.text
        await driven.press("6", "n")
        await driven.write("Periodisering")
        await driven.press("tab")
        await driven.write("1710")
        await driven.press("tab")
        await driven.write("250,50")
        await driven.press("tab")
        await driven.write("5010")
        await driven.press("f6", "f7")
        await driven.until_text("klar att överföra")
        await driven.press("e", "ctrl+u")
        await driven.write(str(written))
        await driven.press("down", "down", "down", "enter")
        await driven.until_text("exporterad till fil")
        (voucher,) = await list_vouchers(await driven.app.context(), driven.app.engagement_id)
    assert voucher.state is VoucherState.EXPORTED
    text = written.read_bytes().decode("cp437")
    assert "#SIETYP 4" in text
    assert "250.50" in text


async def test_a_file_that_is_no_sie_is_refused_in_three_lines(
    tmp_path: Path, settings: Settings, drive: Callable[..., Any]
) -> None:
    page = tmp_path / "sida.se"
    page.write_text("<!doctype html><html><body>Logga in</body></html>", encoding="utf-8")
    async with drive(settings) as driven:
        await driven.press("n", "down", "enter")
        await driven.write(str(page))
        await driven.press("down", "enter")
        await driven.until_text("✕")
        await driven.press("escape", "1")
        assert "0 uppdrag" in driven.text


async def test_a_path_that_leads_nowhere_is_said_at_its_field(
    settings: Settings, drive: Callable[..., Any]
) -> None:
    async with drive(settings) as driven:
        await driven.press("n", "down", "enter")
        await driven.write("~/finns-inte.se")
        await driven.press("down", "enter")
        assert "Det finns ingen sådan fil." in driven.text
