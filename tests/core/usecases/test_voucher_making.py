from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from core.errors import BryggaError, Refused
from core.register import Client, ClosingVoucher, DraftVoucher, Engagement, SourceKind, VoucherState
from core.usecases.context import Context
from core.usecases.engagements import add_engagement
from core.usecases.voucher_making import (
    add_from_last_year,
    add_from_template,
    copy_vouchers,
    correct_vouchers,
    effects,
    list_templates,
    remove_template,
    reverse_vouchers,
    save_template,
)
from core.usecases.voucher_order import exclude_voucher, include_voucher, move_voucher, release_voucher, undo
from core.usecases.vouchers import add_vouchers, list_vouchers, mark_ready, remove_vouchers, save_voucher

Filed = tuple[Client, Engagement]
WithRows = Callable[..., DraftVoucher]


@pytest.fixture
def rent(with_rows: WithRows) -> DraftVoucher:
    return with_rows(("1710", 3_000_000), ("5010", -3_000_000))


@pytest.fixture
async def made(bare: Context, filed: Filed, rent: DraftVoucher) -> ClosingVoucher:
    return (await add_vouchers(bare, filed[1].id, [rent]))[0]


def rows(voucher: ClosingVoucher) -> list[tuple[str, int]]:
    return [(row.account, row.amount) for row in voucher.rows]


async def test_a_copy_is_a_draft_with_the_same_rows(bare: Context, made: ClosingVoucher) -> None:
    copy = (await copy_vouchers(bare, [made.id]))[0]
    assert (copy.id != made.id, copy.state, copy.rows) == (True, VoucherState.DRAFT, made.rows)


async def test_a_reversal_stands_on_the_next_years_first_day(bare: Context, made: ClosingVoucher) -> None:
    back = (await reverse_vouchers(bare, [made.id]))[0]
    assert (back.date, back.year.from_date, rows(back)) == (
        date(2026, 1, 1),
        date(2026, 1, 1),
        [("1710", -3_000_000), ("5010", 3_000_000)],
    )


async def test_the_reversal_of_a_ready_voucher_is_ready(bare: Context, made: ClosingVoucher) -> None:
    await mark_ready(bare, [made.id])
    assert (await reverse_vouchers(bare, [made.id]))[0].state is VoucherState.READY


async def test_only_what_has_left_brygga_is_corrected(bare: Context, made: ClosingVoucher) -> None:
    with pytest.raises(BryggaError):
        await correct_vouchers(bare, [made.id])


async def test_last_years_vouchers_come_back_once(bare: Context, filed: Filed, made: ClosingVoucher) -> None:
    following = await add_engagement(bare, filed[0].id, date(2026, 1, 1), date(2026, 12, 31), SourceKind.SIE4)
    first = await add_from_last_year(bare, following.id)
    again = await add_from_last_year(bare, following.id)
    assert ([(one.date, rows(one)) for one in first], again) == ([(date(2026, 12, 31), rows(made))], [])


async def test_the_tax_allocation_reserve_follows_the_year(bare: Context, filed: Filed) -> None:
    known = await list_templates(bare, filed[1].id)
    assert any([row.account for row in one.rows] == ["8811", "2125"] for one in known)


async def test_a_template_of_the_firm_fills_a_voucher(
    bare: Context, filed: Filed, made: ClosingVoucher
) -> None:
    await save_template(bare, made.id, "Hyra kvartal 1")
    voucher = await add_from_template(bare, filed[1].id, "hyra kvartal 1", [500])
    assert rows(voucher) == [("1710", 500), ("5010", -500)]


async def test_a_removed_template_is_gone(bare: Context, filed: Filed, made: ClosingVoucher) -> None:
    await save_template(bare, made.id, "Hyra")
    await remove_template(bare, "Hyra")
    assert "Hyra" not in {one.name for one in await list_templates(bare, filed[1].id)}


async def test_a_template_takes_no_more_amounts_than_rows(bare: Context, filed: Filed) -> None:
    name = (await list_templates(bare, filed[1].id))[0].name
    with pytest.raises(BryggaError):
        await add_from_template(bare, filed[1].id, name, [1, 2, 3])


