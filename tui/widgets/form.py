"""A form: fields under each other, one of them being written, buttons below. One widget, so that nothing blinks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from rich.cells import cell_len
from textual import events
from textual.message import Message

from core.i18n import _
from core.text import clean
from tui.paint import BLANK, Line, Painted, Span, fit, taken, wrap
from tui.theme import Ground, Tone
from tui.widgets.editline import LONGEST, EditLine

Completer: TypeAlias = Callable[[str], Awaitable[tuple[str, str]]]


@dataclass
class Field:
    """What all fields have. ``hint`` teaches while the field is empty, ``error`` says what is wrong with it."""

    key: str
    label: str
    hint: str = ""
    error: str = ""


@dataclass
class TextField(Field):
    """A line of text."""

    width: int = 30
    secret: bool = False
    complete: Completer | None = None
    """Makes more of what was written when tab is pressed, and says in the hint what it may become."""
    line: EditLine = field(default_factory=EditLine)

    @property
    def value(self) -> str:
        """What was written, without surrounding spaces."""
        return self.line.text.strip()

    def fill(self, value: str) -> TextField:
        """The same field with a value in it."""
        self.line.set(value)
        return self


@dataclass
class ChoiceField(Field):
    """One of a few: left and right, or space, change it. ``options`` are (value, text)."""

    options: Sequence[tuple[str, str]] = ()
    chosen: int = 0

    @property
    def value(self) -> str:
        """The value of the chosen option; empty when there is none."""
        return self.options[self.chosen][0] if self.options else ""

    def choose(self, value: str) -> ChoiceField:
        """The same field with this option chosen, when there is such a one."""
        for place, (option, _text) in enumerate(self.options):
            if option == value:
                self.chosen = place
        return self


@dataclass
class TickField(Field):
    """Yes or no: space changes it."""

    on: bool = False


@dataclass
class Button(Field):
    """Something to do: enter presses it. A dead one says why in its hint."""

    alive: bool = True


@dataclass
class Note(Field):
    """Text between fields; the cursor steps over it. The tone says what it means."""

    tone: Tone = Tone.DIM


class Form(Painted, can_focus=True):
    """Fields that are walked with tab and arrows; enter goes on, and presses buttons."""

    DEFAULT_CSS = "Form { height: auto; }"
    scopes = ("form",)

    class Pressed(Message):
        """A button was pressed, or enter in the last field."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    class Changed(Message):
        """A field has another value."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(
        self,
        fields: Sequence[Field] = (),
        *,
        ground: Ground = Ground.PAGE,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self._fields: list[Field] = list(fields)
        self._at = 0
        self._ground = ground
        self._lines: list[Line] = []
        self._line_of: dict[int, int] = {}
        self._top = 0
        self._first()

    def show(self, fields: Sequence[Field], focus: str = "") -> None:
        """Show other fields, the cursor on the named one or the first."""
        self._fields = list(fields)
        self._at = 0
        self._first()
        if focus:
            self.go_to(focus)
        self.refresh(layout=True)
        self.update()

    def _first(self) -> None:
        while self._at < len(self._fields) - 1 and isinstance(self._fields[self._at], Note):
            self._at += 1

    @property
    def captures_text(self) -> bool:  # type: ignore[override]
        """Letters are text in a text field."""
        return isinstance(self.at, TextField)

    @property
    def at(self) -> Field | None:
        """The field under the cursor."""
        return self._fields[self._at] if self._fields else None

    def field(self, key: str) -> Field:
        """The field with this key."""
        return next(each for each in self._fields if each.key == key)

    def text(self, key: str) -> str:
        """The value of a text or choice field."""
        each = self.field(key)
        assert isinstance(each, TextField | ChoiceField)
        return each.value

    def go_to(self, key: str) -> None:
        """Put the cursor on the field."""
        for place, each in enumerate(self._fields):
            if each.key == key:
                self._at = place
        self.update()

    def fail(self, key: str, error: str) -> None:
        """Say at the field what is wrong with it, and go there."""
        self.field(key).error = error
        self.go_to(key)

    def clear_errors(self) -> None:
        """Forget what was wrong."""
        for each in self._fields:
            each.error = ""
        self.update()

    def update(self) -> None:
        """Repaint what changed; fields may have been changed from outside."""
        before = len(self._lines)
        self._build(self.size.width or 80)
        if before != len(self._lines):
            self.refresh(layout=True)
        self.changed()

    # -- keyboard ---------------------------------------------------------------------------------------

    def do_up(self) -> None:
        """To the field above."""
        self._step(-1)

    def do_down(self) -> None:
        """To the field below."""
        self._step(1)

    def do_open(self) -> None:
        """Press the button, or go on to the next field."""
        each = self.at
        if isinstance(each, Button):
            self.post_message(self.Pressed(each.key))
        elif each is not None:
            self._step(1)

    async def on_key(self, event: events.Key) -> None:
        """Write, choose, tick; everything else is an action."""
        each = self.at
        if event.key == "tab" and isinstance(each, TextField) and each.complete is not None:
            taken(event)
            if not await self._complete(each, each.complete):
                self._step(1)
            return
        if isinstance(each, TextField):
            handled = each.line.press(event.key, event.character)
        elif isinstance(each, ChoiceField) and event.key in {"left", "right", "space"} and each.options:
            each.chosen = (each.chosen + (-1 if event.key == "left" else 1)) % len(each.options)
            handled = True
        elif isinstance(each, TickField) and event.key == "space":
            each.on = not each.on
            handled = True
        elif isinstance(each, Button) and event.key in {"left", "right"}:
            self._step(-1 if event.key == "left" else 1)
            taken(event)
            return
        else:
            handled = False
        if handled and each is not None:
            taken(event)
            each.error = ""
            self.update()
            self.post_message(self.Changed(each.key))

    async def _complete(self, each: TextField, complete: Completer) -> bool:
        """Fill in what is sure; false when there is nothing to add or to choose from."""
        before = each.line.text
        text, hint = await complete(before)
        if text == before and not hint:
            return False
        each.line.set(text)
        each.hint, each.error = hint or each.hint, ""
        self.update()
        return True

    def on_paste(self, event: events.Paste) -> None:
        """What the terminal pastes goes into the field."""
        each = self.at
        if isinstance(each, TextField):
            event.stop()
            each.line.insert(clean(event.text, LONGEST).strip())
            self.update()
            self.post_message(self.Changed(each.key))

    def _step(self, by: int) -> None:
        place = self._at
        while 0 <= place + by < len(self._fields):
            place += by
            if not isinstance(self._fields[place], Note):
                self._at = place
                break
        self.update()

    # -- painting ---------------------------------------------------------------------------------------

    def get_content_height(self, container: object, viewport: object, width: int) -> int:  # noqa: ARG002
        """As many rows as the fields take."""
        self._build(width)
        return len(self._lines)

    def on_resize(self) -> None:
        """Another width wraps notes anew."""
        self._build(self.size.width)

    def on_focus(self) -> None:
        """The caret shows where one writes."""
        self.update()

    def line_at(self, y: int, width: int) -> tuple[Line, Ground]:
        """The line of a field; a form taller than its place follows the cursor."""
        if not self._lines:
            self._build(width)
        line = self._line_of.get(self._at, 0)
        height = self.size.height
        if len(self._lines) <= height:
            self._top = 0
        else:
            self._top = max(0, min(self._top, line - 1), line - height + 2)
        place = y + self._top
        return (self._lines[place] if place < len(self._lines) else BLANK), self._ground

    def _build(self, width: int) -> None:
        labels = [cell_len(each.label) for each in self._fields if not isinstance(each, Note | Button)]
        label_width = min(max(labels, default=0), 32)
        lines: list[Line] = []
        self._line_of.clear()
        buttons: list[Span] = []
        for place, each in enumerate(self._fields):
            if isinstance(each, Button):
                if not buttons and lines and lines[-1] != BLANK:
                    lines.append(BLANK)
                buttons += self._button(each, here=place == self._at)
                self._line_of[place] = len(lines)
                continue
            if buttons:
                lines.append((("  ", Tone.PLAIN), *buttons))
                buttons = []
            self._line_of[place] = len(lines)
            lines += self._field_lines(each, place == self._at, label_width, width)
        if buttons:
            lines.append((("  ", Tone.PLAIN), *buttons))
            lines += self._reason(width)
        self._lines = lines

    def _reason(self, width: int) -> list[Line]:
        each = self.at
        if isinstance(each, Button) and each.hint:
            return [(("  " + text, Tone.DIM),) for text in wrap(each.hint, max(10, width - 4))]
        return []

    def _button(self, each: Button, *, here: bool) -> list[Span]:
        tone = Tone.DIM if not each.alive else Tone.STRONG
        text = f"[ {each.label} ]" if here else f"  {each.label}  "
        return [(text, Tone.CARET if here else tone), ("  ", Tone.PLAIN)]

    def _field_lines(self, each: Field, here: bool, label_width: int, width: int) -> list[Line]:
        if isinstance(each, Note):
            return [((" " + text, each.tone),) for text in wrap(each.label, max(10, width - 2))]
        lead: list[Span] = [
            (" ▸ " if here else "   ", Tone.KEY),
            (fit(each.label, label_width) + "  ", Tone.STRONG if here else Tone.PLAIN),
        ]
        room = max(8, width - label_width - 6)
        lead += self._value(each, here, room)
        lines: list[Line] = [tuple(lead)]
        if each.error:
            indent = " " * (label_width + 5)
            lines += [((indent + text, Tone.BAD),) for text in wrap("▲ " + each.error, max(10, room))]
        elif here and each.hint:
            indent = " " * (label_width + 5)
            lines += [((indent + text, Tone.DIM),) for text in wrap(each.hint, max(10, room))]
        return lines

    def _value(self, each: Field, here: bool, room: int) -> list[Span]:
        if isinstance(each, TextField):
            width = min(each.width, room)
            if here:
                return list(each.line.spans(width, secret=each.secret))
            shown = "·" * len(each.line.text) if each.secret else each.line.text
            return [(fit(shown, width), Tone.FIELD)]
        if isinstance(each, TickField):
            return [("[x]" if each.on else "[ ]", Tone.STRONG if here else Tone.PLAIN)]
        if isinstance(each, ChoiceField):
            text = each.options[each.chosen][1] if each.options else _("(nothing to choose)")
            arrows = "   ← →" if here and len(each.options) > 1 else ""
            return [(text, Tone.STRONG if here else Tone.PLAIN), (arrows, Tone.KEY)]
        return []
