"""Lines of text as brygga paints them: spans with a tone, cut to cells, safe for any terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Self, TypeAlias

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from core.text import clean
from tui import theme
from tui.theme import Ground, Tone

Span: TypeAlias = tuple[str, Tone]
"""A piece of text and what it means."""

Line: TypeAlias = tuple[Span, ...]
"""One line of a screen."""

BLANK: Line = ()


@lru_cache(maxsize=8192)
def safe(text: str) -> str:
    """The text without anything that a terminal would obey, however long."""
    return clean(text, limit=None)


@lru_cache(maxsize=16)
def _linked(style: Style, address: str) -> Style:
    return style + Style(link=safe(address))


def plain(text: str) -> Line:
    """A line in one tone."""
    return ((text, Tone.PLAIN),)


def dim(text: str) -> Line:
    """A line that stands back."""
    return ((text, Tone.DIM),)


@lru_cache(maxsize=8192)
def fit(text: str, width: int, *, right: bool = False) -> str:
    """The text in exactly ``width`` cells: padded, or cut with an ellipsis."""
    if width <= 0:
        return ""
    text = safe(text)
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + "…"
    padding = " " * (width - length)
    return padding + text if right else text + padding


def width_of(line: Iterable[Span]) -> int:
    """Cells that the line takes."""
    return sum(cell_len(safe(text)) for text, _tone in line)


def spread(left: Line, right: Line, width: int) -> Line:
    """Left and right parts at the edges of a line; the left one is cut where they meet."""
    room = width - width_of(right)
    return (*cut(left, max(0, room)), *right)


def cut(line: Iterable[Span], width: int) -> Line:
    """The line in exactly ``width`` cells."""
    spans: list[Span] = []
    left = width
    for text, tone in line:
        if left <= 0:
            break
        length = cell_len(safe(text))
        if length > left:
            spans.append((fit(text, left), tone))
            left = 0
        else:
            spans.append((text, tone))
            left -= length
    if left > 0:
        spans.append((" " * left, Tone.PLAIN))
    return tuple(spans)


def wrap(text: str, width: int) -> list[str]:
    """The text in lines of at most ``width`` cells, broken between words; within a word that is longer."""
    lines: list[str] = []
    current = ""
    for word in safe(text).split(" "):
        joined = f"{current} {word}" if current else word
        if cell_len(joined) <= width:
            current = joined
            continue
        if current:
            lines.append(current)
        *full, current = chop_cells(word, width) if word else [""]
        lines += full
    lines.append(current)
    return lines


def titled(text: str, width: int) -> list[Line]:
    """The title of a pane, whole: in as many lines as it takes."""
    return [((" " + piece, Tone.TITLE),) for piece in wrap(text, max(8, width - 2))]


def columns(pairs: Sequence[tuple[str, str]], width: int) -> list[Line]:
    """Labels and values under each other: the labels dim in a column of their own, long values wrapped."""
    label_width = max((cell_len(label) for label, _value in pairs), default=0) + 2
    lines: list[Line] = []
    for label, value in pairs:
        for number, piece in enumerate(wrap(value, max(8, width - label_width - 1))):
            head = label if number == 0 else ""
            lines.append(((" " + fit(head, label_width), Tone.DIM), (piece, Tone.PLAIN)))
    return lines


def taken(event: events.Key) -> None:
    """The key was text, or moved within a field: it is no action any more."""
    event.stop()
    event.prevent_default()


class Painted(Widget, inherit_bindings=False):
    """A widget that paints whole lines and repaints only those that changed.

    A subclass gives ``line_at``; after any change of state it calls ``changed``.
    """

    DEFAULT_CSS = "Painted { height: 1; width: 1fr; }"
    ALLOW_SELECT = False

    scopes: tuple[str, ...] = ()
    """Which actions of the table belong to this widget when it has the focus."""

    link = ""
    """An address that the key-toned text leads to, for terminals that open links (OSC 8)."""

    captures_text = False
    """While true, letters and digits are text and no action."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 Textual's name
        super().__init__(id=id, classes=classes)
        self._painted: dict[int, tuple[Line, Ground]] = {}
        self._wanted: dict[tuple[int, int], tuple[Line, Ground]] = {}
        """Lines that were found changed, by place and width, until they are painted."""

    def why_not(self, action: str) -> str | None:  # noqa: ARG002 widgets that refuse anything override it
        """Why the widget cannot do the action now, in a sentence; None when it can."""
        return None

    def line_at(self, y: int, width: int) -> tuple[Line, Ground]:
        """The line at ``y`` of the visible part, ``width`` cells wide."""
        raise NotImplementedError

    async def on_key(self, event: events.Key) -> None:
        """Do what the key means, unless the widget took it.

        Done here, in the widget's own turn, and not where the key would bubble to: the next key that was typed
        ahead or pasted waits for it.
        """
        take = getattr(self.screen, "take", None)
        if take is None:
            return
        event.stop()
        if self.screen is self.app.screen:
            await take(event)
        else:  # the key before this one has opened another screen: it is meant for that
            over = self.app.focused or self.app.screen
            over.post_message(events.Key(event.key, event.character))

    def changed(self) -> None:
        """Repaint the lines that are no longer what stands on the screen."""
        if not self.is_mounted or not self.size.height:
            return
        width, height = self.size
        found = ((y, self.line_at(y, width)) for y in range(height))
        wanted = {(y, width): line for y, line in found if self._painted.get(y) != line}
        self._wanted = {}
        if wanted:
            self.refresh(*(Region(0, y, width, 1) for y, _width in wanted))
            self._wanted = wanted

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        """As Textual's; whatever asks for it, lines are made anew."""
        self._wanted = {}
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_line(self, y: int) -> Strip:
        """The strip that Textual asks for."""
        width = self.size.width
        painted = self._wanted.pop((y, width), None) or self.line_at(y, width)
        self._painted[y] = painted
        line, ground = painted
        return self.strip(line, ground, width)

    def strip(self, line: Line, ground: Ground, width: int) -> Strip:
        """The line in the colours of the theme, exactly ``width`` cells wide."""
        palette = theme.palette_of(self.app.theme)
        segments: list[Segment] = []
        pending, last = "", None
        for text, tone in cut(line, width):
            style = theme.style(palette, tone, ground)
            if self.link and tone is Tone.KEY:
                style = _linked(style, self.link)
            if style is not last and last is not None:
                segments.append(Segment(pending, last))
                pending = ""
            pending, last = pending + safe(text), style
        segments.append(Segment(pending, last))
        if getattr(self.app, "ascii_glyphs", False):
            segments = [Segment(text.translate(theme.ASCII), style) for text, style, _control in segments]
        return Strip(segments, width)


