"""What all pages and dialogs share: the frame, the dispatch of keys, trouble in three lines."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from core.errors import BryggaError
from core.i18n import _
from tui import actions
from tui.actions import Action
from tui.hints import three_lines
from tui.jobs import Job, unexpected
from tui.paint import BLANK, Line, Lines, Painted, Rule, wrap
from tui.theme import Ground, Tone
from tui.widgets.chrome import Body, Box, Choice, Footer, Header, JobStrip, Title

if TYPE_CHECKING:
    from core.usecases.context import Context
    from tui.app import BryggaApp

Result = TypeVar("Result")

SMALLEST: tuple[int, int] = (60, 18)
WIDE = 120
_WRITTEN_IN = frozenset({"form", "grid"})
"""Scopes of the widgets that a person writes in."""


class Acting:
    """Turns a key into the method ``do_<action>`` of the focused widget, the page or the app."""

    def scopes(self) -> list[str]:
        """Where actions live now, the nearest first."""
        raise NotImplementedError

    @property
    def brygga(self) -> BryggaApp:
        """The app."""
        raise NotImplementedError

    def reason_against(self, action: str) -> str | None:
        """Why the key is dim: the person's role, or what the page, its focused widget or the app says."""
        focused = self.brygga.focused
        widget = focused.why_not(action) if isinstance(focused, Painted) else None
        role = actions.denied(self.brygga.role, action)
        return role or self.why_not(action) or widget or self.brygga.why_not(action)

    def why_not(self, action: str) -> str | None:  # noqa: ARG002 pages that refuse anything override it
        """Why the action cannot be done now, in a sentence; None when it can."""
        return None


async def press(screen: Page | Dialog[object], event: events.Key) -> None:
    """Do what the key means here, unless it is text for a field."""
    focused = screen.focused
    if isinstance(focused, Painted) and focused.captures_text and event.is_printable:
        return
    action = actions.find(event.key, screen.scopes(), screen.brygga.actions)
    if action is not None:
        event.stop()
        event.prevent_default()
        await perform(screen, action)


async def perform(screen: Page | Dialog[object], action: Action) -> None:
    """Do the action, or say why it cannot be done; trouble is shown where it belongs."""
    reason = screen.reason_against(action.id)
    if reason is not None:
        screen.say(reason, Tone.WARN)
        return
    handler = _handler(screen, action.id)
    if handler is None:
        return
    try:
        outcome = handler()
        if inspect.isawaitable(outcome):
            await outcome
    except BryggaError as error:
        screen.show_trouble(error)
    except Exception as error:  # noqa: BLE001 a fault of one action must not end the interface; it is logged
        screen.show_trouble(unexpected(error))


def _handler(screen: Page | Dialog[object], name: str) -> Callable[[], object] | None:
    for target in (screen.focused, screen, screen.brygga):
        handler = getattr(target, f"do_{name}", None)
        if handler is not None:
            return cast("Callable[[], object]", handler)
    target_page = name.removeprefix("go_")
    if target_page in actions.PAGES:
        return partial(screen.brygga.open_page, target_page)
    return None


