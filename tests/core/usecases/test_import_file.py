from __future__ import annotations

import dataclasses
import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from msgspec.structs import replace

from core.config_tables import SieSettings
from core.errors import BryggaError
from core.register import Client, Engagement, SourceKind
from core.store import connections, imports
from core.usecases.activity import activity
from core.usecases.annexes import annexes
from core.usecases.books import accounts, known_series
from core.usecases.clients import add_client
from core.usecases.context import Context
from core.usecases.diffs import latest_diff
from core.usecases.engagements import add_engagement, set_locked, set_source
from core.usecases.imports import import_file
from core.usecases.progress import Progress

if TYPE_CHECKING:
    from tests.core.usecases.conftest import MovedClock, Office

Filed = tuple[Client, Engagement]


def sie(
    vouchers: str = "",
    orgnr: str = "556677-8899",
    year: str = "20250101 20251231",
    ub: str = "100",
    name: str = "Bageri",
) -> bytes:
    """A SIE 4E file of a small year."""
    lines = [
        "#FLAGGA 0",
        '#PROGRAM "Prov" 1.0',
        "#FORMAT PC8",
        "#GEN 20260210",
        "#SIETYP 4",
        f"#ORGNR {orgnr}" if orgnr else "",
        f'#FNAMN "{name}"',
        f"#RAR 0 {year}" if year else "",
        '#KONTO 1510 "Kundfordringar"',
        '#KONTO 1930 "Bank"',
        '#KONTO 3001 "Försäljning"',
        "#IB 0 1510 100",
        "#IB 0 1930 -100",
        f"#UB 0 1510 {ub}",
        "#UB 0 1930 -100",
        vouchers,
    ]
    return "\r\n".join([*filter(None, lines), ""]).encode("cp437")


SALE = '#VER A 1 20250310 "Försäljning"\r\n{\r\n#TRANS 1510 {} 250.50\r\n#TRANS 3001 {} -250.50\r\n}'
SALE_CHANGED = SALE.replace("250.50", "260.50")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    return made


def written(folder: Path, data: bytes) -> Path:
    path = folder / "år [] 2025.se"
    path.write_bytes(data)
    return path


async def refusal(ctx: Context, engagement: Engagement, path: Path) -> BryggaError:
    """The refusal of an import that must leave the store as it was."""
    before = await activity(ctx)
    with pytest.raises(BryggaError) as caught:
        await import_file(ctx, engagement.id, path)
    assert await activity(ctx) == before
    assert await ctx.store.read(lambda tx: imports.latest(tx, engagement.id)) is None
    return caught.value


async def test_a_file_becomes_a_snapshot(bare: Context, filed: Filed, folder: Path) -> None:
    result = await import_file(bare, filed[1].id, written(folder, sie(SALE, ub="350.50")))
    assert (result.run.vouchers, result.run.transactions, result.changes, result.run.has_ledgers) == (
        1,
        2,
        None,
        False,
    )


async def test_the_figures_are_the_files(bare: Context, filed: Filed, folder: Path) -> None:
    await import_file(bare, filed[1].id, written(folder, sie(SALE, ub="350.50")))
    kept = {one.account.number: (one.ib, one.change, one.ub) for one in await accounts(bare, filed[1].id)}
    assert kept == {"1510": (10000, 25050, 35050), "1930": (-10000, 0, -10000), "3001": (0, -25050, -25050)}


async def test_account_names_are_read_in_their_code_page(bare: Context, filed: Filed, folder: Path) -> None:
    await import_file(bare, filed[1].id, written(folder, sie()))
    assert "Försäljning" in {one.account.name for one in await accounts(bare, filed[1].id)}


async def test_a_file_has_books_and_no_ledger(bare: Context, filed: Filed, folder: Path) -> None:
    await import_file(bare, filed[1].id, written(folder, sie()))
    (annex,) = await annexes(bare, filed[1].id, "1510")
    assert (annex.items, annex.total, annex.difference, annex.books) == (None, None, None, 10000)


async def test_the_series_are_those_of_the_vouchers(bare: Context, filed: Filed, folder: Path) -> None:
    await import_file(bare, filed[1].id, written(folder, sie(SALE, ub="350.50")))
    assert [one.code for one in await known_series(bare, filed[1].id)] == ["A"]


async def test_a_file_without_organisation_number_is_let_in(
    bare: Context, filed: Filed, folder: Path
) -> None:
    result = await import_file(bare, filed[1].id, written(folder, sie(orgnr="")))
    assert result.run.accounts == 3


