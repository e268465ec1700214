"""n on 1, Startguide: from nothing to a first import. Each step is stored at once, so the guide can be left and resumed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace
from textual.widget import Widget

from core.i18n import _, ngettext
from core.model import FiscalYear
from core.register import Client, Engagement, SourceKind
from tui.completion import complete_sie_path
from tui.of_file import Proposal, accept, propose
from tui.page import Page
from tui.paint import Line, Lines
from tui.theme import Tone
from tui.widgets.form import Button, ChoiceField, Field, Form, Note, TextField
from tui.wording import source_word
from tui.work import existing_file, hand_over_notes

if TYPE_CHECKING:
    from core.usecases.connect import Connected

FORMS = ("AB", "EF", "HB", "KB", "EK", "BRF", "IF", "ST")


def start_fields() -> list[Field]:
    """The three ways in."""
    return [
        Note("hello", _("How do you want to begin?"), tone=Tone.STRONG),
        Note("gap", ""),
        Note(
            "about_connect",
            _("Connect: approve in the browser; brygga fetches the company and its fiscal year."),
        ),
        Button("connect", _("Connect to Fortnox")),
        Note("gap2", ""),
        Note(
            "about_file",
            _("SIE4: for clients without Fortnox; company and fiscal year are read from the file."),
        ),
        Button("file", _("Open a SIE4 file")),
        Note("gap3", ""),
        Note("about_hand", _("By hand: write the client and the fiscal year yourself.")),
        Button("hand", _("Write it by hand")),
    ]


def client_fields(person: str) -> list[Field]:
    """A client and its fiscal year, written by hand."""
    sources = [(kind.value, source_word(kind)) for kind in SourceKind]
    return [
        *identity_fields(person),
        *year_fields(),
        ChoiceField("source", _("Source"), options=sources),
        Button("save_hand", _("Save and go on")),
        Button("restart", _("Begin again")),
    ]


def year_fields() -> list[Field]:
    """The fiscal year's two days."""
    return [
        TextField("from", _("Fiscal year from"), _("For example 2025-01-01."), width=11),
        TextField("to", _("Fiscal year to"), _("For example 2025-12-31."), width=11),
    ]


def import_fields(client: Client, engagement: Engagement, note: str) -> list[Field]:
    """Everything is known; the first import remains."""
    fields: list[Field] = [
        Note("done", f"✓ {client.name}  {client.orgnr}", tone=Tone.GOOD),
        Note("year", "✓ " + _("fiscal year {year}").format(year=engagement.year), tone=Tone.GOOD),
        Note(
            "source",
            "✓ " + _("Source: {source}.").format(source=source_word(engagement.source)),
            tone=Tone.GOOD,
        ),
    ]
    if note:
        fields.append(Note("note", "▲ " + note, tone=Tone.WARN))
    return [
        *fields,
        Note("gap", ""),
        Note(
            "next", _("The first import fetches the books and the ledgers. It changes nothing at the client.")
        ),
        Button("import", _("Import now")),
        Button("later", _("Later: to the engagement")),
        Button("restart", _("One more client")),
    ]


def file_fields(proposal: Proposal, person: str) -> list[Field]:
    """What a file says of itself; a client that is new can be corrected before it is made."""
    count = proposal.vouchers
    vouchers = ngettext("{count} voucher", "{count} vouchers", count).format(count=count)
    read = f"{proposal.path.name}: {proposal.program or 'SIE'}, {vouchers}"
    year = _("fiscal year {year}").format(year=FiscalYear(proposal.from_date, proposal.to_date))
    fields: list[Field] = [
        Note("read", "✓ " + read, tone=Tone.GOOD),
        Note("year", "✓ " + year, tone=Tone.GOOD),
    ]
    if proposal.client is None:
        fields += [Note("new", _("The client is new; correct what is wrong.")), Note("gap", "")]
        fields += identity_fields(person, proposal)
    else:
        client = proposal.client
        fields.append(Note("client", f"✓ {client.name}  {client.orgnr}", tone=Tone.GOOD))
        fields.append(Note("gap", ""))
    return [*fields, Button("save_file", _("Import now")), Button("restart", _("Begin again"))]


