from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from core.errors import BryggaError, UsageError
from core.register import Client, ClosingVoucher, DraftVoucher, Engagement, VoucherState
from core.usecases.activity import activity
from core.usecases.context import Context
from core.usecases.engagements import set_locked
from core.usecases.vouchers import (
    add_vouchers,
    get_voucher,
    list_vouchers,
    mark_draft,
    mark_ready,
    read_voucher_file,
    remove_vouchers,
    save_voucher,
)

Filed = tuple[Client, Engagement]
WithRows = Callable[..., DraftVoucher]


@pytest.fixture
def rent(with_rows: WithRows) -> DraftVoucher:
    return with_rows(("1710", 3_000_000), ("5010", -3_000_000))


@pytest.fixture
def skewed(with_rows: WithRows) -> DraftVoucher:
    return with_rows(("1710", 3_000_000), ("5010", -2_999_999))


@pytest.fixture
async def made(bare: Context, filed: Filed, rent: DraftVoucher) -> ClosingVoucher:
    return (await add_vouchers(bare, filed[1].id, [rent]))[0]


async def code_of(awaitable: object) -> BryggaError:
    with pytest.raises(BryggaError) as caught:
        await awaitable  # type: ignore[misc] # each test hands over a coroutine
    return caught.value


async def test_an_added_voucher_is_a_draft(bare: Context, filed: Filed, made: ClosingVoucher) -> None:
    assert (await list_vouchers(bare, filed[1].id), made.state) == ([made], VoucherState.DRAFT)


async def test_what_has_not_changed_is_given_again_as_the_same_object(
    bare: Context, filed: Filed, made: ClosingVoucher, rent: DraftVoucher
) -> None:
    (other,) = await add_vouchers(bare, filed[1].id, [rent])
    await mark_ready(bare, [other.id])
    same, changed = await list_vouchers(bare, filed[1].id, [other, made])
    assert (same is made, changed.state) == (True, VoucherState.READY)


async def test_an_unbalanced_voucher_is_refused_by_how_much(
    bare: Context, filed: Filed, rent: DraftVoucher, skewed: DraftVoucher
) -> None:
    error = await code_of(add_vouchers(bare, filed[1].id, [rent, skewed]))
    assert (error.code, "0,01" in str(error), await list_vouchers(bare, filed[1].id)) == (
        "voucher_unbalanced",
        True,
        [],
    )


async def test_the_editor_may_keep_an_unbalanced_draft(
    bare: Context, filed: Filed, skewed: DraftVoucher
) -> None:
    (kept,) = await add_vouchers(bare, filed[1].id, [skewed], allow_unbalanced=True)
    assert kept.balance == 1


async def test_an_unbalanced_draft_does_not_become_ready(
    bare: Context, filed: Filed, skewed: DraftVoucher
) -> None:
    (kept,) = await add_vouchers(bare, filed[1].id, [skewed], allow_unbalanced=True)
    assert (await code_of(mark_ready(bare, [kept.id]))).code == "voucher_unbalanced"


async def test_all_become_ready_or_none(
    bare: Context, filed: Filed, made: ClosingVoucher, skewed: DraftVoucher
) -> None:
    (other,) = await add_vouchers(bare, filed[1].id, [skewed], allow_unbalanced=True)
    await code_of(mark_ready(bare, [made.id, other.id]))
    assert (await get_voucher(bare, made.id)).state is VoucherState.DRAFT


@pytest.mark.parametrize(
    ("rows", "day", "text", "code"),
    [
        ((("1710", 100), ("5010", -100)), date(2027, 6, 1), "Hyra", "year_mismatch"),
        ((("1710", 100), ("5010", -100)), date.min, "Hyra", "year_mismatch"),
        ((("1710", 100), ("5010", -100)), date(2025, 12, 31), "\x1b\x07", "voucher_incomplete"),
        ((), date(2025, 12, 31), "Hyra", "voucher_incomplete"),
        ((("1710", 0), ("5010", 0)), date(2025, 12, 31), "Hyra", "voucher_incomplete"),
    ],
)
async def test_what_is_not_ready(
    bare: Context,
    filed: Filed,
    with_rows: WithRows,
    rows: tuple[tuple[str, int], ...],
    day: date,
    text: str,
    code: str,
) -> None:
    (kept,) = await add_vouchers(bare, filed[1].id, [with_rows(*rows, day=day, text=text)])
    assert (await code_of(mark_ready(bare, [kept.id]))).code == code


async def test_a_reversal_belongs_to_the_next_year(bare: Context, filed: Filed, with_rows: WithRows) -> None:
    draft = with_rows(("1710", -1), ("5010", 1), day=date(2026, 1, 1))
    (kept,) = await add_vouchers(bare, filed[1].id, [draft])
    assert str(kept.year) == "2026-01-01–2026-12-31"


async def test_a_changed_voucher_is_a_draft_of_a_new_revision(
    bare: Context, made: ClosingVoucher, with_rows: WithRows
) -> None:
    await mark_ready(bare, [made.id])
    kept = await save_voucher(bare, made.id, with_rows(("1710", 5), ("5010", -5)))
    assert (kept.state, kept.revision, kept.turnover) == (VoucherState.DRAFT, 2, 5)


