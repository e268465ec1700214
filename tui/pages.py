"""Which pages there are, how one leads to another, and the dialogs over them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import App

from core.errors import BryggaError
from tui.frame import Frame
from tui.jobs import unexpected
from tui.page import Dialog, Page
from tui.terminal import Terminal

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.screen import Screen

_MODULES: Final = {
    "overview": ("overview", "Overview"),
    "engagement": ("engagement", "EngagementPage"),
    "imports": ("imports", "ImportPage"),
    "annexes": ("annexes", "AnnexPage"),
    "reconciliation": ("reconciliation", "ReconciliationPage"),
    "vouchers": ("vouchers", "VoucherPage"),
    "integrations": ("integrations", "IntegrationPage"),
    "log": ("log", "LogPage"),
    "guide": ("guide", "GuidePage"),
    "editor": ("editor", "EditorPage"),
    "effects": ("effects", "EffectsPage"),
    "proof": ("proof", "ProofPage"),
    "receipts": ("receipts", "ReceiptsPage"),
    "carry": ("carry", "CarryPage"),
    "settings": ("settings", "SettingsPage"),
    "help": ("help", "HelpPage"),
    "jobs": ("jobs", "JobsPage"),
    "dashboard": ("dashboard", "DashboardPage"),
    "welcome": ("welcome", "WelcomePage"),
    "invite": ("invite", "InvitePage"),
    "fields": ("fields", "FieldsPage"),
}
"""Page name -> module of tui.screens and class; a module is imported when its page is first opened."""

_ONCE: Final = frozenset({"guide", "editor", "help"})
"""Pages that begin afresh every time they are opened."""


class PagedApp(App[int], inherit_bindings=False):
    """An app of pages: one is shown, esc leads to the one before, a dialog may lie over it."""

    root: ClassVar[str] = "overview"
    """The page below all others."""

    def __init__(self, *, ansi_color: bool) -> None:
        super().__init__(driver_class=Terminal, ansi_color=ansi_color)
        self._pages: dict[str, Page] = {}
        self._trail: list[str] = []
        self._frame = Frame()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Textual's one way to the terminal: what stands there already is not sent again."""
        super()._display(screen, self._frame.sent(renderable))

    def on_resize(self) -> None:
        """A terminal of another size has arranged its lines anew, each kind in its own way."""
        self._frame.forget()

    def paint_anew(self) -> None:
        """Send the whole screen again, whatever somebody else has written there."""
        self._frame.forget()
        self.screen.refresh()

    def get_default_screen(self) -> Screen[Any]:
        """The root page is the first thing painted; it stays below whatever page is opened."""
        self._trail = [self.root]
        return self._page(self.root)

    def _page(self, name: str) -> Page:
        from importlib import import_module

        page = self._pages.get(name)
        if page is None:
            module, class_name = _MODULES[name]
            page = getattr(import_module(f"tui.screens.{module}"), class_name)()
            assert isinstance(page, Page)
            if name not in _ONCE:
                self._pages[name] = page
                self.install_screen(page, name)
        return page

    def open_page(self, name: str) -> None:
        """Show a page; esc comes back to this one."""
        if name in self._trail:
            del self._trail[self._trail.index(name) :]
        self._trail.append(name)
        self._show(name)

    def _show(self, name: str) -> None:
        page = self._page(name)
        # Not awaited: the page that is left may be the one whose key is being handled.
        if name == self.root:
            while len(self.screen_stack) > 1:
                self.pop_screen()
        elif len(self.screen_stack) > 1:
            self.switch_screen(page)
        else:
            self.push_screen(page)

    def go_back(self) -> None:
        """To the page before; from the first page nowhere."""
        if len(self._trail) > 1:
            self._trail.pop()
            self._show(self._trail[-1])

    @property
    def current_page(self) -> Page | None:
        """The page on the screen, also under a dialog."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, Page):
                return screen
        return None

    def ask(self, dialog: Dialog[Any], answered: Callable[[Any], Any] | None = None) -> None:
        """Put a dialog over the page; ``answered`` gets what it was closed with, None for nothing."""

        async def close(answer: Any) -> None:
            page = self.current_page
            if answer is None or answered is None:
                return
            try:
                outcome = answered(answer)
                if asyncio.iscoroutine(outcome):
                    await outcome
            except BryggaError as error:
                if page is not None:
                    page.show_trouble(error)
            except Exception as error:  # noqa: BLE001 shown in three lines and logged
                if page is not None:
                    page.show_trouble(unexpected(error))

        self.push_screen(dialog, close)

    async def give_way(self) -> bool:
        """Close what lies over the page and keep what is being written there; whether there was something."""
        while isinstance(self.screen, Dialog):
            await self.screen.dismiss(None)
        return await page.keep_unsaved() if (page := self.current_page) is not None else False
