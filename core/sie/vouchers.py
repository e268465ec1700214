"""The careful reader of #VER, #TRANS, #RTRANS and #BTRANS (SIE 4B sections 6 and 11).

Only #TRANS rows are live. #RTRANS (an added row) is followed by its #TRANS twin and #BTRANS (a removed row)
stands alone; both are kept for the audit view and never summed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from core.model import Severity
from core.money import Ore
from core.sie import values
from core.sie.fields import Fields, ObjectList
from core.sie.findings import Findings


class RowKind(StrEnum):
    """What a row record is."""

    LIVE = "TRANS"
    ADDED = "RTRANS"
    REMOVED = "BTRANS"


ROW_LABELS = frozenset(RowKind)


@dataclass(slots=True)
class RowRecord:
    """A row as it stands in the file; ``amount`` is None when it could not be read."""

    kind: RowKind
    account: str
    amount: Ore | None
    objects: ObjectList
    day: int
    text: str
    quantity: str
    sign: str
    line: int

    @property
    def twin(self) -> tuple[str, ObjectList, Ore | None]:
        """What an added row and its live twin have in common; dates and signs may differ in real files."""
        return self.account, self.objects, self.amount


@dataclass(slots=True)
class VoucherRecord:
    """A voucher as it stands in the file."""

    line: int
    offset: int
    series: str = ""
    number: str = ""
    day: int = values.NO_DAY
    text: str = ""
    registered: int = values.NO_DAY
    sign: str = ""
    rows: list[RowRecord] = field(default_factory=list)
    """All rows of the three kinds, in file order."""
    opened: bool = False
    end: int = 0
    """Where the record after it begins."""

    @property
    def live(self) -> list[RowRecord]:
        """The #TRANS rows whose amount could be read."""
        return [row for row in self.rows if row.kind is RowKind.LIVE and row.amount is not None]

    @property
    def damaged(self) -> bool:
        """Whether a live row or the date could not be read."""
        return self.day == values.NO_DAY or any(row.amount is None for row in self.rows)


class VoucherReader:
    """Takes records line by line and hands over each voucher when it ends."""

    def __init__(self, findings: Findings, hand_over: Callable[[VoucherRecord], None]) -> None:
        self._findings = findings
        self._hand_over = hand_over
        self._voucher: VoucherRecord | None = None

    @property
    def in_voucher(self) -> bool:
        """Whether a voucher has begun and not ended."""
        return self._voucher is not None

    def begin(self, fields: Fields, line: int, offset: int) -> None:
        """A #VER record."""
        self.end_of_input(line, offset)
        self._voucher = voucher = VoucherRecord(line, offset)
        texts = fields.values + [""] * (6 - len(fields.values))
        voucher.series, voucher.number, _, voucher.text = texts[:4]
        voucher.sign = texts[5]
        voucher.day = self._voucher_day(texts[2], line)
        voucher.registered = values.day(texts[4]) or values.iso_day(texts[4])
        if texts[4] and not voucher.registered:
            self._warn("regdate_bad", line, value=texts[4])

    def _voucher_day(self, text: str, line: int) -> int:
        day = values.day(text)
        if day:
            return day
        iso = values.iso_day(text)
        if iso:
            self._warn("date_odd", line, value=text)
        else:
            self._findings.add(Severity.ERROR, "date_bad", line, value=text)
        return iso

    def row(self, kind: RowKind, fields: Fields, line: int) -> None:
        """A row record."""
        voucher = self._voucher
        if voucher is None:
            self._findings.add(Severity.ERROR, "row_outside_voucher", line, label=f"#{kind}")
            return
        if not voucher.opened:
            self._warn("row_before_brace", line)
        row = self._row_record(kind, fields, line)
        previous = voucher.rows[-1] if voucher.rows else None
        self._check_twin(previous, row)
        voucher.rows.append(row)

    def _row_record(self, kind: RowKind, fields: Fields, line: int) -> RowRecord:
        if fields.objects is None:
            self._findings.add(Severity.INFO, "object_list_missing", line, label=f"#{kind}")
        texts = fields.values + [""] * (6 - len(fields.values))
        account, amount_text, day_text, text, quantity, sign = texts[:6]
        amount = values.amount(amount_text)
        if amount.ore is None:
            self._findings.add(Severity.ERROR, "amount_bad", line, value=amount_text, label=f"#{kind}")
        elif amount.odd:
            self._warn("amount_odd", line, value=amount_text)
        if not (account.isascii() and account.isdecimal()):
            self._findings.add(Severity.ERROR, "account_not_numeric", line, account=account)
        day = values.day(day_text) or values.iso_day(day_text)
        if day_text and not day:
            self._warn("transdate_bad", line, value=day_text)
            if not text and not day_text.isdecimal():
                text = day_text
        return RowRecord(kind, account, amount.ore, fields.objects or (), day, text, quantity, sign, line)

    def _check_twin(self, previous: RowRecord | None, row: RowRecord | None) -> None:
        if previous is None or previous.kind is not RowKind.ADDED:
            return
        if row is None or row.kind is not RowKind.LIVE or row.twin != previous.twin:
            self._warn("added_row_without_twin", previous.line, account=previous.account)

    def open(self, line: int) -> None:
        """An opening brace alone on its line."""
        if self._voucher is None or self._voucher.opened:
            self._warn("brace_stray", line, brace="{")
        else:
            self._voucher.opened = True

    def close(self, line: int, offset: int) -> None:
        """A closing brace alone on its line; ``offset`` is where the next line begins."""
        if self._voucher is None:
            self._warn("brace_stray", line, brace="}")
            return
        if not self._voucher.opened:
            self._warn("brace_missing", self._voucher.line, brace="{")
        self._finish(offset)

    def end_of_input(self, line: int, offset: int) -> None:
        """The file or the next voucher begins here: a voucher still open ends without its brace."""
        if self._voucher is not None:
            brace = "}" if self._voucher.opened else "{"
            if self._voucher.opened or self._voucher.rows:
                self._warn("brace_missing", max(line - 1, 1), brace=brace)
            self._finish(offset)

    def _finish(self, offset: int) -> None:
        assert self._voucher is not None
        voucher, self._voucher = self._voucher, None
        self._check_twin(voucher.rows[-1] if voucher.rows else None, None)
        voucher.end = offset
        self._hand_over(voucher)

    def _warn(self, code: str, line: int, **parameters: object) -> None:
        self._findings.add(Severity.WARNING, code, line, **parameters)
