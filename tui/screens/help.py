"""Help: what each key does on the page it was asked on, and why a dim one is dim. Made from the action table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from textual.widget import Widget

from core.i18n import _, mark
from tui import actions
from tui.actions import Action, key_word
from tui.page import Page
from tui.paint import Lines, Span, columns, wrap
from tui.screens.dialogs import READING_WIDTH, Reading
from tui.theme import Tone
from tui.widgets.columns import Column
from tui.widgets.table import Table

COLUMNS: Final = (
    Column("key", mark("Key"), 12),
    Column("help", mark("What it does")),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the help."""

    action: Action
    reason: str


def entries_of(scopes: Sequence[str], reasons: dict[str, str], table: Sequence[Action]) -> list[Entry]:
    """The actions of the page, those of its own first."""
    return [Entry(action, reasons.get(action.id, "")) for action in actions.own_first(scopes, table)]


def keys_of(action: Action) -> str:
    """All its keys as people read them; empty for what only the palette does."""
    return " ".join(key_word(key) for key in action.keys)


def cells_of(entry: Entry) -> Sequence[Span]:
    """Keys, and the sentence; a dim line is what cannot be done now."""
    keys = keys_of(entry.action) or _("palette")
    dead = bool(entry.reason)
    return ((keys, Tone.DIM if dead else Tone.KEY), (_(entry.action.help), Tone.DIM if dead else Tone.PLAIN))


class HelpPage(Page):
    """The keys of the page that help was asked on."""

    page = "help"

    def body(self) -> Iterable[Widget]:
        """The keys."""
        self.table: Table[Entry] = Table(
            COLUMNS,
            cells=cells_of,
            key=lambda entry: entry.action.id + " ".join(entry.action.keys),
            markable=False,
        )
        yield self.table

    def facts(self) -> Iterable[Widget]:
        """Why the key under the cursor is dim."""
        self.lines = Lines(id="facts")
        yield self.lines

    async def load(self) -> None:
        """The actions of the page behind."""
        app = self.brygga
        titles = {name: _(title) for name, title, _short in actions.SCREENS}
        behind = next((titles[scope] for scope in app.help_scopes if scope in titles), "")
        self.entitle(_("Help") + (f" · {behind}" if behind else ""))
        self.table.show(entries_of(app.help_scopes, app.reasons, app.actions))

    def on_table_moved(self) -> None:
        """The reason under the list."""
        entry = self.table.current
        reason = (
            _("Not now: {reason}").format(reason=entry.reason) if entry is not None and entry.reason else ""
        )
        self.lines.show(
            [((" " + text, Tone.WARN),) for text in wrap(reason, (self.size.width or 80) - 3) if text]
        )

    def on_table_opened(self) -> None:
        """The line in full, with the reason when the key is dim."""
        entry = self.table.current
        if entry is None:
            return
        pairs = [
            (_("Key"), keys_of(entry.action) or "–"),
            (_("What it does"), _(entry.action.help)),
            (
                _("Just now"),
                entry.reason or _("It works on the screen that you came from; esc goes back there."),
            ),
            (_("Name in the configuration"), entry.action.id),
        ]
        reading = Reading(_("Help"), columns(pairs, READING_WIDTH))
        self.brygga.ask(reading, lambda _answer: None)
