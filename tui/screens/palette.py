"""Go to a client or a command by a few of its letters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from rich.cells import cell_len
from textual import events
from textual.widget import Widget

from core.i18n import _
from core.text import fold
from tui import actions
from tui.actions import key_word
from tui.page import Dialog, perform
from tui.paint import Line, Painted, fit, taken
from tui.theme import Ground, Tone
from tui.widgets.editline import EditLine
from tui.widgets.table import Table

if TYPE_CHECKING:
    from tui.app import BryggaApp

SHOWN: Final = 12
MOVES: Final = frozenset(
    [
        "up",
        "down",
        "page_up",
        "page_down",
        "top",
        "end",
        "next_hit",
        "open",
        "back",
        "palette",
        "go_to",
        "interrupt",
        "next_cell",
        "previous_cell",
        "row_up",
        "row_down",
    ]
)
"""Actions that make no sense as a command."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to go to: what it is called, what stands beside it, what to do."""

    text: str
    beside: str
    act: Callable[[], Awaitable[object]]


ToRow: TypeAlias = Callable[[int], Entry | None]


def score(query: str, text: str) -> int | None:
    """How well the letters of the query are found in the text in their order; None when they are not.

    Smaller is better: words that begin with the letters come first, then letters that stand together.
    """
    wanted, where = fold(query), fold(text)
    if not wanted:
        return 0
    place = where.find(wanted)
    if place >= 0:
        return place if place == 0 or where[place - 1] == " " else place + 50
    at, gaps = -1, 0
    for letter in wanted:
        found = where.find(letter, at + 1)
        if found < 0:
            return None
        gaps += found - at - 1
        at = found
    return 200 + gaps


class Finder(Painted, can_focus=True):
    """A line to write in and the best hits under it."""

    DEFAULT_CSS = f"Finder {{ height: {SHOWN + 2}; }}"
    captures_text = True

    def __init__(self, entries: list[Entry], row: ToRow | None = None) -> None:
        super().__init__()
        self._entries = entries
        self._beside = max((cell_len(entry.beside) for entry in entries), default=0) + 1
        self._row = row
        self._line = EditLine()
        self._at = 0
        self.hits = entries

    async def on_key(self, event: events.Key) -> None:
        """Write, or walk among the hits."""
        if event.key in {"up", "shift+tab"}:
            self._at = max(0, self._at - 1)
        elif event.key in {"down", "tab"}:
            self._at = min(len(self.hits) - 1, self._at + 1)
        elif event.key != "enter" and self._line.press(event.key, event.character):
            scored = [(score(self._line.text, entry.text), entry) for entry in self._entries]
            found = sorted(
                ((points, entry) for points, entry in scored if points is not None), key=lambda hit: hit[0]
            )
            self.hits = self._with_row([entry for _points, entry in found])
            self._at = 0
        else:
            return
        taken(event)
        self.changed()

    def _with_row(self, hits: list[Entry]) -> list[Entry]:
        """A number is a row of the list as well; a client of that very number comes before it."""
        written = self._line.text.strip()
        entry = self._row(int(written)) if self._row is not None and written.isdecimal() else None
        if entry is None:
            return hits
        exact = [hit for hit in hits if hit.text.split(" ", 1)[0] == written]
        return [*exact, entry, *(hit for hit in hits if hit not in exact)]

    @property
    def chosen(self) -> Entry | None:
        """The hit under the cursor."""
        return self.hits[self._at] if 0 <= self._at < len(self.hits) else None

    def line_at(self, y: int, width: int) -> tuple[Line, Ground]:
        """The line being written, then the hits."""
        if y == 0:
            return ((" : ", Tone.KEY), *self._line.spans(max(10, width - 4))), Ground.BOX
        first = max(0, self._at - SHOWN + 1)
        place = first + y - 2
        if y == 1 or not 0 <= place < len(self.hits):
            nothing = y == 2 and not self.hits
            return (((" " + _("Nothing matches."), Tone.DIM),) if nothing else ()), Ground.BOX
        entry = self.hits[place]
        here = place == self._at
        beside = min(max(12, width // 3), self._beside)
        line = (
            (" ▸ " if here else "   ", Tone.KEY),
            (fit(entry.text, max(10, width - beside - 4)), Tone.PLAIN),
            (fit(entry.beside, beside, right=True), Tone.DIM),
        )
        return line, Ground.CURSOR if here else Ground.BOX


class Palette(Dialog[Entry]):
    """The dialog around the finder."""

    def __init__(self, title: str, entries: list[Entry], row: ToRow | None = None) -> None:
        super().__init__(title)
        self._entries = entries
        self._row = row

    def contents(self) -> Iterable[Widget]:
        """The finder alone."""
        self.finder = Finder(self._entries, self._row)
        yield self.finder

    async def take(self, event: events.Key) -> None:
        """Enter goes to the hit."""
        if event.key == "enter":
            event.stop()
            self.dismiss(self.finder.chosen)
            return
        await super().take(event)


async def open_palette(app: BryggaApp, *, clients: bool) -> None:
    """Show the palette: the commands of the page, with ``clients`` the engagements before them."""
    page = app.current_page
    if page is None:
        return
    entries = await _engagements(app) if clients else []
    seen: set[str] = set()
    for action in actions.own_first(page.scopes(), app.actions):
        if action.id in seen or action.id in MOVES:
            continue
        seen.add(action.id)

        async def act(chosen: actions.Action = action) -> None:
            await perform(page, chosen)
            page.refresh_footer()

        entries.append(Entry(_(action.help).rstrip("."), " ".join(map(key_word, action.keys[:1])), act))
    title = _("Go to a client or a command") if clients else _("Commands")
    app.ask(Palette(title, entries, row_of(page.focused)), lambda entry: entry.act())


def row_of(widget: object) -> ToRow | None:
    """Goes to a row of the list that has the keyboard, by its number."""
    if not isinstance(widget, Table):
        return None

    def entry(number: int) -> Entry | None:
        async def act() -> None:
            widget.go_to_row(number)

        if not 1 <= number <= widget.count:
            return None
        return Entry(_("Row {number}").format(number=number), _("of {count}").format(count=widget.count), act)

    return entry


async def _engagements(app: BryggaApp) -> list[Entry]:
    from core.usecases.status import overview

    entries = []
    for row in await overview(await app.context()):
        if row.engagement is None:
            continue

        async def act(engagement_id: str = row.engagement.id) -> None:
            app.engagement_id = engagement_id
            app.open_page("engagement")

        text = f"{row.client.number} {row.client.name} {row.engagement.year.label}".strip()
        entries.append(Entry(text, row.client.orgnr, act))
    return entries
