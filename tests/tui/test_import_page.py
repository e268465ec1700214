from __future__ import annotations

from datetime import UTC, date, datetime

from core.model import Account
from core.usecases.diffs import AccountChange, BooksDiff, VoucherChange
from tui.paint import Line
from tui.screens.imports import cut_to, diff_lines

BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
ADDED = [VoucherChange("A", str(n), date(2025, 12, 31), "Hyra", 100_00, ours=False) for n in range(1, 9)]
DIFF = BooksDiff(
    ADDED, accounts=[AccountChange(Account("1930", "Bank"), 0, -800_00)], imports=(BEFORE, BEFORE)
)


def text(lines: list[Line]) -> list[str]:
    return ["".join(span for span, _tone in line) for line in lines]


def test_every_changed_voucher_and_account_is_told() -> None:
    told = text(diff_lines(DIFF))
    assert len(told) == 2 + 8 + 1
    assert "→ −800,00" in told[-1]


def test_what_there_is_no_room_for_is_counted() -> None:
    shown = text(cut_to(diff_lines(DIFF), 6))
    assert len(shown) == 6
    assert "6" in shown[-1]


def test_a_first_import_has_nothing_to_compare() -> None:
    assert diff_lines(BooksDiff(imports=(None, BEFORE))) == []
