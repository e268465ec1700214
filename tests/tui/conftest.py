"""Screens as plain text, sealed from the machine; the sample firm on a real sandbox for the flows."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from textual import events
from textual.pilot import Pilot

from core import i18n
from core.config import Settings, load
from core.register import Role
from tui.app import BryggaApp
from tui.screens.overview import Overview

SCREENS = Path(__file__).parent.parent / "screens"
SIZES = ((80, 24), (120, 36))
NOW = datetime(2026, 1, 20, 9, 30, tzinfo=UTC)

KEYS = {
    " ": "space",
    ".": "full_stop",
    "-": "minus",
    ",": "comma",
    ":": "colon",
    "/": "slash",
    "?": "question_mark",
}
KEYS |= {
    "=": "equals_sign",
    "&": "ampersand",
    "%": "percent_sign",
    "_": "underscore",
    "~": "tilde",
    "+": "plus",
}


class FixedClock:
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOW


class TickingClock:
    """A clock that goes two seconds on whenever it is looked at."""

    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        self.moment += timedelta(seconds=2)
        return self.moment


@pytest.fixture
def ticking() -> TickingClock:
    return TickingClock()


@pytest.fixture(autouse=True)
def _sealed() -> Iterator[None]:
    """No configuration, colour choice, time zone or language of the developer's own."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [*os.environ]:
            if name.startswith(("BRYGGA_", "TEXTUAL")) or name in {"NO_COLOR", "COLORTERM"}:
                patch.delenv(name)
        patch.setenv("TZ", "UTC")
        time.tzset()
        i18n.use("sv")
        yield
        i18n.use("sv")
    time.tzset()


@pytest.fixture(params=SIZES, ids=["80x24", "120x36"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    """The terminal's columns and rows: a test that asks for it runs at both sizes."""
    columns, rows = request.param
    return columns, rows


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An empty data directory."""
    return load(None, tmp_path / "data", environ={"BRYGGA_CONFIG": ""})


def text_of(app: BryggaApp) -> str:
    """What stands on the screen, as plain lines without trailing spaces."""

    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips) + "\n"


Press: TypeAlias = Callable[..., Awaitable[None]]


@dataclass
class Driven:
    """A running app and hands to drive it with."""

    app: BryggaApp
    pilot: Pilot[int]

    @property
    def text(self) -> str:
        return text_of(self.app)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def write(self, text: str) -> None:
        """Type text faster than the app answers, as a terminal hands over what was typed ahead."""
        driver = self.app._driver
        assert driver is not None
        for character in text:
            key = events.Key(KEYS.get(character, character), character)
            key.set_sender(self.app)
            driver.send_message(key)
        await self.pilot.pause()
        await self.pilot.pause()

    async def to_bageri(self) -> str:
        """The cursor of the overview on the company whose 1510 differs; the id of its engagement."""
        page = self.app.current_page
        assert isinstance(page, Overview)
        engagements = (row.engagement for row in page._rows if "Bageri" in row.client.name)
        found = next(one.id for one in engagements if one is not None)
        page.table.go_to(found)
        await self.pilot.pause()
        return found

    async def until(self, condition: Callable[[], bool], what: str = "", seconds: float = 60) -> None:
        """Wait until the app has come so far; at most ``seconds``."""
        async with asyncio.timeout(seconds):
            try:
                while not condition():
                    await self.pilot.pause(0.02)
            except TimeoutError:
                pytest.fail(f"waited in vain for {what or condition}:\n{self.text}")

    async def until_text(self, piece: str) -> None:
        try:
            await self.until(lambda: piece in self.text, piece)
        except TimeoutError:
            pytest.fail(f"waited in vain for {piece!r}:\n{self.text}")

    async def idle(self) -> None:
        """Wait until no job runs."""
        await self.until(lambda: not self.app.jobs.running, "the jobs")
        await self.pilot.pause()


@pytest.fixture
def drive() -> Callable[..., object]:
    """``async with drive(settings, size) as driven``: the app without a terminal."""

    @asynccontextmanager
    async def run(
        settings: Settings,
        size: tuple[int, int] = (80, 24),
        person: str = "anna",
        clock: Any = None,
        role: Role = Role.ADMIN,
        first_page: str = "",
    ) -> AsyncIterator[Driven]:
        app = BryggaApp(settings, person, clock or FixedClock(), role=role, first_page=first_page)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            yield Driven(app, pilot)

    return run


@pytest.fixture
def matches() -> Callable[[str, str], None]:
    """Compare with the stored text screen; BRYGGA_UPDATE_SCREENS=1 stores what is shown instead."""
    update = bool(os.environ.get("UPDATE_SCREENS"))

    def compare(name: str, text: str) -> None:
        path = SCREENS / f"{name}.txt"
        if update or not path.exists():
            path.write_text(text, encoding="utf-8")
            if not update:
                pytest.fail(f"there was no {path.name}; it has been written, look at it")
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample firm, registered, connected and imported once; its sandbox has ended."""
    from core.usecases.context import open_context
    from core.usecases.demo import furnish, open_demo

    directory = tmp_path_factory.mktemp("firm")

    async def make() -> None:
        async with (
            open_demo(directory) as demo,
            open_context(demo.settings, person="anna", clock=FixedClock()) as ctx,
        ):
            await furnish(ctx, demo)

    asyncio.run(make())
    return directory


@pytest.fixture
def firm(furnished: Path, tmp_path: Path) -> Settings:
    """The sample firm's data directory, fresh for each test; Fortnox is not there."""
    shutil.copytree(furnished, tmp_path / "firm")
    return load(tmp_path / "firm" / "config.toml", tmp_path / "firm" / "data", environ={})
