"""A fiscal year as the SIE file that Fortnox exports: its header order, code page 437 and bare amounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from core.fortnox.sandbox import chart
from core.fortnox.sandbox.books import Books
from core.fortnox.sandbox.firm import Profile
from core.fortnox.sandbox.records import Row, Year
from core.money import Ore

PROGRAM_VERSION = "3.57.11"


@dataclass(frozen=True)
class Selection:
    """What the query asks for."""

    sie_type: int = 4
    from_date: date | None = None
    to_date: date | None = None
    unused_accounts: bool = True


def render(profile: Profile, books: Books, year: Year, selection: Selection, *, utf8: bool = False) -> bytes:
    """The file's bytes. ``utf8`` is the variant some real answers have; ``#FORMAT PC8`` stays in either way."""
    lines = [
        *_header(profile, books, year, selection),
        *_accounts(books, year, selection),
        *_balances(books, year),
        *(_vouchers(books, year, selection) if selection.sie_type == 4 else ()),
    ]
    text = "\r\n".join([*lines, ""])
    return text.encode() if utf8 else text.encode("cp437", errors="replace")


def _header(profile: Profile, books: Books, year: Year, selection: Selection) -> Iterator[str]:
    yield "#FLAGGA 0"
    yield "#FORMAT PC8"
    yield f"#SIETYP {selection.sie_type}"
    yield f'#PROGRAM "Fortnox" {PROGRAM_VERSION}'
    yield f"#GEN {books.today:%Y%m%d}"
    yield f"#FNR {profile.tenant}"
    yield f"#FNAMN {_quoted(profile.name)}"
    yield f'#ADRESS "" "Storgatan {profile.tenant % 90 + 1}" "70000 {profile.city.upper()}" ""'
    for index, each in _with_previous(books, year):
        yield f"#RAR {index} {each.from_date:%Y%m%d} {each.to_date:%Y%m%d}"
    yield f"#ORGNR {profile.orgnr}"
    yield f"#OMFATTN {selection.to_date or year.to_date:%Y%m%d}"
    yield "#KPTYP EUBAS97"


def _with_previous(books: Books, year: Year) -> Iterator[tuple[int, Year]]:
    yield 0, year
    previous = books.neighbour(year, -1)
    if previous is not None:
        yield -1, previous


def _accounts(books: Books, year: Year, selection: Selection) -> Iterator[str]:
    used = {*year.opening, *year.changes}
    for account in sorted(year.accounts.values(), key=lambda account: account.number):
        if selection.unused_accounts or account.number in used:
            yield f"#KONTO {account.number} {_quoted(account.name)}"
            yield f"#SRU {account.number} {account.sru}"
    if books.cost_centers:
        yield '#DIM 1 "Kostnadsställe"'
        for code, name in books.cost_centers.items():
            yield f'#OBJEKT 1 "{code}" {_quoted(name)}'


def _balances(books: Books, year: Year) -> Iterator[str]:
    for index, each in _with_previous(books, year):
        for number in sorted({*each.opening, *each.changes}):
            if chart.is_balance_account(number):
                yield f"#IB {index} {number} {amount(each.opening.get(number, 0))} 0"
                yield f"#UB {index} {number} {amount(each.closing(number))} 0"
    for index, each in _with_previous(books, year):
        for number in sorted(each.changes):
            if not chart.is_balance_account(number):
                yield f"#RES {index} {number} {amount(each.closing(number))} 0"


def _vouchers(books: Books, year: Year, selection: Selection) -> Iterator[str]:
    first, last = selection.from_date or year.from_date, selection.to_date or year.to_date
    for voucher in books.vouchers(year):
        if first <= voucher.date <= last:
            yield (
                f"#VER {voucher.series} {voucher.number} {voucher.date:%Y%m%d} {_quoted(voucher.text)} "
                f"{voucher.registered:%Y%m%d}"
            )
            yield "{"
            yield from _rows(voucher.rows)
            yield "}"


def _rows(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        objects = [f'1 "{row.cost_center}"'] if row.cost_center else []
        objects += [f'6 "{row.project}"'] if row.project else []
        yield (f'#TRANS {row.account} {{{" ".join(objects)}}} {amount(row.amount)} "" {_quoted(row.text)} 0')


def amount(ore: Ore) -> str:
    """Kronor without trailing zeros: ``1997``, ``-1.85``, ``12.5``."""
    sign = "-" if ore < 0 else ""
    whole, part = divmod(abs(ore), 100)
    if not part:
        return f"{sign}{whole}"
    return f"{sign}{whole}.{part:02d}".rstrip("0")


def _quoted(text: str) -> str:
    safe = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{safe}"'
