"""A SIE 4E file as Fortnox writes one, of any size and the same every time: balances follow from the vouchers."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta

FIRST_DAY = date(2025, 1, 1)
_BALANCE_ACCOUNTS = [
    str(number) for number in (1220, 1510, 1630, 1790, 1910, 1920, 1930, 1940, 2440, 2611, 2641, 2650)
]
_RESULT_ACCOUNTS = [str(number) for number in range(3001, 8000, 29)]
_SERIES = "AABBBCLIK"
_TEXTS = (
    "Kundfaktura",
    "Leverantörsfaktura",
    "Inbetalning",
    "Utbetalning",
    "Lön för månaden",
    "Hyra",
    "Överföring",
)


def fortnox_year(
    vouchers: int, *, seed: int = 1, rows: int = 4, objects: float = 0.3, texts: float = 0.2
) -> bytes:
    """A year of ``vouchers`` vouchers with ``rows`` rows each, CP437 and CRLF.

    Args:
        vouchers: how many.
        seed: the same seed gives the same bytes.
        rows: rows per voucher.
        objects: the part of the rows that carry objects.
        texts: the part of the rows that carry a text.
    """
    chance = random.Random(seed)
    change: Counter[str] = Counter()
    journal = _journal(vouchers, chance, change, rows, objects, texts)
    lines = [*_head(), *_balances(chance, change), *journal]
    return ("\r\n".join(lines) + "\r\n").encode("cp437")


def _head() -> list[str]:
    accounts = [
        f'#KONTO {number} "Konto för prövning {number}"' for number in _BALANCE_ACCOUNTS + _RESULT_ACCOUNTS
    ]
    objects = [f'#OBJEKT 1 "{number}" "Avdelning {number}"' for number in range(1, 41)]
    return [
        "#FLAGGA 0",
        "#FORMAT PC8",
        "#SIETYP 4",
        '#PROGRAM "Fortnox" 3.57.11',
        "#GEN 20260115",
        "#FNR 123456",
        '#FNAMN "Räkneverket i Örnsköldsvik AB"',
        '#ADRESS "" "Storgatan 1" "891 33 Örnsköldsvik" ""',
        "#RAR 0 20250101 20251231",
        "#RAR -1 20240101 20241231",
        "#ORGNR 556677-8899",
        "#OMFATTN 20251231",
        "#KPTYP EUBAS97",
        *accounts,
        '#DIM 1 "Kostnadsställe"',
        '#DIM 6 "Projekt"',
        *objects,
    ]


def _balances(chance: random.Random, change: Counter[str]) -> list[str]:
    opening = {account: chance.randrange(-9_000_000, 9_000_000) for account in _BALANCE_ACCOUNTS}
    opening["1930"] -= sum(opening.values())
    lines = []
    for account, ore in opening.items():
        lines.append(f"#IB 0 {account} {_amount(ore)}")
        lines.append(f"#UB 0 {account} {_amount(ore + change[account])}")
        lines.append(f"#UB -1 {account} {_amount(ore)}")
    lines.extend(
        f"#RES 0 {account} {_amount(change[account])}" for account in _RESULT_ACCOUNTS if change[account]
    )
    return lines


def _journal(
    vouchers: int, chance: random.Random, change: Counter[str], rows: int, objects: float, texts: float
) -> list[str]:
    accounts = _BALANCE_ACCOUNTS * 6 + _RESULT_ACCOUNTS
    numbers: Counter[str] = Counter()
    lines = []
    for at in range(vouchers):
        day = FIRST_DAY + timedelta(days=at * 365 // vouchers)
        series = chance.choice(_SERIES)
        numbers[series] += 1
        text = f"{chance.choice(_TEXTS)} {chance.randrange(100_000)}"
        registered = day + timedelta(days=chance.randrange(40))
        lines.append(f'#VER {series} {numbers[series]} {day:%Y%m%d} "{text}" {registered:%Y%m%d}')
        lines.append("{")
        amounts = [chance.randrange(-4_000_000, 4_000_000) for _ in range(rows - 1)]
        for ore in [*amounts, -sum(amounts)]:
            account = chance.choice(accounts)
            change[account] += ore
            row_text = (
                f"{chance.choice(_TEXTS)} {chance.randrange(10_000)}" if chance.random() < texts else ""
            )
            lines.append(f'#TRANS {account} {_objects(chance, objects)} {_amount(ore)} "" "{row_text}" 0')
        lines.append("}")
    return lines


def _objects(chance: random.Random, part: float) -> str:
    drawn = chance.random()
    if drawn >= part:
        return "{}"
    pair = f'1 "{chance.randrange(1, 41)}"'
    return f'{{{pair} 6 "P{chance.randrange(100)}"}}' if drawn < part / 3 else f"{{{pair}}}"


def _amount(ore: int) -> str:
    """As short as possible, as Fortnox writes it."""
    sign = "-" if ore < 0 else ""
    whole, part = divmod(abs(ore), 100)
    return f"{sign}{whole}" + (f".{part:02d}".rstrip("0") if part else "")
