"""Small dialogs: a question that leans towards no, and a form."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeAlias

from textual.widget import Widget

from core.errors import BryggaError
from core.i18n import _
from tui.jobs import unexpected
from tui.page import Dialog
from tui.paint import Line, Lines, wrap
from tui.theme import Ground, Tone
from tui.widgets.form import Button, Field, Form

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


class Reading(Dialog[bool]):
    """Something to read in full, and a button that closes it."""

    def __init__(self, title: str, lines: Sequence[Line]) -> None:
        super().__init__(title)
        self._lines_shown = lines

    def contents(self) -> Iterable[Widget]:
        """The lines and the button."""
        yield Lines(self._lines_shown, ground=Ground.BOX)
        yield Form([Button("close", _("Close"))], ground=Ground.BOX)

    def on_form_pressed(self, _message: Form.Pressed) -> None:
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
