"""Bytes to ``SieFile``: recognised stretches of vouchers in fast column passes, every other line carefully.

Both ways give the same columns and the same findings; ``read(data, fast=False)`` reads every line carefully.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from core.model import Severity
from core.sie import checks, ksumma
from core.sie.encoding import SLICE, decode, examine
from core.sie.fast import FastReader
from core.sie.file import SieFile, SieType
from core.sie.findings import Findings
from core.sie.kinds import foreign_kind
from core.sie.parse import LineReader
from core.sie.records import RecordReader
from core.sie.vouchers import RowKind, VoucherReader, VoucherRecord

LARGEST_FILE = 100_000_000
"""Bytes; the default limit."""

_BOM = b"\xef\xbb\xbf"
_VER = b"\n#VER"


@dataclass(frozen=True, slots=True)
class Step:
    """How far a reading has come, in bytes."""

    done: int
    size: int


def read(data: bytes, *, name: str = "", largest: int = LARGEST_FILE, fast: bool = True) -> SieFile:
    """Read a SIE file of type 1-4.

    Never raises on content: what is wrong stands in ``findings``, and a fatal finding refuses the file.

    Args:
        data: the bytes of the file.
        name: the file name, whose ending tells 4E (``.se``) from 4I (``.si``) when there are no balances.
        largest: the largest size in bytes that is read.
        fast: whether the column passes may be used; the result is the same without them.
    """
    steps = read_steps(data, name=name, largest=largest, fast=fast)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: SieFile = end.value
            return result


def read_steps(
    data: bytes, *, name: str = "", largest: int = LARGEST_FILE, fast: bool = True
) -> Generator[Step, None, SieFile]:
    """The same in steps of at most 256 kB, for progress; the generator returns the ``SieFile``."""
    findings = Findings()
    refusal = _refusal(data, largest)
    if refusal is not None:
        code, parameters = refusal
        findings.add(Severity.FATAL, code, None, **parameters)
        return SieFile(b"", findings=findings.in_file_order(), counts=findings.counts)
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    reading = _Reading(data, findings, fast=fast)
    yield from reading.steps()
    return reading.finish(name)


def _refusal(data: bytes, largest: int) -> tuple[str, dict[str, object]] | None:
    if len(data) > largest:
        return "too_large", {"size": len(data), "largest": largest}
    kind = foreign_kind(data)
    return ("not_sie", {"kind": kind}) if kind else None


class _Reading:
    """One reading of one file."""

    def __init__(self, data: bytes, findings: Findings, *, fast: bool) -> None:
        character_set = examine(data)
        self._sie = SieFile(data, encoding=character_set.encoding)
        self._findings = findings
        self._records = RecordReader(self._sie.register, findings)
        self._vouchers = VoucherReader(findings, self._add_voucher)
        self._lines = LineReader(self._records, self._vouchers, findings)
        self._fast = self._fast_reader(controls=character_set.controls) if fast else None
        self._at = len(_BOM) if data.startswith(_BOM) else 0
        self._line = 1

    def _fast_reader(self, *, controls: bool) -> FastReader:
        return FastReader(self._sie, self._read_lines, self._begin_columns, controls=controls)

    def _begin_columns(self, line: int, offset: int) -> None:
        """A run of vouchers begins here: a voucher left open ends, and other records come too late."""
        self._vouchers.end_of_input(line, offset)
        self._records.vouchers_seen()

    def steps(self) -> Generator[Step, None, None]:
        size = len(self._sie.data)
        while self._at < size:
            end = self._end_of_stretch()
            if self._fast and self._sie.data.startswith(b"#VER", self._at):
                at, line = self._at, self._line
                self._fast.read(at, end, line)
                self._at, self._line = end, line + self._sie.data.count(b"\n", at, end)
            else:
                self._read_lines(self._at, end, self._line)
            yield Step(end, size)
        self._sie.lines = self._line - 1 if self._sie.data.endswith(b"\n") else self._line
        self._vouchers.end_of_input(self._sie.lines + 1, size)

    def _end_of_stretch(self) -> int:
        """Where the next stretch ends: after whole vouchers when it begins with one, else before the first."""
        data, at = self._sie.data, self._at
        if data.startswith(b"#VER", at):
            end = data.rfind(_VER, at, at + SLICE)
            if end < 0 and len(data) - at > SLICE:
                end = data.find(_VER, at + SLICE)
        else:
            end = data.find(_VER, at, at + SLICE)
            if end < 0 and len(data) - at > SLICE:
                end = data.find(b"\n", at + SLICE)
        return end + 1 if end >= 0 else len(data)

    def _read_lines(self, at: int, end: int, line: int) -> None:
        """Read the lines from one offset to another carefully."""
        data, encoding = self._sie.data, self._sie.encoding
        part = data[at:end]
        for raw, text in zip(part.split(b"\n"), decode(part, encoding).split("\n"), strict=True):
            next_at = at + len(raw) + 1
            self._lines.read(text, line, at, min(next_at, end))
            at = next_at
            line += 1
        self._at, self._line = end, line - 1

    def _add_voucher(self, voucher: VoucherRecord) -> None:
        columns = self._sie.columns
        position = len(columns)
        columns.voucher_offset.append(voucher.offset)
        columns.voucher_end.append(voucher.end)
        columns.voucher_line.append(voucher.line)
        columns.voucher_series.append(columns.series[voucher.series])
        number = voucher.number
        plain = number.isascii() and number.isdecimal() and len(number) <= 18
        columns.voucher_number.append(int(number) if plain else -1)
        columns.voucher_day.append(voucher.day)
        columns.voucher_first_row.append(len(columns.row_amount))
        for row in voucher.live:
            assert row.amount is not None
            columns.row_account.append(columns.accounts[row.account])
            columns.row_objects.append(columns.objects[row.objects])
            columns.row_amount.append(row.amount)
        columns.voucher_sum.append(sum(columns.row_amount[columns.voucher_first_row[position] :]))
        columns.transactions += sum(row.kind is RowKind.LIVE for row in voucher.rows)
        if any(row.kind is not RowKind.LIVE for row in voucher.rows):
            columns.audited.append(position)
        if voucher.damaged:
            columns.damaged.append(position)

    def finish(self, name: str) -> SieFile:
        sie = self._sie
        sie.type = _type(sie, name)
        sie.ksumma = ksumma.verify(sie, self._lines.ksumma_marks, self._findings)
        checks.run(sie, self._findings)
        sie.findings = self._findings.in_file_order()
        sie.counts = self._findings.counts
        return sie


def _type(sie: SieFile, name: str) -> SieType:
    """``#SIETYP 4`` means both 4E and 4I: balances, the file name or a fiscal year tell them apart."""
    number = sie.header("SIETYP") or "1"
    if number in {"1", "2", "3"}:
        return number  # type: ignore[return-value]  # narrowed by the set
    register = sie.register
    if any(register.balances.values()) or register.object_balances or register.period_balances:
        return "4E"
    if not register.years:
        return "4I"
    return "4E" if name.lower().endswith(".se") else "4I"
