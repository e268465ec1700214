"""What goes over the line: whatever stood on the terminal, afterwards it shows what was painted."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tui.frame import Frame

WIDTH, HEIGHT = 12, 8
CONSOLE = Console(file=io.StringIO(), color_system="truecolor", width=WIDTH, force_terminal=True)
STYLES = (Style(color="#ffffff", bgcolor="#101010"), Style(color="#80c0ff", bold=True), Style(reverse=True))
SEQUENCE = re.compile(r"\x1b\[([0-9;]*)([Hmr])|\x1b([DM])|(.)", re.DOTALL)

Painting = Sequence[tuple[str, int]]
"""For each line its text and its style."""


class Terminal:
    """A terminal of the things that a frame sends: places, colours, a scrolling region."""

    def __init__(self) -> None:
        self.lines = [[("?", "")] * WIDTH for _ in range(HEIGHT)]
        self.written = 0

    def take(self, text: str) -> None:
        self.written = len(text)
        x = y = 0
        codes, region = "", (0, HEIGHT - 1)
        for numbers, letter, move, sign in SEQUENCE.findall(text):
            values = [int(number) for number in numbers.split(";") if number]
            if letter == "H":
                y, x = values[0] - 1, values[1] - 1
            elif letter == "m":
                codes = numbers.removeprefix("0").removeprefix(";")
            elif letter == "r":
                region = (values[0] - 1, values[1] - 1) if values else (0, HEIGHT - 1)
            elif move:
                self.scroll(region, up=move == "D")
            elif sign not in "\n\r":
                self.lines[y][x] = (sign, codes)
                x += 1

    def scroll(self, region: tuple[int, int], *, up: bool) -> None:
        top, bottom = region
        blank = [(" ", "")] * WIDTH
        if up:
            del self.lines[top]
            self.lines.insert(bottom, blank)
        else:
            del self.lines[bottom]
            self.lines.insert(top, blank)


def strips(painting: Painting) -> list[Strip]:
    return [Strip([Segment(text.ljust(WIDTH)[:WIDTH], STYLES[style])], WIDTH) for text, style in painting]


def cells(painting: Painting) -> list[list[tuple[str, str]]]:
    codes = [Strip.render_ansi(style, CONSOLE._color_system) for style in STYLES]
    return [[(sign, codes[style]) for sign in text.ljust(WIDTH)[:WIDTH]] for text, style in painting]


def whole(painting: Painting) -> LayoutUpdate:
    return LayoutUpdate([[strip] for strip in strips(painting)], Region(0, 0, WIDTH, HEIGHT))


def parts(painting: Painting, lines: Sequence[int]) -> ChopsUpdate:
    chops: list[dict[int, Strip | None]] = [{0: None} for _ in range(HEIGHT)]
    for y in lines:
        chops[y] = {0: strips(painting)[y]}
    return ChopsUpdate(chops, [(y, 0, WIDTH) for y in lines], [[WIDTH]] * HEIGHT)


def show(frame: Frame, terminal: Terminal, update: LayoutUpdate | ChopsUpdate) -> None:
    terminal.take(frame.sent(update).render_segments(CONSOLE))


def changed(before: Painting, after: Painting) -> list[int]:
    return [y for y in range(HEIGHT) if before[y] != after[y]]


TEXTS = st.sampled_from(["", "rad 1", "rad 2", "rad 3", "kund 17 000", "åäö ▸ ◆", "────────────"])
PAINTINGS = st.lists(st.tuples(TEXTS, st.integers(0, 2)), min_size=HEIGHT, max_size=HEIGHT)
LIST = [(f"kund {number:03d} AB", number % 2) for number in range(40)]


@given(st.lists(PAINTINGS, min_size=2, max_size=4))
@settings(deadline=None, max_examples=60)
def test_the_terminal_shows_what_was_painted_whatever_stood_there(paintings: list[Painting]) -> None:
    frame, terminal = Frame(), Terminal()
    show(frame, terminal, whole(paintings[0]))
    for before, after in itertools.pairwise(paintings):
        if lines := changed(before, after):
            show(frame, terminal, parts(after, lines))
        assert terminal.lines == cells(after)


@given(st.lists(st.integers(0, 32), min_size=2, max_size=6))
@settings(deadline=None, max_examples=60)
def test_a_list_that_scrolls_is_moved_by_the_terminal_and_shows_the_same(tops: list[int]) -> None:
    frame, terminal = Frame(), Terminal()
    show(frame, terminal, whole(LIST[tops[0] : tops[0] + HEIGHT]))
    for before, after in itertools.pairwise(tops):
        painting = LIST[after : after + HEIGHT]
        if lines := changed(LIST[before : before + HEIGHT], painting):
            show(frame, terminal, parts(painting, lines))
        assert terminal.lines == cells(painting)


def test_a_step_of_a_list_sends_the_new_line_alone() -> None:
    frame, terminal = Frame(), Terminal()
    show(frame, terminal, whole(LIST[:HEIGHT]))
    show(frame, terminal, parts(LIST[1 : 1 + HEIGHT], range(HEIGHT)))
    assert terminal.lines == cells(LIST[1 : 1 + HEIGHT])
    assert terminal.written < 100


def test_one_changed_letter_is_one_letter_sent() -> None:
    frame, terminal = Frame(), Terminal()
    before = LIST[:HEIGHT]
    after = [*before[:3], ("kund 0X3 AB", 1), *before[4:]]
    show(frame, terminal, whole(before))
    show(frame, terminal, parts(after, [3]))
    assert terminal.lines == cells(after)
    assert terminal.written < 60


def test_what_was_forgotten_is_sent_whole() -> None:
    frame, terminal = Frame(), Terminal()
    show(frame, terminal, whole(LIST[:HEIGHT]))
    terminal.lines = [[("?", "")] * WIDTH for _ in range(HEIGHT)]
    frame.forget()
    show(frame, terminal, parts(LIST[:HEIGHT], range(HEIGHT)))
    assert terminal.lines == cells(LIST[:HEIGHT])


def test_a_line_of_wide_characters_is_sent_whole() -> None:
    frame = Frame()
    before = [("kund", 0)] * HEIGHT
    frame.sent(whole(before)).render_segments(CONSOLE)
    wide = Strip([Segment("東京 AB      "[:10], STYLES[0])], WIDTH)
    update = ChopsUpdate(
        [{0: wide}, *({0: None} for _ in range(HEIGHT - 1))], [(0, 0, WIDTH)], [[WIDTH]] * HEIGHT
    )
    assert "東京 AB" in frame.sent(update).render_segments(CONSOLE)
