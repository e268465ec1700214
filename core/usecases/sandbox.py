"""The sandbox alone, for training and for tests of other programs."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import UsageError
from core.i18n import _
from core.reasons import reason
from core.text import clean

HIGHEST_PORT = 65_535


async def serve(port: int = 0, clients: int = 5, faults: Sequence[str] = ()) -> None:
    """Print the sandbox's description as one line and serve until a signal ends it.

    Raises:
        UsageError: ``usage``: the port is taken or none, there is no company, or a fault is unknown.
    """
    from core.fortnox.sandbox.faults import KINDS, parse
    from core.fortnox.sandbox.server import listen
    from core.fortnox.sandbox.server import serve as serve_world
    from core.fortnox.sandbox.world import World

    if not 0 <= port <= HIGHEST_PORT:
        raise _cannot(_("{port} is no port.").format(port=port), _("Choose one from 1024 to 65535, or 0."))
    if clients < 1:
        raise _cannot(_("--clients was {count}.").format(count=clients), _("Give it at least one company."))
    try:
        wished = [parse(fault) for fault in faults]
    except ValueError:
        raise _cannot(
            _("There is no such fault: {faults}").format(faults=clean(", ".join(faults))),
            _("Choose among: {names}; NAME:COUNT for so many times.").format(names=", ".join(KINDS)),
        ) from None
    try:
        socket = listen(port)
    except OSError as error:
        raise _cannot(reason(error), _("Choose another port.")) from error
    world = World(clients)
    for name, count in wished:
        world.faults.add(name, count=count)
    await serve_world(world, socket)


def _cannot(why: str, remedy: str) -> UsageError:
    return UsageError("usage", _("The sandbox cannot start."), why, remedy)
