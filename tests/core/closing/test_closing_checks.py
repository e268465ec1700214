from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from core.closing.checks import YearFacts, check_vouchers, refusals, require, require_balanced
from core.errors import Refused
from core.model import Account, FiscalYear, ObjectRule, Row, Series
from core.register import Check, ClosingVoucher

Make = Callable[..., ClosingVoucher]

ACCOUNTS = {
    "8811": Account("8811", "Avsättning"),
    "2125": Account("2125", "Periodiseringsfond"),
    "1999": Account("1999", "Gammalt konto", active=False),
    "2611": Account("2611", "Utgående moms", vat_code="U1"),
}
SERIES = [Series("A", "Redovisning", True), Series("B", "Kundfakturor", False), Series("I", "Bokslut", True)]


def check_of(checks: list[Check], code: str) -> Check:
    return next(check for check in checks if check.code == code)


def test_a_good_voucher_passes_every_check(make: Make, year: FiscalYear) -> None:
    facts = YearFacts(year, ACCOUNTS, SERIES, date(2025, 11, 30))
    assert all(check.ok for check in check_vouchers([make()], facts, "I"))


def test_an_unbalanced_voucher_is_refused_with_its_code(make: Make) -> None:
    with pytest.raises(Refused) as caught:
        require_balanced([make(rows=(Row("8811", 1_000_00), Row("2125", -999_99)))])
    assert caught.value.code == "voucher_unbalanced"
    assert "0,01" in caught.value.title


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"rows": (Row("8811", 1_00), Row("2125", -2_00))}, "voucher_unbalanced"),
        ({"rows": (Row("8811", 0),)}, "rows_missing"),
        ({"rows": ()}, "rows_missing"),
        ({"text": "  "}, "text_missing"),
        ({"date": date(2026, 1, 1)}, "date_outside_year"),
        ({"rows": (Row("8811", 1_00), Row("2199", -1_00))}, "account_unknown"),
        ({"rows": (Row("8811", 1_00), Row("1999", -1_00))}, "account_inactive"),
    ],
)
def test_a_fault_stops_the_voucher(
    make: Make, year: FiscalYear, fields: dict[str, object], code: str
) -> None:
    stopped = refusals(check_vouchers([make(**fields)], YearFacts(year, ACCOUNTS)))
    assert [check.code for check in stopped] == [code]
    assert stopped[0].remedy


@pytest.mark.parametrize(("series", "code"), [("X", "series_unknown"), ("B", "series_not_manual")])
def test_a_series_must_exist_and_be_open_for_manual_entry(
    make: Make, year: FiscalYear, series: str, code: str
) -> None:
    stopped = refusals(check_vouchers([make()], YearFacts(year, series=SERIES), series))
    assert [check.code for check in stopped] == [code]


def test_a_series_with_an_approver_is_a_warning_that_names_the_person(make: Make, year: FiscalYear) -> None:
    approved = [Series("A", "Redovisning", True, approver="Eva Ek")]
    checks = check_vouchers([make()], YearFacts(year, series=approved), "A")
    flagged = check_of(checks, "series_approver")
    assert (flagged.warning, "Eva Ek" in flagged.text, refusals(checks)) == (True, True, [])


def test_a_locked_period_is_a_warning_that_names_the_closing_series(make: Make, year: FiscalYear) -> None:
    facts = YearFacts(year, locked_to=date(2025, 12, 31))
    lock = check_of(check_vouchers([make()], facts, "A"), "period_locked")
    assert (lock.ok, lock.warning, "series I" in lock.remedy) == (False, True, True)


def test_the_closing_series_is_not_touched_by_the_lock(make: Make, year: FiscalYear) -> None:
    facts = YearFacts(year, locked_to=date(2025, 12, 31))
    assert check_of(check_vouchers([make()], facts, "I"), "period_locked").ok


def test_characters_that_fortnox_refuses_are_shown_with_the_cleaned_text(
    make: Make, year: FiscalYear
) -> None:
    characters = check_of(check_vouchers([make(text='Hyra [Q1] "A"')], YearFacts(year)), "text_characters")
    assert characters.warning
    assert "Hyra (Q1) ’A’" in characters.text


def test_a_text_of_refused_characters_alone_is_no_text(make: Make, year: FiscalYear) -> None:
    assert [one.code for one in refusals(check_vouchers([make(text="\U0001f600")], YearFacts(year)))] == [
        "text_missing"
    ]


def test_a_text_that_is_cut_is_a_warning(make: Make, year: FiscalYear) -> None:
    assert check_of(check_vouchers([make(text="x" * 200)], YearFacts(year)), "text_long").ok
    assert check_of(check_vouchers([make(text="x" * 201)], YearFacts(year)), "text_long").warning


def test_a_vat_account_inside_a_reported_period_is_a_warning(make: Make, year: FiscalYear) -> None:
    facts = YearFacts(year, ACCOUNTS, vat_reported_to=date(2025, 12, 31))
    voucher = make(rows=(Row("8811", 1_00), Row("2611", -1_00)))
    vat = check_of(check_vouchers([voucher], facts), "vat_reported")
    assert (vat.ok, vat.warning) == (False, True)
    assert "2611" in vat.text
    assert "8811" not in vat.text


def test_an_account_of_the_group_without_a_vat_code_is_proposed(make: Make, year: FiscalYear) -> None:
    free = {number: Account(number, "") for number in ("2650", "2690", "3740")}
    facts = YearFacts(year, {**ACCOUNTS, **free}, vat_reported_to=date(2025, 12, 31))
    voucher = make(rows=(Row("8811", 1_00), Row("2611", -1_00)))
    assert "2611 → 2650." in check_of(check_vouchers([voucher], facts), "vat_reported").remedy


def test_the_same_account_may_stand_on_two_rows(make: Make, year: FiscalYear) -> None:
    rows = (Row("8811", 1_00), Row("8811", 2_00), Row("2125", -3_00))
    assert not refusals(check_vouchers([make(rows=rows)], YearFacts(year, ACCOUNTS)))


@pytest.mark.parametrize(
    ("account", "objects", "fault"),
    [
        (Account("5010", "", cost_centre=ObjectRule.MANDATORY), (), "5010 needs a cost centre"),
        (Account("5010", "", cost_centre=ObjectRule.NOT_ALLOWED), (("1", "K"),), "5010 takes no cost centre"),
        (Account("5010", "", project=ObjectRule.MANDATORY), (("1", "K"),), "5010 needs a project"),
        (Account("5010", "", project=ObjectRule.NOT_ALLOWED), (("6", "P"),), "5010 takes no project"),
    ],
)
def test_cost_centres_and_projects_follow_the_account(
    make: Make, year: FiscalYear, account: Account, objects: tuple[tuple[str, str], ...], fault: str
) -> None:
    voucher = make(rows=(Row("5010", 1_00, "", objects), Row("2125", -1_00)))
    (stopped,) = refusals(check_vouchers([voucher], YearFacts(year, {**ACCOUNTS, "5010": account})))
    assert (stopped.code, fault in stopped.text) == ("objects", True)


def test_an_incomplete_voucher_raises_with_every_check_in_the_details(make: Make, year: FiscalYear) -> None:
    with pytest.raises(Refused) as caught:
        require(check_vouchers([make(text="", rows=())], YearFacts(year)))
    assert caught.value.code == "voucher_incomplete"
    assert caught.value.details["checks"] == ["rows_missing", "text_missing"]
