"""Leaving: what stopping means is said for each job, and what was written or sent is not lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from core import critical
from core.config import Settings
from core.usecases.context import open_context
from core.usecases.progress import Progress
from core.usecases.vouchers import list_vouchers
from tui.jobs import AT_ONCE
from tui.leaving import Farewell


async def begin(driven: Any, title: str, subject: str, *, critical_work: bool = False) -> Any:
    """A job that goes on until it is stopped."""

    async def work(report: Any) -> None:
        report(Progress("send" if critical_work else "sie", 1, 3))
        await asyncio.Event().wait()

    job = driven.app.jobs.start(title, subject, work, critical=critical_work)
    await driven.until(lambda: job.begun or len(driven.app.jobs.running) > AT_ONCE, "the job")
    return job


async def test_the_question_says_for_each_job_what_stopping_means(
    size: tuple[int, int], firm: Settings, drive: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    async with drive(firm, size) as driven:
        await begin(driven, "Export", "Nya Bygg [Norr] AB", critical_work=True)
        await begin(driven, "Import", "Bageri Söder AB")
        await driven.press("q")
        matches(f"quit-{size[0]}x{size[1]}", driven.text)


async def test_the_question_in_english(
    firm: Settings, drive: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    english = msgspec.structs.replace(firm, ui=msgspec.structs.replace(firm.ui, language="en"))
    async with drive(english) as driven:
        await begin(driven, "Import", "Bageri Söder AB")
        await driven.press("q")
        matches("quit-80x24-en", driven.text)


async def test_a_job_that_waits_for_its_turn_loses_nothing(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm, (120, 36)) as driven:
        for number in range(AT_ONCE + 3):
            await begin(driven, "Import", f"Klient {number}")
        await driven.press("q")
        assert "Det har inte börjat; inget går förlorat." in driven.text
        assert "… och 2 jobb till" in driven.text


async def test_quitting_anyway_stops_the_jobs_and_ends(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm) as driven:
        job = await begin(driven, "Import", "Bageri Söder AB")
        await driven.press("q", "tab", "enter")
        await driven.until(lambda: driven.app.return_code is not None, "the end")
        assert job.state.value == "cancelled"
        assert driven.app.return_code == 0


async def test_what_was_sent_is_waited_for_with_a_sentence_on_the_screen(
    firm: Settings, drive: Callable[..., Any], matches: Callable[[str, str], None]
) -> None:
    answer, answered = asyncio.Event(), []

    async def send() -> None:
        await answer.wait()
        answered.append("receipt")

    async def work(_report: Any) -> None:
        await critical.run(send())

    async with drive(firm) as driven:
        ctx = await driven.app.context()
        ctx.closers.append(critical.drain)
        job = driven.app.jobs.start("Export", "Nya Bygg [Norr] AB", work, critical=True)
        await driven.until(lambda: critical.pending() == 1, "the sending")
        await driven.press("q", "tab", "enter")
        await driven.until(lambda: isinstance(driven.app.screen, Farewell), "the sentence")
        await driven.until(lambda: not job.running, "the job")
        matches("farewell-80x24", driven.text)
        await driven.press("escape", "q", "ctrl+c")
        assert driven.app.return_code is None
        answer.set()
        await driven.until(lambda: driven.app.return_code == 0, "the end")
    assert answered == ["receipt"]


async def test_what_is_being_written_is_kept_when_the_program_is_left(
    firm: Settings, drive: Callable[..., Any]
) -> None:
    async with drive(firm) as driven:
        await driven.press("slash", *"bageri", "enter", "6", "n")
        engagement_id = driven.app.engagement_id
        await driven.write("Halvskriven")
        await driven.press("f10")
        await driven.until(lambda: driven.app.return_code == 0, "the end")
    async with open_context(firm) as ctx:
        assert (await list_vouchers(ctx, engagement_id))[-1].text == "Halvskriven (osparat, anna)"
