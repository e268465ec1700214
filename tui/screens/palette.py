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
FAR: Final = 1000
"""More than any gap between letters."""
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
    """How well the query is found in the text; None when it is not. Smaller is better.

    In this order: the text begins so, a word begins so, every word of the query begins a word, the letters begin
    successive words, the letters stand together within a word, they stand in their order with small gaps.
    """
    return _score(fold(query).strip(), fold(text))


def _score(wanted: str, where: str) -> int | None:
    if not wanted or where.startswith(wanted):
        return 0
    words = where.split()
    place = f" {where}".find(f" {wanted}")
    if place >= 0:
        return 1 + min(place, 98)
    if all(any(word.startswith(part) for word in words) for part in wanted.split()):
        return 100
    if "".join(word[0] for word in words).find(wanted) >= 0:
        return 120
    place = where.find(wanted)
    if place >= 0:
        return 150 + min(place, 98)
    gaps = min((_gaps(wanted, word) for word in words), default=FAR)
    return 300 + gaps if gaps <= len(wanted) else None


def _gaps(wanted: str, word: str) -> int:
    """Letters left out between those of the query in a word that begins like it; ``FAR`` when they are not there."""
    if word[:1] != wanted[:1]:
        return FAR
    at, gaps = 0, 0
    for letter in wanted[1:]:
        found = word.find(letter, at + 1)
        if found < 0:
            return FAR
        gaps += found - at - 1
        at = found
    return gaps


def _points(wanted: str, entry: Entry, folded: str) -> int | None:
    """The score of an entry; what stands beside it, a key or an organisation number, is found as well."""
    beside = entry.beside.lower()
    if len(wanted) > 1 and (beside.startswith(wanted) or beside.replace("-", "").startswith(wanted)):
        return 0
    return _score(wanted, folded)


class Finder(Painted, can_focus=True):
    """A line to write in and the best hits under it."""

    DEFAULT_CSS = f"Finder {{ height: {SHOWN + 2}; }}"
    captures_text = True

    def __init__(self, entries: list[Entry], row: ToRow | None = None) -> None:
        super().__init__()
        self._entries = entries
        self._folded = [fold(entry.text) for entry in entries]
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
            self._find()
        else:
            return
        taken(event)
        self.changed()

    def on_paste(self, event: events.Paste) -> None:
        """What the terminal pastes is looked for."""
        event.stop()
        self._line.insert(event.text.strip())
        self._find()
        self.changed()

    def _find(self) -> None:
        wanted = fold(self._line.text).strip()
        scored = [
            (points, entry)
            for entry, folded in zip(self._entries, self._folded, strict=True)
            if (points := _points(wanted, entry, folded)) is not None
        ]
        scored.sort(key=lambda hit: hit[0])
        self.hits = self._with_row([entry for _score, entry in scored])
        self._at = 0

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
