from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from core.errors import BryggaError
from core.model import Row
from core.register import Client, ClosingVoucher, DraftVoucher, Engagement, VoucherState
from core.sie.file import SieFile
from core.sie.reader import read
from core.usecases.context import Context
from core.usecases.engagements import set_locked
from core.usecases.export import plan_export
from core.usecases.export_file import export_to_file
from core.usecases.voucher_order import release_voucher
from core.usecases.vouchers import add_vouchers, list_vouchers, mark_ready, read_voucher_file

Filed = tuple[Client, Engagement]
WithRows = Callable[..., DraftVoucher]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "bokslut.si"


def read_back(path: Path) -> SieFile:
    return read(path.read_bytes())


async def make_ready(ctx: Context, engagement: Engagement, *drafts: DraftVoucher) -> list[ClosingVoucher]:
    made = await add_vouchers(ctx, engagement.id, drafts)
    return await mark_ready(ctx, [voucher.id for voucher in made])


@pytest.fixture
async def ready(bare: Context, filed: Filed) -> ClosingVoucher:
    rows = (Row("1710", 3_000_050, "Kv 1", (("1", "KST1"),)), Row("5010", -3_000_050))
    return (await make_ready(bare, filed[1], DraftVoucher(date(2025, 12, 31), 'Hyra "kvartal" åäö', rows)))[0]


async def refusal(ctx: Context, engagement: Engagement, path: Path, *, force: bool = False) -> BryggaError:
    """The refusal of an export that must leave the vouchers ready."""
    with pytest.raises(BryggaError) as caught:
        await export_to_file(ctx, engagement.id, path, force=force)
    assert [one.state for one in await list_vouchers(ctx, engagement.id)] == [VoucherState.READY]
    return caught.value


async def test_the_reader_reads_back_exactly_that_voucher(
    bare: Context, filed: Filed, ready: ClosingVoucher, target: Path
) -> None:
    await export_to_file(bare, filed[1].id, target, series="I")
    (voucher,) = read_back(target).vouchers()
    assert (voucher.series, voucher.number, voucher.date, voucher.text, voucher.rows) == (
        "I",
        "",
        ready.date,
        ready.text,
        ready.rows,
    )


async def test_a_voucher_that_was_in_a_file_is_named_before_it_is_posted(
    bare: Context, filed: Filed, ready: ClosingVoucher, target: Path
) -> None:
    await export_to_file(bare, filed[1].id, target)
    released = await release_voucher(bare, ready.id)
    plan = await plan_export(bare, filed[1].id, "I")
    named = next(check for check in plan.checks if check.code == "in_file")
    assert (released.state, target.name in named.text) == (VoucherState.READY, True)


async def test_the_file_is_a_faultless_4i(
    bare: Context, filed: Filed, ready: ClosingVoucher, target: Path
) -> None:
    await export_to_file(bare, filed[1].id, target)
    sie = read_back(target)
    assert (sie.type, sie.orgnr, sie.years[0], sie.findings) == ("4I", "556677-8899", filed[1].year, [])


async def test_the_file_holds_no_opening_balances(
    bare: Context, filed: Filed, ready: ClosingVoucher, target: Path
) -> None:
    await export_to_file(bare, filed[1].id, target)
    assert dict(read_back(target).ib()) == {}


async def test_the_voucher_is_exported_in_its_series(
    bare: Context, filed: Filed, ready: ClosingVoucher, target: Path
) -> None:
    result = await export_to_file(bare, filed[1].id, target, series="I")
    assert [(one.id, one.state, one.series) for one in result.vouchers] == [
        (ready.id, VoucherState.EXPORTED, "I")
    ]


async def test_what_brygga_wrote_brygga_can_read(
    bare: Context, filed: Filed, ready: ClosingVoucher, target: Path
) -> None:
    await export_to_file(bare, filed[1].id, target)
    (draft,) = await read_voucher_file(bare, filed[1].id, target)
    assert (draft.date, draft.text, draft.rows) == (ready.date, ready.text, ready.rows)


async def test_an_existing_file_is_refused_and_kept(
    bare: Context, filed: Filed, ready: ClosingVoucher, target: Path
) -> None:
    target.write_bytes(b"annans")
    assert (await refusal(bare, filed[1], target)).code == "file_exists"
    assert target.read_bytes() == b"annans"


async def test_an_existing_file_is_replaced_when_told_so(
    bare: Context, filed: Filed, ready: ClosingVoucher, target: Path
) -> None:
    target.write_bytes(b"annans")
    await export_to_file(bare, filed[1].id, target, force=True)
    assert read_back(target).voucher_count == 1


async def test_a_missing_folder_is_told_of(
    bare: Context, filed: Filed, ready: ClosingVoucher, target: Path
) -> None:
    assert (await refusal(bare, filed[1], target / "x.si")).code == "file_missing"


async def test_a_folder_in_the_files_place_is_told_of(
    bare: Context, filed: Filed, ready: ClosingVoucher, target: Path
) -> None:
    target.mkdir()
    assert (await refusal(bare, filed[1], target, force=True)).code == "file_missing"


async def test_a_locked_engagement_writes_no_file(
    bare: Context, filed: Filed, ready: ClosingVoucher, target: Path
) -> None:
    await set_locked(bare, filed[1].id, locked=True)
    assert (await refusal(bare, filed[1], target)).code == "engagement_locked"
    assert not target.exists()


async def test_without_ready_vouchers_no_file_is_written(bare: Context, filed: Filed, target: Path) -> None:
    result = await export_to_file(bare, filed[1].id, target)
    assert (result.vouchers, target.exists()) == ([], False)


async def test_a_second_export_writes_nothing_more(
    bare: Context, filed: Filed, ready: ClosingVoucher, target: Path
) -> None:
    await export_to_file(bare, filed[1].id, target)
    again = target.with_name("igen.si")
    await export_to_file(bare, filed[1].id, again)
    assert not again.exists()


async def test_next_years_reversal_stays_out_of_this_years_file(
    bare: Context, filed: Filed, ready: ClosingVoucher, target: Path, with_rows: WithRows
) -> None:
    await make_ready(bare, filed[1], with_rows(("1710", -1), ("5010", 1), day=date(2026, 1, 1)))
    await export_to_file(bare, filed[1].id, target)
    assert read_back(target).voucher_count == 1


async def test_a_cut_text_is_a_finding(
    bare: Context, filed: Filed, target: Path, with_rows: WithRows
) -> None:
    await make_ready(bare, filed[1], with_rows(("1710", 1), ("5010", -1), text="x" * 80))
    result = await export_to_file(bare, filed[1].id, target)
    assert "text_cut" in {finding.code for finding in result.findings}