async def test_undo_takes_back_an_addition(bare: Context, filed: Filed, made: ClosingVoucher) -> None:
    await undo(bare, filed[1].id)
    assert await list_vouchers(bare, filed[1].id) == []


async def test_undo_brings_back_what_was_removed_in_its_place(
    bare: Context, filed: Filed, rent: DraftVoucher
) -> None:
    made = await add_vouchers(bare, filed[1].id, [rent, rent, rent])
    await remove_vouchers(bare, [made[1].id])
    await undo(bare, filed[1].id)
    assert [one.id for one in await list_vouchers(bare, filed[1].id)] == [one.id for one in made]


async def test_undo_of_an_edit_is_a_new_revision(
    bare: Context, filed: Filed, made: ClosingVoucher, with_rows: WithRows
) -> None:
    await save_voucher(bare, made.id, with_rows(("1710", 1), ("5010", -1)))
    restored = (await undo(bare, filed[1].id)).restored[0]
    assert (restored.rows, restored.revision) == (made.rows, 3)


async def test_a_moved_voucher_stands_in_its_new_place(
    bare: Context, filed: Filed, rent: DraftVoucher
) -> None:
    made = [one.id for one in await add_vouchers(bare, filed[1].id, [rent, rent, rent])]
    moved = await move_voucher(bare, made[2], -1)
    assert [one.id for one in moved] == [made[0], made[2], made[1]]


async def test_undo_of_a_move_restores_the_order(bare: Context, filed: Filed, rent: DraftVoucher) -> None:
    made = [one.id for one in await add_vouchers(bare, filed[1].id, [rent, rent, rent])]
    await move_voucher(bare, made[2], -2)
    await undo(bare, filed[1].id)
    assert [one.id for one in await list_vouchers(bare, filed[1].id)] == made


async def test_undo_of_leaving_out_restores_the_state(
    bare: Context, filed: Filed, made: ClosingVoucher
) -> None:
    await exclude_voucher(bare, made.id)
    assert (await undo(bare, filed[1].id)).restored == [made]


async def test_undo_says_what_it_took_away(bare: Context, filed: Filed, made: ClosingVoucher) -> None:
    assert (await undo(bare, filed[1].id)).removed == [made]


async def test_a_voucher_is_reversed_once(bare: Context, made: ClosingVoucher) -> None:
    await reverse_vouchers(bare, [made.id])
    with pytest.raises(Refused) as refused:
        await reverse_vouchers(bare, [made.id])
    assert refused.value.code == "already_made"


async def test_two_like_vouchers_are_reversed_one_by_one(
    bare: Context, filed: Filed, rent: DraftVoucher
) -> None:
    made = await add_vouchers(bare, filed[1].id, [rent, rent])
    assert len(await reverse_vouchers(bare, [one.id for one in made])) == 2


async def test_a_left_out_reversal_gives_room_for_another(bare: Context, made: ClosingVoucher) -> None:
    first = await reverse_vouchers(bare, [made.id])
    await exclude_voucher(bare, first[0].id)
    assert len(await reverse_vouchers(bare, [made.id])) == 1


async def test_a_draft_that_never_left_is_not_released(bare: Context, made: ClosingVoucher) -> None:
    with pytest.raises(Refused):
        await release_voucher(bare, made.id)


async def test_effects_need_the_books(bare: Context, filed: Filed, made: ClosingVoucher) -> None:
    with pytest.raises(BryggaError):
        await effects(bare, filed[1].id)


async def test_an_excluded_voucher_can_be_released(bare: Context, made: ClosingVoucher) -> None:
    excluded = await exclude_voucher(bare, made.id)
    released = await release_voucher(bare, made.id)
    assert (excluded.state, released.state) == (VoucherState.EXCLUDED, VoucherState.READY)


async def test_an_excluded_voucher_is_taken_back_as_a_draft_with_its_marker(
    bare: Context, made: ClosingVoucher
) -> None:
    await exclude_voucher(bare, made.id)
    back = await include_voucher(bare, made.id)
    assert (back.state, back.revision) == (VoucherState.DRAFT, made.revision)
