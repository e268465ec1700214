"""Column passes over stretches of vouchers that all have the layout of their file.

Each pass is one call into C over a stretch: translating, splitting, mapping, adding up. What a stretch must
look like is checked before anything is kept; a stretch that does not look like it is divided again and again
until only the vouchers that differ are left, and those are read carefully, line by line. Rows are never made
into objects here: an account, an object list and an amount per row go into the columns.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Sequence
from itertools import accumulate, chain, count, groupby
from math import trunc
from operator import add, methodcaller, sub

from core.sie.encoding import NO_CONTROLS
from core.sie.fast_fields import LONGEST_FIELDS, Accounts, Days, Lists, Series, Unfit
from core.sie.file import SieFile
from core.sie.layout import Layout, find_layout

_PARTS = 8
"""Into how many parts a stretch is divided that holds something unknown."""

_KEPT_ENDS = 20_000
"""How many different row ends are remembered as known."""

_GIVE_UP = 2_000
"""After so many vouchers without one that fits, the passes are not tried any more."""

_LINES_AROUND_ROWS = 3
"""The #VER line and the two braces."""

_BRACES_TO_LINES = bytes.maketrans(b"{}", b"\n\n")
_TO_ORE = b"e2 \n"
"""Takes the place of an empty date and makes kronor to öre: ``1.85e2`` is the float of a whole number."""

_DIGITS_TO_ZERO = bytes.maketrans(b"123456789", b"000000000")
_ODD_AMOUNTS = (b" .", b"-.", b".e", b".000", b"000000000000")
"""With zeros for all digits: a point without digits around it, three decimals, more than float is sure of."""

_LONGEST_NUMBER = 18
_QUOTED_NUMBERS = re.compile(rb'(?:"\d+" |\d+ )*+')