async def test_readiness_can_be_taken_back(bare: Context, made: ClosingVoucher) -> None:
    await mark_ready(bare, [made.id])
    assert [one.state for one in await mark_draft(bare, [made.id])] == [VoucherState.DRAFT]


async def test_removed_vouchers_are_handed_back_for_undo(
    bare: Context, filed: Filed, made: ClosingVoucher
) -> None:
    assert (await remove_vouchers(bare, [made.id]), await list_vouchers(bare, filed[1].id)) == ([made], [])


async def test_one_unknown_id_removes_nothing(bare: Context, filed: Filed, made: ClosingVoucher) -> None:
    error = await code_of(remove_vouchers(bare, [made.id, "V0\x1b"]))
    assert (error.code, "\x1b" in str(error), len(await list_vouchers(bare, filed[1].id))) == (
        "id_unknown",
        False,
        1,
    )


async def test_a_locked_engagement_keeps_its_vouchers(
    bare: Context, filed: Filed, made: ClosingVoucher, rent: DraftVoucher
) -> None:
    await set_locked(bare, filed[1].id, locked=True)
    works = [
        add_vouchers(bare, filed[1].id, [rent]),
        save_voucher(bare, made.id, rent),
        mark_ready(bare, [made.id]),
        mark_draft(bare, [made.id]),
        remove_vouchers(bare, [made.id]),
    ]
    assert [(await code_of(work)).code for work in works] == ["engagement_locked"] * 5


async def test_hostile_texts_are_cleaned_on_the_way_in(
    bare: Context, filed: Filed, with_rows: WithRows
) -> None:
    (kept,) = await add_vouchers(
        bare, filed[1].id, [with_rows(("1710", 1), ("5010", -1), text=" a\x1b[2J\u202eb\nc ")]
    )
    assert kept.text == "a[2Jb c"


async def test_every_change_is_in_the_audit(bare: Context, made: ClosingVoucher) -> None:
    await mark_ready(bare, [made.id])
    await remove_vouchers(bare, [made.id])
    assert [event.action for event in await activity(bare, 3)] == [
        "voucher.removed",
        "voucher.ready",
        "voucher.added",
    ]


async def test_a_json_file_of_vouchers(bare: Context, filed: Filed, tmp_path: Path) -> None:
    rows = [
        {"account": "8811", "debit": "278960.00"},
        {"account": 2125, "credit": "278960.00", "objects": {"1": "K1"}},
    ]
    path = tmp_path / "v.json"
    path.write_text(
        json.dumps({"vouchers": [{"date": "2025-12-31", "text": "Fond", "rows": rows}]}), "utf-8-sig"
    )
    (draft,) = await read_voucher_file(bare, filed[1].id, path)
    assert [(row.account, row.amount) for row in draft.rows] == [("8811", 27896000), ("2125", -27896000)]


@pytest.mark.parametrize(
    "text", ["{", "{}", '{"vouchers": 3}', '{"vouchers": [{"rows": []}]}', "[" * 100_000]
)
async def test_a_json_file_that_says_something_else(
    bare: Context, filed: Filed, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "v.json"
    path.write_text(text, "utf-8")
    assert (await code_of(read_voucher_file(bare, filed[1].id, path))).code == "usage"


async def test_another_companys_file_of_vouchers_is_refused(
    bare: Context, filed: Filed, tmp_path: Path
) -> None:
    path = tmp_path / "v.si"
    path.write_bytes(
        b"#FLAGGA 0\r\n#SIETYP 4\r\n#ORGNR 556036-0793\r\n#FNAMN X\r\n#VER A 1 20251231 x\r\n{\r\n#TRANS 1 {} 0\r\n}\r\n"
    )
    assert (await code_of(read_voucher_file(bare, filed[1].id, path))).code == "company_mismatch"


async def test_a_voucher_named_twice_is_changed_once(
    bare: Context, filed: tuple[Client, Engagement], with_rows: Callable[..., DraftVoucher]
) -> None:
    (made,) = await add_vouchers(bare, filed[1].id, [with_rows(("1710", 100), ("5010", -100))])
    assert [one.id for one in await mark_ready(bare, [made.id, made.id])] == [made.id]


async def test_an_empty_id_is_told_of_as_such(bare: Context) -> None:
    with pytest.raises(UsageError) as caught:
        await get_voucher(bare, "")
    assert (caught.value.code, caught.value.title) == ("id_unknown", "Det angivna id:t är tomt.")


async def test_a_sie_file_with_rows_that_cannot_be_read_is_refused_although_the_rest_balances(
    bare: Context, filed: Filed, tmp_path: Path
) -> None:
    path = tmp_path / "v.si"
    rows = ["1710 {} 100.00", "5010 {} -100.00", "2440 {} 1,000.00", "4010 {} -1,000.00"]
    lines = [
        "#FLAGGA 0",
        "#SIETYP 4",
        "#FNAMN X",
        "#VER A 1 20251231 x",
        "{",
        *(f"#TRANS {row}" for row in rows),
        "}",
    ]
    path.write_bytes("\r\n".join([*lines, ""]).encode())
    error = await code_of(read_voucher_file(bare, filed[1].id, path))
    assert (error.code, "8" in error.title) == ("sie_fatal", True)
