"""Serving the sandbox on a socket of its own; the printed line means that the socket listens."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import tomli_w
import uvicorn

from core.fortnox.sandbox import app
from core.fortnox.sandbox.wire import BreakableProtocol
from core.fortnox.sandbox.world import Tenant, World

HOST = "127.0.0.1"
FIRM = "Redovisningsbyrån Bryggan"
GRACE_SECONDS = 1


class _Server(uvicorn.Server):
    """uvicorn without its signal handling: the process stops the way its caller decides."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


def listen(port: int) -> socket.socket:
    """A listening loopback socket; port 0 takes a free one.

    The protocol is named because asyncio switches Nagle's algorithm off only where it is; with it every answer
    waits 40 ms.

    Raises:
        OSError: the port is taken.
    """
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((HOST, port))
        sock.listen(256)
    except OSError:
        sock.close()
        raise
    return sock


def describe(world: World) -> dict[str, Any]:
    """What a client of the sandbox must know: addresses, id and secret, a configuration, the companies."""
    addresses = {"api_url": f"{world.address}/3", "auth_url": f"{world.address}/oauth-v1"}
    config = {
        "firm": {"name": FIRM},
        "fortnox": {"client_id": world.desk.client_id, **addresses},
        "secrets": {"keeper": "keyfile"},
    }
    return {
        **addresses,
        "client_id": world.desk.client_id,
        "client_secret": world.desk.client_secret,
        "config": tomli_w.dumps(config),
        "control": f"{world.address}/control",
        "tenants": [_tenant(tenant) for tenant in world.tenants.values()],
    }


def _tenant(tenant: Tenant) -> dict[str, Any]:
    profile = tenant.profile
    return {
        "name": profile.name,
        "orgnr": profile.orgnr,
        "tenant": str(tenant.number),
        "traits": list(profile.traits),
        "years": [
            {"id": str(year.id), "from": year.from_date.isoformat(), "to": year.to_date.isoformat()}
            for year in tenant.years
        ],
    }


async def serve(world: World, sock: socket.socket, *, until_stdin_closes: bool = False) -> None:
    """Print the description as one line, then serve until told to stop."""
    host, port = sock.getsockname()[:2]
    world.address = f"http://{host}:{port}"
    config = uvicorn.Config(
        app.build(world),
        http=BreakableProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = _Server(config)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.should_exit = True

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop)
    if until_stdin_closes:
        _watch_stdin(lambda: loop.call_soon_threadsafe(stop))
    sys.stdout.buffer.write(msgspec.json.encode(describe(world)) + b"\n")
    sys.stdout.buffer.flush()
    await server.serve(sockets=[sock])


def _watch_stdin(closed: Callable[[], object]) -> None:
    """Call ``closed`` when whoever holds the other end of stdin is gone."""

    def watch() -> None:
        while os.read(0, 4096):
            pass
        with contextlib.suppress(RuntimeError):
            closed()

    threading.Thread(target=watch, name="stdin", daemon=True).start()
