"""The sentence of each finding, made where it is shown, in the language in use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from core.i18n import _, mark
from core.model import Finding
from core.money import to_swedish
from core.sie import values
from core.text import clean

_AMOUNTS = frozenset({"difference", "ib", "ub", "res", "change", "previous_ub"})

_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "empty": mark("The file is empty."),
        "html": mark(
            "The file is a web page (HTML), not SIE: the address it was fetched from answered with a page."
        ),
        "sie5": mark("The file is SIE 5 (XML); brygga reads SIE 1–4."),
        "xml": mark("The file is XML, not SIE."),
        "pdf": mark("The file is a PDF, not SIE."),
        "archive": mark("The file is a compressed archive or an Excel workbook, not SIE."),
        "utf16": mark("The file is saved as UTF-16, which no SIE file is."),
        "binary": mark("The file is binary, not SIE."),
        "text": mark("The file is text without a single SIE record."),
    }
)

_SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "account_not_numeric": mark("A row is booked on account “{account}”, which is no account number."),
        "account_odd": mark("Account “{account}” in the chart of accounts is no account number."),
        "account_repeated": mark("Account {account} is declared more than once; the last name is used."),
        "account_type_bad": mark("Account {account} has the type “{value}”; only T, S, K and I exist."),
        "account_undeclared": mark(
            "Accounts are used that the chart of accounts does not declare: {accounts}."
        ),
        "account_without_name": mark("Account {account} has no name."),
        "added_row_without_twin": mark(
            "An added row (#RTRANS) on account {account} is not followed by the same row as #TRANS; only #TRANS counts."
        ),
        "amount_bad": mark(
            "{label} has the amount “{value}”, which cannot be read; the record is not counted."
        ),
        "amount_odd": mark(
            "The amount “{value}” is written in a way that the format forbids; it was understood."
        ),
        "amounts_absurd": mark("The amounts of the file are so large together that they cannot be right."),
        "balance_mismatch": mark(
            "Account {account}: opening balance {ib} plus the year's vouchers {change} is not the closing balance"
            " {ub}; the difference is {difference}."
        ),
        "balance_repeated": mark(
            "{label} is given more than once for account {account}; the last one is used."
        ),
        "brace_missing": mark("A brace “{brace}” is missing around the rows of a voucher."),
        "brace_stray": mark("A brace “{brace}” stands where no voucher begins or ends."),
        "character_replaced": mark(
            "“{character}” does not exist in SIE files and was written as “{replacement}”."
        ),
        "control_characters": mark("The line holds control characters; they were dropped."),
        "currency_other": mark(
            "The books are kept in {currency}, not in SEK; the amounts are shown as they stand."
        ),
        "date_bad": mark("The voucher's date “{value}” is no date; the voucher is not counted in the year."),
        "date_odd": mark("The voucher's date is written as “{value}”; it was understood."),
        "date_outside_year": mark(
            "Voucher {series} {number} is dated {day}, outside the fiscal year; it is not counted in the year."
        ),
        "encoding_not_cp437": mark(
            "The file is saved as {encoding} and not as CP437; the texts were read right."
        ),
        "fields_extra": mark("{label} has more fields than the format knows; they were skipped."),
        "flag_set": mark("The file is marked as already read in (#FLAGGA 1)."),
        "header_date_bad": mark("{label} has the date “{value}”, which is no date."),
        "header_missing": mark("{label} is missing at the head of the file."),
        "header_repeated": mark("{label} is given more than once; the first one is used."),
        "ksumma_mismatch": mark(
            "The control sum (#KSUMMA) is {declared} but the contents give {computed}: the file has been changed."
        ),
        "ksumma_truncated": mark(
            "The file begins with a control sum (#KSUMMA) but has none at its end: it is cut off."
        ),
        "ksumma_unopened": mark(
            "The control sum (#KSUMMA) has no beginning in the file; it cannot be checked."
        ),
        "label_unknown": mark("{label} is no SIE record; it is skipped."),
        "line_too_long": mark("The line is {length} characters long and was skipped."),
        "line_without_label": mark("The line does not begin with a record label; it is skipped."),
        "lost_letters": mark("Letters were lost before the file came here, for instance in “{example}”."),
        "more_of_same": mark("There are {count} more findings of the kind “{of}”."),
        "number_descending": mark("Voucher {series} {number} comes after a higher number in its series."),
        "number_gap": mark("Voucher numbers {first}–{last} are missing in series {series}."),
        "number_repeated": mark("Voucher number {series} {number} is used more than once."),
        "object_list_missing": mark("{label} has no object list; the amount was read one field earlier."),
        "objects_odd": mark("The object list lacks an object for its last dimension."),
        "objects_unclosed": mark("The object list is not closed with “}}”."),
        "opening_mismatch": mark(
            "Account {account}: opening balance {ib} is not the previous year's closing balance {previous_ub}."
        ),
        "opening_unbalanced": mark(
            "The opening balances do not sum to zero but to {difference}; the previous year may not be closed."
        ),
        "order": mark("{label} stands later in the file than the format says; it was read all the same."),
        "orgnr_bad": mark("The organisation number “{orgnr}” is not a valid one."),
        "period_bad": mark("{label} has the month “{value}”, which is no month."),
        "quote_inside": mark("A quotation mark stands inside a text; letters may have been lost."),
        "quote_unclosed": mark(
            "A text is not closed with a quotation mark; it was read to the end of the line."
        ),
        "record_in_voucher": mark("{label} stands inside a voucher; it was read all the same."),
        "regdate_bad": mark("The voucher's registration date “{value}” is no date."),
        "result_mismatch": mark(
            "Account {account}: the year's vouchers sum to {change} but the result is given as {res}; the difference is"
            " {difference}."
        ),
        "row_before_brace": mark("A row stands before its voucher's opening brace; it was counted."),
        "row_left_out": mark("A row on account {account} was left out: its amount could not be read."),
        "row_outside_voucher": mark("{label} stands outside every voucher; it is not counted."),
        "text_cut": mark("The text “{text}” was cut to {limit} characters."),
        "too_large": mark("The file is {size} bytes; at most {largest} are read."),
        "transdate_bad": mark("The row's date “{value}” is no date; the voucher's date applies."),
        "value_missing": mark("{label} has no value."),
        "voucher_empty": mark("Voucher {series} {number} of {day} has no rows."),
        "voucher_struck": mark("Voucher {series} {number} of {day} has only removed rows; it is struck."),
        "voucher_unbalanced": mark(
            "Voucher {series} {number} of {day} does not balance: it differs by {difference}."
        ),
        "year_bad": mark("#RAR has no valid from and to date: “{value}”."),
        "year_missing": mark("The file does not say which fiscal year it is for (#RAR 0)."),
        "year_number_bad": mark("{label} has the year number “{value}”, which cannot be read."),
    }
)


def message(finding: Finding) -> str:
    """The finding as a sentence, without its line number."""
    if finding.code == "not_sie":
        return _(_KINDS[str(finding.parameters["kind"])])
    sentence = _SENTENCES.get(finding.code)
    if sentence is None:
        return finding.code
    return _(sentence).format(**{name: _shown(name, value) for name, value in finding.parameters.items()})


def codes() -> Iterable[str]:
    """All codes that have a sentence."""
    return [*_SENTENCES, "not_sie"]


def _shown(name: str, value: object) -> str:
    if name in _AMOUNTS and isinstance(value, int):
        return to_swedish(value)
    if name == "day" and isinstance(value, int):
        return str(values.to_date(value) or "?")
    if isinstance(value, list):
        listed = ", ".join(str(one) or "“”" for one in value[:12])
        return f"{listed} …" if len(value) > 12 else listed
    return clean(str(value))