class FastReader:
    """Reads stretches of vouchers of one file into its columns."""

    def __init__(
        self,
        sie: SieFile,
        careful: Callable[[int, int, int], None],
        begin: Callable[[int, int], None],
        *,
        controls: bool,
    ) -> None:
        """Prepare for one file.

        Args:
            sie: the file; its columns are filled.
            careful: reads the lines from one offset to another; the third argument is the first line's number.
            begin: told of the line and offset where a run of vouchers begins, before it is read.
            controls: whether the file holds control characters besides its line ends.
        """
        self._sie = sie
        self._begin = begin
        self._controls = controls
        self._careful = careful
        self._layout = find_layout(sie.data)
        self._accounts = Accounts(sie.columns.accounts)
        self._lists = Lists(sie.columns.objects, sie.encoding)
        self._series = Series(sie.encoding)
        self._days = Days()
        self._known_ends: set[bytes] = set()
        self._read = 0
        self._missed = 0

    def read(self, at: int, end: int, line: int) -> None:
        """Read the vouchers from one offset to another; the first begins at ``at``, on the given line."""
        layout = self._layout
        part = self._sie.data[at:end]
        if layout is None or not part.startswith(layout.ver) or self._is_unfit(part, layout):
            self._careful(at, end, line)
            return
        part = part[len(layout.ver) :].removesuffix(layout.eol)
        if part.endswith(layout.closing):
            run = part.removesuffix(layout.closing).split(layout.closing + layout.between_vouchers)
            try:
                self._read_columns(layout, run, at, end, line)
            except (Unfit, ValueError):
                pass
            else:
                return
        self._read_blocks(layout, part.split(layout.between_vouchers), at, end, line)

    def _is_unfit(self, part: bytes, layout: Layout) -> bool:
        """Whether nothing in the part can be known: control characters, or a file whose vouchers never fit."""
        hopeless = self._missed > _GIVE_UP and not self._read
        return hopeless or (self._controls and _has_controls(part, layout))

    def _read_blocks(self, layout: Layout, blocks: list[bytes], at: int, end: int, line: int) -> None:
        """Read runs of blocks of the known shape in columns, the others carefully."""
        for fits, group in groupby(blocks, _shape(layout)):
            run = list(group)
            stop = min(at + sum(map(len, run)) + len(run) * len(layout.between_vouchers), end)
            if fits:
                bare = [block.removesuffix(layout.closing) for block in run]
                line = self._read_run(layout, bare, at, stop, line)
            else:
                line = self._skip(len(run), at, stop, line)
            at = stop

    def _skip(self, vouchers: int, at: int, stop: int, line: int) -> int:
        self._missed += vouchers
        self._careful(at, stop, line)
        return line + self._sie.data.count(b"\n", at, stop)

    def _read_run(self, layout: Layout, run: list[bytes], at: int, stop: int, line: int) -> int:
        """Read blocks of the known shape, without their closing braces; returns the line after them."""
        try:
            return self._read_columns(layout, run, at, stop, line)
        except (Unfit, ValueError):
            if len(run) == 1:
                return self._skip(1, at, stop, line)
        size = -(-len(run) // _PARTS)
        for first in range(0, len(run), size):
            part = run[first : first + size]
            around = len(layout.closing) + len(layout.between_vouchers)
            end = min(at + sum(map(len, part)) + len(part) * around, stop)
            line = self._read_run(layout, part, at, end, line)
            at = end
        return line

    def _read_columns(self, layout: Layout, run: list[bytes], at: int, stop: int, line: int) -> int:
        """Check everything, then keep it; raises before anything is kept when something is unknown."""
        self._begin(line, at)
        headers, bodies = zip(*[block.split(layout.opening, 1) for block in run], strict=True)
        days, series, numbers = self._headers(layout, headers)
        counts = [body.count(b"\n") + 1 for body in bodies]
        accounts, lists, amounts = self._rows(layout, layout.eol.join(bodies), sum(counts))
        account_numbers, list_numbers = self._numbered(accounts, lists)
        columns = self._sie.columns
        columns.voucher_series.extend(map(columns.series.__getitem__, series))
        columns.voucher_number.extend(numbers)
        columns.voucher_day.extend(days)
        columns.row_account.extend(account_numbers)
        columns.row_objects.extend(list_numbers)
        borders = list(accumulate(counts, initial=0))
        self._keep_amounts(borders, amounts)
        self._keep_positions(layout, run, borders, at, stop, line)
        self._read += len(run)
        return line + len(amounts) + _LINES_AROUND_ROWS * len(run)

    def _numbered(self, accounts: list[bytes], lists: list[bytes]) -> tuple[array[int], array[int]]:
        """Numbers of accounts and object lists; when one is unknown, none of the run's new ones is kept."""
        columns = self._sie.columns
        known_accounts, known_lists = len(columns.accounts.texts), len(columns.objects.lists)
        try:
            return (
                array("I", [*map(self._accounts.__getitem__, accounts)]),
                array("I", [*map(self._lists.__getitem__, lists)]),
            )
        except Unfit:
            self._accounts.forget_from(known_accounts)
            self._lists.forget_from(known_lists)
            raise

    def _keep_amounts(self, borders: list[int], amounts: list[int]) -> None:
        """Keep the amounts, and each voucher's first row and sum."""
        columns = self._sie.columns
        totals = list(accumulate(amounts, initial=0))
        at_borders = [totals[border] for border in borders]
        columns.voucher_sum.extend(map(sub, at_borders[1:], at_borders))
        rows = len(columns.row_amount)
        columns.voucher_first_row.extend([rows + border for border in borders[:-1]])
        columns.row_amount.fromlist(amounts)
        columns.transactions += len(amounts)

    def _keep_positions(
        self, layout: Layout, run: list[bytes], borders: list[int], at: int, stop: int, line: int
    ) -> None:
        """Keep offsets and lines of the run's vouchers."""
        columns = self._sie.columns
        around = len(layout.closing) + len(layout.between_vouchers)
        offsets = array("Q", map(add, accumulate(map(len, run), initial=0), count(at, around)))
        offsets[-1] = stop
        columns.voucher_offset.extend(offsets[:-1])
        columns.voucher_end.extend(offsets[1:])
        columns.voucher_line.extend(array("I", map(add, borders[:-1], count(line, _LINES_AROUND_ROWS))))

    def _headers(self, layout: Layout, headers: Sequence[bytes]) -> tuple[list[int], list[str], list[int]]:
        """(dates, series, numbers) of #VER lines."""
        flat = list(chain.from_iterable([header.split(layout.gap, 3) for header in headers]))
        if len(flat) != 4 * len(headers):
            raise Unfit
        if max(map(len, headers)) > LONGEST_FIELDS or not layout.voucher_ends.fullmatch(
            b"\n".join([*flat[3::4], b""])
        ):
            raise Unfit
        days = list(map(self._days.__getitem__, flat[2::4]))
        return days, list(map(self._series.__getitem__, flat[0::4])), _numbers(flat[1::4])

    def _rows(self, layout: Layout, rows: bytes, expected: int) -> tuple[list[bytes], list[bytes], list[int]]:
        """(accounts, object lists, amounts in öre) of row lines.

        An account keeps the label before it: ``#TRANS 1510 ``.
        """
        if layout.empty_dates:
            flat = rows.replace(b' "" ', _TO_ORE).translate(_BRACES_TO_LINES).split(b"\n")
            accounts, lists, amounts, ends = flat[0::4], flat[1::4], flat[2::4], flat[3::4]
        else:
            flat = rows.translate(_BRACES_TO_LINES).split(b"\n")
            accounts, lists = flat[0::3], flat[1::3]
            tails = [tail.lstrip() for tail in flat[2::3]]
            parts = list(chain.from_iterable(map(methodcaller("partition", layout.gap), tails)))
            amounts, ends = [part.rstrip() + b"e2 " for part in parts[0::3]], parts[2::3]
        if not len(accounts) == len(lists) == len(amounts) == len(ends) == expected:
            raise Unfit
        self._check_ends(layout, set(ends))
        return accounts, lists, _amounts(amounts)

    def _check_ends(self, layout: Layout, ends: set[bytes]) -> None:
        new = ends - self._known_ends
        if new:
            if max(map(len, new)) > LONGEST_FIELDS or not layout.row_ends.fullmatch(b"\n".join([*new, b""])):
                raise Unfit
            if len(self._known_ends) < _KEPT_ENDS:
                self._known_ends |= new


def _has_controls(part: bytes, layout: Layout) -> bool:
    """Whether there are control characters besides tabs and the file's own line ends."""
    return bool(part.translate(None, NO_CONTROLS).replace(layout.eol, b""))


def _shape(layout: Layout) -> Callable[[bytes], bool]:
    """Whether a block is a #VER line, an opening brace, #TRANS rows and a closing brace, and nothing else."""

    def fits(block: bytes) -> bool:
        lines = block.count(b"\n")
        return block.endswith(layout.closing) and lines >= 3 and block.count(b"#TRANS") == lines - 2

    return fits


def _amounts(texts: list[bytes]) -> list[int]:
    """Öre of amounts ``1.85e2``, one exponent each and at most two decimals."""
    joined = b" ".join([b"", *texts])
    shapes = joined.translate(_DIGITS_TO_ZERO)
    if shapes.translate(None, b"0.-e ") or any(odd in shapes for odd in _ODD_AMOUNTS):
        raise Unfit
    if joined.count(b"e2 ") != len(texts) or shapes.count(b"e") != len(texts):
        raise Unfit
    return list(map(trunc, map(float, texts)))


def _numbers(texts: list[bytes]) -> list[int]:
    """Voucher numbers, quoted or not."""
    if not b"".join(texts).isdigit():
        if not _QUOTED_NUMBERS.fullmatch(b" ".join([*texts, b""])):
            raise Unfit
        texts = [text.strip(b'"') for text in texts]
    if max(map(len, texts)) > _LONGEST_NUMBER:
        raise Unfit
    return list(map(int, texts))
