"""The change of each month: from the file's own #PSALDO where it has them, otherwise from its vouchers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.register import PreviousYear, SourceKind, SourceSettings
from core.usecases.drilldown import drill_down
from core.usecases.findings import finding_text
from core.usecases.imports import ImportResult, import_file
from core.usecases.sourcesettings import change_source

if TYPE_CHECKING:
    from pathlib import Path

    from core.register import Client, Engagement
    from core.usecases.context import Context

HEAD = (
    "#FLAGGA 0\n#PROGRAM X 1\n#FORMAT PC8\n#SIETYP 4\n#ORGNR 556677-8899\n#FNAMN X\n#RAR 0 20250101 20251231\n"
    "#KONTO 1510 K\n#KONTO 3001 F\n#IB 0 1510 0\n#UB 0 1510 300\n#RES 0 3001 -300\n"
)
VOUCHERS = (
    "#VER A 1 20250301 V\n{\n#TRANS 1510 {} 100\n#TRANS 3001 {} -100\n}\n"
    "#VER A 2 20251001 V\n{\n#TRANS 1510 {} 200\n#TRANS 3001 {} -200\n}\n"
)


async def imported(ctx: Context, engagement: Engagement, folder: Path, periods: str) -> ImportResult:
    file = folder / "year.se"
    file.write_text(HEAD + periods + VOUCHERS, "ascii")
    return await import_file(ctx, engagement.id, file)


async def months(ctx: Context, engagement: Engagement) -> dict[int, int]:
    return dict((await drill_down(ctx, engagement.id, "1510")).periods)


async def test_without_psaldo_the_months_are_the_sums_of_the_vouchers(
    bare: Context, filed: tuple[Client, Engagement], tmp_path: Path
) -> None:
    await imported(bare, filed[1], tmp_path, "")
    assert await months(bare, filed[1]) == {202503: 10_000, 202510: 20_000}


async def test_psaldo_is_taken_as_the_file_has_it_and_a_difference_is_told(
    bare: Context, filed: tuple[Client, Engagement], tmp_path: Path
) -> None:
    result = await imported(
        bare, filed[1], tmp_path, "#PSALDO 0 202503 1510 {} 90\n#PSALDO 0 202504 1510 {} 10\n"
    )
    assert await months(bare, filed[1]) == {202503: 9_000, 202504: 1_000, 202510: 20_000}
    told = [finding_text(one) for one in result.findings if one.code == "period_balances_differ"]
    assert told
    assert "1510" in told[0]


async def test_psaldo_that_agrees_with_the_vouchers_is_no_finding(
    bare: Context, filed: tuple[Client, Engagement], tmp_path: Path
) -> None:
    periods = "#PSALDO 0 202503 1510 {} 100\n#PSALDO 0 202510 1510 {} 200\n#PSALDO -1 202403 1510 {} 7\n"
    result = await imported(bare, filed[1], tmp_path, periods)
    assert "period_balances_differ" not in {one.code for one in result.findings}
    assert await months(bare, filed[1]) == {202503: 10_000, 202510: 20_000}


async def test_months_are_left_out_when_the_settings_say_so(
    bare: Context, filed: tuple[Client, Engagement], tmp_path: Path
) -> None:
    settings = SourceSettings(period_balances=False, previous_year=PreviousYear.SOURCE)
    await change_source(bare, filed[1].id, SourceKind.SIE4, settings)
    await imported(bare, filed[1], tmp_path, "#PSALDO 0 202503 1510 {} 90\n")
    assert await months(bare, filed[1]) == {}