async def test_another_companys_file_is_refused(bare: Context, filed: Filed, folder: Path) -> None:
    error = await refusal(bare, filed[1], written(folder, sie(orgnr="556036-0793", name="Annan AB")))
    assert error.code == "company_mismatch"
    assert "556036-0793" in str(error)


async def test_another_years_file_names_both_intervals(bare: Context, filed: Filed, folder: Path) -> None:
    error = await refusal(bare, filed[1], written(folder, sie(year="20240101 20241231")))
    assert error.code == "year_mismatch"
    assert "2024-01-01–2024-12-31" in str(error)
    assert "2025-01-01–2025-12-31" in str(error)


async def test_a_file_that_names_no_year_is_refused_in_plain_words(
    bare: Context, filed: Filed, folder: Path
) -> None:
    data = (
        sie(SALE, year="")
        .replace(b"#SIETYP 4", b"#SIETYP 4I")
        .replace(b"#IB 0", b"#X")
        .replace(b"#UB 0", b"#X")
    )
    error = await refusal(bare, filed[1], written(folder, data))
    assert (error.code, error.title) == ("year_mismatch", "Filen anger inget räkenskapsår.")


async def test_a_year_one_day_longer_is_another_year(bare: Context, filed: Filed, folder: Path) -> None:
    error = await refusal(bare, filed[1], written(folder, sie(year="20241231 20251231")))
    assert error.code == "year_mismatch"


@pytest.mark.parametrize("year", ["", "20251301 20251399"])
async def test_a_file_without_a_year_is_refused(bare: Context, filed: Filed, folder: Path, year: str) -> None:
    error = await refusal(bare, filed[1], written(folder, sie(year=year)))
    assert error.code in {"year_mismatch", "sie_fatal"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 100,
        b"<html><body>Logga in</body></html>",
        b"<?xml version='1.0'?><Sie/>",
        b"%PDF-1.7",
        b"PK\x03\x04",
    ],
)
async def test_what_is_no_sie_is_refused(bare: Context, filed: Filed, folder: Path, data: bytes) -> None:
    assert (await refusal(bare, filed[1], written(folder, data))).code == "not_sie"


async def test_a_missing_file(bare: Context, filed: Filed, folder: Path) -> None:
    assert (await refusal(bare, filed[1], folder / "finns-inte.se")).code == "file_missing"


async def test_a_pipe_is_refused(bare: Context, filed: Filed, folder: Path) -> None:
    os.mkfifo(folder / "rör.se")
    assert (await refusal(bare, filed[1], folder / "rör.se")).code == "file_missing"


async def test_a_file_larger_than_the_configured_limit_is_refused(
    bare: Context, filed: Filed, folder: Path
) -> None:
    one_megabyte = msgspec.structs.replace(bare.settings, sie=SieSettings(largest_megabytes=1))
    large = written(folder, sie() + b"#PROSA stor\r\n" * 100_000)
    assert (
        await refusal(dataclasses.replace(bare, settings=one_megabyte), filed[1], large)
    ).code == "not_sie"


async def test_a_folder_is_refused(bare: Context, filed: Filed, folder: Path) -> None:
    assert (await refusal(bare, filed[1], folder)).code == "file_missing"


async def test_an_amount_beyond_all_reason_does_not_break_the_store(
    bare: Context, filed: Filed, folder: Path
) -> None:
    result = await import_file(bare, filed[1].id, written(folder, sie(ub="9" * 30)))
    assert "amount_bad" in {finding.code for finding in result.findings}


async def test_a_locked_engagement_takes_no_file(bare: Context, filed: Filed, folder: Path) -> None:
    await set_locked(bare, filed[1].id, locked=True)
    assert (await refusal(bare, filed[1], written(folder, sie()))).code == "engagement_locked"


async def test_an_engagement_of_fortnox_takes_no_file(bare: Context, filed: Filed, folder: Path) -> None:
    await set_source(bare, filed[1].id, SourceKind.FORTNOX)
    assert (await refusal(bare, filed[1], written(folder, sie()))).code == "wrong_source"


async def test_an_import_is_in_the_audit(bare: Context, filed: Filed, folder: Path) -> None:
    result = await import_file(bare, filed[1].id, written(folder, sie()))
    newest = (await activity(bare, 1))[0]
    assert (newest.action, newest.details["sha256"]) == ("import", result.run.sha256)


async def test_progress_never_goes_back(bare: Context, filed: Filed, folder: Path) -> None:
    seen: list[Progress] = []
    await import_file(bare, filed[1].id, written(folder, sie()), progress=seen.append)
    assert [one.step for one in seen] == sorted(one.step for one in seen)
    assert {one.steps for one in seen} == {seen[-1].step}


