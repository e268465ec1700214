"""8 Logg: who did what to which client, and how it went."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from textual.widget import Widget

from core.i18n import _, mark
from core.register import AuditEvent
from tui.deeds import action_word, details_of, outcome_word
from tui.page import Page
from tui.paint import Line, Span, columns, titled
from tui.screens.dialogs import READING_WIDTH, Reading
from tui.theme import Tone
from tui.widgets.columns import Column
from tui.widgets.table import Table
from tui.wording import lesson, moment

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS: Final = (
    Column("at", mark("When"), 16),
    Column("person", mark("Who"), 8),
    Column("client", mark("Client")),
    Column("action", mark("What"), 22),
    Column("outcome", mark("Outcome"), 9),
)

NEWEST: Final = 2000
"""Events that are shown at most; ``brygga audit export`` writes all."""


def cells_of(event: AuditEvent, names: Mapping[str, str]) -> Sequence[Span]:
    """The cells of an event in the order of ``COLUMNS``."""
    well = event.outcome == "ok"
    return (
        (moment(event.at), Tone.DIM),
        (event.person, Tone.PLAIN),
        (names.get(event.client_id, "–"), Tone.PLAIN),
        (action_word(event.action), Tone.PLAIN),
        (("✓ " if well else "✕ ") + outcome_word(event.outcome), Tone.GOOD if well else Tone.BAD),
    )


def rank_of(event: AuditEvent, column: str, names: Mapping[str, str]) -> Any:
    """What a column sorts by: time the newest first, everything else by what stands there."""
    match column:
        case "person":
            return event.person.casefold()
        case "action":
            return action_word(event.action)
        case "outcome":
            return (event.outcome == "ok", outcome_word(event.outcome))
        case "client":
            return names.get(event.client_id, "").casefold()
        case _:
            return -event.at.timestamp()


def search_of(event: AuditEvent, names: Mapping[str, str]) -> str:
    """What the filter looks in: the row, and everything noted about the event."""
    noted = (value for _name, value in details_of(event))
    return " ".join((*(text for text, _tone in cells_of(event, names)), *noted))


class LogPage(Page):
    """The activity log, newest first."""

    page = "log"
    has_pane = True

    def __init__(self) -> None:
        super().__init__()
        self._names: dict[str, str] = {}

    def body(self) -> Iterable[Widget]:
        """The events, and the pane."""
        self.table: Table[AuditEvent] = Table(
            COLUMNS,
            cells=lambda event: cells_of(event, self._names),
            key=lambda event: f"{event.at.isoformat()} {event.action} {event.client_id} {event.details}",
            rank=lambda event, column: rank_of(event, column, self._names),
            search=lambda event: search_of(event, self._names),
        )
        yield self.table

    async def load(self) -> None:
        """The latest events."""
        from core.usecases.activity import activity
        from core.usecases.clients import list_clients

        ctx = await self.context()
        self._names = {client.id: client.name for client in await list_clients(ctx)}
        events = await activity(ctx, NEWEST)
        newest = _("the newest {count}").format(count=NEWEST)
        self.entitle(_("Activity log"), ((newest, Tone.DIM),) if len(events) == NEWEST else ())
        self.table.show(
            events,
            lesson(
                _("Everything that anybody does in brygga is written here."), _("Nothing has been done yet.")
            ),
        )

    def details(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002
        """All facts of the event."""
        event = self.table.current
        if event is None:
            return ()
        return [*titled(action_word(event.action), width), (), *self._facts(event, width)]

    def _facts(self, event: AuditEvent, width: int) -> list[Line]:
        pairs = [
            (_("When"), moment(event.at)),
            (_("Who"), event.person),
            (_("Client"), self._names.get(event.client_id, "–")),
            (_("Outcome"), outcome_word(event.outcome)),
            *details_of(event),
        ]
        return columns(pairs, width)

    def on_table_opened(self) -> None:
        """The event in full, with what the columns had no room for."""
        event = self.table.current
        if event is not None:
            reading = Reading(action_word(event.action), self._facts(event, READING_WIDTH))
            self.brygga.ask(reading, lambda _answer: None)

    def why_not(self, action: str) -> str | None:
        """An empty log has nothing to open."""
        return _("The list is empty.") if action == "open" and self.table.current is None else None
