"""SVG pictures of every screen, made from the running app on the sample firm: ``make screenshots``."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

from core.usecases.context import open_context
from core.usecases.demo import furnish, open_demo
from tui.app import BryggaApp
from tui.dashboard import Dashboard
from tui.saving import tidy
from tui.screens.export import ExportDialog
from tui.screens.overview import Overview

TARGET = Path(__file__).resolve().parent.parent / "docs" / "screens"
SIZE = (120, 32)
CLIENT = "Bageri"

SCREENS = {
    "oversikt": (),
    "uppdrag": ("2",),
    "import": ("3",),
    "bilagor": ("4",),
    "avstamning": ("5",),
    "bokslutsverifikationer": ("6",),
    "editor": ("6", "enter"),
    "export": ("6", "a", "m", "e"),
    "integrationer": ("7",),
    "logg": ("8",),
    "startguide": ("n",),
    "installningar": ("comma",),
    "spara-lista": ("C",),
    "jobb": ("L",),
    "filter": ("slash", "v", "e", "s", "t"),
    "ga-till": ("colon", "b", "y", "g", "g"),
    "hjalp": ("6", "question_mark"),
    "kommandon": ("ctrl+p",),
}
"""Picture -> the keys that lead there from the overview."""


async def take(name: str, keys: tuple[str, ...], app: BryggaApp, directory: Path) -> None:
    """Open the app, press the keys, save what stands there."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        page = app.current_page
        if isinstance(page, Overview):
            page.choose(CLIENT)
            await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        for _wait in range(100):
            dialog = app.screen
            if not isinstance(dialog, ExportDialog) or dialog.planned:
                break
            await pilot.pause(0.05)
        svg = app.export_screenshot(title=f"brygga · {name}", simplify=True)
        await asyncio.to_thread(
            (TARGET / f"{name}.svg").write_text,
            tidy(svg).replace(str(directory), "~/brygga"),
            encoding="utf-8",
        )


async def main(wanted: list[str]) -> None:
    """Take the wanted pictures, or all."""
    TARGET.mkdir(parents=True, exist_ok=True)
    async with open_demo() as demo:
        os.environ["HOME"] = str(demo.directory)
        async with open_context(demo.settings, person="anna") as ctx:
            await furnish(ctx, demo)
        apps: dict[str, Callable[[], BryggaApp]] = {
            "valkommen": lambda: BryggaApp(demo.settings, "anna", first_page="welcome"),
            "vaggtavla": lambda: Dashboard(demo.settings),
        }
        for name in wanted or (*SCREENS, *apps):
            app = apps.get(name, lambda: BryggaApp(demo.settings, "anna"))()
            await take(name, SCREENS.get(name, ()), app, demo.directory)
            print(TARGET / f"{name}.svg")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
