"""Use cases at work: jobs that the app owns, so that leaving a screen never kills one."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from textual.message import Message

from core.errors import BryggaError, Internal
from core.i18n import _

if TYPE_CHECKING:
    from textual.app import App

    from core.clock import Clock
    from core.usecases.progress import Progress, Report

LOG: Final = logging.getLogger("brygga.tui")
BREATH: Final = 0.1
"""Seconds between two paintings of the strip, however often a use case reports."""

AT_ONCE: Final = 4
"""Jobs that work at the same time; the others wait for their turn."""

Work: TypeAlias = Callable[["Report"], Awaitable[Any]]


class JobState(Enum):
    """How far a job has come."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(eq=False)
class Job:
    """One use case at work."""

    id: int
    title: str
    """What is done: Import, Export."""
    subject: str
    """For whom: the client's name."""
    began: datetime
    critical: bool = False
    """It writes at Fortnox: what has been sent is finished and looked up even when the job is cancelled."""
    state: JobState = JobState.RUNNING
    ended: datetime | None = None
    progress: Progress | None = None
    result: Any = None
    error: BryggaError | None = None
    outcome: str = ""
    """One sentence about what came of it."""
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    begun: bool = False
    """It has had its turn; before that it waits behind others."""

    @property
    def running(self) -> bool:
        """Whether it is still at work."""
        return self.state is JobState.RUNNING

    @property
    def stopping(self) -> str:
        """What it means to stop it now."""
        if not self.begun:
            return _("It has not begun; nothing is lost.")
        if self.critical:
            return _("What has been sent is finished and looked up; the rest stays ready to export.")
        return _("It is stopped; nothing of it is kept, and it can be run again.")


class JobChanged(Message):
    """A job has come further, or ended."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.job = job


class Jobs:
    """All jobs of this session, the newest last."""

    def __init__(self, app: App[int], clock: Clock) -> None:
        self._app = app
        self._clock = clock
        self.all: list[Job] = []
        self._due: set[int] = set()
        self._gate = asyncio.Semaphore(AT_ONCE)

    @property
    def running(self) -> list[Job]:
        """The jobs at work."""
        return [job for job in self.all if job.running]

    def start(
        self,
        title: str,
        subject: str,
        work: Work,
        *,
        summary: Callable[[Any], str] | None = None,
        critical: bool = False,
    ) -> Job:
        """Run ``work(report)`` as a job; ``summary`` makes the sentence about its result."""
        job = Job(len(self.all) + 1, title, subject, self._clock.now(), critical)
        self.all.append(job)
        job.task = asyncio.create_task(self._run(job, work, summary), name=f"job {job.id}")
        self._tell(job)
        return job

    def cancel(self, job: Job) -> bool:
        """Stop a job at its next safe point; false when it has ended already."""
        if not job.running or job.task is None:
            return False
        return job.task.cancel()

    async def stop_all(self) -> None:
        """Cancel everything and wait until it has stopped."""
        tasks = [job.task for job in self.running if job.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, job: Job, work: Work, summary: Callable[[Any], str] | None) -> None:
        def report(progress: Progress) -> None:
            job.progress = progress
            self._tell_soon(job)

        try:
            async with self._gate:
                job.begun = True
                job.result = await work(report)
            job.outcome = summary(job.result) if summary is not None else _("Done.")
            job.state = JobState.DONE
        except asyncio.CancelledError:
            job.state = JobState.CANCELLED
            job.outcome = _("Cancelled. What was already finished stands.")
        except BryggaError as error:
            job.state, job.error, job.outcome = JobState.FAILED, error, error.title
        except Exception as error:  # noqa: BLE001 a fault of a job must not end the interface; it is logged
            job.error = unexpected(error)
            job.state, job.outcome = JobState.FAILED, job.error.title
        job.ended = self._clock.now()
        self._tell(job)

    def _tell(self, job: Job) -> None:
        self._app.post_message(JobChanged(job))

    def _tell_soon(self, job: Job) -> None:
        """Many reports within one breath become one message."""
        if job.id in self._due:
            return
        self._due.add(job.id)

        def tell() -> None:
            self._due.discard(job.id)
            if job.running:
                self._tell(job)

        asyncio.get_running_loop().call_later(BREATH, tell)


def unexpected(error: BaseException) -> Internal:
    """Three lines about a fault of brygga's own; the log gets the details under the same id."""
    reference = secrets.token_hex(4)
    LOG.error("fault %s", reference, exc_info=error)
    return Internal(
        "internal",
        _("brygga met a fault of its own."),
        _("Nothing more was done. The log has the details under {reference}.").format(reference=reference),
        _("Try again; if it comes back, send the log's lines with that reference."),
        {"reference": reference},
    )
