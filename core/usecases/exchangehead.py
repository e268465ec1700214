"""How a file from the exchange folder begins, which tells whose it is, of which year and of which kind."""

from __future__ import annotations

import re

from core.errors import BryggaError
from core.sie.books import accept
from core.sie.file import SieFile
from core.sie.reader import read

_BALANCE = re.compile(rb"\n#(?:IB|UB|RES) ")
Head = SieFile | BryggaError
"""The file up to its first voucher, or why it cannot be used."""
_OF_OTHER_THINGS = (
    b"#PROGRAM ",
    b"#FORMAT ",
    b"#GEN ",
    b"#ADRESS ",
    b"#KPTYP ",
    b"#KONTO ",
    b"#KTYP ",
    b"#SRU ",
    b"#DIM ",
    b"#OBJEKT ",
    b"#OIB ",
    b"#OUB ",
    b"#PSALDO ",
    b"#KSUMMA",
)


def read_head(data: bytes, name: str, largest: int) -> Head:
    """Read the file up to its first voucher; CPU work for a thread. ``largest`` in bytes."""
    end = data.find(b"\n#VER")
    balances_come_late = end >= 0 and _BALANCE.search(data, end)
    head = data if balances_come_late or end < 0 else _identity(data[: end + 1])
    sie = read(head, name=name, largest=largest)
    try:
        return accept(sie if sie.fatal is None else read(data, name=name, largest=largest))
    except BryggaError as error:
        return error


def _identity(head: bytes) -> bytes:
    """Without what tells nothing of it, and with one balance: the kind shows by its being there."""
    kept, has_balance = [], False
    for line in head.splitlines(keepends=True):
        balance = line.startswith((b"#IB ", b"#UB ", b"#RES "))
        if not line.startswith(_OF_OTHER_THINGS) and not (balance and has_balance):
            kept.append(line)
            has_balance = has_balance or balance
    return b"".join(kept)
