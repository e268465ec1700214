"""Closing vouchers taken into the figures of a year: balances, results, months, objects."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import count

from msgspec.structs import replace

from core.errors import Refused
from core.i18n import _
from core.model import Row, Voucher
from core.sie import values
from core.sie.checks_balances import is_balance_account
from core.sie.fields import ObjectList
from core.sie.file import SieFile
from core.sie.records import PeriodBalance, Register
from core.sie.writer import refuse_unbalanced


def add_vouchers(sie: SieFile, register: Register, vouchers: Sequence[Voucher]) -> list[Voucher]:
    """Take the vouchers into the register's figures; returns them with numbers.

    Raises:
        Refused: ``voucher_unbalanced`` or ``year_mismatch``; the register may then be half changed.
    """
    for voucher in vouchers:
        refuse_unbalanced(voucher)
        _refuse_other_year(register, voucher)
        for row in voucher.rows:
            _add_balance(sie, register, row)
            _add_objects(register, row)
            _add_period(register, row, f"{voucher.date:%Y%m}")
    return _numbered(sie, vouchers)


def _refuse_other_year(register: Register, voucher: Voucher) -> None:
    first, last = register.years.get(0, (0, 99999999))
    if not first <= values.from_date(voucher.date) <= last:
        raise Refused(
            "year_mismatch",
            _("A voucher is dated outside the fiscal year."),
            _("“{text}” is dated {date}.").format(text=voucher.text, date=voucher.date),
            _("Leave it out, or write it in the file of its own year."),
        )


def _add_balance(sie: SieFile, register: Register, row: Row) -> None:
    in_balance_sheet = is_balance_account(sie, row.account)
    balances = register.balances["UB" if in_balance_sheet else "RES"]
    if balances:
        current = balances.setdefault(0, {})
        current[row.account] = current.get(row.account, 0) + row.amount
    register.accounts.setdefault(row.account, row.account)


def _parts(objects: ObjectList) -> set[ObjectList]:
    """The object lists under which a row is also counted: none, each object, all together."""
    return {(), objects, *((pair,) for pair in objects)}


def _add_objects(register: Register, row: Row) -> None:
    wanted = _parts(row.objects) - {()}
    for at, balance in enumerate(register.object_balances):
        if (balance.label, balance.year, balance.account) == (
            "OUB",
            0,
            row.account,
        ) and balance.objects in wanted:
            register.object_balances[at] = dataclasses.replace(balance, amount=balance.amount + row.amount)


def _add_period(register: Register, row: Row, period: str) -> None:
    if not any(balance.label == "PSALDO" for balance in register.period_balances):
        return
    wanted = _parts(row.objects)
    for at, balance in enumerate(register.period_balances):
        key = (balance.label, balance.year, balance.account, balance.period)
        if key == ("PSALDO", 0, row.account, period) and balance.objects in wanted:
            register.period_balances[at] = dataclasses.replace(balance, amount=balance.amount + row.amount)
            wanted.discard(balance.objects)
    if () in wanted:
        register.period_balances.append(PeriodBalance("PSALDO", 0, period, row.account, (), row.amount))


def _numbered(sie: SieFile, vouchers: Sequence[Voucher]) -> list[Voucher]:
    columns = sie.columns
    next_number = {}
    for voucher in vouchers:
        if voucher.series not in next_number:
            wanted = columns.series.get(voucher.series)
            places = zip(columns.voucher_series, columns.voucher_number, strict=True)
            last = max((number for series, number in places if series == wanted), default=0)
            next_number[voucher.series] = count(max(last, 0) + 1)
    return [
        voucher
        if voucher.number or not voucher.series
        else replace(voucher, number=str(next(next_number[voucher.series])))
        for voucher in vouchers
    ]
