"""8 Logg: who did what to which client, and how it went."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from textual.widget import Widget

from core.i18n import _, mark
from core.register import AuditEvent
from tui.page import Page
from tui.paint import Line, Lines, Span, columns
from tui.screens.dialogs import READING_WIDTH, Reading
from tui.theme import Tone
from tui.widgets.table import Column, Table
from tui.wording import lesson, moment

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS: Final = (
    Column("at", mark("When"), 16),
    Column("person", mark("Who"), 10),
    Column("client", mark("Client")),
    Column("action", mark("What"), 24),
    Column("outcome", mark("Outcome"), 10),
)

_ACTIONS: Final = {
    "client.added": mark("client added"),
    "client.changed": mark("client changed"),
    "client.removed": mark("client removed"),
    "client.forgotten": mark("client forgotten"),
    "backup.made": mark("backup made"),
    "backup.restored": mark("backup restored"),
    "invite.added": mark("user to invite added"),
    "invite.changed": mark("user to invite changed"),
    "invite.removed": mark("user to invite removed"),
    "invite.admin": mark("system administrator ticked"),
    "invite.has_user": mark("client has a user"),
    "invite.list": mark("list of users read"),
    "invite.batch": mark("batch exported"),
    "invite.draft": mark("user back to draft"),
    "invite.exported": mark("user exported"),
    "invite.invited": mark("user invited in Fortnox"),
    "invite.reminded": mark("user reminded"),
    "invite.done": mark("user has begun"),
    "invite.declined": mark("user declined"),
    "invite.purged": mark("users forgotten"),
    "invite.template": mark("letter reworded"),
    "letter.sent": mark("letter sent"),
    "letter.written": mark("letter written to a file"),
    "letter.refused": mark("letter refused"),
    "letter.unknown": mark("letter unclear"),
    "letter.bounced": mark("letter bounced"),
    "letter.dropped": mark("letter given up"),
    "letter.said_sent": mark("letter went"),
    "letter.said_queued": mark("letter did not go"),
    "engagement.added": mark("engagement added"),
    "engagement.source": mark("source switched"),
    "engagement.locked": mark("locked"),
    "engagement.unlocked": mark("unlocked"),
    "engagement.taken_over": mark("taken over"),
    "connection.made": mark("connected to Fortnox"),
    "connection.ended": mark("disconnected"),
    "connection.lapsed": mark("connection lapsed"),
    "import": mark("imported"),
    "import.done": mark("imported"),
    "import.made": mark("imported"),
    "secrets.client_secret": mark("client secret stored"),
    "secrets.rekey": mark("master key changed"),
    "session.started": mark("logged in over SSH"),
    "session.refused": mark("refused over SSH"),
    "user.added": mark("let in over SSH"),
    "user.changed": mark("keys or role changed"),
    "user.removed": mark("shut out"),
    "right.refused": mark("refused: lacks the right"),
    "voucher.added": mark("closing voucher written"),
    "voucher.changed": mark("closing voucher changed"),
    "voucher.ready": mark("marked as ready"),
    "voucher.draft": mark("back to draft"),
    "voucher.removed": mark("closing voucher removed"),
    "voucher.sending": mark("closing voucher being sent"),
    "voucher.posted": mark("closing voucher posted"),
    "voucher.rejected": mark("closing voucher rejected"),
    "voucher.unknown": mark("receipt missing"),
    "voucher.found": mark("found at Fortnox"),
    "voucher.not_found": mark("not found at Fortnox"),
    "voucher.not_sent": mark("not sent"),
    "voucher.conflict": mark("differs at Fortnox"),
    "export": mark("exported"),
    "voucher.derived": mark("taken as a model"),
    "voucher.undone": mark("change undone"),
    "voucher.seen": mark("recognised in the books"),
    "voucher.alarm": mark("differs in the books"),
    "voucher.waiting": mark("waits for its year"),
    "voucher.year_exists": mark("its year exists now"),
    "voucher.moved": mark("order changed"),
    "voucher.decided_ready": mark("released to be sent"),
    "voucher.decided_excluded": mark("left out"),
    "voucher.decided_draft": mark("taken back as draft"),
    "export.acknowledged": mark("check acknowledged"),
    "export.receipt": mark("receipt of the export"),
    "export.proof": mark("proof of the export"),
    "template.saved": mark("template kept"),
    "template.removed": mark("template removed"),
    "account.created": mark("account added in Fortnox"),
    "account.activated": mark("account activated"),
    "export.file": mark("exported to file"),
}


_OUTCOMES = {"ok": mark("done"), "refused": mark("refused")}
_DETAILS = {
    "asked": mark("Asked for"),
    "why": mark("Why"),
    "what": mark("What"),
    "role": mark("Role"),
    "user": mark("Person"),
    "keys": mark("Keys"),
}


def action_word(action: str) -> str:
    """What was done; an action without a word of its own is shown by its code."""
    return _(_ACTIONS[action]) if action in _ACTIONS else action


def outcome_word(outcome: str) -> str:
    """How it went; an outcome without a word of its own is shown as it is."""
    return _(_OUTCOMES[outcome]) if outcome in _OUTCOMES else outcome


def cells_of(event: AuditEvent, names: Mapping[str, str]) -> Sequence[Span]:
    """The cells of an event in the order of ``COLUMNS``."""
    well = event.outcome == "ok"
    return (
        (moment(event.at), Tone.DIM),
        (event.person, Tone.PLAIN),
        (names.get(event.client_id, "–"), Tone.PLAIN),
        (action_word(event.action), Tone.PLAIN),
        ("✓ " + _("done") if well else "✕ " + outcome_word(event.outcome), Tone.GOOD if well else Tone.BAD),
    )


def rank_of(event: AuditEvent, column: str) -> Any:
    """What a column sorts by: time the newest first."""
    match column:
        case "person":
            return event.person
        case "action":
            return event.action
        case "outcome":
            return event.outcome
        case "client":
            return event.client_id
        case _:
            return -event.at.timestamp()


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
            key=lambda event: (
                f"{event.at.isoformat()} {event.action} {event.client_id} {event.engagement_id}"
            ),
            rank=rank_of,
        )
        yield self.table
        yield Lines(id="pane")

    async def load(self) -> None:
        """The latest events."""
        from core.usecases.activity import activity
        from core.usecases.clients import list_clients

        ctx = await self.context()
        self._names = {client.id: client.name for client in await list_clients(ctx)}
        events = await activity(ctx)
        self.entitle(_("Activity log"))
        self.table.show(
            events,
            lesson(
                _("Everything that anybody does in brygga is written here."), _("Nothing has been done yet.")
            ),
        )

    def on_table_moved(self) -> None:
        """Details follow the cursor."""
        self.fill_pane()
        self.refresh_footer()

    def fill_pane(self) -> None:
        """All facts of the event."""
        event = self.table.current
        if not self.wide or event is None:
            return
        pane = self.query_one("#pane", Lines)
        title = ((" " + action_word(event.action), Tone.TITLE),)
        pane.show([title, (), *self._facts(event, pane.size.width or 40)])

    def _facts(self, event: AuditEvent, width: int) -> list[Line]:
        pairs = [
            (_("When"), moment(event.at)),
            (_("Who"), event.person),
            (_("Client"), self._names.get(event.client_id, "–")),
            (_("Outcome"), outcome_word(event.outcome)),
            *((_(_DETAILS.get(str(name), str(name))), str(value)) for name, value in event.details.items()),
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
