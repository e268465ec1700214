"""Leaving brygga: what stopping means is said before, and nothing that was written or sent is lost."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from textual.widget import Widget

from core.errors import BryggaError
from core.i18n import _, ngettext
from tui.jobs import Job, unexpected
from tui.page import Dialog
from tui.paint import Line, Lines, wrap
from tui.theme import Ground, Tone

if TYPE_CHECKING:
    from tui.app import BryggaApp

NAMED: Final = 5
"""Jobs that the question names one by one."""


def stopping_lines(jobs: Sequence[Job]) -> list[str]:
    """For each job what it means to stop it now."""
    lines = []
    for job in jobs[:NAMED]:
        lines += [f"{job.title} · {job.subject}", "   " + job.stopping, ""]
    more = len(jobs) - NAMED
    if more > 0:
        lines.append(ngettext("… and {count} more job", "… and {count} more jobs", more).format(count=more))
    return lines[:-1] if more <= 0 else lines


class Farewell(Dialog[None]):
    """What is still waited for; no key takes it away."""

    hint = ""

    def contents(self) -> Iterable[Widget]:
        """One sentence."""
        lines: list[Line] = []
        for sentence in (
            _("What has been sent to Fortnox is finished first: brygga waits for its receipt, at most 35 s."),
            _("Then it ends by itself."),
        ):
            lines += [((piece, Tone.PLAIN),) for piece in wrap(sentence, 72)]
        yield Lines(lines, ground=Ground.BOX)

    def scopes(self) -> list[str]:
        """No action."""
        return []


class Leaving:
    """Ends the app: by a person's key, or by a signal."""

    def __init__(self, app: BryggaApp) -> None:
        self._app = app
        self._task: asyncio.Task[None] | None = None

    def heed_signals(self) -> None:
        """End at a safe point, with the terminal as it was, also when somebody else ends the program."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal, number)

    def _on_signal(self, number: signal.Signals) -> None:
        """A second signal waits for nothing more than what must not be cut."""
        if self._task is not None:
            self._app.exit(128 + number)
        else:
            self.begin(128 + number, shown=number is not signal.SIGHUP)

    def ask(self) -> None:
        """Quit; ask only while a job runs."""
        running = self._app.jobs.running
        if not running:
            self.begin(0)
            return
        from tui.screens.dialogs import Question

        question = Question(_("Jobs are running"), stopping_lines(running), _("Quit anyway"))
        self._app.ask(question, lambda _answer: self.begin(0))

    def begin(self, code: int, *, shown: bool = True) -> None:
        """End with the code once everything has come to its safe point."""
        if self._task is None:
            self._task = asyncio.create_task(self._leave(code, shown=shown), name="leaving")

    async def _leave(self, code: int, *, shown: bool) -> None:
        try:
            await self._keep()
            if shown and self._app.jobs.running:
                self._app.push_screen(Farewell(_("brygga is ending")))
            await self._app.come_to_rest()
        except Exception as error:  # noqa: BLE001 whatever fails, the program ends; it is logged
            unexpected(error)
        finally:
            self._app.exit(code)

    async def _keep(self) -> None:
        """Keep what is being written as a draft; where that is refused there is nothing more to do."""
        with contextlib.suppress(BryggaError):
            await self._app.give_way()
