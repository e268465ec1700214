"""What stands on the terminal, cell by cell, so that only what changed goes over the line.

Textual sends every line that was repainted, whole. Here a repainted line is compared with what stands there: lines
that have moved up or down are moved by the terminal itself, and of the others the changed cells are sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, Final, TypeAlias

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

Cell: TypeAlias = tuple[str, str]
"""A character one cell wide, and the codes of its colours."""

Row: TypeAlias = tuple[Cell, ...] | str
"""A line of cells; or, where characters have other widths or lead to an address, all that is sent for it."""

BRIDGE: Final = 4
"""Unchanged cells that are sent rather than jumped over."""

WORTH: Final = 3
"""Lines that must have moved together before the terminal is asked to move them."""


@lru_cache(maxsize=4096)
def _is_plain(text: str) -> bool:
    """Whether every character takes one cell, on any terminal."""
    return text.isascii() or all(cell_len(sign) == 1 for sign in text)


class Frame:
    """The terminal's lines as they stand."""

    def __init__(self) -> None:
        self._rows: list[Row | None] = []

    def forget(self) -> None:
        """What stands there is unknown: the next updates are sent whole."""
        self._rows = []

    def sent(self, update: Any) -> Any:
        """The update in the form in which it is sent; anything else as it is."""
        return _Sent(self, update) if isinstance(update, ChopsUpdate | LayoutUpdate) else update

    def draw(self, update: LayoutUpdate, console: Console) -> str:
        """The whole screen anew, whatever stood there."""
        colours = _colours(console)
        self._rows = [_row(list(strips), colours, console) for strips in update.strips]
        return update.render_segments(console)

    def redraw(self, update: ChopsUpdate, console: Console) -> str:
        """What must be sent so that these spans of lines stand there."""
        height = len(update.chops)
        if len(self._rows) != height:
            self._rows = [None] * height
        colours = _colours(console)
        wanted, sent = list(self._rows), []
        for y, x1, x2 in update.spans:
            pieces = _pieces(update.chops[y], update.chop_ends[y], x1, x2)
            row = _spliced(wanted[y], pieces, update.chop_ends[y][-1], colours, console)
            if row is None:
                sent += [f"\x1b[{y + 1};{x + 1}H{strip.render(console)}" for x, strip in pieces]
            wanted[y] = row
        return "".join(sent) + self._changes(wanted)

    def _changes(self, wanted: list[Row | None]) -> str:
        """From what stands there to what is wanted."""
        pen = _Pen()
        move = _movement(self._rows, wanted)
        if move is not None:
            self._rows = move.moved(self._rows)
            pen.out.append(move.sequence())
        for y, (old, new) in enumerate(zip(self._rows, wanted, strict=True)):
            if new is not None and new != old:
                pen.row(y, old, new)
        self._rows = wanted
        return pen.text()


class _Sent(CompositorUpdate):
    """An update of Textual's, worked out at the moment when it is written."""

    def __init__(self, frame: Frame, update: ChopsUpdate | LayoutUpdate) -> None:
        self._frame = frame
        self._update = update

    def render_segments(self, console: Console) -> str:
        """The bytes for the terminal."""
        if isinstance(self._update, LayoutUpdate):
            return self._frame.draw(self._update, console)
        return self._frame.redraw(self._update, console)


