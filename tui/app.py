"""The app: wires screens, keys, themes and the core together. No logic of its own."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import App
from textual.binding import BindingType

from core import i18n
from core.clock import Clock, SystemClock
from core.config import Settings
from core.i18n import _
from core.register import Role
from tui import actions, theme
from tui.following import Following
from tui.jobs import JobChanged, Jobs, unexpected
from tui.leaving import Leaving
from tui.pages import PagedApp
from tui.paint import Painted
from tui.theme import Tone
from tui.trial import Trial
from tui.widgets.chrome import Header

if TYPE_CHECKING:
    from core.register import Client
    from core.secret import Secret
    from core.usecases.ahead import Ahead
    from core.usecases.context import Context


class BryggaApp(PagedApp, inherit_bindings=False):
    """The full-screen interface over one data directory."""

    BINDINGS: ClassVar[list[BindingType]] = []
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    CSS = """
    Screen { overflow: hidden; }
    .-ascii Box { border: ascii $foreground 50%; }
    .-ascii Body #pane { border-left: ascii $foreground 30%; }
    """

    def __init__(
        self,
        settings: Settings,
        person: str,
        clock: Clock | None = None,
        *,
        role: Role = Role.ADMIN,
        first_page: str = "",
        ahead: Ahead | None = None,
    ) -> None:
        palette = theme.chosen(settings.ui.theme, colour="NO_COLOR" not in os.environ)
        super().__init__(ansi_color=palette.ansi)
        self.settings = settings
        self.person = person
        self._role = role
        self.clock = clock or SystemClock()
        if i18n.language() != settings.ui.language:
            i18n.use(settings.ui.language)
        self.actions = actions.rebound(settings.ui.keys) if settings.ui.keys else actions.TABLE
        self.jobs = Jobs(self, self.clock)
        self.following = Following(self)
        self.trial = Trial()
        self.leaving = Leaving(self)
        self.called = person
        """How the headers name who is at the keyboard."""
        self.first_page = first_page or self.root
        self.passphrase: Secret | None = None
        """What a person typed, for the keeper ``passphrase``."""
        self.engagement_id: str | None = None
        """The engagement that screens 2 to 6 show."""
        self.voucher_id: str | None = None
        """The closing voucher that the editor writes on; None for a new one."""
        self.guide_way = ""
        """The way in that the start guide takes at once: connect, file, or empty to ask."""
        self.guide_client: Client | None = None
        """The client that the start guide makes an engagement for; None to begin with a new client."""
        self.help_scopes: list[str] = []
        self.reasons: dict[str, str] = {}
        self._core: Context | None = None
        self._ahead = ahead
        self._held = contextlib.AsyncExitStack()
        self._opening = asyncio.Lock()
        self._resting = False
        self.animation_level = "none"
        self._draw_with(settings.ui.glyphs)
        self.register_theme(palette.theme())
        self.set_reactive(App.theme, palette.theme_name)  # nothing is painted yet, so nobody needs to be told
        self.stylesheet.set_variables(self.get_css_variables())

    # -- the core --------------------------------------------------------------------------------------

    @property
    def role(self) -> Role:
        """What the person may do; over SSH what the store said when it was last asked."""
        return self._core.role if self._core is not None else self._role

    async def context(self) -> Context:
        """The open core; opened at the first question, closed when the app ends."""
        async with self._opening:
            if self._core is None:
                from core.usecases.context import open_context, remember_passphrase

                ahead, self._ahead = self._ahead, None
                store = await ahead.store() if ahead is not None else None
                opened = open_context(
                    self.settings, person=self.person, role=self._role, clock=self.clock, store=store
                )
                self._core = await self._held.enter_async_context(opened)
                if ahead is not None:
                    ahead.hand_over(self._core)
                if self.passphrase is not None:
                    remember_passphrase(self._core, self.passphrase)
            return self._core

    async def reopen(self, settings: Settings) -> None:
        """Close the core and open it again with other settings."""
        async with self._opening:
            await self._held.aclose()
            self._core = None
            self.settings = settings
        self.use_palette(settings.ui.theme)
        self._draw_with(settings.ui.glyphs)
        i18n.use(settings.ui.language)
        for page in self._pages.values():
            for widget in page.query(Painted) if page.is_mounted else ():
                widget.refresh()

    async def reread(self, language: str = "") -> None:
        """Use what was written to settings.toml meanwhile; what came from the environment stays."""
        import msgspec

        from core.config import load

        old = self.settings
        config = old.config_file if old.config_file.exists() else None
        fresh = load(
            config, old.data_dir, language or old.ui.language, environ={}, person_file=old.person_file
        )
        await self.reopen(
            msgspec.structs.replace(fresh, config_file=old.config_file, client_secret=old.client_secret)
        )

    # -- life ------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Heed signals, and open the page that comes first."""
        if not self.is_headless:
            self.leaving.heed_signals()
        if self.first_page != self.root:
            self.open_page(self.first_page)

    def begin_work(self) -> None:
        """Look for the key of the secrets, and at what others do to the store."""
        if self.settings.secrets.keeper:
            self.run_worker(self._look_for_key(), exit_on_error=False)
            self.run_worker(self._settle(), exit_on_error=False)
        self.run_worker(self.following.run(), exit_on_error=False)

    def on_ready(self) -> None:
        """After the first paint: begin what goes on beside the keyboard.

        The cycle collector works again, and passes over what start-up made.
        """
        gc.freeze()
        gc.enable()
        self._start_log()
        self.begin_work()

    def _start_log(self) -> None:
        """Let the log take what the core tells and what goes wrong; a disk that takes none stops nobody."""
        if self.is_headless:
            return
        from core import logs

        with contextlib.suppress(OSError):
            logs.start(self.settings.log_path, self.settings.log.level)

    async def _settle(self) -> None:
        """What an earlier session sent without seeing the receipt is looked up."""
        from tui.work import settle_uncertain

        await settle_uncertain(self)

    async def _look_for_key(self) -> None:
        """Say when stored consents cannot be opened, while everything else goes on."""
        from core.usecases.secrets import missing_key, needs_passphrase

        trouble = await missing_key(await self.context())
        page = self.current_page
        if trouble is None or page is None:
            return
        page.show_trouble(trouble)
        if needs_passphrase(self.settings):
            from tui.screens.keeper import ask_passphrase

            ask_passphrase(page, page.do_refresh)

    async def on_unmount(self) -> None:
        """However it ends, it ends at rest."""
        await self.come_to_rest()

    async def come_to_rest(self) -> None:
        """Stop jobs at their safe points, let critical work finish, close the store; nothing goes on after it."""
        self._resting = True
        self.workers.cancel_node(self)
        await self.jobs.stop_all()
        async with self._opening:
            await self._held.aclose()
            self._core = None
        await self.trial.end()

    def _fatal_error(self) -> None:
        """Three lines on the terminal and the traceback, without local variables, in the log."""
        error = self._exception or RuntimeError("unknown")
        self._start_log()
        self.bell()
        self._exit_renderables.append(Text(str(unexpected(error))))
        self._close_messages_no_wait()

    # -- pages -----------------------------------------------------------------------------------------

    def begin_guide(self, way: str) -> None:
        """Open the start guide and take a way in at once."""
        self.guide_way, self.guide_client = way, None
        self.open_page("guide")

    def call_person(self, name: str) -> None:
        """Name who is at the keyboard otherwise: in the demo it says so."""
        self.called = name
        for page in self._pages.values():
            for header in page.query(Header):
                header.call(name)

    # -- jobs ------------------------------------------------------------------------------------------

    async def on_job_changed(self, message: JobChanged) -> None:
        """Move the strip; when a job has ended, load the page anew and say what came of it."""
        page = self.current_page
        if page is None or not page.is_mounted or self._resting:
            return
        page.strip.show(self.jobs.running)
        job = message.job
        if job.running:
            await page.job_moved(job)
            return
        await page.reload()
        if job.error is not None:
            page.show_trouble(job.error)
        else:
            page.say(
                f"{job.title} · {job.subject}: {job.outcome}",
                Tone.GOOD if job.result is not None else Tone.WARN,
            )
        page.job_ended(job)

    def why_not(self, action: str) -> str | None:
        """What the app itself cannot do now."""
        return _("No job is running.") if action == "cancel_job" and not self.jobs.running else None

    def do_cancel_job(self) -> None:
        """Cancel the newest running job."""
        running = self.jobs.running
        page = self.current_page
        if page is not None and running:
            self.jobs.cancel(running[-1])
            page.say(_("Cancelling at the next safe point."))

    # -- look ------------------------------------------------------------------------------------------

    def _draw_with(self, glyphs: str) -> None:
        """Draw with all signs, or with letters alone."""
        self.ascii_glyphs = glyphs == "ascii"
        self.set_class(self.ascii_glyphs, "-ascii")

    def use_palette(self, name: str) -> None:
        """Change the colours."""
        palette = theme.chosen(name, colour=not self.no_color)
        self.register_theme(palette.theme())
        self.ansi_color = palette.ansi
        self.theme = palette.theme_name

    def plain_markup(self, text: str) -> str:
        """Foreign text where Textual reads markup, in the signs that the terminal has."""
        from rich.markup import escape

        from tui.paint import safe

        shown = safe(text)
        return escape(shown.translate(theme.ASCII) if self.ascii_glyphs else shown)

    # -- actions of every page -------------------------------------------------------------------------

    async def do_back(self) -> None:
        """Trouble, then the filter, then the page before."""
        page = self.current_page
        if page is None or page.clear_trouble():
            return
        clear = getattr(page.focused, "do_clear_filter", None)
        if clear is not None and clear():
            return
        self.go_back()

    async def do_help(self) -> None:
        """What each key does on the page that is shown, and why a dim one is dim."""
        page = self.current_page
        if page is None or page.page == "help":
            return
        self.help_scopes = page.scopes()
        found = (
            (action.id, page.reason_against(action.id))
            for action in actions.in_scopes(self.help_scopes, self.actions)
        )
        self.reasons = {name: reason for name, reason in found if reason}
        self.open_page("help")

    async def do_jobs(self) -> None:
        """The job list."""
        self.open_page("jobs")

    async def do_settings(self) -> None:
        """Settings."""
        self.open_page("settings")

    async def do_palette(self) -> None:
        """All commands."""
        from tui.screens.palette import open_palette

        await open_palette(self, clients=False)

    async def do_go_to(self) -> None:
        """Clients and commands."""
        from tui.screens.palette import open_palette

        await open_palette(self, clients=True)

    def do_copy(self) -> None:
        """Copy what the list has marked."""
        from tui.copying import copy

        page = self.current_page
        as_tsv = getattr(page.focused, "as_tsv", None) if page is not None else None
        if page is not None and as_tsv is not None:
            page.say(copy(self, as_tsv()))

    def do_save_table(self) -> None:
        """Ask where the table is to be saved."""
        from tui.saving import ask_table

        page = self.current_page
        if page is not None:
            ask_table(page)

    async def do_picture(self) -> None:
        """A picture of the screen."""
        from tui.saving import save_screen

        page = self.current_page
        if page is not None:
            await save_screen(page)

    def do_interrupt(self) -> None:
        """Ctrl+c ends nothing."""
        page = self.current_page
        if page is not None:
            page.say(_("Press q to quit brygga."))

    def do_quit(self) -> None:
        """Quit; asks only while a job runs."""
        self.leaving.ask()


def run(settings: Settings, *, person: str, role: Role = Role.ADMIN, ahead: Ahead | None = None) -> int:
    """Open the interface and stay until it is left; the exit code. A first start begins with the welcome."""
    from core.usecases.welcome import is_first_start

    first_page = "welcome" if ahead is None and is_first_start(settings) else ""
    app = BryggaApp(settings, person, role=role, first_page=first_page, ahead=ahead)
    code = app.run(mouse=False)
    return app.return_code or code or 0
