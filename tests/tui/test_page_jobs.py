"""Jobs as the pages show them: how far they are, cancelled, failed, several at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from core.config import Settings
from core.errors import TryLater
from core.usecases.progress import Progress
from tui.jobs import AT_ONCE, JobChanged
from tui.screens.dialogs import Question


def begin(driven: Any, ended: asyncio.Event, error: Exception | None = None) -> Any:
    async def work(report: Any) -> int:
        report(Progress("supplier_ledger", 3, 5, waiting=True))
        await ended.wait()
        if error is not None:
            raise error
        return 7

    return driven.app.jobs.start(
        "Import", "Bageri Söder AB", work, summary=lambda result: f"{result} verifikationer"
    )


async def test_a_running_job_shows_its_way_and_survives_leaving_the_screen(
    firm: Settings, drive: Callable[..., Any]
) -> None:
    ended = asyncio.Event()
    async with drive(firm, (100, 24)) as driven:
        begin(driven, ended)
        await driven.until_text("3/5 leverantörsfakturor")
        assert "väntar på Fortnox" in driven.text
        await driven.press("6")
        assert "3/5 leverantörsfakturor" in driven.text
        ended.set()
        await driven.until_text("7 verifikationer")


async def test_quit_asks_while_a_job_runs_and_leans_towards_no(
    firm: Settings, drive: Callable[..., Any]
) -> None:
    async with drive(firm) as driven:
        job = begin(driven, asyncio.Event())
        await driven.press("q")
        assert isinstance(driven.app.screen, Question)
        await driven.press("enter")
        assert driven.app.is_running
        assert job.running


async def test_a_job_is_cancelled_with_a_key(firm: Settings, drive: Callable[..., Any]) -> None:
    async with drive(firm) as driven:
        job = begin(driven, asyncio.Event())
        await driven.press("X")
        await driven.until(lambda: not job.running)
        assert job.state.value == "cancelled"


async def test_a_failed_job_says_three_lines(firm: Settings, drive: Callable[..., Any]) -> None:
    ended = asyncio.Event()
    ended.set()
    async with drive(firm) as driven:
        begin(
            driven,
            ended,
            TryLater("fortnox_unreachable", "Fortnox svarar inte.", "Inget sparades.", "Försök igen."),
        )
        await driven.until_text("✕ Fortnox svarar inte.")
        assert "Inget sparades." in driven.text
        assert "Försök igen." in driven.text
        await driven.press("escape")
        assert "Fortnox svarar inte." not in driven.text


async def test_a_fault_of_a_job_gives_a_reference_and_no_traceback(
    firm: Settings, drive: Callable[..., Any]
) -> None:
    ended = asyncio.Event()
    ended.set()
    async with drive(firm) as driven:
        begin(driven, ended, ZeroDivisionError("secret detail"))
        await driven.until_text("Ett fel uppstod i brygga")
        assert "secret detail" not in driven.text


async def test_an_import_without_fortnox_leaves_the_store_and_says_so(
    firm: Settings, drive: Callable[..., Any]
) -> None:
    async with drive(firm) as driven:
        await driven.press("i")
        await driven.idle()
        await driven.until_text("✕")
        assert "Traceback" not in driven.text


async def test_many_reports_become_few_messages(firm: Settings, drive: Callable[..., Any]) -> None:
    async def work(report: Any) -> int:
        for step in range(2000):
            report(Progress("sie", step, 2000))
            if step % 200 == 0:
                await asyncio.sleep(0)
        return 1

    told = 0
    async with drive(firm) as driven:
        post = driven.app.post_message

        def count(message: Any) -> bool:
            nonlocal told
            told += isinstance(message, JobChanged)
            return bool(post(message))

        driven.app.post_message = count
        driven.app.jobs.start("Import", "Bageri", work)
        await driven.idle()
    assert told < 20


async def test_a_few_jobs_work_at_once_and_the_others_wait(firm: Settings, drive: Callable[..., Any]) -> None:
    at_work = most = 0

    async def work(_report: Any) -> int:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        at_work -= 1
        return 1

    async with drive(firm) as driven:
        for _job in range(12):
            driven.app.jobs.start("Import", "Bageri", work)
        await driven.idle()
    assert most == AT_ONCE
