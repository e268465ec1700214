"""``brygga demo``: the main job on a sample firm, in the interface or step by step without a terminal."""

from __future__ import annotations

import sys
from typing import Annotated

import msgspec

from bridge.cli.parameters import option
from bridge.cli.session import Run
from core.config import Settings
from core.errors import UsageError
from core.i18n import _, mark
from core.usecases.demo import furnish, open_demo


async def demo(
    *,
    headless: Annotated[
        bool, option(mark("do the whole job without a terminal and print each step"))
    ] = False,
    clients: Annotated[int, option(mark("how many companies"))] = 5,
    port: Annotated[int, option(mark("the sandbox's port on loopback; 0 is a free one"))] = 0,
    run: Run,
) -> int:
    """Start the sandbox and open the interface on its sample firm; everything is thrown away afterwards."""
    if clients < 1:
        raise UsageError(
            "usage",
            _("The demo needs at least one company."),
            _("--clients was {count}.").format(count=clients),
            _("Leave it out for the five sample companies."),
        )
    if not headless and not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "usage",
            _("The interface needs a terminal."),
            _("Input or output goes to a file or a pipe."),
            _("Run it without one: brygga demo --headless"),
        )
    async with open_demo(clients=clients, port=port) as made:
        if headless:
            from bridge.cli.demo_job import run_job

            return await run_job(run, made)
        settings = _in_language(made.settings, run.options.language)
        from core.usecases.context import open_context

        async with open_context(settings, person=run.person) as ctx:
            await furnish(ctx, made, run.report)
        run.output.end_progress()
        return await run.interface.open_inside(settings, run.person)


def _in_language(settings: Settings, language: str | None) -> Settings:
    if language is None:
        return settings
    return msgspec.structs.replace(settings, ui=msgspec.structs.replace(settings.ui, language=language))