class _Pen:
    """Writes cells and keeps the colours that the terminal has been told."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self._codes: str | None = None

    def row(self, y: int, old: Row | None, new: Row) -> None:
        """Write the cells of the line that differ; all of them where cells cannot be told apart."""
        if isinstance(new, str):
            self.out.append(f"\x1b[{y + 1};1H\x1b[0m{new}")
            self._codes = None
            return
        known = old if old is not None and not isinstance(old, str) and len(old) == len(new) else None
        for start, end in _runs(known, new):
            self.out.append(f"\x1b[{y + 1};{start + 1}H")
            for codes, cells in groupby(new[start:end], key=lambda cell: cell[1]):
                if codes != self._codes:
                    self.out.append(f"\x1b[0;{codes}m" if codes else "\x1b[0m")
                    self._codes = codes
                self.out += [sign for sign, _codes in cells]

    def text(self) -> str:
        """All that was written; the colours end with it."""
        return "".join([*self.out, "\x1b[0m"]) if self.out else ""


class _Movement:
    """Lines ``top`` to ``bottom`` move up by ``lines``, or down when negative."""

    def __init__(self, top: int, bottom: int, lines: int) -> None:
        self.top, self.bottom, self.lines = top, bottom, lines

    def moved(self, rows: Sequence[Row | None]) -> list[Row | None]:
        """The lines after the movement; what came in is unknown."""
        block = list(rows[self.top : self.bottom + 1])
        blank: list[Row | None] = [None] * abs(self.lines)
        block = block[self.lines :] + blank if self.lines > 0 else blank + block[: self.lines]
        return [*rows[: self.top], *block, *rows[self.bottom + 1 :]]

    def sequence(self) -> str:
        """A scrolling region, as every terminal since the VT100 has it, and gone again."""
        region = f"\x1b[0m\x1b[{self.top + 1};{self.bottom + 1}r"
        if self.lines > 0:
            return f"{region}\x1b[{self.bottom + 1};1H" + "\x1bD" * self.lines + "\x1b[r"
        return f"{region}\x1b[{self.top + 1};1H" + "\x1bM" * -self.lines + "\x1b[r"


def _movement(old: Sequence[Row | None], new: Sequence[Row | None]) -> _Movement | None:
    """How most of the changed lines have moved, where that spares sending them."""
    changed = [y for y, row in enumerate(new) if row != old[y]]
    if len(changed) < WORTH:
        return None
    places = {row: y for y, row in enumerate(old) if row is not None}
    found = Counter(places[row] - y for y in changed if (row := new[y]) in places)
    lines, count = found.most_common(1)[0] if found else (0, 0)
    if count < WORTH:
        return None
    followers = [y for y in changed if (row := new[y]) in places and places[row] == y + lines]
    top, bottom = min(followers[0], followers[0] + lines), max(followers[-1], followers[-1] + lines)
    block = range(top, bottom + 1)
    spoilt = sum(new[y] == old[y] for y in block)
    if any(new[y] is None for y in block) or count - spoilt < WORTH:
        return None
    return _Movement(top, bottom, lines)


def _runs(old: tuple[Cell, ...] | None, new: tuple[Cell, ...]) -> Iterable[tuple[int, int]]:
    """Where the cells differ, short stretches of equal ones included."""
    if old is None:
        return [(0, len(new))]
    runs: list[tuple[int, int]] = []
    for x, (before, after) in enumerate(zip(old, new, strict=True)):
        if before == after:
            continue
        if runs and x - runs[-1][1] <= BRIDGE:
            runs[-1] = (runs[-1][0], x + 1)
        else:
            runs.append((x, x + 1))
    return runs


def _pieces(
    chops: Mapping[int, Strip | None], ends: Sequence[int], x1: int, x2: int
) -> list[tuple[int, Strip]]:
    """The strips of a line inside a span, each with its place; as ``ChopsUpdate`` chooses them."""
    pieces = []
    for end, (x, strip) in zip(ends, chops.items(), strict=False):
        if strip is None or x > x2 or end <= x1:
            continue
        whole = x2 > x >= x1 and end <= x2
        pieces.append((x, strip if whole else strip.crop(0, min(end, x2) - x)))
    return pieces


def _spliced(
    row: Row | None,
    pieces: Sequence[tuple[int, Strip]],
    width: int,
    colours: ColorSystem,
    console: Console,
) -> Row | None:
    """The line with the pieces in their places; None where that cannot be told in cells."""
    covered = 0
    for x, strip in pieces:
        covered = covered + strip.cell_length if x == covered else -1
    if covered == width:
        return _row([strip for _x, strip in pieces], colours, console)
    if row is None or isinstance(row, str):
        return None
    cells = list(row)
    for x, strip in pieces:
        piece = _cells(strip, colours)
        if piece is None or x + len(piece) > len(cells):
            return None
        cells[x : x + len(piece)] = piece
    return tuple(cells)


def _row(strips: Sequence[Strip], colours: ColorSystem, console: Console) -> Row:
    cells: list[Cell] = []
    for strip in strips:
        piece = _cells(strip, colours)
        if piece is None:
            return "".join(strip.render(console) for strip in strips)
        cells += piece
    return tuple(cells)


def _cells(strip: Strip, colours: ColorSystem) -> list[Cell] | None:
    """The cells of a strip; None where its characters have other widths, or lead to an address."""
    cells: list[Cell] = []
    for text, style, _control in strip:
        if not _is_plain(text) or (style is not None and style.link):
            return None
        codes = _codes(style, colours) if style is not None else ""
        cells += [(sign, codes) for sign in text]
    return cells


def _colours(console: Console) -> ColorSystem:
    return console._color_system or ColorSystem.TRUECOLOR  # noqa: SLF001 as ``Strip.render`` asks for it


def _codes(style: Style, colours: ColorSystem) -> str:
    """The codes of a style; Textual keeps them with the style."""
    known = style._ansi  # noqa: SLF001 as ``Strip.render_style`` asks for it
    return known if known is not None else Strip.render_ansi(style, colours)
