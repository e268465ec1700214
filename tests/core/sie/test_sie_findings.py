"""Each defect has its finding, on its line, with a sentence."""

from __future__ import annotations

import pytest

from core.model import Severity
from core.sie.findings import KEPT_PER_CODE
from core.sie.messages import message
from core.sie.reader import read

HEAD = """#FLAGGA 0
#PROGRAM "Prov" 1.0
#FORMAT PC8
#GEN 20250101
#SIETYP 4
#FNAMN "Prov AB"
#RAR 0 20250101 20251231
#KONTO 1510 "Kundfordringar"
#KONTO 3001 "Intäkter"
"""
VOUCHER = '#VER A 1 20250301 "Faktura"\n{\n#TRANS 1510 {} 100\n#TRANS 3001 {} -100\n}\n'
FIRST = HEAD.count("\n") + 1
E, W, I = Severity.ERROR, Severity.WARNING, Severity.INFO  # noqa: E741 - the severities of the table below


def found(text: str, name: str = "x.se") -> dict[str, tuple[Severity, int | None]]:
    """The severity and line of the first finding of each code."""
    findings = read(text.encode("cp437"), name=name).findings
    return {one.code: (one.severity, one.line) for one in reversed(findings)}


def test_a_whole_file_has_no_findings() -> None:
    assert found(HEAD + VOUCHER) == {}


@pytest.mark.parametrize(
    ("old", "new", "code", "severity", "line"),
    [
        ("#FLAGGA 0", "#FLAGGA 1", "flag_set", W, 1),
        ("#FORMAT PC8\n", "", "header_missing", W, None),
        ('"Prov AB"', "", "value_missing", W, 6),
        ("#GEN 20250101", "#GEN 2025-01-01", "header_date_bad", W, 4),
        ("#RAR 0 20250101 20251231\n", "", "year_missing", I, None),
        ("20250101 20251231", "20251231 20250101", "year_bad", W, 7),
        ("#RAR 0", "#RAR x", "year_number_bad", E, 7),
        ('#KONTO 3001 "Intäkter"', "#KONTO 3001", "account_without_name", W, 9),
        ("#KONTO 3001", "#KONTO 1510", "account_repeated", W, 9),
        ("#KONTO 3001", "#KONTO 3OO1", "account_odd", W, 9),
        ("#KONTO 3001", "#KTYP 1510 X\n#KONTO 3001", "account_type_bad", W, 9),
        ("#KONTO 3001", "#MOMSKOD 1\n#KONTO 3001", "label_unknown", I, 9),
        ("#KONTO 3001", "; kommentar\n#KONTO 3001", "line_without_label", I, 9),
        ("#KONTO 3001", "#PSALDO 0 202513 1510 {} 5\n#KONTO 3001", "period_bad", W, 9),
        ("#KONTO 3001", "#PSALDO 0 202512 1510 5\n#KONTO 3001", "object_list_missing", I, 9),
        ("#KONTO 3001", "#IB 0 1510 5\n#KONTO 3001", "order", I, 10),
        ("#KONTO 3001", "#IB 0 1510 5\n#IB 0 1510 6\n#KONTO 3001", "balance_repeated", W, 10),
        ("#KONTO 3001", "#IB 0 1510 5O\n#KONTO 3001", "amount_bad", E, 9),
        ("#KONTO 3001", "#VALUTA EUR\n#KONTO 3001", "currency_other", W, 9),
        ("#KONTO 3001", "#ORGNR 556677-8898\n#KONTO 3001", "orgnr_bad", W, 9),
        ('"Intäkter"', '"Intäkter" 5', "fields_extra", I, 9),
        ('"Intäkter"', '"Int\x01äkter"', "control_characters", W, 9),
        ('"Intäkter"', '"Int"kter och annat"', "quote_inside", W, 9),
        ("20250301", "20250229", "date_bad", E, FIRST),
        ("20250301", "2025-03-01", "date_odd", W, FIRST),
        ("20250301", "20260301", "date_outside_year", W, FIRST),
        ('"Faktura"', '"Faktura" 20250230', "regdate_bad", W, FIRST),
        ("-100", "-99.5", "voucher_unbalanced", E, FIRST),
        ("{} 100", "{} 1OO", "amount_bad", E, FIRST + 2),
        ("{} 100", "{} 100,00", "amount_odd", W, FIRST + 2),
        ("{} 100", "{} 100.000", "amount_odd", W, FIRST + 2),
        ("{} 100", "{} 100.001", "amount_bad", E, FIRST + 2),
        ("{} 100", "{} +100", "amount_odd", W, FIRST + 2),
        ("{} 100", "{} 100-", "amount_bad", E, FIRST + 2),
        ("{} 100", "{1} 100", "objects_odd", W, FIRST + 2),
        ("{} 100", "{1 2 100", "objects_unclosed", W, FIRST + 2),
        ("{} 100", "100", "object_list_missing", I, FIRST + 2),
        ("{} 100", '{} 100 "" "text', "quote_unclosed", W, FIRST + 2),
        ("{} 100", '{} 100 20250230 ""', "transdate_bad", W, FIRST + 2),
        ("#TRANS 1510", "#TRANS FEL", "account_not_numeric", E, FIRST + 2),
        ("#TRANS 1510", "#TRANS 1511", "account_undeclared", W, FIRST),
        ("#TRANS 1510", "#RTRANS 1510 {} 7\n#TRANS 1510", "added_row_without_twin", W, FIRST + 2),
        ("#TRANS 1510", "#KONTO 1 x\n#TRANS 1510", "record_in_voucher", W, FIRST + 2),
        ("\n{", "", "row_before_brace", W, FIRST + 1),
        ("\n{", "\n{\n{", "brace_stray", W, FIRST + 2),
        ("-100\n}", "-100", "brace_missing", W, FIRST + 3),
        ("-100\n}", "-100\n}\n#TRANS 1510 {} 5", "row_outside_voucher", E, FIRST + 5),
        ("#TRANS 1510 {} 100\n#TRANS 3001 {} -100\n", "", "voucher_empty", W, FIRST),
        ("#TRANS 1510 {} 100\n#TRANS 3001 {} -100", "#BTRANS 1510 {} 5", "voucher_struck", I, FIRST),
        (VOUCHER, VOUCHER + VOUCHER, "number_repeated", W, FIRST + 5),
        (VOUCHER, VOUCHER.replace("A 1", "A 3") + VOUCHER, "number_descending", W, FIRST + 5),
        (VOUCHER, VOUCHER + VOUCHER.replace("A 1", "A 4"), "number_gap", I, None),
        (VOUCHER, VOUCHER + "#KONTO 1 " + "x" * 10_001, "line_too_long", E, FIRST + 5),
        (VOUCHER, "#UB 0 1510 101\n" + VOUCHER, "balance_mismatch", W, FIRST),
        (VOUCHER, "#RES 0 3001 -101\n" + VOUCHER, "result_mismatch", W, FIRST),
        (VOUCHER, "#IB 0 1510 1\n#UB -1 1510 2\n" + VOUCHER, "opening_mismatch", W, FIRST),
        (VOUCHER, "#IB 0 1510 1\n" + VOUCHER, "opening_unbalanced", W, None),
        ("Prov AB", "F├╢rs├ñlj AB", "lost_letters", W, None),
        ("#PROGRAM", "#KSUMMA\n#PROGRAM", "ksumma_truncated", Severity.FATAL, 2),
        ("#PROGRAM", "#KSUMMA 5\n#PROGRAM", "ksumma_unopened", W, 2),
    ],
)
def test_a_defect_is_found_on_its_line(
    old: str, new: str, code: str, severity: Severity, line: int | None
) -> None:
    text = HEAD + VOUCHER
    assert old in text
    assert found(text.replace(old, new, 1)).get(code) == (severity, line)


