"""The first start: nothing is set up yet, and three ways to begin."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from textual.widget import Widget

from core.i18n import _, mark
from tui.jobs import Job
from tui.page import Page
from tui.theme import Tone
from tui.widgets.chrome import Title
from tui.widgets.form import Button, Field, Form, Note

if TYPE_CHECKING:
    from core.usecases.progress import Report

CHOICES: Final = (
    (
        "demo",
        mark("1  Try the demo"),
        mark(
            "A made-up Fortnox with five companies starts on this computer. Nothing leaves it, and all is thrown away when you quit."
        ),
    ),
    (
        "connect",
        mark("2  Connect to Fortnox"),
        mark("Approve in the browser; brygga fetches the company and its fiscal year."),
    ),
    (
        "file",
        mark("3  Open a SIE file"),
        mark("For clients without Fortnox: company and fiscal year are read from the file."),
    ),
)
"""Key, label with its digit, and what it leads to."""


def welcome_fields() -> list[Field]:
    """What brygga is, and the three ways in."""
    fields: list[Field] = [
        Note(
            "about",
            _(
                "brygga closes your clients' years from the keyboard: it fetches the books, explains what differs and sends the closing vouchers back."
            ),
            tone=Tone.PLAIN,
        ),
        Note("gap", ""),
        Note("hello", _("How do you want to begin?"), tone=Tone.STRONG),
    ]
    for key, label, about in CHOICES:
        fields += [Button(key, _(label)), Note(f"about_{key}", _(about))]
    return fields


class WelcomePage(Page):
    """Welcome."""

    page = "welcome"

    def __init__(self) -> None:
        super().__init__()
        self._demo: Job | None = None

    def header(self) -> Widget:
        """Without the other screens: here their digits choose."""
        line = Title()
        line.show((("brygga", Tone.TITLE),))
        return line

    def body(self) -> Iterable[Widget]:
        """The three choices."""
        self.form = Form(welcome_fields())
        yield self.form

    async def load(self) -> None:
        """Nothing is read: there is nothing yet."""
        self.entitle(_("Welcome to brygga"))

    async def on_form_pressed(self, message: Form.Pressed) -> None:
        """A choice."""
        {"demo": self.do_demo, "connect": self.do_connect_first, "file": self.do_file_first}[message.key]()

    def why_not(self, action: str) -> str | None:
        """One demo is enough."""
        if action == "demo" and self._demo is not None and self._demo.running:
            return _("The demo is starting.")
        return None

    def do_demo(self) -> None:
        """Start the sample firm, then show its overview."""
        if self._demo is not None and self._demo.running:
            return
        app = self.brygga

        async def work(report: Report) -> Any:
            return await app.trial.enter(app, report)

        def outcome(companies: int) -> str:
            return _("{count} companies. Nothing here is real.").format(count=companies)

        self._demo = app.jobs.start(_("Demo"), _("The sample firm"), work, summary=outcome)
        self.say(_("The demo is starting: it takes some seconds."))

    def do_connect_first(self) -> None:
        """To the start guide, at the connection."""
        self.brygga.begin_guide("connect")

    def do_file_first(self) -> None:
        """To the start guide, at the file."""
        self.brygga.begin_guide("file")

    def job_ended(self, job: Job) -> None:
        """The demo has started: to its overview."""
        if job is self._demo and job.result is not None:
            self.brygga.open_page("overview")
            page = self.brygga.current_page
            if page is not None:
                page.say(_("This is the demo: try whatever you like. q ends it."), Tone.GOOD)
