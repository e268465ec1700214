"""What changed between two SIE files of the same books: vouchers added, removed and altered, and accounts."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass

from core.model import Voucher
from core.money import Ore
from core.sie.books import closing
from core.sie.checks_numbers import gaps
from core.sie.fields import ObjectList
from core.sie.file import SieFile
from core.text import clean


@dataclass(frozen=True, slots=True)
class NumberGap:
    """Voucher numbers that are missing in a series, both ends included."""

    series: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class AccountChange:
    """An account whose closing figure changed, öre."""

    account: str
    before: Ore
    after: Ore


@dataclass(frozen=True, slots=True)
class Comparison:
    """The difference between two files; each list in file order."""

    added: tuple[Voucher, ...]
    removed: tuple[Voucher, ...]
    altered: tuple[tuple[Voucher, Voucher], ...]
    """(before, after) of vouchers with the same series and number."""
    gaps: tuple[NumberGap, ...]
    """Missing numbers in the later file."""
    accounts: tuple[AccountChange, ...]


def fingerprint(voucher: Voucher) -> str:
    """The same for the same voucher in any file: a hash over series, number, date and rows.

    Texts, registration dates and the order of the rows do not count.
    """
    rows = sorted(f"{row.account}\x1f{row.amount}\x1f{sorted(row.objects)}" for row in voucher.rows)
    content = "\x1e".join([voucher.series, voucher.number, voucher.date.isoformat(), *rows])
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def changes(before: SieFile, after: SieFile) -> Comparison:
    """Compare two files. Vouchers whose bytes are the same are paired without being read again."""
    left, right = _unpaired(before, after)
    removed, added = _without_equals([before.voucher(at) for at in left], [after.voucher(at) for at in right])
    altered = []
    numbered: dict[tuple[str, str], list[Voucher]] = defaultdict(list)
    for voucher in reversed(removed):
        numbered[voucher.series, voucher.number].append(voucher)
    unmatched = []
    for voucher in added:
        candidates = numbered[voucher.series, voucher.number] if voucher.number else []
        if candidates:
            altered.append((candidates.pop(), voucher))
        else:
            unmatched.append(voucher)
    paired = {id(pair[0]) for pair in altered}
    return Comparison(
        added=tuple(unmatched),
        removed=tuple(voucher for voucher in removed if id(voucher) not in paired),
        altered=tuple(altered),
        gaps=tuple(number_gaps(after)),
        accounts=tuple(_account_changes(before, after)),
    )


def count_changes(before: SieFile, after: SieFile) -> tuple[int, int, int]:
    """How many vouchers ``changes`` would list as added, removed and altered, without making them.

    Leading zeros of a voucher number do not count here.
    """
    left, right = _unpaired(before, after)
    old = Counter(_content(before, at) for at in left)
    new = Counter(_content(after, at) for at in right)
    removed, added = _places(old - new), _places(new - old)
    altered = (removed & added).total() - min(removed[""], added[""])
    return added.total() - altered, removed.total() - altered, altered


_Content = tuple[str, str, int, tuple[tuple[str, Ore, ObjectList], ...]]


def _content(sie: SieFile, at: int) -> _Content:
    """What ``fingerprint`` goes by, from the columns: series, number, day and rows."""
    columns = sie.columns
    number = columns.voucher_number[at]
    rows = sorted(
        (columns.accounts.texts[columns.row_account[row]], columns.row_amount[row],
         tuple(sorted(columns.objects.lists[columns.row_objects[row]])))
        for row in columns.rows_of(at)
    )  # fmt: skip
    return (
        clean(columns.series.texts[columns.voucher_series[at]]),
        str(number) if number >= 0 else sie.voucher(at).number,
        columns.voucher_day[at],
        tuple(rows),
    )


def _places(vouchers: Counter[_Content]) -> Counter[str]:
    """How many there are of each series and number; those without a number count together as ""."""
    found: Counter[str] = Counter()
    for (series, number, _day, _rows), count in vouchers.items():
        found[f"{series}\x1f{number}" if number else ""] += count
    return found


def number_gaps(sie: SieFile) -> list[NumberGap]:
    """Missing voucher numbers per series, between the smallest and the largest of each."""
    numbers: dict[int, set[int]] = defaultdict(set)
    for series, number in zip(sie.columns.voucher_series, sie.columns.voucher_number, strict=True):
        if number > 0:
            numbers[series].add(number)
    return [
        NumberGap(clean(sie.columns.series.texts[series]), first, last)
        for series, known in numbers.items()
        for first, last in gaps(known)
    ]


def _unpaired(before: SieFile, after: SieFile) -> tuple[list[int], list[int]]:
    """Positions of the vouchers that do not stand byte for byte in the other file."""
    if before.encoding != after.encoding and "ascii" not in {before.encoding, after.encoding}:
        return list(range(len(before.columns))), list(range(len(after.columns)))
    waiting: dict[bytes, list[int]] = defaultdict(list)
    for at in range(len(before.columns)):
        waiting[_digest(before, at)].append(at)
    right = []
    for at in range(len(after.columns)):
        same = waiting.get(_digest(after, at))
        if same:
            same.pop()
        else:
            right.append(at)
    return sorted(at for positions in waiting.values() for at in positions), right


def _digest(sie: SieFile, at: int) -> bytes:
    return hashlib.blake2b(sie.voucher_bytes(at).rstrip(), digest_size=16).digest()


def _without_equals(before: list[Voucher], after: list[Voucher]) -> tuple[list[Voucher], list[Voucher]]:
    """Both lists less the vouchers that are equal in content."""
    waiting: dict[str, list[Voucher]] = defaultdict(list)
    for voucher in before:
        waiting[fingerprint(voucher)].append(voucher)
    added = []
    for voucher in after:
        same = waiting[fingerprint(voucher)]
        if same:
            same.pop(0)
        else:
            added.append(voucher)
    left = {id(voucher) for vouchers in waiting.values() for voucher in vouchers}
    return [voucher for voucher in before if id(voucher) in left], added


def _account_changes(before: SieFile, after: SieFile) -> list[AccountChange]:
    old, new = closing(before), closing(after)
    return [
        AccountChange(account, old.get(account, 0), new.get(account, 0))
        for account in sorted(old.keys() | new.keys())
        if old.get(account, 0) != new.get(account, 0)
    ]