def identity_fields(person: str, proposal: Proposal | None = None) -> list[Field]:
    """Who a client is."""
    name, number = (proposal.name, proposal.orgnr) if proposal is not None else ("", "")
    form = name.rsplit(" ", 1)[-1].upper()
    return [
        TextField("name", _("Name"), _("The company's name."), width=40).fill(name),
        TextField("orgnr", _("Org. no."), _("Ten or twelve digits, with or without hyphen."), width=14).fill(
            number
        ),
        TextField(
            "number", _("Client no."), _("The firm's own number for the client; may be left empty."), width=10
        ),
        ChoiceField("form", _("Legal form"), options=[(each, each) for each in FORMS]).choose(form),
        TextField("responsible", _("Responsible"), width=20).fill(person),
    ]


class GuidePage(Page):
    """The start guide."""

    page = "guide"

    def __init__(self) -> None:
        super().__init__()
        self._client: Client | None = None
        self._engagement: Engagement | None = None
        self._proposal: Proposal | None = None
        self._shown = False

    def body(self) -> Iterable[Widget]:
        """The form of the step."""
        self.form = Form()
        self.lines = Lines(id="facts")
        yield self.lines
        yield self.form

    async def load(self) -> None:
        """Begin, or leave the step as it is."""
        self.entitle(_("Start guide"))
        if not self._shown:
            self._shown = True
            client, way = self.brygga.guide_client, self.brygga.guide_way
            self.brygga.guide_way = ""
            if client is None:
                self._start()
                if way:
                    self.form.go_to(way)
                    self.form.post_message(Form.Pressed(way))
            else:
                self._ask_year(client)

    def _start(self) -> None:
        self._client = self._engagement = self.brygga.guide_client = None
        self.form.show(start_fields(), focus="connect")
        self._say_where(1)

    def _say_where(self, step: int) -> None:
        words = (_("1 client"), _("2 fiscal year"), _("3 import"))
        spans: list[tuple[str, Tone]] = [(" ", Tone.PLAIN)]
        for number, word in enumerate(words, start=1):
            spans.append((word, Tone.TITLE if number == step else Tone.DIM))
            spans.append(("  →  " if number < len(words) else "", Tone.DIM))
        line: Line = tuple(spans)
        self.lines.show([line, ()])

    async def on_form_pressed(self, message: Form.Pressed) -> None:
        """Each button is a step; trouble is shown where it belongs."""
        from core.errors import BryggaError
        from tui.jobs import unexpected

        self.clear_trouble()
        try:
            await self._press(message.key)
        except BryggaError as error:
            self.show_trouble(error)
        except Exception as error:  # noqa: BLE001 shown in three lines and logged
            self.show_trouble(unexpected(error))

    async def _press(self, key: str) -> None:
        match key:
            case "connect":
                await self._connect()
            case "file":
                self._ask_file()
            case "hand":
                self.form.show(client_fields(self.brygga.person), focus="name")
                self._say_where(1)
            case "save_hand":
                await self._save_hand()
            case "save_year":
                await self._save_year()
            case "save_file":
                await self._save_file()
            case "import":
                await self._import()
            case "later":
                await self._to_engagement()
            case _:
                self._start()

    # -- connect first ----------------------------------------------------------------------------------

    async def _connect(self) -> None:
        from tui.screens.consent import open_consent

        await open_consent(self, self._client, self._connected)

    async def _connected(self, connected: Connected) -> None:
        self._client = await self._mine(connected.client)
        note = connected.refused
        if connected.engagement is None and self._engagement is None:
            self._ask_year(self._client, note)
            return
        engagement = connected.engagement or self._engagement
        assert engagement is not None
        self._ready(self._client, engagement, note)

    async def _mine(self, client: Client) -> Client:
        """A client that nobody is responsible for is whoever's that connects it, so that *mine* shows it."""
        from core.usecases.clients import update_client

        if client.responsible:
            return client
        return await update_client(await self.context(), replace(client, responsible=self.brygga.person))

    def _ready(self, client: Client, engagement: Engagement, note: str = "") -> None:
        self._client, self._engagement = client, engagement
        self.brygga.engagement_id = engagement.id
        self.form.show(import_fields(client, engagement, note), focus="import")
        self._say_where(3)

    def _ask_year(self, client: Client, note: str = "") -> None:
        self._client = client
        fields: list[Field] = [Note("client", f"✓ {client.name}  {client.orgnr}", tone=Tone.GOOD)]
        if note:
            fields.append(Note("note", "▲ " + note, tone=Tone.WARN))
        sources = [(kind.value, source_word(kind)) for kind in SourceKind]
        fields += [*year_fields(), ChoiceField("source", _("Source"), options=sources)]
        self.form.show(
            [*fields, Button("save_year", _("Save and go on")), Button("restart", _("Begin again"))], "from"
        )
        self._say_where(2)

    # -- by hand ------------------------------------------------------------------------------------------

    def _year(self) -> tuple[date, date] | None:
        days = []
        for key in ("from", "to"):
            try:
                days.append(date.fromisoformat(self.form.text(key)))
            except ValueError:
                self.form.fail(key, _("Write the date as 2025-12-31."))
                return None
        return days[0], days[1]

    async def _save_hand(self) -> None:
        from core.usecases.clients import add_client

        self.form.clear_errors()
        if not self.form.text("name"):
            self.form.fail("name", _("The client needs a name."))
            return
        year = self._year()
        if year is None:
            return
        if self._client is None:
            self._client = await add_client(
                await self.context(),
                name=self.form.text("name"),
                orgnr=self.form.text("orgnr"),
                number=self.form.text("number"),
                form=self.form.text("form"),
                responsible=self.form.text("responsible"),
            )
        await self._add_engagement(self._client, year)

    async def _save_year(self) -> None:
        year = self._year()
        if year is not None and self._client is not None:
            await self._add_engagement(self._client, year)

    async def _add_engagement(self, client: Client, year: tuple[date, date]) -> None:
        from core.usecases.engagements import add_engagement

        source = SourceKind(self.form.text("source"))
        engagement = await add_engagement(await self.context(), client.id, *year, source)
        self._engagement = engagement
        self._ready(client, engagement)

    # -- from a file ----------------------------------------------------------------------------------------

    def _ask_file(self) -> None:
        from tui.screens.dialogs import FormDialog

        async def check(form: Form) -> Path | None:
            path = await asyncio.to_thread(existing_file, form.text("path"))
            if path is None:
                form.fail("path", _("There is no such file."))
            return path

        hint = _("For example ~/sie/bageri.se; tab fills in.")
        field = TextField("path", _("File"), hint, width=54, complete=complete_sie_path)
        fields = [*hand_over_notes(reading=True), field]
        self.brygga.ask(FormDialog(_("Open a SIE4 file"), fields, _("Open the file"), check), self._propose)

    async def _propose(self, path: Path) -> None:
        """What the file says of itself, to be looked at before anything is made."""
        self._proposal = await propose(await self.context(), path)
        self.form.show(file_fields(self._proposal, self.brygga.person), focus="save_file")
        self._say_where(2)

    async def _save_file(self) -> None:
        proposal = self._proposal
        if proposal is None:
            return
        self.form.clear_errors()
        keys = () if proposal.client else ("name", "orgnr", "number", "form", "responsible")
        written = {key: self.form.text(key) for key in keys}
        self._client, self._engagement = await accept(await self.context(), proposal, **written)
        self.brygga.engagement_id = self._engagement.id
        await self._start_file(proposal.path)

    async def _start_file(self, path: Path) -> None:
        from tui.work import start_file_import

        assert self._client is not None
        assert self._engagement is not None
        await start_file_import(self, self._client.name, self._engagement.id, path)
        await self._to_engagement()

    # -- onwards ------------------------------------------------------------------------------------------

    async def _import(self) -> None:
        from core.usecases.status import overview
        from tui.work import start_import

        assert self._client is not None
        assert self._engagement is not None
        engagement = self._engagement
        rows = await overview(await self.context(), self._client.id)
        row = next(row for row in rows if row.engagement is not None and row.engagement.id == engagement.id)
        if engagement.source is SourceKind.FORTNOX and row.last_import is None and not row.client.tenant:
            await self._connect()
            return
        await self._to_engagement()
        page = self.brygga.current_page
        if page is not None:
            await start_import(page, row)

    async def _to_engagement(self) -> None:
        self.brygga.guide_client = None
        self.brygga.open_page("engagement")
