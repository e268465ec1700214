"""Jobs: what is running and what has run in this session."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from textual.widget import Widget

from core.i18n import _, mark
from tui.hints import three_lines
from tui.jobs import Job, JobState
from tui.page import Page
from tui.paint import Lines, Span, wrap
from tui.theme import Tone
from tui.widgets.columns import Column
from tui.widgets.table import Table
from tui.wording import lesson, moment, phase_word

COLUMNS: Final = (
    Column("state", mark("State"), 12),
    Column("title", mark("Job"), 12),
    Column("subject", mark("For")),
    Column("began", mark("Began"), 11),
    Column("outcome", mark("How far")),
)

_STATES: Final = {
    JobState.RUNNING: ("▲", mark("running"), Tone.WARN),
    JobState.DONE: ("✓", mark("done"), Tone.GOOD),
    JobState.FAILED: ("✕", mark("failed"), Tone.BAD),
    JobState.CANCELLED: ("·", mark("cancelled"), Tone.DIM),
}


def cells_of(job: Job) -> Sequence[Span]:
    """The cells of a job in the order of ``COLUMNS``."""
    sign, word, tone = _STATES[job.state]
    far = job.outcome
    if job.running and job.progress is not None:
        far = f"{job.progress.step}/{job.progress.steps} {phase_word(job.progress.phase)}"
    return (
        (f"{sign} {_(word)}", tone),
        (job.title, Tone.PLAIN),
        (job.subject, Tone.PLAIN),
        (moment(job.began)[5:], Tone.DIM),
        (far, Tone.PLAIN),
    )


class JobsPage(Page):
    """The job list."""

    page = "jobs"

    def body(self) -> Iterable[Widget]:
        """The jobs."""
        self.table: Table[Job] = Table(COLUMNS, cells=cells_of, key=lambda job: str(job.id), markable=False)
        yield self.table

    def facts(self) -> Iterable[Widget]:
        """What came of the job under the cursor."""
        self.lines = Lines(id="facts")
        yield self.lines

    async def load(self) -> None:
        """The newest first."""
        self.entitle(_("Jobs"))
        jobs = list(reversed(self.brygga.jobs.all))
        self.table.show(
            jobs,
            lesson(_("Imports and exports run here as jobs."), _("None has run since brygga was started.")),
        )

    def on_table_moved(self) -> None:
        """What came of the job, whole, under the list."""
        job, width = self.table.current, self.size.width or 80
        if job is not None and job.error:
            self.lines.show(three_lines(job.error, width, self.brygga.actions))
        else:
            outcome = job.outcome if job is not None else ""
            self.lines.show([((" " + piece, Tone.PLAIN),) for piece in wrap(outcome, width - 2) if piece])

    def why_not(self, action: str) -> str | None:
        """Only running jobs can be cancelled."""
        job = self.table.current
        if action == "cancel_here" and (job is None or not job.running):
            return _("The job has ended.") if job else _("No job is running.")
        return _("There is nothing more to open here.") if action == "open" else None

    def do_cancel_here(self) -> None:
        """Cancel at the next safe point."""
        job = self.table.current
        if job is not None:
            self.brygga.jobs.cancel(job)
            self.say(_("Cancelling at the next safe point."))