def test_a_missing_year_is_an_error_where_there_are_balances() -> None:
    text = HEAD.replace("#RAR 0 20250101 20251231\n", "") + "#UB 0 1510 5\n"
    assert found(text)["year_missing"] == (E, None)


def test_an_error_hides_no_later_one() -> None:
    text = HEAD + VOUCHER.replace("{} 100", "{} fel") + VOUCHER.replace("A 1", "A 2").replace("-100", "-90")
    errors = [one for one in read(text.encode("cp437")).findings if one.severity is E]
    assert [(one.code, one.line) for one in errors] == [
        ("voucher_unbalanced", FIRST),
        ("amount_bad", FIRST + 2),
        ("voucher_unbalanced", FIRST + 5),
    ]


def test_findings_of_one_kind_are_capped_and_counted() -> None:
    sie = read((HEAD + "skräp\n" * 500).encode("cp437"))
    kept = [one for one in sie.findings if one.code == "line_without_label"]
    more = [one for one in sie.findings if one.code == "more_of_same"]
    assert (len(kept), sie.counts["line_without_label"]) == (KEPT_PER_CODE, 500)
    assert more[0].parameters == {"of": "line_without_label", "count": 480}


def test_the_exact_difference_of_an_unbalanced_voucher_is_named() -> None:
    sie = read((HEAD + VOUCHER.replace("-100", "-99.5")).encode("cp437"))
    assert "0,50" in message(next(one for one in sie.findings if one.code == "voucher_unbalanced"))
    assert sie.unbalanced == 1


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [("cp437", "cp437"), ("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("cp1252", "cp1252")],
)
def test_the_encoding_is_known_by_the_bytes(encoding: str, expected: str) -> None:
    sie = read((HEAD + VOUCHER).encode(encoding))
    assert sie.encoding == expected
    assert sie.accounts["3001"] == "Intäkter"


def test_a_control_sum_that_differs_refuses_a_cp437_file() -> None:
    sie = read((HEAD.replace("#PROGRAM", "#KSUMMA\n#PROGRAM") + "#KSUMMA 5\n").encode("cp437"))
    assert sie.ksumma == "mismatch"
    assert sie.fatal is not None
