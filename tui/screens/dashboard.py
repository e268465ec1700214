"""The overview on a wall: everything at a glance, nothing to change, read anew by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, cast

from textual.widget import Widget

from core.clock import today
from core.errors import BryggaError
from core.i18n import _
from core.register import ConnectionState, EngagementStatus
from tui import actions
from tui.page import Page
from tui.paint import Line, Lines, fit, wrap
from tui.screens.overview_rows import COLUMNS, cells_of, key_of, rank_of, search_of
from tui.tally import by_step, day_word, lapses_on, steps_line, summary_of, sums_line, sums_of, word_of
from tui.theme import Tone
from tui.widgets.chrome import Choice, Title
from tui.widgets.table import Table
from tui.wording import lesson, moment

if TYPE_CHECKING:
    from tui.dashboard import Dashboard

FOOTER = ("filter", "sort", "help", "quit")


class DashboardPage(Page):
    """All engagements, riskiest first, for reading."""

    page = "dashboard"
    has_pane = True

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[EngagementStatus] = ()
        self._read_at: datetime | None = None
        self._line = Title()

    def header(self) -> Widget:
        """Whose engagements these are, and that nothing can be changed here."""
        return self._line

    def body(self) -> Iterable[Widget]:
        """The list, and the pane of a wide screen."""
        self.table: Table[EngagementStatus] = Table(
            COLUMNS,
            cells=lambda row: cells_of(row, today(self.brygga.clock)),
            key=key_of,
            rank=rank_of,
            search=search_of,
            markable=False,
        )
        yield self.table

    def facts(self) -> Iterable[Widget]:
        """What the engagements come to together."""
        self.lines = Lines(id="facts")
        yield self.lines

    async def load(self) -> None:
        """Look at the store, unless nothing has changed there."""
        app = cast("Dashboard", self.brygga)
        rows = await app.glance.look()
        if rows is not None:
            self._rows, self._read_at = rows, app.clock.now()
        self.clear_trouble()
        self._show()

    def show_trouble(self, error: BryggaError) -> None:
        """One line above the footer; what was read last stays."""
        read = _("Shown is what was read {moment}.").format(moment=moment(self._read_at))
        text = f"{error.title} {read if self._read_at else error.message}"
        self.trouble.show(
            [
                ((" ✕ " if n == 0 else "   ", Tone.BAD), (piece, Tone.BAD))
                for n, piece in enumerate(wrap(text, (self.size.width or 80) - 5))
            ]
        )

    def _show(self) -> None:
        day = today(self.brygga.clock)
        firm = self.brygga.settings.firm.name
        left: Line = (
            ("brygga", Tone.TITLE),
            (firm and f" · {firm}", Tone.STRONG),
            (" · " + _("read only"), Tone.DIM),
        )
        self._line.show(left, ((_("changed {moment}").format(moment=moment(self._read_at)), Tone.DIM),))
        self.entitle(summary_of(self._rows, day, (self.size.width or 80) - 2))
        self.table.show(self._rows, self._lesson())
        self.lines.show([] if self.wide or not self._rows else self._totals())
        self.fill_pane()

    def _totals(self) -> list[Line]:
        return [((" ", Tone.PLAIN), *steps_line(self._rows)), ((" ", Tone.PLAIN), *sums_line(self._rows))]

    @staticmethod
    def _lesson() -> Sequence[Line]:
        return lesson(
            _("Here the firm's engagements will stand, riskiest first."),
            _("There are none yet. They are added in brygga itself, which q and then brygga opens."),
        )

    def details(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002
        """Where the engagements stand, and the connections that lapse."""
        return pane_of(self._rows, self, width)

    def why_not(self, action: str) -> str | None:
        """Nothing opens here."""
        return _("This is only the overview; brygga itself opens engagements.") if action == "open" else None

    def refresh_footer(self) -> None:
        """The few keys that there are."""
        if self.is_mounted:
            table = {action.id: action for action in actions.in_scopes(self.scopes(), self.brygga.actions)}
            self.foot.show([Choice(table[name]) for name in FOOTER if name in table])


def pane_of(rows: Sequence[EngagementStatus], page: DashboardPage, width: int) -> list[Line]:
    """The pane of a wide screen."""
    day = today(page.brygga.clock)
    lines: list[Line] = [((" " + _("Next step"), Tone.TITLE),), ()]
    for step, count in by_step(rows):
        word, tone = word_of(step)
        lines.append(((" " + fit(word, 12), tone), (f"{count:>5}", Tone.STRONG)))
    lapsing = {row.client.id: row for row in rows if row.connection.state is ConnectionState.EXPIRING}
    if lapsing:
        lines += [(), ((" " + _("Connections that lapse"), Tone.TITLE),), ()]
        for row in sorted(lapsing.values(), key=lambda row: row.connection.days_left or 0):
            when = _("before {day}").format(day=day_word(lapses_on(row.connection, day), day))
            name = fit(row.client.name, max(8, width - len(when) - 6))
            lines.append(((" ▲ ", Tone.WARN), (name + "  ", Tone.PLAIN), (when, Tone.WARN)))
    lines += [(), ((" " + _("Differences"), Tone.TITLE),), ()]
    lines += [
        ((" " + fit(label, 5), Tone.DIM), (fit(text, 18, right=True), tone))
        for label, (text, tone) in sums_of(rows)
    ]
    return lines if rows else []
