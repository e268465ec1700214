"""Ten thousand strings that try to harm, through every widget: no control byte out, no crash, no line too wide."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from rich.cells import cell_len
from textual.geometry import Size
from textual.widget import Widget

from core.config import Settings
from core.model import Account, Row
from core.register import DraftVoucher
from core.usecases.progress import Progress
from tui.jobs import Job
from tui.paint import Lines, Painted
from tui.screens.dialogs import Pages
from tui.screens.palette import Entry, Finder
from tui.theme import Tone
from tui.widgets.chrome import Footer, Header, JobStrip, Title
from tui.widgets.columns import Column
from tui.widgets.form import Button, ChoiceField, Form, Note, TextField, TickField
from tui.widgets.grid import VoucherGrid
from tui.widgets.table import Table

COUNT = 10_000
BEGAN = datetime(2026, 1, 20, tzinfo=UTC)
AT_ONCE = 20
PIECES = (
    *("\x1b[2J", "\x1b]0;title\x07", "\x1b]52;c;aGVq\x07", "\x1bP+q544e\x1b\\", "\x9b31m", "\x9d0;x\x9c", "\x1b", "\x90"),
    *("[/]", "[bold red]", "[@click=app.quit]x[/]", "[", "]", "\\[", "[/bold]"),
    *("\u202e", "\u2066", "\u2069", "\u200f", "\u061c", "\u200b", "\u200d", "\ufeff", "\u2028", "\u2029", "\u00ad"),
    *("\x00", "\x07", "\x08", "\t", "\n", "\r", "\x7f", "\x85", "\ud7ff", "\ufffe"),
    *("Åkeri", "Bageri Söder AB", "漢字", "👩\u200d👩\u200d👧", "e\u0301\u0323\u0308", "ﷺ", "１２３", "Ａ", "\U000e0041", "x" * 300),
    *("=1+1", "%s", "{0}", "{name}", "%(x)s", "#", "⣿", "▇", "−1,00", "1\u00a0000,00"),
)  # fmt: skip


def corpus() -> list[str]:
    """The same strings every time."""
    dice = random.Random(20261121)
    return ["".join(dice.choices(PIECES, k=dice.randint(1, 6))) for _number in range(COUNT)]


CORPUS = corpus()


def table_of(texts: Sequence[str]) -> Widget:
    columns = (Column("a", texts[0], 12), Column("b", "B"), Column("c", "C", 9, right=True))
    table: Table[int] = Table(
        columns,
        cells=lambda at: ((texts[at], Tone.PLAIN), (texts[at], Tone.DIM), (texts[-at - 1], Tone.WARN)),
        key=lambda at: texts[at],
    )
    table.show(range(len(texts)))
    table._order.query = texts[0]
    return table


def form_of(texts: Sequence[str]) -> Widget:
    fields = [
        Note("note", texts[0]),
        TextField(texts[1], texts[1], texts[2], texts[3]),
        TextField("filled", texts[4]).fill(texts[5]),
        TextField("secret", "x", secret=True).fill(texts[6]),
        ChoiceField("choice", texts[7], options=[(text, text) for text in texts[8:11]]),
        TickField("tick", texts[11], texts[12]),
        Button("button", texts[13], texts[14], alive=False),
        Button("other", texts[15]),
    ]
    form = Form(fields)
    form._build(80)
    return form


def grid_of(texts: Sequence[str]) -> Widget:
    chart = [Account(str(1000 + at), text) for at, text in enumerate(texts)]
    grid = VoucherGrid()
    rows = tuple(Row(account.number, 100, account.name) for account in chart)
    grid.fill(DraftVoucher(date(2025, 12, 31), texts[0], rows), chart, read_only=True)
    return grid


def finder_of(texts: Sequence[str]) -> Widget:
    async def nothing() -> None:
        return None

    finder = Finder([Entry(text, text, nothing) for text in texts])
    finder._line.set(texts[0])
    return finder


def title_of(texts: Sequence[str]) -> Widget:
    title = Title()
    title._left, title._right = tuple((text, Tone.PLAIN) for text in texts[:3]), ((texts[4], Tone.DIM),)
    return title


def footer_of(texts: Sequence[str]) -> Widget:
    footer = Footer()
    footer._message = (texts[0], Tone.WARN)
    return footer


def header_of(texts: Sequence[str]) -> Widget:
    return Header(texts[0], texts[1])


def strip_of(texts: Sequence[str]) -> Widget:
    strip = JobStrip()
    strip._jobs = [Job(1, texts[0], texts[1], BEGAN, progress=Progress(texts[2], 1, 3, texts[3]))]
    return strip


def lines_of(texts: Sequence[str]) -> Widget:
    return Lines([((text, Tone.PLAIN), (text, Tone.KEY)) for text in texts])


def pages_of(texts: Sequence[str]) -> Widget:
    return Pages([((text, Tone.PLAIN),) for text in texts])


MAKERS = {
    each.__name__.removesuffix("_of"): each
    for each in (
        table_of,
        form_of,
        grid_of,
        finder_of,
        title_of,
        footer_of,
        header_of,
        strip_of,
        lines_of,
        pages_of,
    )
}


def portions() -> Iterator[Sequence[str]]:
    return (CORPUS[start : start + AT_ONCE] for start in range(0, COUNT, AT_ONCE))


def controls(text: str) -> list[str]:
    """Characters that a terminal obeys, or that turn the reading order around."""
    return [
        letter
        for letter in text
        if ord(letter) < 32 or 127 <= ord(letter) < 160 or letter in "\u200e\u200f\u061c\u2028\u2029"
        or "\u202a" <= letter <= "\u202e" or "\u2066" <= letter <= "\u2069"
    ]  # fmt: skip


@pytest.mark.parametrize("kind", MAKERS)
async def test_a_widget_sends_no_control_byte_and_keeps_its_width(
    kind: str, settings: Settings, drive: Callable[..., Any]
) -> None:
    async with drive(settings) as driven:
        page = driven.app.current_page
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Painted, "size", property(lambda _widget: Size(80, 24)))
            painted = "".join(painted_of(MAKERS[kind](texts), page) for texts in portions())
    assert len(painted.replace(" ", "")) > COUNT


def painted_of(widget: Widget, page: Any) -> str:
    """All that the widget paints, at several widths; each line checked."""
    assert isinstance(widget, Painted)
    widget._attach(page)
    painted = ""
    for y, width in zip(range(24), (80, 40, 7, 120) * 6, strict=False):
        line, ground = widget.line_at(y, width)
        shown = "".join(segment.text for segment in widget.strip(line, ground, width))
        assert controls(shown) == []
        assert cell_len(shown) == width
        painted += shown
    return painted


async def test_typed_and_pasted_harm_is_text(settings: Settings, drive: Callable[..., Any]) -> None:
    from textual import events

    async with drive(settings) as driven:
        await driven.press("n", "down", "down", "enter")
        for text in CORPUS[:300]:
            driven.app.post_message(events.Paste(text))
        await driven.pilot.pause()
        assert controls(driven.text.replace("\n", "")) == []
        assert driven.app.is_running
