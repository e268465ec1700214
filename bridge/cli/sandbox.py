"""``brygga sandbox serve``: the loopback Fortnox alone, for training and tests."""

from __future__ import annotations

from typing import Annotated

from bridge.cli.parameters import option
from bridge.cli.session import Run
from core.i18n import mark
from core.usecases.sandbox import serve as serve_sandbox


async def serve(
    *,
    port: Annotated[int, option(mark("the port on loopback; 0 is a free one"))] = 0,
    clients: Annotated[int, option(mark("how many companies"))] = 5,
    fault: Annotated[
        list[str] | None, option(mark("a fault to provoke: NAME or NAME:COUNT; repeatable"))
    ] = None,
    run: Run,  # noqa: ARG001 every command is handed its session
) -> None:
    """Serve until stopped; the first line on stdout is a JSON object with all that is needed to use it."""
    await serve_sandbox(port=port, clients=clients, faults=tuple(fault or ()))
