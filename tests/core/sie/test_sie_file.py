from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.sie_generated import fortnox_year
from core.errors import Refused, UsageError
from core.sie.books import balances
from core.sie.reader import read, read_steps
from core.sie.report import report_lines
from core.sie.summary import summary
from core.sie.vouchers import RowKind
from core.usecases.progress import Progress
from core.usecases.sie import check_file, summarise_file

AUDIT = b"""#FLAGGA 0
#SIETYP 4
#RAR 0 20250101 20251231
#VER A 1 20250301 "R\x84ttad"
{
#TRANS 1510 {1 "10" 6 "P 1"} 100.00 20250302 "Rad" 5 Anna
#TRANS 3001 {} -100
#BTRANS 1930 {} 7 20250303 "" "" Bo
#RTRANS 1920 {} 8 20250303 "" "" Bo
#TRANS 1920 {} 8
#TRANS 1930 {} -8
}
"""


def test_a_voucher_is_made_when_it_is_asked_for() -> None:
    voucher = read(AUDIT).voucher(0)
    assert (voucher.series, voucher.number, voucher.date, voucher.text) == (
        "A",
        "1",
        date(2025, 3, 1),
        "Rättad",
    )
    assert voucher.rows[0].objects == (("1", "10"), ("6", "P 1"))
    assert [row.amount for row in voucher.rows] == [10000, -10000, 800, -800]


def test_added_and_removed_rows_are_kept_but_never_summed() -> None:
    sie = read(AUDIT)
    audited = [row for row in sie.voucher_record(0).rows if row.kind is not RowKind.LIVE]
    assert [(row.kind, row.account, row.amount, row.sign) for row in audited] == [
        (RowKind.REMOVED, "1930", 700, "Bo"),
        (RowKind.ADDED, "1920", 800, "Bo"),
    ]
    assert sie.change == {"1510": 10000, "3001": -10000, "1920": 800, "1930": -800}
    assert sie.transaction_count == 4


def test_balances_are_computed_where_the_file_has_none() -> None:
    figures = balances(read(AUDIT))
    assert figures.ub == {"1510": 10000, "1920": 800, "1930": -800}
    assert figures.res == {"3001": -10000}


def test_a_year_file_without_balances_is_told_by_its_name() -> None:
    assert read(AUDIT, name="a.SE").type == "4E"
    assert read(AUDIT, name="a.si").type == "4I"


def test_a_reading_goes_in_steps_to_the_end() -> None:
    data = fortnox_year(3_000)
    steps = list(read_steps(data))
    assert steps[-1].done == steps[-1].size == len(data)
    assert max(after.done - before.done for before, after in pairwise(steps)) <= 256 * 1024


def test_the_summary_has_the_contracts_fields() -> None:
    record = summary(read(AUDIT, name="x.se"))
    assert record["sums"] == {"ib": {"0": "0.00"}, "ub": {"0": "0.00"}, "res": {"0": "0.00"}}
    assert record["years"] == {"0": ["2025-01-01", "2025-12-31"]}
    assert (record["type"], record["transactions"], record["orgnr"]) == ("4E", 4, None)


def test_the_report_puts_the_worst_first_and_shows_the_line() -> None:
    sie = read(AUDIT.replace(b"-100", b"-99"))
    lines = list(report_lines("x", sie))
    error = next(at for at, line in enumerate(lines) if "#VER A 1" in line)
    warning = next(at for at, line in enumerate(lines) if "#FORMAT" in line)
    assert error < warning


async def test_a_page_saved_as_sie_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "x.se"
    path.write_bytes(b"<html><title>404</title></html>")
    with pytest.raises(Refused) as refusal:
        await summarise_file(path)
    assert refusal.value.code == "not_sie"
    assert not (await check_file(path)).ok


async def test_a_missing_file_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        await check_file(tmp_path / "x.se")
    assert error.value.code == "file_missing"


async def test_a_long_reading_tells_of_its_progress(tmp_path: Path) -> None:
    path = tmp_path / "x.se"
    path.write_bytes(fortnox_year(10_000))
    told: list[Progress] = []
    assert (await check_file(path, progress=told.append)).ok
    assert [one.step for one in told] == sorted({one.step for one in told})
    assert len(told) > 5
