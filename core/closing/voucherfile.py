"""The JSON file of ``brygga voucher add`` into draft vouchers, with exact amounts.

Shape: ``{"vouchers": [{"date", "text", "rows": [{"account", "debit" | "credit", "text"?, "objects"?}]}]}``.
Amounts are strings (numbers are accepted and read exactly). Whether a voucher balances is not asked here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from core.errors import UsageError
from core.i18n import _
from core.model import Row
from core.money import Ore, from_decimal, parse_amount
from core.register import DraftVoucher
from core.text import clean

_ACCOUNT = re.compile(r"[0-9]{4,6}", re.ASCII)
LARGEST: Ore = 10**15
"""Ten thousand billion kronor: more is a slip of the finger, and would not fit Fortnox's numbers."""


def parse_voucher_file(data: bytes) -> list[DraftVoucher]:
    """The drafts of a voucher file, in its order.

    Raises:
        UsageError: the file is not JSON or not of the shape above; the message names voucher and row.
    """
    try:
        content = json.loads(data.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_constant)
    except UnicodeDecodeError:
        _fail(_("The file is not JSON"), _("Its letters are not UTF-8; save the file as UTF-8."))
    except json.JSONDecodeError as error:
        place = _("The fault is on line {line}, at character {column}.")
        _fail(_("The file is not JSON"), place.format(line=error.lineno, column=error.colno))
    except (ValueError, RecursionError):
        _fail(_("The file is not JSON"), _("It holds something that is neither text, number nor list."))
    vouchers = content.get("vouchers") if isinstance(content, dict) else None
    if not isinstance(vouchers, list) or not vouchers:
        _fail(
            _("The file holds no vouchers"),
            _('It must have a list named "vouchers" with at least one in it.'),
        )
    return [_voucher(one, _("Voucher {place}").format(place=place)) for place, one in enumerate(vouchers, 1)]


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _fail(title: str, message: str) -> NoReturn:
    hint = _("See the shape of the file in the user guide under closing vouchers. Nothing was stored.")
    raise UsageError("usage", title, message, hint)


def _voucher(value: Any, where: str) -> DraftVoucher:
    if not isinstance(value, dict):
        _fail(where, _("A voucher must be an object with date, text and rows."))
    rows = value.get("rows")
    if not isinstance(rows, list):
        _fail(where, _('The list "rows" is missing.'))
    return DraftVoucher(
        _date(value.get("date"), where),
        _text(value.get("text"), where),
        tuple(_rows(rows, where)),
    )


def _rows(values: Sequence[Any], where: str) -> list[Row]:
    rows: list[Row] = []
    for place, value in enumerate(values, 1):
        here = _("{voucher}, row {place}").format(voucher=where, place=place)
        if not isinstance(value, dict):
            _fail(here, _("A row must be an object with account and debit or credit."))
        account = _account(value.get("account"), here)
        amount = _amount(value, here)
        rows.append(
            Row(account, amount, _text(value.get("text"), here), _objects(value.get("objects"), here))
        )
    return rows


def _date(value: Any, where: str) -> date:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    _fail(where, _("The date must be written YYYY-MM-DD, not {value}.").format(value=_shown(value)))


def _text(value: Any, where: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        _fail(where, _("The text must be a string, not {value}.").format(value=_shown(value)))
    return clean(value.strip(), None)


def _account(value: Any, where: str) -> str:
    number = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(number, str) or not _ACCOUNT.fullmatch(number.strip()):
        _fail(
            where,
            _("The account must be a number of four to six digits, not {value}.").format(value=_shown(value)),
        )
    return number.strip()


def _amount(row: dict[str, Any], where: str) -> Ore:
    """Debit less credit; a row has one of the two."""
    sides = [row.get("debit"), row.get("credit")]
    if all(side is None for side in sides):
        _fail(where, _("The row has neither debit nor credit."))
    debit, credit = (0 if side is None else _ore(side, where) for side in sides)
    if debit and credit:
        _fail(where, _("The row has both debit and credit; write two rows."))
    return debit - credit


def _ore(value: Any, where: str) -> Ore:
    try:
        return _exact(value)
    except (ValueError, InvalidOperation):
        _fail(
            where,
            _("The amount must be written like 1234.50, with at most two decimals, not {value}.").format(
                value=_shown(value)
            ),
        )


def _exact(value: Any) -> Ore:
    if isinstance(value, str):
        amount = parse_amount(value.strip())
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        amount = from_decimal(Decimal(value))
    else:
        raise ValueError("not an amount")  # noqa: TRY004 -- the caller answers every unusable amount alike
    if abs(amount) >= LARGEST:
        raise ValueError("too large an amount")
    return amount


def _objects(value: Any, where: str) -> tuple[tuple[str, str], ...]:
    """Dimension to object, dimension 1 being the cost centre and 6 the project."""
    if value is None:
        return ()
    if not isinstance(value, dict) or not all(isinstance(name, str | int) for name in value.values()):
        _fail(
            where,
            _('The objects must be written {{"1": "cost centre"}}, not {value}.').format(value=_shown(value)),
        )
    return tuple(sorted((clean(dimension), clean(str(name))) for dimension, name in value.items()))


def _shown(value: Any) -> str:
    return clean(json.dumps(value, ensure_ascii=False, default=str), 60)