async def test_the_same_file_twice_changes_nothing(bare: Context, filed: Filed, folder: Path) -> None:
    path = written(folder, sie(SALE, ub="350.50"))
    await import_file(bare, filed[1].id, path)
    changes = (await import_file(bare, filed[1].id, path)).changes
    assert changes
    assert (changes.added, changes.removed, changes.altered) == (0, 0, 0)


async def test_an_altered_voucher_is_told_of(bare: Context, filed: Filed, folder: Path) -> None:
    await import_file(bare, filed[1].id, written(folder, sie(SALE, ub="350.50")))
    await import_file(bare, filed[1].id, written(folder, sie(SALE_CHANGED, ub="360.50")))
    diff = await latest_diff(bare, filed[1].id)
    assert [(one.series, one.number, one.turnover, one.ours) for one in diff.altered] == [
        ("A", "1", 26050, False)
    ]
    assert [(one.account.number, one.before, one.after) for one in diff.accounts] == [
        ("1510", 35050, 36050),
        ("3001", -25050, -26050),
    ]


async def test_a_removed_voucher_is_told_of(bare: Context, filed: Filed, folder: Path) -> None:
    await import_file(bare, filed[1].id, written(folder, sie(SALE, ub="350.50")))
    await import_file(bare, filed[1].id, written(folder, sie()))
    assert len((await latest_diff(bare, filed[1].id)).removed) == 1


async def test_the_first_import_has_nothing_to_differ_from(bare: Context, filed: Filed, folder: Path) -> None:
    await import_file(bare, filed[1].id, written(folder, sie(SALE, ub="350.50")))
    diff = await latest_diff(bare, filed[1].id)
    assert (diff.added, diff.imports[0]) == ([], None)


async def test_a_missing_number_is_a_gap(bare: Context, filed: Filed, folder: Path) -> None:
    later = SALE.replace("#VER A 1 ", "#VER A 4 ")
    await import_file(bare, filed[1].id, written(folder, sie(f"{SALE}\r\n{later}", ub="601")))
    assert (await latest_diff(bare, filed[1].id)).gaps == ["A 2-3"]


async def test_without_an_import_there_is_no_diff(bare: Context, filed: Filed) -> None:
    assert (await latest_diff(bare, filed[1].id)).imports == (None, None)


async def test_a_file_has_the_same_figures_as_fortnox(office: Office, bare: Context, tmp_path: Path) -> None:
    run = await office.ctx.store.read(lambda tx: imports.latest(tx, office.engagement.id))
    assert run
    packed = await office.ctx.store.read(lambda tx: imports.packed_sie(tx, run.id))
    client = await add_client(bare, name=office.client.name, orgnr=office.client.orgnr)
    year = office.engagement.year
    engagement = await add_engagement(bare, client.id, year.from_date, year.to_date, SourceKind.SIE4)
    await import_file(bare, engagement.id, written(tmp_path, imports.unpack_sie(packed)))

    def figures(sums: list[imports.AccountSums]) -> list[tuple[object, ...]]:
        return [(one.account.number, one.ib, one.change, one.ub, one.previous_ub) for one in sums]

    theirs, ours = await accounts(office.ctx, office.engagement.id), await accounts(bare, engagement.id)
    assert figures(ours) == figures(theirs)


async def test_a_file_does_not_count_as_use_of_the_connection(
    office: Office, clock: MovedClock, tmp_path: Path
) -> None:
    await set_source(office.ctx, office.engagement.id, SourceKind.SIE4)
    old = await office.ctx.store.read(lambda tx: connections.get(tx, office.client.id))
    assert old
    rested = replace(old, last_used_at=old.last_used_at - timedelta(days=10))
    await office.ctx.store.write(lambda tx: connections.put(tx, rested))
    data = sie(orgnr=office.client.orgnr, year=f"{office.engagement.year}".replace("-", "").replace("–", " "))
    await import_file(office.ctx, office.engagement.id, written(tmp_path, data))
    kept = await office.ctx.store.read(lambda tx: connections.get(tx, office.client.id))
    assert kept
    assert kept.last_used_at == rested.last_used_at


async def test_after_a_clock_that_was_set_back_an_import_is_still_the_latest(
    bare: Context, clock: MovedClock, filed: Filed, folder: Path
) -> None:
    _, engagement = filed
    for vouchers in ("", SALE, "", SALE_CHANGED):
        result = await import_file(bare, engagement.id, written(folder, sie(vouchers)))
        clock.ahead -= timedelta(hours=1)
    latest = await bare.store.read(lambda tx: imports.latest(tx, engagement.id))
    assert latest == result.run
