"""Writes a file that has been read: again as it was, or as a whole year (4E) with closing vouchers added.

Everything that the format knows is written: balances of all years, objects, periods, quantities, and the
added and removed rows. Only what could not be read is left out, with a finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

from core.model import Severity, Voucher
from core.sie import emit
from core.sie.additions import add_vouchers
from core.sie.emit import Emitter
from core.sie.file import SieFile
from core.sie.findings import Findings
from core.sie.records import BALANCE_LABELS, Register
from core.sie.vouchers import RowKind, RowRecord, VoucherRecord
from core.sie.writer import Origin, Written, write_program, write_voucher

_HEADER_ORDER = [
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
    "RAR",
    "TAXAR",
    "OMFATTN",
    "KPTYP",
    "VALUTA",
]
_FREE_TEXT = frozenset({"PROGRAM", "PROSA", "ADRESS", "FNAMN"})
_OURS = frozenset({"FLAGGA", "PROGRAM", "FORMAT", "GEN", "SIETYP"})


def write_4e(sie: SieFile, origin: Origin, *, added: Sequence[Voucher] = (), ksumma: bool = False) -> Written:
    """The whole year for another closing program, with closing vouchers among its vouchers.

    Closing balances, results, months and objects take in the added vouchers; those with a series and no
    number get the next one of their series.

    Raises:
        Refused: ``voucher_unbalanced``, or ``year_mismatch`` for a voucher dated outside the year.
    """
    register = deepcopy(sie.register)
    numbered = add_vouchers(sie, register, added)
    emitter = Emitter(Findings())
    write_program(emitter, origin)
    emitter.record("SIETYP", "4")
    _write_header(emitter, register, skipped=_OURS)
    return _write_rest(emitter, register, sie, numbered, ksumma=ksumma)


def rewrite(sie: SieFile, *, ksumma: bool = False) -> Written:
    """The file again, in the format's order and character set, with its own head."""
    emitter = Emitter(Findings())
    _write_header(emitter, sie.register, skipped=frozenset())
    return _write_rest(emitter, sie.register, sie, (), ksumma=ksumma)


def _write_rest(
    emitter: Emitter, register: Register, sie: SieFile, added: Sequence[Voucher], *, ksumma: bool
) -> Written:
    _write_chart(emitter, register)
    _write_balances(emitter, register)
    for position in range(len(sie.columns)):
        _write_record(emitter, sie.voucher_record(position))
    for voucher in added:
        write_voucher(emitter, voucher)
    return Written(emitter.to_bytes(ksumma=ksumma), emitter.findings.in_file_order())


def _write_header(emitter: Emitter, register: Register, skipped: frozenset[str]) -> None:
    for label in _HEADER_ORDER:
        if label == "RAR":
            for number in sorted(register.year_records, reverse=True):
                first, last = register.years.get(number, (0, 0))
                emitter.record("RAR", str(number), *emit.optional([emit.day(first), emit.day(last)]))
        elif label in register.header and label not in skipped:
            write = emitter.text if label in _FREE_TEXT else emitter.code
            emitter.record(label, *map(write, register.header[label]))


def _write_chart(emitter: Emitter, register: Register) -> None:
    for account, name in register.accounts.items():
        emitter.record("KONTO", emitter.code(account), emitter.text(name))
    for account, kind in register.account_types.items():
        emitter.record("KTYP", emitter.code(account), kind)
    for account, unit in register.units.items():
        emitter.record("ENHET", emitter.code(account), emitter.text(unit))
    for account, codes in register.sru.items():
        for code in codes:
            emitter.record("SRU", emitter.code(account), emitter.code(code))
    for dimension in register.dimensions.values():
        number, name = emitter.code(dimension.number), emitter.text(dimension.name)
        if dimension.parent:
            emitter.record("UNDERDIM", number, name, emitter.code(dimension.parent))
        else:
            emitter.record("DIM", number, name)
    for (dimension_number, code), name in register.objects.items():
        emitter.record("OBJEKT", emitter.code(dimension_number), emitter.text(code), emitter.text(name))


def _write_balances(emitter: Emitter, register: Register) -> None:
    for label in BALANCE_LABELS:
        for year, balances in register.balances[label].items():
            for account, ore in balances.items():
                quantity = register.quantities.get((label, year, account), "")
                fields = [str(year), emitter.code(account), emit.amount(ore)]
                emitter.record(label, *fields, emitter.code(quantity))
    for balance in register.object_balances:
        fields = [str(balance.year), emitter.code(balance.account), emitter.objects(balance.objects)]
        emitter.record(balance.label, *fields, emit.amount(balance.amount), emitter.code(balance.quantity))
    for period in register.period_balances:
        fields = [str(period.year), emitter.code(period.period), emitter.code(period.account)]
        fields += [emitter.objects(period.objects), emit.amount(period.amount)]
        emitter.record(period.label, *fields, emitter.code(period.quantity))


def _write_record(emitter: Emitter, voucher: VoucherRecord) -> None:
    fields = [
        emitter.code(voucher.series),
        emitter.code(voucher.number),
        emit.day(voucher.day),
        emitter.text(voucher.text),
        emit.day(voucher.registered),
        emitter.code(voucher.sign),
    ]
    emitter.record("VER", *emit.optional(fields))
    emitter.raw("{")
    for row in voucher.rows:
        _write_row(emitter, row)
    emitter.raw("}")


def _write_row(emitter: Emitter, row: RowRecord) -> None:
    if row.amount is None:
        emitter.findings.add(Severity.ERROR, "row_left_out", emitter.line, account=row.account)
        return
    extras = [emit.day(row.day), emitter.text(row.text), emitter.code(row.quantity), emitter.code(row.sign)]
    fields = [emitter.code(row.account), emitter.objects(row.objects), emit.amount(row.amount)]
    emitter.record(RowKind(row.kind), *fields, *emit.optional(extras))
