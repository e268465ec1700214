"""The sandbox alone, for training and for tests of other programs."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import UsageError
from core.i18n import _
from core.reasons import reason


async def serve(port: int = 0, clients: int = 5, faults: Sequence[str] = ()) -> None:
    """Print the sandbox's description as one line and serve until a signal ends it.

    Raises:
        UsageError: ``usage``: the port is taken or a fault is unknown.
    """
    from core.fortnox.sandbox.faults import parse
    from core.fortnox.sandbox.server import listen
    from core.fortnox.sandbox.server import serve as serve_world
    from core.fortnox.sandbox.world import World

    try:
        world = World(clients)
        for fault in faults:
            name, count = parse(fault)
            world.faults.add(name, count=count)
        socket = listen(port)
    except (OSError, ValueError) as error:
        raise UsageError(
            "usage",
            _("The sandbox cannot start."),
            reason(error) if isinstance(error, OSError) else str(error),
            _("Choose another port, or look at the names of the faults in the guide."),
        ) from error
    await serve_world(world, socket)
