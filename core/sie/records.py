"""The careful reader of everything but vouchers: identification, chart of accounts, balances (SIE 4B section 11)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from core.model import Severity
from core.money import Ore
from core.sie import values
from core.sie.fields import Fields, ObjectList
from core.sie.findings import Findings

HEADER_LABELS = frozenset(
    [
        "FLAGGA",
        "PROGRAM",
        "FORMAT",
        "GEN",
        "SIETYP",
        "PROSA",
        "FTYP",
        "FNR",
        "ORGNR",
        "BKOD",
        "ADRESS",
        "FNAMN",
        "TAXAR",
        "OMFATTN",
        "KPTYP",
        "VALUTA",
    ]
)
BALANCE_LABELS = ("IB", "UB", "RES")
_HEADER_DATES = {"GEN": "gen", "OMFATTN": "omfattn"}
_CURRENT_GROUPS = {"KONTO": 3, "KTYP": 3, "ENHET": 3, "SRU": 3, "DIM": 3, "UNDERDIM": 3, "OBJEKT": 3}
_BALANCE_GROUP = 4
MOST_FIELDS = {
    **dict.fromkeys(("KONTO", "KTYP", "ENHET", "SRU", "DIM"), 2),
    **dict.fromkeys(("RAR", "UNDERDIM", "OBJEKT"), 3),
    **dict.fromkeys(("IB", "UB", "RES", "OIB", "OUB"), 4),
    **dict.fromkeys(("PSALDO", "PBUDGET"), 5),
    **dict.fromkeys(("VER", "TRANS", "RTRANS", "BTRANS"), 6),
}
"""How many fields a record has in the format, its object list not counted."""


class Record(NamedTuple):
    """One record line."""

    label: str
    fields: Fields
    line: int


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension; ``parent`` is empty for one that is no sub-dimension."""

    number: str
    name: str
    parent: str = ""


@dataclass(frozen=True, slots=True)
class ObjectBalance:
    """An #OIB or #OUB record."""

    label: str
    year: int
    account: str
    objects: ObjectList
    amount: Ore
    quantity: str = ""


@dataclass(frozen=True, slots=True)
class PeriodBalance:
    """A #PSALDO or #PBUDGET record: the change in one month, per object when the list is not empty."""

    label: str
    year: int
    period: str
    account: str
    objects: ObjectList
    amount: Ore
    quantity: str = ""


@dataclass(slots=True)
class Register:
    """Everything in a file but its vouchers."""

    header: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The first record of each identification label, by label without ``#``."""
    header_lines: dict[str, int] = field(default_factory=dict)
    years: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Fiscal years as (from, to) in YYYYMMDD, by year number: 0 current, -1 previous."""
    year_records: dict[int, int] = field(default_factory=dict)
    """The line of each #RAR record, also of those without dates."""
    accounts: dict[str, str] = field(default_factory=dict)
    account_types: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    sru: dict[str, list[str]] = field(default_factory=dict)
    dimensions: dict[str, Dimension] = field(default_factory=dict)
    objects: dict[tuple[str, str], str] = field(default_factory=dict)
    balances: dict[str, dict[int, dict[str, Ore]]] = field(
        default_factory=lambda: {label: {} for label in BALANCE_LABELS}
    )
    quantities: dict[tuple[str, int, str], str] = field(default_factory=dict)
    """Quantities of #IB, #UB and #RES, by (label, year, account)."""
    object_balances: list[ObjectBalance] = field(default_factory=list)
    period_balances: list[PeriodBalance] = field(default_factory=list)
    balance_lines: dict[tuple[str, int, str], int] = field(default_factory=dict)
    """The line of each #IB, #UB and #RES."""


