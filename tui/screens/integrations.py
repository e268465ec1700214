"""7 Integrationer: each client's connection to Fortnox: its state, company, last use; connect and disconnect."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from textual.widget import Widget

from core.i18n import _, mark
from core.register import (
    Client,
    ConnectionMode,
    ConnectionState,
    ConnectionView,
    EngagementStatus,
    SourceKind,
)
from tui.page import Page
from tui.paint import Line, Lines, Span, columns, titled, wrap
from tui.theme import Tone
from tui.widgets.columns import Column
from tui.widgets.table import Table
from tui.wording import connection_long, connection_short, lesson, moment

COLUMNS: Final = (
    Column("client", mark("Client")),
    Column("connection", mark("Connection"), 12),
    Column("company", mark("Company at Fortnox"), 20),
    Column("tenant", mark("Tenant"), 8),
    Column("used", mark("Last used"), 16),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A client and its connection."""

    client: Client
    view: ConnectionView
    source: SourceKind | None


def rows_of(statuses: Sequence[EngagementStatus]) -> list[Row]:
    """One row a client; a client with any engagement from Fortnox needs a connection."""
    rows: dict[str, Row] = {}
    for status in statuses:
        source = status.engagement.source if status.engagement else None
        known = rows.get(status.client.id)
        if known is None or known.source is SourceKind.SIE4:
            rows[status.client.id] = Row(status.client, status.connection, source)
    return list(rows.values())


def cells_of(row: Row) -> Sequence[Span]:
    """The cells of a client in the order of ``COLUMNS``."""
    none = row.view.state is ConnectionState.NONE
    return (
        (row.client.name, Tone.PLAIN),
        connection_short(row.view, row.source if none else None),
        (row.view.company or "–", Tone.PLAIN),
        (row.client.tenant or "–", Tone.DIM),
        (moment(row.view.last_used_at), Tone.DIM),
    )


def rank_of(row: Row, column: str) -> Any:
    """What a column sorts by."""
    match column:
        case "connection":
            return (list(ConnectionState).index(row.view.state), row.view.days_left or 0)
        case "used":
            return row.view.last_used_at.timestamp() if row.view.last_used_at else 0.0
        case "company":
            return row.view.company.casefold()
        case "tenant":
            return row.client.tenant
        case _:
            return row.client.name.casefold()


def detail_of(row: Row, width: int) -> list[Line]:
    """The pane: the connection in full."""
    modes = {
        ConnectionMode.SERVICE: _("service account: lasts until it is revoked"),
        ConnectionMode.CODE: _("renewed at every use; lapses when it lies unused"),
        None: "–",
    }
    pairs = [
        (_("Org. no."), row.client.orgnr),
        (_("State"), connection_long(row.view)[0]),
        (_("Company"), row.view.company or "–"),
        (_("Tenant"), row.client.tenant or "–"),
        (_("Kind"), modes[row.view.mode]),
        (_("Last used"), moment(row.view.last_used_at)),
    ]
    return [
        *titled(row.client.name, width),
        (),
        *columns(pairs, width),
        (),
        *help_lines(width),
    ]


def help_lines(width: int) -> list[Line]:
    """Why a company may not be in Fortnox's list, and which program comes next."""
    why = _("The company must have an API licence, and whoever approves must be its system administrator.")
    return [
        ((" " + _("Do you not find Fortnox in the list?"), Tone.STRONG),),
        *(((" " + piece, Tone.PLAIN),) for piece in wrap(why, width - 2)),
        ((" eEkonomi ", Tone.DIM), (_("coming"), Tone.DIM)),
    ]


class IntegrationPage(Page):
    """The connections of all clients."""

    page = "integrations"
    has_pane = True

    def body(self) -> Iterable[Widget]:
        """The clients, and the pane."""
        self.table: Table[Row] = Table(
            COLUMNS, cells=cells_of, key=lambda row: row.client.id, rank=rank_of, markable=False
        )
        yield self.table

    def facts(self) -> Iterable[Widget]:
        """What the pane tells where there is one."""
        self.lines = Lines(id="facts")
        yield self.lines

    def fill_pane(self) -> None:
        """The connection under the cursor; without a pane what helps whoever does not find Fortnox."""
        super().fill_pane()
        self.lines.show([] if self.wide else help_lines(self.size.width or 80))

    async def load(self) -> None:
        """From the store; no network."""
        from core.usecases.status import overview

        statuses = await overview(await self.context())
        rows = rows_of(statuses)
        active = sum(row.view.state in {ConnectionState.ACTIVE, ConnectionState.EXPIRING} for row in rows)
        self.entitle(
            ((_("Integrations"), Tone.TITLE), (" · Fortnox", Tone.PLAIN)),
            ((_("{count} of {all} connected").format(count=active, all=len(rows)), Tone.DIM),),
        )
        self.table.show(
            rows,
            lesson(
                _("The connections of your clients to Fortnox stand here."),
                _("There is no client yet."),
                _("Press 1, then n: the start guide connects the first one."),
            ),
        )
        chosen = next(
            (s.client.id for s in statuses if s.engagement and s.engagement.id == self.brygga.engagement_id),
            "",
        )
        if chosen:
            self.table.go_to(chosen)

    def details(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002
        """The connection under the cursor."""
        row = self.table.current
        return detail_of(row, width) if row else ()

    async def on_table_opened(self) -> None:
        """Enter connects what is not connected."""
        row = self.table.current
        if row is not None and row.view.state is not ConnectionState.ACTIVE:
            await self.do_connect()
        else:
            self.say(_("It is connected already; f connects it anew, x disconnects it."))

    def why_not(self, action: str) -> str | None:
        """Connecting needs a client, disconnecting a connection."""
        row = self.table.current
        if action in {"connect", "disconnect", "open"} and row is None:
            return _("There is no client yet.")
        if action == "disconnect" and row is not None and row.view.state is ConnectionState.NONE:
            return _("It is not connected.")
        return None

    async def do_connect(self) -> None:
        """Ask for consent."""
        from tui.screens.consent import open_consent

        row = self.table.current
        if row is not None:
            await open_consent(self, row.client)

    def do_disconnect(self) -> None:
        """Ask, then forget the connection."""
        from tui.screens.dialogs import Question

        row = self.table.current
        if row is None:
            return
        client = row.client

        async def go_on(_answer: bool) -> None:
            from core.usecases.connect import disconnect

            await disconnect(await self.context(), client.id)
            await self.reload()
            self.say(_("Disconnected: {client}.").format(client=client.name))

        lines = [
            _("brygga forgets its access to {client}.").format(client=client.name),
            _("Imports and closing vouchers are kept. To connect again somebody must approve in Fortnox."),
        ]
        self.brygga.ask(Question(_("Disconnect"), lines, _("Disconnect")), go_on)
