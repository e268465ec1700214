from __future__ import annotations

from datetime import date

import pytest

from bridge.cli.exits import Exit, combine, error_answer, exit_code
from bridge.cli.export import export_exit
from core.errors import (
    BryggaError,
    FortnoxRejected,
    Internal,
    Interrupted,
    LoginNeeded,
    OutcomeUnknown,
    Refused,
    TryLater,
    UsageError,
)
from core.model import Finding, FiscalYear, Severity
from core.register import Client, Engagement, SourceKind, VoucherState
from core.usecases.export_result import ExportedVoucher, ExportResult


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (UsageError, 2),
        (LoginNeeded, 4),
        (TryLater, 5),
        (OutcomeUnknown, 6),
        (Refused, 7),
        (FortnoxRejected, 1),
        (Interrupted, 130),
        (Internal, 1),
    ],
)
def test_each_kind_of_error_has_its_exit_code(kind: type[BryggaError], code: int) -> None:
    assert exit_code(kind("x", "title")) == code


def test_unknown_wins_over_login_over_later_over_partly_over_failed() -> None:
    order = [Exit.UNKNOWN, Exit.LOGIN, Exit.LATER, Exit.FAILED]
    for position, code in enumerate(order):
        assert combine(order[position:], some_done=False) == code


def test_something_done_and_something_failed_is_partly() -> None:
    assert combine([Exit.FAILED, Exit.REFUSED], some_done=True) == Exit.PARTLY


def test_a_login_needed_wins_over_partly() -> None:
    assert combine([Exit.LOGIN], some_done=True) == Exit.LOGIN


def test_nothing_failed_is_done() -> None:
    assert combine([], some_done=False) == Exit.DONE


def test_all_refused_alike_is_refused() -> None:
    assert combine([Exit.REFUSED, Exit.REFUSED], some_done=False) == Exit.REFUSED


def test_all_failed_for_different_reasons_is_failed() -> None:
    assert combine([Exit.REFUSED, Exit.USAGE], some_done=False) == Exit.FAILED


def test_the_error_record_has_every_key_and_its_facts_stand_beside_it() -> None:
    error = Refused(
        "not_sie", "t", "m", "h", {"findings": [Finding(Severity.FATAL, "not_sie", None, {"kind": "html"})]}
    )
    answer = error_answer(error)
    assert answer["error"] == {
        "code": "not_sie",
        "title": "t",
        "message": "m",
        "hint": "h",
        "retryable": False,
    }
    findings = answer["findings"]
    assert isinstance(findings, list)
    assert set(findings[0]) == {"severity", "code", "line", "message"}


def result(
    *, posted: int = 0, rejected: int = 0, unknown: int = 0, left: int = 0, **more: object
) -> ExportResult:
    states = (
        [VoucherState.POSTED] * posted
        + [VoucherState.REJECTED] * rejected
        + [VoucherState.UNKNOWN] * unknown
        + [VoucherState.READY] * left
    )
    vouchers = [ExportedVoucher(str(number), state, "", "") for number, state in enumerate(states)]
    year = FiscalYear(date(2025, 1, 1), date(2025, 12, 31))
    return ExportResult(
        Client("c", "A AB", "556677-8899"),
        Engagement("e", "c", year, SourceKind.FORTNOX),
        "I",
        vouchers,
        posted,
        rejected,
        unknown,
        **more,  # type: ignore[arg-type] # only ``stopped``
    )


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (result(), Exit.DONE),
        (result(posted=2), Exit.DONE),
        (result(rejected=2), Exit.FAILED),
        (result(posted=1, rejected=1), Exit.PARTLY),
        (result(posted=1, rejected=1, unknown=1), Exit.UNKNOWN),
        (result(posted=1, left=1, stopped=TryLater("fortnox_unreachable", "t")), Exit.LATER),
        (result(posted=1, left=1, stopped=LoginNeeded("login_needed", "t")), Exit.LOGIN),
    ],
)
def test_an_export_ends_with_the_most_urgent_code(made: ExportResult, code: Exit) -> None:
    assert export_exit(made) == code
