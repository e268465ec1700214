"""The column passes and the careful reader give the same figures, positions and findings."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.sie_generated import fortnox_year
from core.sie import reader
from core.sie.encoding import SLICE
from core.sie.file import SieFile
from core.sie.reader import read


def contents(sie: SieFile) -> dict[str, object]:
    columns = {name: value for name, value in vars(sie.columns).items() if name != "objects"}
    columns["objects"] = sie.columns.objects.lists
    return {
        **{name: getattr(sie, name) for name in sie.__slots__ if name not in {"columns", "data"}},
        **columns,
    }


def assert_same_both_ways(data: bytes) -> SieFile:
    careful, quick = read(data, fast=False), read(data)
    for size in (300, 3_000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reader, "SLICE", size)
            assert contents(read(data)) == contents(careful)
    assert contents(quick) == contents(careful)
    return quick


def test_a_generated_year_is_whole() -> None:
    sie = assert_same_both_ways(fortnox_year(3_000))
    assert sie.voucher_count == 3_000
    assert sie.transaction_count == 12_000
    assert sie.findings == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"\r\n", b"\n"),
        (b"#TRANS ", b"   #TRANS "),
        (b"#TRANS ", b"\t#TRANS  "),
        (b' "" "', b' 20250301 "'),
        (b' "" "" 0', b""),
        (b' "" "" 0', b" "),
        (b"#VER A ", b'#VER "A" '),
        (b"\r\n}\r\n", b"\r\n}\r\n\r\n"),
        (b" ", b"\t"),
        (b"{}", b"{ }"),
        (b"\r\n}", b'\r\n#BTRANS 1510 {} -5 20250101 "" "" "Anna"\r\n}'),
        (b".", b","),
        (b"0\r\n", b"0\r\r\n"),
    ],
)
def test_other_layouts(before: bytes, after: bytes) -> None:
    sie = assert_same_both_ways(fortnox_year(300).replace(before, after))
    assert sie.transaction_count == 1_200
    assert sie.unbalanced == 0


def test_lines_are_numbered_alike_in_a_file_of_many_stretches() -> None:
    lines = fortnox_year(3_000).split(b"\r\n")
    for at in range(600, len(lines), 1_500):
        lines.insert(at, b'#BTRANS 1510 {} fel "" "" 0')
    sie = assert_same_both_ways(b"\r\n".join(lines))
    assert len(sie.data) > 4 * SLICE
    assert {sie.line_texts([one.line])[one.line][:7] for one in sie.findings if one.line} == {"#BTRANS"}


ODD_LINES = (
    b'#TRANS 1510 {} 12.345 "" "" 0',
    b'#TRANS 1510 {} 1.2.3 "" "" 0',
    b'#TRANS 1510 {} .5 "" "" 0',
    b'#TRANS 1510 {} 5. "" "" 0',
    b'#TRANS 1510 {} 1e5 "" "" 0',
    b'#TRANS 1510 {} 1_0 "" "" 0',
    b'#TRANS 1510 {} +7 "" "" 0',
    b'#TRANS 1510 {} 123456789012345 "" "" 0',
    b'#TRANS 1510 {} 1234567890123456 "" "" 0',
    b'#TRANS 1510 {1} 7 "" "" 0',
    b'#TRANS 1510 {1 "2" 7 "" "" 0',
    b'#TRANS 1510 7 "" "" 0',
    b'#TRANS 1510 {}7 "" "" 0',
    b'#TRANS 1510{} 7 "" "" 0',
    b'#TRANS DIFF {} 7 "" "" 0',
    b'#TRANS "" {} 7 "" "" 0',
    b'#TRANS "1510" {} 7 "" "" 0',
    b'#TRANS 1510 {} 7 "" "a } b { c" 0',
    b'#TRANS 1510 {} 7 "" "a \\"b\\" c" 0',
    b'#TRANS 1510 {} 7 "" "a "" b" 0',
    b'#TRANS 1510 {} 7 "" "unclosed 0',
    b'#TRANS 1510 {} 7 20250230 "" 0',
    b'#TRANS 1510 {} 7 2025-02-03 "" 0',
    b'#TRANS 1510 {} 7 "" "" 0 Anna extra',
    b'#TRANS 1510 {"1" "Nord" 6 "} "} 7 "" "" 0',
    b'#TRANS 1510 {1 "" 6 "x"} 7 "" "" 0',
    b'#RTRANS 1510 {} 7 "" "" 0',
    b'#BTRANS 1510 {} 7 "" "" 0',
    b'#KONTO 1511 "Inne i"',
    b'#VER A 77 20250101 "Inne i" 20250101',
    b'#VER A 78 20251301 "Inne i" 20250101',
    b'#VER "A B" x 20250101',
    b'#VER A "79" "20250101" "x" "" sign',
    b"#TRANS\t1510\t{}\t7",
    b"#trans 1510 {} 7",
    b"#VERSION 5",
    b"{",
    b"}",
    b"",
    b"\x00\x01",
    b"#OKAND 1 2 3",
    b"utan etikett",
    b'#TRANS 1510 {} 7 "" "\x94\x84\x86 \xff" 0',
)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 5),
    odd=st.lists(st.tuples(st.sampled_from(ODD_LINES), st.integers(0, 10**6)), max_size=6),
    removed=st.lists(st.integers(0, 10**6), max_size=3),
    eol=st.sampled_from([b"\r\n", b"\n"]),
)
def test_odd_lines_anywhere(seed: int, odd: list[tuple[bytes, int]], removed: list[int], eol: bytes) -> None:
    lines = fortnox_year(60, seed=seed, objects=0.5).split(b"\r\n")
    for line, at in odd:
        lines.insert(at % len(lines), line)
    for at in removed:
        del lines[at % len(lines)]
    assert_same_both_ways(eol.join(lines))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), flips=st.integers(1, 20))
def test_flipped_bits(seed: int, flips: int) -> None:
    chance = random.Random(seed)
    data = bytearray(fortnox_year(60, seed=seed % 7))
    for _ in range(flips):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    assert_same_both_ways(bytes(data))