class RecordReader:
    """Takes the records of a file one by one."""

    def __init__(self, register: Register, findings: Findings) -> None:
        self.register = register
        self._findings = findings
        self._group = 0
        self._unknown: set[str] = set()
        self._handlers: dict[str, Callable[[Record], None]] = {
            "RAR": self._year,
            "KONTO": self._account,
            "KTYP": self._account_type,
            "ENHET": self._unit,
            "SRU": self._sru,
            "DIM": self._dimension,
            "UNDERDIM": self._dimension,
            "OBJEKT": self._object,
            "IB": self._balance,
            "UB": self._balance,
            "RES": self._balance,
            "OIB": self._object_balance,
            "OUB": self._object_balance,
            "PSALDO": self._period_balance,
            "PBUDGET": self._period_balance,
        }
        self._handlers.update(dict.fromkeys(HEADER_LABELS, self._header))

    def read(self, label: str, fields: Fields, line: int) -> None:
        """One record; ``label`` is in capitals and without ``#``."""
        handler = self._handlers.get(label)
        if handler is None:
            if label not in self._unknown:
                self._unknown.add(label)
                self._add(Severity.INFO, "label_unknown", line, label=f"#{label}")
            return
        self._check_order(label, line)
        handler(Record(label, fields, line))

    def _check_order(self, label: str, line: int) -> None:
        group = 2 if label in HEADER_LABELS or label == "RAR" else _CURRENT_GROUPS.get(label, _BALANCE_GROUP)
        if group < self._group:
            self._add(Severity.INFO, "order", line, label=f"#{label}")
        self._group = max(group, self._group)

    def vouchers_seen(self) -> None:
        """From here on every other record stands too late."""
        self._group = _BALANCE_GROUP

    def _header(self, record: Record) -> None:
        label, fields, line = record
        known = self.register.header
        if label in known:
            self._add(Severity.WARNING, "header_repeated", line, label=f"#{label}")
            return
        known[label] = tuple(fields.values)
        self.register.header_lines[label] = line
        if not any(fields.values):
            self._add(Severity.WARNING, "value_missing", line, label=f"#{label}")
        elif label in _HEADER_DATES and not values.day(fields.values[0]):
            self._add(Severity.WARNING, "header_date_bad", line, label=f"#{label}", value=fields.values[0])

    def _year(self, record: Record) -> None:
        label, fields, line = record
        number = self._year_number(label, fields.values[:1], line)
        if number is None:
            return
        first, last = (values.day(text) for text in _padded(fields, 3)[1:3])
        self.register.year_records.setdefault(number, line)
        if not first or not last or first > last:
            self._add(Severity.WARNING, "year_bad", line, value=" ".join(fields.values[1:3]))
        elif number in self.register.years and self.register.years[number] != (first, last):
            self._add(Severity.WARNING, "header_repeated", line, label=f"#{label}")
        else:
            self.register.years[number] = (first, last)

    def _account(self, record: Record) -> None:
        number, name = _padded(record.fields, 2)
        if not (number.isascii() and number.isdecimal()):
            self._add(Severity.WARNING, "account_odd", record.line, account=number)
        if not name:
            self._add(Severity.WARNING, "account_without_name", record.line, account=number)
        if number in self.register.accounts:
            self._add(Severity.WARNING, "account_repeated", record.line, account=number)
        self.register.accounts[number] = name

    def _account_type(self, record: Record) -> None:
        account, kind = _padded(record.fields, 2)
        if kind.upper() in {"T", "S", "K", "I"}:
            self.register.account_types[account] = kind.upper()
        else:
            self._add(Severity.WARNING, "account_type_bad", record.line, account=account, value=kind)

    def _unit(self, record: Record) -> None:
        account, unit = _padded(record.fields, 2)
        self.register.units[account] = unit

    def _sru(self, record: Record) -> None:
        account, code = _padded(record.fields, 2)
        if code:
            self.register.sru.setdefault(account, []).append(code)
        else:
            self._add(Severity.WARNING, "value_missing", record.line, label="#SRU")

    def _dimension(self, record: Record) -> None:
        number, name, parent = _padded(record.fields, 3)
        self.register.dimensions[number] = Dimension(
            number, name, parent if record.label == "UNDERDIM" else ""
        )

    def _object(self, record: Record) -> None:
        dimension, code, name = _padded(record.fields, 3)
        self.register.objects[dimension, code] = name

    def _balance(self, record: Record) -> None:
        label, fields, line = record
        texts = _padded(fields, 4)
        year = self._year_number(label, texts[:1], line)
        amount = self._amount(label, texts[2], line)
        if year is None or amount is None:
            return
        account = texts[1]
        if (label, year, account) in self.register.balance_lines:
            self._add(Severity.WARNING, "balance_repeated", line, label=f"#{label}", account=account)
        self.register.balance_lines[label, year, account] = line
        self.register.balances[label].setdefault(year, {})[account] = amount
        if texts[3]:
            self.register.quantities[label, year, account] = texts[3]

    def _object_balance(self, record: Record) -> None:
        label, fields, line = record
        texts = _padded(fields, 4)
        self._note_missing_list(record)
        year = self._year_number(label, texts[:1], line)
        amount = self._amount(label, texts[2], line)
        if year is not None and amount is not None:
            balance = ObjectBalance(label, year, texts[1], fields.objects or (), amount, texts[3])
            self.register.object_balances.append(balance)

    def _period_balance(self, record: Record) -> None:
        label, fields, line = record
        texts = _padded(fields, 5)
        self._note_missing_list(record)
        year = self._year_number(label, texts[:1], line)
        amount = self._amount(label, texts[3], line)
        period, account = texts[1:3]
        if not values.is_period(period):
            self._add(Severity.WARNING, "period_bad", line, label=f"#{label}", value=period)
            if values.is_period(account):
                period, account = account, period
        if year is not None and amount is not None:
            balance = PeriodBalance(label, year, period, account, fields.objects or (), amount, texts[4])
            self.register.period_balances.append(balance)

    def _note_missing_list(self, record: Record) -> None:
        if record.fields.objects is None:
            self._add(Severity.INFO, "object_list_missing", record.line, label=f"#{record.label}")

    def _year_number(self, label: str, texts: list[str], line: int) -> int | None:
        text = texts[0] if texts else ""
        if text.removeprefix("-").isdecimal() and text.isascii() and len(text) <= 4:
            return int(text)
        self._add(Severity.ERROR, "year_number_bad", line, label=f"#{label}", value=text)
        return None

    def _amount(self, label: str, text: str, line: int) -> Ore | None:
        amount = values.amount(text)
        if amount.ore is None:
            self._add(Severity.ERROR, "amount_bad", line, label=f"#{label}", value=text)
        elif amount.odd:
            self._add(Severity.WARNING, "amount_odd", line, value=text)
        return amount.ore

    def _add(self, severity: Severity, code: str, line: int, **parameters: object) -> None:
        self._findings.add(severity, code, line, **parameters)


def _padded(fields: Fields, count: int) -> list[str]:
    """The first fields, with empty ones for those that are missing."""
    return (fields.values + [""] * count)[:count]
