"""Small dialogs: a question that leans towards no, and a form."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, TypeAlias

from textual.message import Message
from textual.widget import Widget

from core.errors import BryggaError
from core.i18n import _
from tui.jobs import unexpected
from tui.page import Dialog
from tui.paint import BLANK, Line, Lines, Painted, fit, wrap
from tui.theme import Ground, Tone
from tui.widgets.form import Button, Field, Form

READING_WIDTH: Final = 72
"""Cells that a line of a dialog has at 80 columns."""

AROUND: Final = 6
"""Rows of a dialog that its lines do not have: the frame, the note, the line that says how to close."""

Check: TypeAlias = Callable[[Form], Awaitable[object] | object]
"""Takes what was written; returns the dialog's answer, or None to stay open."""


class Question(Dialog[bool]):
    """A few lines, and a way on that is not the one under the cursor."""

    def __init__(self, title: str, lines: Sequence[str], go_on: str) -> None:
        super().__init__(title)
        self._lines_shown = [piece for line in lines for piece in wrap(line, 72)]
        self._go_on = go_on

    def contents(self) -> Iterable[Widget]:
        """The lines and two buttons, the cursor on the harmless one."""
        yield Lines([((line, Tone.PLAIN),) for line in self._lines_shown], ground=Ground.BOX)
        yield Form([Button("no", _("Cancel")), Button("yes", self._go_on)], ground=Ground.BOX)

    def on_form_pressed(self, message: Form.Pressed) -> None:
        """Yes answers, no closes."""
        self.dismiss(True if message.key == "yes" else None)


class Pages(Painted, can_focus=True):
    """Lines to read that may be more than the screen holds; enter ends the reading."""

    DEFAULT_CSS = "Pages { height: auto; }"
    scopes = ("reading",)

    class Ended(Message):
        """Enter was pressed."""

    def __init__(self, lines: Sequence[Line]) -> None:
        super().__init__()
        self._lines = lines
        self._top = 0

    def get_content_height(self, container: object, viewport: object, width: int) -> int:  # noqa: ARG002
        """As many rows as there are lines, as far as the screen goes."""
        return min(len(self._lines), max(3, self.app.size.height - AROUND))

    def line_at(self, y: int, width: int) -> tuple[Line, Ground]:
        """A line; the last row says how much more there is."""
        place, last = self._top + y, self.size.height - 1
        left = len(self._lines) - self._top - self.size.height
        if y == last and left > 0:
            more = _("↓ {count} more lines").format(count=left + 1)
            return ((fit(more, width, right=True), Tone.KEY),), Ground.BOX
        return (self._lines[place] if place < len(self._lines) else BLANK), Ground.BOX

    def _scroll(self, by: int) -> None:
        self._top = max(0, min(len(self._lines) - self.size.height, self._top + by))
        self.changed()

    def do_up(self) -> None:
        """A line up."""
        self._scroll(-1)

    def do_down(self) -> None:
        """A line down."""
        self._scroll(1)

    def do_page_up(self) -> None:
        """A screenful up."""
        self._scroll(1 - self.size.height)

    def do_page_down(self) -> None:
        """A screenful down."""
        self._scroll(self.size.height - 1)

    def do_top(self) -> None:
        """To the first line."""
        self._scroll(-len(self._lines))

    def do_end(self) -> None:
        """To the last line."""
        self._scroll(len(self._lines))

    def do_open(self) -> None:
        """Read to the end."""
        self.post_message(self.Ended())


class Reading(Dialog[bool]):
    """Something to read in full; enter or esc closes it."""

    hint = ""

    def __init__(self, title: str, lines: Sequence[Line]) -> None:
        super().__init__(title)
        self._lines_shown = lines

    def contents(self) -> Iterable[Widget]:
        """The lines, and how one closes them."""
        yield Pages(self._lines_shown)
        yield Lines([(), ((_("enter closes"), Tone.DIM),)], ground=Ground.BOX)

    def on_pages_ended(self) -> None:
        """Closes."""
        self.dismiss(None)


class FormDialog(Dialog[object]):
    """A form over a page. ``check`` turns what was written into the answer, or says at a field what is wrong."""

    def __init__(
        self, title: str, fields: Sequence[Field], go_on: str, check: Check, lines: Sequence[Line] = ()
    ) -> None:
        super().__init__(title)
        self._fields_shown = [*fields, Button("ok", go_on), Button("no", _("Cancel"))]
        self._check = check
        self._lines_shown = lines

    def contents(self) -> Iterable[Widget]:
        """The lines, the fields, and the buttons."""
        if self._lines_shown:
            yield Lines(self._lines_shown, ground=Ground.BOX)
        self.form = Form(self._fields_shown, ground=Ground.BOX)
        yield self.form

    async def on_form_pressed(self, message: Form.Pressed) -> None:
        """Go on with what was written, or close."""
        if message.key != "ok":
            self.dismiss(None)
            return
        self.form.clear_errors()
        try:
            answer = self._check(self.form)
            if isinstance(answer, Awaitable):
                answer = await answer
        except BryggaError as error:
            self.show_trouble(error)
        except Exception as error:  # noqa: BLE001 shown in three lines and logged
            self.show_trouble(unexpected(error))
        else:
            if answer is not None:
                self.dismiss(answer)
