"""``python -m core.fortnox.sandbox``: a loopback Fortnox in a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from core.fortnox.sandbox import faults, server, story
from core.fortnox.sandbox.world import World
from core.reasons import reason


def _fault(text: str) -> tuple[str, int | None]:
    try:
        return faults.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until stopped; 1 when the port is taken."""
    parser = argparse.ArgumentParser(prog="python -m core.fortnox.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--clients", type=int, default=5, help="how many companies")
    parser.add_argument("--fault", type=_fault, action="append", default=[], metavar="NAME[:COUNT]")
    parser.add_argument("--seed", type=int, default=story.DEFAULT_SEED)
    parser.add_argument("--vouchers", type=int, default=0, help="one more company, of about so many a year")
    parser.add_argument("--twin", action="store_true", help="the first company has an abandoned database too")
    parser.add_argument("--until-stdin-closes", action="store_true", help="live no longer than the parent")
    options = parser.parse_args(arguments)
    world = World(options.clients, options.seed, options.vouchers, twin=options.twin)
    for name, count in options.fault:
        world.faults.add(name, count=count)
    try:
        sock = server.listen(options.port)
    except OSError as error:
        sys.stderr.write(f"port {options.port}: {reason(error)}\n")
        return 1
    asyncio.run(server.serve(world, sock, until_stdin_closes=options.until_stdin_closes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
