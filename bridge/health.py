"""The health page of the service, on this machine only: ``/health`` as JSON, ``/metrics`` for Prometheus."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from core.version import __version__

REQUEST_SECONDS = 5.0
LARGEST_REQUEST = 8192


@dataclass
class Health:
    """What the service counts; no names of clients or files."""

    files: Counter[str] = field(default_factory=Counter)
    """By outcome: done, failed, duplicate."""
    jobs: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By job and outcome."""
    rounds: int = 0
    faults: int = 0
    """Rounds that ended on an error."""
    paused: int = 0
    """Clients whose Fortnox has failed so often that it is left alone for a while."""
    started: float = field(default_factory=time.monotonic)
    last_round: float = field(default_factory=time.monotonic)
    last_step: float = field(default_factory=time.monotonic)
    """When a file or a round was last begun; a round over thousands of files may take minutes."""
    longest_silence: float = 600.0
    """Seconds without a step after which the service counts as not well."""

    @property
    def is_well(self) -> bool:
        """Whether it gets on."""
        return time.monotonic() - self.last_step < self.longest_silence

    def record(self) -> dict[str, object]:
        """For ``/health``."""
        now = time.monotonic()
        return {
            "ok": self.is_well,
            "version": __version__,
            "uptime_seconds": round(now - self.started),
            "last_round_seconds_ago": round(now - self.last_round, 1),
            "rounds": self.rounds,
            "faults": self.faults,
            "files": dict(self.files),
            "paused_clients": self.paused,
        }

    def metrics(self) -> Iterator[str]:
        """The lines for ``/metrics``."""
        yield "# TYPE brygga_up gauge"
        yield f"brygga_up {int(self.is_well)}"
        yield "# TYPE brygga_uptime_seconds gauge"
        yield f"brygga_uptime_seconds {time.monotonic() - self.started:.0f}"
        yield "# TYPE brygga_rounds_total counter"
        yield f"brygga_rounds_total {self.rounds}"
        yield "# TYPE brygga_round_faults_total counter"
        yield f"brygga_round_faults_total {self.faults}"
        yield "# TYPE brygga_paused_clients gauge"
        yield f"brygga_paused_clients {self.paused}"
        yield "# TYPE brygga_files_total counter"
        for outcome in ("done", "failed", "duplicate"):
            yield f'brygga_files_total{{outcome="{outcome}"}} {self.files[outcome]}'
        yield "# TYPE brygga_jobs_total counter"
        for (job, outcome), count in sorted(self.jobs.items()):
            yield f'brygga_jobs_total{{job="{job}",outcome="{outcome}"}} {count}'


@asynccontextmanager
async def health_page(health: Health, port: int) -> AsyncIterator[None]:
    """Serve the page on 127.0.0.1 for the time of the block; port 0 is no page.

    Raises:
        OSError: the port is taken.
    """
    if not port:
        yield
        return

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
            async with asyncio.timeout(REQUEST_SECONDS):
                request = (await reader.readuntil(b"\r\n")).split()
                writer.write(_response(health, request))
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port, limit=LARGEST_REQUEST)
    async with server:
        yield


def _response(health: Health, request: list[bytes]) -> bytes:
    method, path = [*request, b"", b""][:2]
    if method != b"GET":
        return _page("405 Method Not Allowed", "text/plain", "")
    if path == b"/health":
        status = "200 OK" if health.is_well else "503 Service Unavailable"
        return _page(status, "application/json", json.dumps(health.record()))
    if path == b"/metrics":
        return _page("200 OK", "text/plain; version=0.0.4", "\n".join(health.metrics()) + "\n")
    return _page("404 Not Found", "text/plain", "")


def _page(status: str, kind: str, body: str) -> bytes:
    data = body.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n"
    return head.encode() + data
