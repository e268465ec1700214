"""Whatever the bytes: nothing raises, nothing hangs, and a total that is not zero has its finding."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.sie_generated import fortnox_year
from core.model import Severity
from core.sie.file import SieFile
from core.sie.messages import message
from core.sie.reader import read
from core.sie.report import report_lines
from core.sie.rewrite import rewrite

Corpus = list[tuple[dict[str, Any], bytes]]


def use_everything(data: bytes) -> SieFile:
    """Read the bytes and ask for everything that can be asked for."""
    sie = read(data)
    vouchers = list(sie.vouchers())
    assert len(vouchers) == sie.voucher_count
    assert [voucher.balance for voucher in vouchers] == list(sie.columns.voucher_sum)
    assert sum(sie.columns.row_amount) == sum(voucher.balance for voucher in vouchers)
    if sum(sie.columns.row_amount):
        assert sie.counts["voucher_unbalanced"]
    assert all(message(finding) for finding in sie.findings)
    assert all(finding.line is None or 1 <= finding.line <= sie.lines + 1 for finding in sie.findings)
    assert list(report_lines("x", sie))
    if sie.fatal is None:
        rewrite(sie)
    return sie


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=2000))
def test_random_bytes(data: bytes) -> None:
    use_everything(data)


@settings(max_examples=100, deadline=None)
@given(st.text('#VERTANSKO{}"\\ \t\r\n0123456789.-åäö\x00\x1a', max_size=600))
def test_random_text_of_the_formats_own_characters(text: str) -> None:
    use_everything(b"#FLAGGA 0\n" + text.encode("cp437"))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_shuffled_cut_and_flipped_years(seed: int) -> None:
    chance = random.Random(seed)
    data = fortnox_year(25, seed=seed % 11)
    lines = data.splitlines(keepends=True)
    kind = chance.randrange(3)
    if kind == 0:
        chance.shuffle(lines)
        data = b"".join(lines)
    elif kind == 1:
        data = data[: chance.randrange(len(data))]
    else:
        changed = bytearray(data)
        for _ in range(chance.randrange(1, 60)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        data = bytes(changed)
    use_everything(data)


def test_cut_and_shuffled_corpus_files(corpus: Corpus) -> None:
    chance = random.Random(7)
    for _entry, data in corpus:
        if len(data) < 50_000:
            use_everything(data[: chance.randrange(len(data))])
            lines = data.splitlines(keepends=True)
            chance.shuffle(lines)
            use_everything(b"".join(lines))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "empty"),
        (b"\r\n \x1a", "empty"),
        (b"<!DOCTYPE html><html></html>", "html"),
        (b'<?xml version="1.0"?><Sie xmlns="http://www.sie.se/sie5"/>', "sie5"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><a/>", "xml"),
        (b"%PDF-1.7", "pdf"),
        (b"PK\x03\x04abc", "archive"),
        ("#FLAGGA 0".encode("utf-16"), "utf16"),
        (b"\x00\x01\x02\x03", "binary"),
        (b"Hej och h\x84lsningar", "text"),
    ],
)
def test_what_is_no_sie_file_is_named(data: bytes, kind: str) -> None:
    fatal = read(data).fatal
    assert fatal is not None
    assert (fatal.severity, fatal.code, fatal.parameters["kind"]) == (Severity.FATAL, "not_sie", kind)


def test_a_file_over_the_limit_is_refused_unread() -> None:
    fatal = read(b"#FLAGGA 0\n" * 100, largest=999).fatal
    assert fatal is not None
    assert fatal.code == "too_large"


@pytest.mark.parametrize(
    "unit",
    [b'"', b"\\", b'\\"', b"{", b"}", b"{}", b' "', b"#VER ", b"#TRANS", b'#VER "', b"#", b" ", b"\t", b"\r"],
)
def test_long_repetitions_are_read_in_linear_time(unit: bytes) -> None:
    """A quadratic reading of these would take minutes and meet the time-out."""
    flood = unit * (1_000_000 // len(unit))
    read(b"#FLAGGA 0\n#VER A 1 20250101 x\n{\n#TRANS 1510 {} 5 " + flood)
    read(b"#FLAGGA 0\n" + (unit + b"\n") * 50_000)


def test_thousands_of_undeclared_accounts_are_checked_in_linear_time() -> None:
    """A search of the rows for each of them would take minutes and meet the time-out."""
    vouchers = [
        b"#VER A %d 20250101 x\n{\n#TRANS %d {} 1\n#TRANS 1510 {} -1\n}\n" % (number, 100_000 + number)
        for number in range(1, 20_001)
    ]
    sie = read(b"#FLAGGA 0\n#SIETYP 4\n" + b"".join(vouchers))
    (finding,) = [one for one in sie.findings if one.code == "account_undeclared"]
    assert finding.line == 3


@pytest.mark.parametrize("fast", [True, False])
def test_amounts_whose_sum_no_program_can_keep_refuse_the_file(fast: bool) -> None:
    rows = b"#TRANS 1510 {} 999999999999999.00\n" * 100
    sie = read(b"#FLAGGA 0\n#VER A 1 20250101 x\n{\n" + rows + b"}\n", fast=fast)
    assert sie.fatal is not None
    assert sie.fatal.code == "amounts_absurd"
