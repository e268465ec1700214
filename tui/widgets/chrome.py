"""What every page has around it: the header, the title, the job strip and the footer."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from rich.cells import cell_len
from textual.containers import Container

from core.i18n import _
from tui.actions import SCREENS, Action, key_word
from tui.jobs import Job
from tui.paint import BLANK, Line, Painted, Span, fit, spread, width_of, wrap
from tui.theme import Ground, Tone
from tui.wording import phase_word


class Header(Painted):
    """The screens with their keys, and who is at the keyboard."""

    def __init__(self, page: str, person: str) -> None:
        super().__init__()
        self._page = page
        self._person = person

    def call(self, person: str) -> None:
        """Show another name."""
        self._person = person
        self.changed()

    def line_at(self, y: int, width: int) -> tuple[Line, Ground]:  # noqa: ARG002
        """Full titles where there is room, short ones at 80 columns."""
        person: Line = ((" " + fit(self._person, min(12, cell_len(self._person))) + " ", Tone.DIM),)
        full = self._screens(short=False)
        fits = width_of(full) + width_of(person) <= width
        return spread(full if fits else self._screens(short=True), person, width), Ground.BAR

    def _screens(self, *, short: bool) -> Line:
        spans: list[Span] = [(" brygga ", Tone.TITLE)]
        for number, (name, title, abbreviated) in enumerate(SCREENS, start=1):
            spans.append((f"{number} ", Tone.KEY))
            text = _(abbreviated if short else title) + " "
            spans.append((text, Tone.TITLE if name == self._page else Tone.DIM))
        return tuple(spans)


class Title(Painted):
    """What the page shows, at the left; its most important figure at the right."""

    def __init__(self) -> None:
        super().__init__()
        self._left: Line = BLANK
        self._right: Line = BLANK

    def show(self, left: Line, right: Line = BLANK) -> None:
        """Show this title."""
        self._left, self._right = left, right
        self.changed()

    def line_at(self, y: int, width: int) -> tuple[Line, Ground]:  # noqa: ARG002
        """Left and right."""
        right: Line = ((" ", Tone.PLAIN), *self._right, (" ", Tone.PLAIN)) if self._right else BLANK
        return spread(((" ", Tone.PLAIN), *self._left), right, width), Ground.PAGE


class JobStrip(Painted):
    """The job at work: for whom, how far, what it waits for, and how to stop it."""

    def __init__(self) -> None:
        super().__init__()
        self._jobs: Sequence[Job] = ()
        self.display = False

    def show(self, running: Sequence[Job]) -> None:
        """Show the newest of the running jobs, or nothing."""
        self._jobs = running
        self.display = bool(running)
        self.changed()

    def line_at(self, y: int, width: int) -> tuple[Line, Ground]:  # noqa: ARG002
        """`Client · import 3/5 supplier invoices ▇▇▇▁▁ 60 %   X cancel`."""
        if not self._jobs:
            return BLANK, Ground.BAR
        job = self._jobs[-1]
        spans: list[Span] = [
            (f" {fit(job.subject, min(28, cell_len(job.subject)))}", Tone.STRONG),
            (f" · {job.title}", Tone.PLAIN),
        ]
        progress = job.progress
        if progress is not None and progress.steps and not progress.seconds:
            done = min(progress.step, progress.steps)
            bar = round(10 * done / progress.steps)
            spans.append((f" {done}/{progress.steps} {phase_word(progress.phase)} ", Tone.PLAIN))
            spans.append(("▇" * bar, Tone.GOOD))
            spans.append(("▁" * (10 - bar), Tone.DIM))
        if progress is not None and progress.seconds:
            text = _("receipt missing: looked up in {seconds} s")
            spans.append(("  " + text.format(seconds=progress.seconds), Tone.WARN))
        elif progress is not None and progress.waiting:
            spans.append(("  " + _("waiting for Fortnox"), Tone.WARN))
        more = len(self._jobs) - 1
        right: list[Span] = [(_("{count} more").format(count=more) + "  ", Tone.DIM)] if more else []
        right += [("X ", Tone.KEY), (_("cancel") + " ", Tone.PLAIN)]
        return spread(tuple(spans), tuple(right), width), Ground.BAR


class Choice(Struct, frozen=True):
    """An action as the footer shows it: its reason when it cannot be done now."""

    action: Action
    reason: str | None = None


class Footer(Painted):
    """The keys that work here; once in a while a sentence instead, whole, until the next key."""

    DEFAULT_CSS = "Footer { height: auto; max-height: 3; }"

    def __init__(self) -> None:
        super().__init__()
        self._choices: Sequence[Choice] = ()
        self._message: Span | None = None

    def show(self, choices: Sequence[Choice]) -> None:
        """Show these actions."""
        self._choices = choices
        self.changed()

    def say(self, message: str, tone: Tone = Tone.PLAIN) -> None:
        """Show a sentence until the next key is pressed."""
        self._take((message, tone))

    def _take(self, message: Span | None) -> None:
        width, before = self.size.width or 80, self._message
        self._message = message
        if len(self._lines(before, width)) == len(self._lines(message, width)):
            self.changed()
        else:
            self.refresh(layout=True)

    @staticmethod
    def _lines(message: Span | None, width: int) -> list[str]:
        return wrap(message[0], max(8, width - 2)) if message is not None else [""]

    def get_content_height(self, container: object, viewport: object, width: int) -> int:  # noqa: ARG002
        """A line for the keys, as many as it takes for a sentence."""
        return len(self._lines(self._message, width))

    @property
    def message(self) -> str:
        """The sentence that is being shown."""
        return self._message[0] if self._message else ""

    def quiet(self) -> None:
        """Show the keys again."""
        if self._message is not None:
            self._take(None)

    def line_at(self, y: int, width: int) -> tuple[Line, Ground]:
        """As many actions as there is room for; the last ones fall away first, help never."""
        if self._message is not None:
            lines = self._lines(self._message, width)
            return ((" ", Tone.PLAIN), (lines[y] if y < len(lines) else "", self._message[1])), Ground.BAR
        spans: list[Span] = []
        pieces = [self._piece(choice) for choice in self._choices]
        left = width - 1
        last = pieces.pop() if pieces else []
        left -= sum(cell_len(text) for text, _tone in last)
        for piece in pieces:
            needed = sum(cell_len(text) for text, _tone in piece)
            if needed > left:
                break
            spans += piece
            left -= needed
        return (*spans, *last), Ground.BAR

    @staticmethod
    def _piece(choice: Choice) -> list[Span]:
        dead = choice.reason is not None
        label = _(choice.action.label) if choice.action.label else ""
        return [
            (" " + key_word(choice.action.keys[0]) + " ", Tone.DIM if dead else Tone.KEY),
            (label + " ", Tone.DIM if dead else Tone.PLAIN),
        ]


class Body(Container, inherit_bindings=False):
    """What stands between the two rules; from 120 columns with a pane of details at the right."""

    DEFAULT_CSS = """
    Body { height: 1fr; layout: vertical; }
    Body.-with-pane { layout: horizontal; }
    Body #pane { display: none; width: 34%; height: 1fr; border-left: solid $foreground 30%; }
    """


class Box(Container, inherit_bindings=False):
    """The frame of a dialog."""

    DEFAULT_CSS = """
    Box { width: 78; max-width: 100%; height: auto; max-height: 100%; background: $panel;
          border: solid $foreground 50%; border-title-color: $foreground; layout: vertical; padding: 0 1;
          border-subtitle-color: $foreground 70%; }
    """