class Page(Screen[None], Acting, inherit_bindings=False):
    """A screen of the interface: header, title, body, trouble, job strip, footer."""

    BINDINGS: ClassVar[list[BindingType]] = []
    ALLOW_SELECT = False
    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    Page { layout: vertical; background: $background; overflow: hidden; }
    Page #tiny { display: none; }
    Page.-wide .-with-pane #pane { display: block; }
    Page.-tiny > * { display: none; }
    Page.-tiny > #tiny { display: block; }
    """

    page: ClassVar[str] = ""
    """The page's name, which is also a scope."""

    def __init__(self) -> None:
        super().__init__()
        self._left = False
        self._title_line = Title()
        self.trouble = Lines(id="trouble")
        self.strip = JobStrip()
        self.foot = Footer()

    def compose(self) -> ComposeResult:
        """The frame around the page's own body."""
        yield self.header()
        yield self._title_line
        yield Rule()
        pane = [Lines(id="pane")] if self.has_pane else []
        yield Body(*self.body(), *pane, classes="-with-pane" if pane else None)
        yield self.trouble
        yield from self.facts()
        yield Rule()
        yield self.strip
        yield self.foot
        yield Lines(id="tiny")

    has_pane: ClassVar[bool] = False

    def header(self) -> Widget:
        """The first line: the screens with their keys."""
        return Header(self.page, self.brygga.called)

    def body(self) -> Iterable[Widget]:
        """The widgets of the body."""
        raise NotImplementedError

    def facts(self) -> Iterable[Widget]:
        """Widgets between the body and the lower rule."""
        return ()

    async def load(self) -> None:
        """Read what the page shows, and show it."""

    async def keep_unsaved(self) -> bool:
        """Keep what is being written, because the writing ends here; whether there was something."""
        return False

    async def job_moved(self, job: Job) -> None:
        """A job has come further."""

    def job_ended(self, job: Job) -> None:
        """A job has ended; the page has been loaded anew."""

    @property
    def brygga(self) -> BryggaApp:
        """The app."""
        return cast("BryggaApp", self.app)

    async def context(self) -> Context:
        """The open core."""
        return await self.brygga.context()

    # -- life ------------------------------------------------------------------------------------------

    async def on_mount(self) -> None:
        """First paint comes with its data: the store answers in milliseconds."""
        await self.reload()
        self.focus_body()

    def on_screen_suspend(self) -> None:
        """Another page or a dialog lies over this one."""
        self._left = True

    async def on_screen_resume(self) -> None:
        """Come back to the page: what others changed meanwhile is shown."""
        if self._left:
            self._left = False
            await self.reload()
        self.strip.show(self.brygga.jobs.running)

    def focus_body(self) -> None:
        """Put the keyboard where the page wants it: its first widget that takes keys."""
        for widget in self.query(Painted):
            if widget.can_focus:
                widget.focus()
                return

    async def reload(self) -> None:
        """Load, with trouble shown in its place."""
        try:
            await self.load()
        except BryggaError as error:
            self.show_trouble(error)
        except Exception as error:  # noqa: BLE001 a page that cannot be read says so; the others still work
            self.show_trouble(unexpected(error))
        self.refresh_footer()

    @property
    def follows(self) -> bool:
        """Whether the page may be loaded anew by itself: not under a dialog, nor under somebody's writing."""
        widget = self.focused
        scopes = widget.scopes if isinstance(widget, Painted) else ()
        return self.is_current and _WRITTEN_IN.isdisjoint(scopes)

    def on_table_moved(self) -> None:
        """Details follow the cursor, and so do the keys; what else follows it comes before this."""
        self.fill_pane()
        self.refresh_footer()

    def fill_pane(self) -> None:
        """Show the details of what is under the cursor, where there is a pane."""
        if self.has_pane and self.wide:
            pane = self.query_one("#pane", Lines)
            pane.show(self.details(pane.size.width or 40, pane.size.height or 24))

    def details(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 pages with a pane override it
        """What the pane tells of the row under the cursor, in so many cells and rows."""
        return ()

    def on_resize(self, event: events.Resize) -> None:
        """Wide pages get their pane; tiny ones one sentence."""
        width, height = event.size
        tiny = width < SMALLEST[0] or height < SMALLEST[1]
        self.set_class(width >= WIDE, "-wide")
        self.set_class(tiny, "-tiny")
        if tiny:
            sentence = _("brygga needs a window of at least {width} times {height} characters.")
            text = sentence.format(width=SMALLEST[0], height=SMALLEST[1])
            self.query_one("#tiny", Lines).show(
                [((piece, Tone.PLAIN),) for piece in wrap(text, max(10, width - 1))]
            )
        if self.has_pane:
            self.call_after_refresh(self.fill_pane)
        self.refresh_footer()

    @property
    def wide(self) -> bool:
        """Whether the pane of details is shown."""
        return self.size.width >= WIDE

    # -- keys ------------------------------------------------------------------------------------------

    def scopes(self) -> list[str]:
        """The focused widget, this page, all pages."""
        focused = self.focused
        widget = focused.scopes if isinstance(focused, Painted) else ()
        return [*widget, self.page, "page"]

    async def on_key(self, event: events.Key) -> None:
        """A key while nothing has the focus."""
        await self.take(event)

    async def take(self, event: events.Key) -> None:
        """Every key that no field took."""
        self.foot.quiet()
        await press(self, event)
        self.refresh_footer()

    def wanted(self) -> tuple[str, ...]:
        """Actions that stand first in the footer just now."""
        return ()

    def on_descendant_focus(self) -> None:
        """Another widget, other keys."""
        self.refresh_footer()

    def refresh_footer(self) -> None:
        """Show the keys that work now."""
        if not self.is_mounted:
            return
        chosen = actions.footer(self.scopes(), self.brygga.actions, self.wanted())
        self.foot.show([Choice(action, self.reason_against(action.id)) for action in chosen])

    # -- words -----------------------------------------------------------------------------------------

    def entitle(self, left: Line | str, right: Line = BLANK) -> None:
        """Set the title line."""
        self._title_line.show(((left, Tone.TITLE),) if isinstance(left, str) else left, right)

    def say(self, sentence: str, tone: Tone = Tone.PLAIN) -> None:
        """One sentence in the footer, until the next key."""
        self.foot.say(sentence, tone)

    def show_trouble(self, error: BryggaError) -> None:
        """Three lines above the footer, until the trouble is gone or esc is pressed."""
        self.trouble.show(three_lines(error, self.size.width or 80, self.brygga.actions))

    def clear_trouble(self) -> bool:
        """Take the three lines away; false when there were none."""
        shown = self.trouble.display and bool(self.trouble.count)
        self.trouble.show([])
        return shown

    async def do_refresh(self) -> None:
        """Read the page anew, and paint it anew."""
        self.clear_trouble()
        self.brygga.paint_anew()
        await self.reload()


class Dialog(ModalScreen[Result], Acting, inherit_bindings=False):
    """Something that lies over a page: a question, a form, a list to choose from."""

    BINDINGS: ClassVar[list[BindingType]] = []
    AUTO_FOCUS = ""
    ALLOW_SELECT = False
    DEFAULT_CSS = "Dialog { align: center middle; background: $background 40%; }"

    def __init__(self, title: str) -> None:
        super().__init__()
        self._heading = title

    def compose(self) -> ComposeResult:
        """A box with the dialog's own contents, and a line that says what the keys do."""
        self.note = Lines(ground=Ground.BOX)
        box = Box(*self.contents(), self.note)
        box.border_title = self.brygga.plain_markup(self._heading)
        box.border_subtitle = self.brygga.plain_markup(self.hint)
        yield box

    @property
    def hint(self) -> str:
        """How one moves, answers and closes, in the frame."""
        return _("tab and arrows move · enter choose · esc close")

    def contents(self) -> Iterable[Widget]:
        """The widgets in the box."""
        raise NotImplementedError

    @property
    def brygga(self) -> BryggaApp:
        """The app."""
        return cast("BryggaApp", self.app)

    def on_mount(self) -> None:
        """The first widget that takes keys takes them."""
        for widget in self.query(Painted):
            if widget.can_focus:
                widget.focus()
                return

    def scopes(self) -> list[str]:
        """The focused widget and dialogs."""
        focused = self.focused
        widget = focused.scopes if isinstance(focused, Painted) else ()
        return [*widget, "dialog"]

    async def on_key(self, event: events.Key) -> None:
        """A key while nothing has the focus."""
        await self.take(event)

    async def take(self, event: events.Key) -> None:
        """Every key that no field took."""
        await press(cast("Dialog[object]", self), event)

    def say(self, sentence: str, tone: Tone = Tone.PLAIN) -> None:
        """A sentence at the bottom of the box."""
        self.note.show([((text, tone),) for text in wrap(sentence, 70)])

    def show_trouble(self, error: BryggaError) -> None:
        """Three lines at the bottom of the box."""
        self.note.show(three_lines(error, 74, self.brygga.actions))

    def do_close(self) -> None:
        """Close without doing anything."""
        self.dismiss(None)
