"""The overview as text: a table, and on a narrow terminal two lines for each engagement."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bridge.cli.status import status_lines
from core.model import FiscalYear
from core.register import (
    AnnexStatus,
    Client,
    ConnectionMode,
    ConnectionState,
    ConnectionView,
    Engagement,
    EngagementStatus,
    NextStep,
    SourceKind,
    VoucherState,
)

ROW = EngagementStatus(
    Client("1", "Livs & Delikatesser i Skellefteå AB", "559999-1014"),
    Engagement("2", "1", FiscalYear(date(2025, 1, 1), date(2025, 12, 31)), SourceKind.FORTNOX),
    ConnectionView(ConnectionState.ACTIVE, ConnectionMode.SERVICE),
    datetime(2026, 1, 15, 2, 31, tzinfo=UTC),
    (AnnexStatus("1510", 451_200_000), AnnexStatus("2440", -12_345_600)),
    {VoucherState.DRAFT: 12, VoucherState.POSTED: 3},
    0,
    NextStep.EXPLAIN,
)


@pytest.mark.parametrize("width", [80, 90])
def test_a_narrow_terminal_gets_no_line_that_is_too_long(width: int) -> None:
    lines = list(status_lines([ROW], width))
    assert max(map(len, lines)) <= width
    assert len(lines) == 3


@pytest.mark.parametrize("width", [None, 200])
def test_elsewhere_it_is_one_line_for_each_engagement(width: int | None) -> None:
    _heads, line = status_lines([ROW], width)
    assert line.startswith("Livs & Delikatesser i Skellefteå AB")


def test_nothing_is_left_out_where_it_is_narrow() -> None:
    wide, narrow = ("".join(status_lines([ROW], width)) for width in (None, 80))
    for told in ("4 512 000,00", "−123 456,00", "3/15"):
        assert told.replace(" ", "\u00a0") in wide.replace(" ", "\u00a0")
        assert told.replace(" ", "\u00a0") in narrow.replace(" ", "\u00a0")