class Lines(Painted):
    """Lines that are shown as they are: a title, a rule, a pane of facts, an empty screen's lesson."""

    DEFAULT_CSS = "Lines { height: auto; }"

    def __init__(
        self,
        lines: Sequence[Line] = (),
        *,
        ground: Ground = Ground.PAGE,
        id: str | None = None,  # noqa: A002 Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._lines = list(lines)
        self._ground = ground

    @property
    def count(self) -> int:
        """How many lines are shown."""
        return len(self._lines)

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines instead."""
        resized = len(lines) != len(self._lines)
        self._lines = list(lines)
        if resized and self.styles.height is not None and self.styles.height.is_auto:
            self.refresh(layout=True)
        else:
            self.changed()

    def get_content_height(self, container: object, viewport: object, width: int) -> int:  # noqa: ARG002
        """As many rows as there are lines."""
        return len(self._lines)

    def line_at(self, y: int, width: int) -> tuple[Line, Ground]:  # noqa: ARG002 the base decides the shape
        """The line, or nothing below the last one."""
        return (self._lines[y] if y < len(self._lines) else BLANK), self._ground


class Rule(Painted):
    """A line across the screen."""

    def line_at(self, y: int, width: int) -> tuple[Line, Ground]:  # noqa: ARG002
        """The whole width."""
        return (("─" * width, Tone.DIM),), Ground.PAGE
