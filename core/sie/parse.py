"""Reads lines into records: one line at a time, or the lines of one voucher again when it is asked for."""

from __future__ import annotations

import re
from typing import NamedTuple

from core.model import Severity
from core.sie import fields
from core.sie.encoding import Encoding, decode
from core.sie.findings import Findings
from core.sie.records import MOST_FIELDS, RecordReader
from core.sie.vouchers import ROW_LABELS, RowKind, VoucherReader, VoucherRecord

_LABEL = re.compile(r"#([^ \t\"{}]*)")
LONGEST_LINE = 10_000
"""Characters; a longer line is no record of any program."""

_ROW_KINDS = {str(kind): kind for kind in RowKind}


class KsummaMark(NamedTuple):
    """A #KSUMMA record: where it begins and ends, and its value (none in the opening one)."""

    line: int
    offset: int
    next_offset: int
    value: str


class LineReader:
    """Takes lines one by one and sends each record to the reader of its kind.

    Without a reader for the records of other kinds than vouchers, those are skipped.
    """

    def __init__(self, records: RecordReader | None, vouchers: VoucherReader, findings: Findings) -> None:
        self._records = records
        self._vouchers = vouchers
        self._findings = findings
        self.ksumma_marks: list[KsummaMark] = []

    def read(self, raw: str, line: int, offset: int, next_offset: int) -> None:
        """One line; the offsets say where it and the next one begin in the file."""
        text = raw.strip(" \t\r\x1a")
        if not text:
            return
        if len(text) > LONGEST_LINE:
            self._findings.add(Severity.ERROR, "line_too_long", line, length=len(text))
            return
        if text[0] == "#":
            self._record(text, line, offset, next_offset)
        elif text == "{":
            self._vouchers.open(line)
        elif text == "}":
            self._vouchers.close(line, next_offset)
        else:
            self._findings.add(Severity.INFO, "line_without_label", line)

    def _record(self, text: str, line: int, offset: int, next_offset: int) -> None:
        match = _LABEL.match(text)
        assert match is not None
        label = match[1].upper()
        record = fields.split(text[match.end() :])
        for flaw in record.flaws:
            self._findings.add(Severity.WARNING, flaw, line)
        if len(record.values) > MOST_FIELDS.get(label, len(record.values)):
            self._findings.add(Severity.INFO, "fields_extra", line, label=f"#{label}")
        if label in ROW_LABELS:
            self._vouchers.row(_ROW_KINDS[label], record, line)
        elif label == "VER":
            self._vouchers.begin(record, line, offset)
            if self._records is not None:
                self._records.vouchers_seen()
        elif label == "KSUMMA":
            self.ksumma_marks.append(KsummaMark(line, offset, next_offset, "".join(record.values[:1])))
        elif self._records is not None:
            if self._vouchers.in_voucher:
                self._findings.add(Severity.WARNING, "record_in_voucher", line, label=f"#{label}")
            self._records.read(label, record, line)


def parse_voucher(part: bytes, encoding: Encoding, line: int) -> VoucherRecord:
    """Read the lines of one voucher, beginning with its #VER at ``line``.

    Records of other kinds between its rows are skipped; they were read with the file.
    """
    found: list[VoucherRecord] = []
    findings = Findings()
    vouchers = VoucherReader(findings, found.append)
    reader = LineReader(None, vouchers, findings)
    for number, text in enumerate(decode(part, encoding).split("\n"), line):
        reader.read(text, number, 0, 0)
    vouchers.end_of_input(line, 0)
    return found[0]
