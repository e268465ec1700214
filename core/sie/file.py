"""A SIE file that has been read: figures in columns, vouchers and rows as records when they are asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from core.model import Finding, FiscalYear, Row, Severity, Voucher
from core.money import Ore
from core.sie import values
from core.sie.columns import Columns
from core.sie.encoding import SLICE, Encoding, decode
from core.sie.parse import parse_voucher
from core.sie.records import Register
from core.sie.vouchers import RowRecord, VoucherRecord
from core.text import clean

SieType = Literal["", "1", "2", "3", "4E", "4I"]
"""The type of file; empty when the bytes are no SIE at all."""

KsummaState = Literal["ok", "mismatch", "none"]

UNDATED = date.min
"""The date of a voucher whose date could not be read."""


@dataclass(slots=True)
class SieFile:
    """The contents of a SIE file of type 1, 2, 3, 4E or 4I.

    Amounts are öre, debit positive. Texts have passed ``core.text.clean``. A file that is refused has a fatal
    finding and holds nothing else.
    """

    data: bytes
    """The bytes that were read, with CR line ends made LF when there were no others."""
    type: SieType = ""
    encoding: Encoding = "ascii"
    register: Register = field(default_factory=Register)
    columns: Columns = field(default_factory=Columns)
    findings: list[Finding] = field(default_factory=list)
    """In file order."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many times each finding's code was seen."""
    ksumma: KsummaState = "none"
    change: Mapping[str, Ore] = field(default_factory=dict)
    """The sum of the live rows per account, of the vouchers dated in the current year."""
    unbalanced: int = 0
    """Vouchers whose rows do not sum to zero."""
    lines: int = 0

    @property
    def fatal(self) -> Finding | None:
        """Why the file is refused, or None."""
        return next((one for one in self.findings if one.severity is Severity.FATAL), None)

    def header(self, label: str, position: int = 0) -> str:
        """A field of an identification record (``header("FNR")``); empty when it is absent."""
        fields = self.register.header.get(label, ())
        return clean(fields[position]) if position < len(fields) else ""

    @property
    def program(self) -> str:
        """Name and version of the program that wrote the file."""
        return f"{self.header('PROGRAM')} {self.header('PROGRAM', 1)}".strip()

    @property
    def company(self) -> str:
        """The company's name."""
        return self.header("FNAMN")

    @property
    def orgnr(self) -> str:
        """The organisation number as it stands in the file."""
        return self.header("ORGNR")

    @property
    def fnr(self) -> str:
        """The sending program's own id of the company; it goes back in our 4I file."""
        return self.header("FNR")

    @property
    def years(self) -> dict[int, FiscalYear]:
        """Fiscal years by year number: 0 current, -1 previous."""
        found = {}
        for number, (first, last) in self.register.years.items():
            from_date, to_date = values.to_date(first), values.to_date(last)
            if from_date and to_date:
                found[number] = FiscalYear(from_date, to_date)
        return found

    @property
    def accounts(self) -> dict[str, str]:
        """Names of the declared accounts, by number."""
        return {clean(number): clean(name) for number, name in self.register.accounts.items()}

    def ib(self, year: int = 0) -> Mapping[str, Ore]:
        """Opening balances (#IB) of a year, by account."""
        return self.register.balances["IB"].get(year, {})

    def ub(self, year: int = 0) -> Mapping[str, Ore]:
        """Closing balances (#UB) of a year, by account."""
        return self.register.balances["UB"].get(year, {})

    def res(self, year: int = 0) -> Mapping[str, Ore]:
        """Results (#RES) of a year, by account."""
        return self.register.balances["RES"].get(year, {})

    @property
    def voucher_count(self) -> int:
        """All vouchers, faulty ones included."""
        return len(self.columns)

    @property
    def transaction_count(self) -> int:
        """#TRANS records in vouchers; #RTRANS and #BTRANS are not counted."""
        return self.columns.transactions

    def voucher(self, position: int) -> Voucher:
        """The voucher at a position of the file; its date is ``UNDATED`` when it could not be read."""
        return _voucher(self.voucher_record(position))

    def vouchers(self) -> Iterator[Voucher]:
        """All vouchers in file order, made one by one."""
        return map(self.voucher, range(len(self.columns)))

    def voucher_record(self, position: int) -> VoucherRecord:
        """The voucher with everything that its lines hold."""
        columns = self.columns
        part = self.data[columns.voucher_offset[position] : columns.voucher_end[position]]
        return parse_voucher(part, self.encoding, columns.voucher_line[position])

    def voucher_bytes(self, position: int) -> bytes:
        """The voucher as it stands in the file."""
        return self.data[self.columns.voucher_offset[position] : self.columns.voucher_end[position]]

    def line_texts(self, numbers: Collection[int]) -> dict[int, str]:
        """Lines of the file by their number, counted from 1, for reports; one pass however many."""
        found: dict[int, str] = {}
        at, line = 0, 1
        for number in sorted(numbers):
            while line + (passed := self.data.count(b"\n", at, at + SLICE)) < number and passed:
                at, line = at + SLICE, line + passed
            while line < number and (end := self.data.find(b"\n", at)) >= 0:
                at, line = end + 1, line + 1
            if line == number:
                end = self.data.find(b"\n", at)
                raw = self.data[at : end if end >= 0 else None]
                found[number] = clean(decode(raw, self.encoding).strip())
        return found


def _row(row: RowRecord) -> Row:
    objects = tuple((clean(dimension), clean(code)) for dimension, code in row.objects)
    return Row(clean(row.account), row.amount or 0, clean(row.text), objects)


def _voucher(record: VoucherRecord) -> Voucher:
    return Voucher(
        series=clean(record.series),
        number=clean(record.number),
        date=values.to_date(record.day) or UNDATED,
        text=clean(record.text),
        rows=tuple(map(_row, record.live)),
        registered=values.to_date(record.registered),
        line=record.line,
    )
