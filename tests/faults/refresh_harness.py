"""Refresh under fire: processes that race, and processes killed at every numbered step of an exchange.

``python tests/faults/refresh_harness.py --rounds 20 --processes 8`` prints a table and, with ``--json FILE``,
writes the figures. A connection is dead when it needs a new consent. The only steps that may cost one lie
between Fortnox's rotation and our commit (answered, sealing, written): no client can close that window, and
its width is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import json
import os
import signal
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from core.config import Settings, load  # noqa: E402 the checkout comes first
from core.errors import LoginNeeded  # noqa: E402
from core.fortnox import oauth, resources  # noqa: E402
from core.fortnox.sandbox.child import SandboxChild, start  # noqa: E402
from core.fortnox.transport import Request  # noqa: E402
from core.register import Client, ConnectionMode  # noqa: E402
from core.store import rotations  # noqa: E402
from core.usecases import connect, refresh  # noqa: E402
from core.usecases.clients import add_client, list_clients  # noqa: E402
from core.usecases.context import Context, open_context  # noqa: E402
from core.usecases.secrets import init_keeper, set_client_secret  # noqa: E402
from core.usecases.tokens import open_api, transport  # noqa: E402

STEPS = (
    "locked",
    "read again",
    "begin noted",
    "before sending",
    "answered",
    "sealing",
    "written",
    "committed",
    "unlocked",
)
"""The numbered steps of reliability.md 2.3; a kill strikes right after the named one."""
WINDOW = frozenset({"answered", "sealing", "written"})
LIMIT_REQUESTS = 20
"""Requests of each process that shares a window; half of it in a short run."""


class AheadClock:
    """The real time and some hours, so that the access token has run out."""

    def __init__(self, hours: float) -> None:
        self._ahead = timedelta(hours=hours)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead


def arm(step: str) -> None:
    """Let this process kill itself right after a step, as the kernel would: no cleaning up."""

    def kill(*_arguments: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def after(owner: Any, name: str) -> None:
        original = getattr(owner, name)
        if asyncio.iscoroutinefunction(original):

            @functools.wraps(original)
            async def wrapped(*arguments: Any, **keywords: Any) -> Any:
                result = await original(*arguments, **keywords)
                kill(result)
                return result

        else:

            @functools.wraps(original)
            def wrapped(*arguments: Any, **keywords: Any) -> Any:
                result = original(*arguments, **keywords)
                kill(result)
                return result

        setattr(owner, name, wrapped)

    places: dict[str, Callable[[], None]] = {
        "locked": lambda: after(refresh, "lock_tokens"),
        "read again": lambda: after(refresh.Tokens, "_stored"),
        "begin noted": lambda: setattr(refresh.Tokens, "_exchange", kill),
        "before sending": lambda: setattr(oauth, "refresh", kill),
        "answered": lambda: after(oauth, "refresh"),
        "sealing": lambda: setattr(refresh, "seal_pair", kill),
        "written": lambda: after(rotations, "finish"),
        "committed": lambda: after(refresh.Tokens, "_commit"),
        "unlocked": lambda: after(refresh.Tokens, "_exchange_and_unlock"),
    }
    places[step]()


def measure(marks: list[float]) -> None:
    """Note when the exchange is sent, answered and committed."""

    def mark(owner: Any, name: str, *, before: bool) -> None:
        original = getattr(owner, name)

        @functools.wraps(original)
        async def wrapped(*arguments: Any, **keywords: Any) -> Any:
            if before:
                marks.append(time.perf_counter())
            result = await original(*arguments, **keywords)
            marks.append(time.perf_counter())
            return result

        setattr(owner, name, wrapped)

    mark(oauth, "refresh", before=True)
    mark(refresh.Tokens, "_commit", before=False)


async def child(arguments: argparse.Namespace) -> None:
    """One process that uses the connection: ask for the company so many times."""
    settings = load(Path(arguments.config), Path(arguments.data), environ={})
    marks: list[float] = []
    if arguments.kill:
        arm(arguments.kill)
    else:
        measure(marks)
    async with open_context(settings, person="harness", clock=AheadClock(arguments.ahead)) as ctx:
        client = next(one for one in await list_clients(ctx) if one.tenant == arguments.tenant)
        api = await open_api(ctx, client)
        for _ in range(arguments.requests):
            await resources.locked_period(api)
    print(json.dumps(marks))


@dataclass
class Figures:
    """What was seen."""

    races: int = 0
    race_processes: int = 0
    race_exchanges: int = 0
    race_dead: int = 0
    kills: dict[str, int] = field(default_factory=dict)
    dead: dict[str, int] = field(default_factory=dict)
    window_ms: list[float] = field(default_factory=list)
    limit_processes: int = 0
    limit_requests: int = 0
    limit_429: int = 0
    limit_seconds: float = 0.0

    @property
    def dead_outside_window(self) -> int:
        return self.race_dead + sum(count for step, count in self.dead.items() if step not in WINDOW)


class Harness:
    """A sandbox, a brygga connected to it, and processes that misbehave."""

    def __init__(self, ctx: Context, sandbox: SandboxChild) -> None:
        self.ctx = ctx
        self.sandbox = sandbox
        self.figures = Figures()
        self.ahead = 0.0

    async def spawn(self, client: Client, *, kill: str = "", requests: int = 1) -> asyncio.subprocess.Process:
        settings: Settings = self.ctx.settings
        return await asyncio.create_subprocess_exec(
            sys.executable,
            __file__,
            "--child",
            *("--config", str(settings.config_file), "--data", str(settings.data_dir)),
            *("--tenant", client.tenant, "--ahead", str(self.ahead), "--requests", str(requests)),
            *(("--kill", kill) if kill else ()),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )

    async def connect(self, client_id: str | None, tenant: str) -> Client:
        pending = await connect.begin_consent(self.ctx, client_id, mode=ConnectionMode.CODE)
        fields = dict(parse_qsl(urlsplit(pending.address).query)) | {"tenant": tenant, "decision": "approve"}
        page = pending.address.partition("?")[0]
        answer = await transport(self.ctx).send(Request("POST", page, form=fields))
        return (await connect.finish_consent(self.ctx, answer.headers["location"])).client

    async def alive(self, client: Client) -> bool:
        """Whether the connection still works, for a process that starts now."""
        settings = self.ctx.settings
        async with open_context(settings, person="survivor", clock=AheadClock(self.ahead)) as ctx:
            try:
                await resources.locked_period(await open_api(ctx, client))
            except LoginNeeded:
                return False
        return True

    async def race(self, client: Client, processes: int) -> None:
        """Every process finds the token run out at the same time."""
        self.ahead += 2
        before = await self.exchanges()
        running = [await self.spawn(client) for _ in range(processes)]
        outputs = await asyncio.gather(*(process.communicate() for process in running))
        for out, _err in outputs:
            marks = json.loads(out) if out else []
            if len(marks) == 3:
                self.figures.window_ms.append((marks[2] - marks[0]) * 1000)
        self.figures.races += 1
        self.figures.race_processes += processes
        self.figures.race_exchanges += await self.exchanges() - before
        failed = any(process.returncode for process in running)
        self.figures.race_dead += failed or not await self.alive(client)

    async def kill(self, client: Client, step: str) -> None:
        """One process dies right after the step; the next one must be able to go on."""
        self.ahead += 2
        victim = await self.spawn(client, kill=step)
        await victim.communicate()
        if victim.returncode != -signal.SIGKILL:
            raise AssertionError(f"step {step!r} was not reached")
        figures = self.figures
        figures.kills[step] = figures.kills.get(step, 0) + 1
        dead = not await self.alive(client)
        figures.dead[step] = figures.dead.get(step, 0) + dead
        if dead:
            await self.connect(client.id, client.tenant)

    async def share(self, client: Client, processes: int, requests: int) -> None:
        """Processes that share one company's request window."""
        await self.alive(client)
        await asyncio.sleep(5.2)
        before = await self.refused()
        started = time.perf_counter()
        running = [await self.spawn(client, requests=requests) for _ in range(processes)]
        await asyncio.gather(*(process.communicate() for process in running))
        self.figures.limit_seconds = time.perf_counter() - started
        self.figures.limit_processes = processes
        self.figures.limit_requests = processes * requests
        self.figures.limit_429 += await self.refused() - before

    async def exchanges(self) -> int:
        return sum(1 for one in await self.seen() if one["path"].endswith("/token"))

    async def refused(self) -> int:
        return sum(1 for one in await self.seen() if one["status"] == 429)

    async def seen(self) -> list[dict[str, Any]]:
        def fetch() -> Any:
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(f"{self.sandbox.info.control.rstrip('/')}/requests", timeout=30) as answer:
                return json.load(answer)

        listed = await asyncio.to_thread(fetch)
        return list(listed["requests"] if isinstance(listed, dict) else listed)


async def run(rounds: int, processes: int) -> Figures:
    """The whole."""
    async with contextlib.AsyncExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="brygga-faults-")))
        sandbox = await stack.enter_async_context(start(clients=len(STEPS) + 2))
        config = place / "config.toml"
        config.write_text(sandbox.info.config, encoding="utf-8")
        await init_keeper(load(config, place / "data", environ={}), "keyfile")
        settings = load(config, place / "data", environ={})
        ctx = await stack.enter_async_context(open_context(settings, person="harness"))
        await set_client_secret(ctx, sandbox.info.client_secret)
        harness = Harness(ctx, sandbox)
        clients = []
        for tenant in sandbox.info.tenants:
            added = await add_client(ctx, name=tenant.name, orgnr=tenant.orgnr)
            clients.append(await harness.connect(added.id, tenant.tenant))
        for _ in range(rounds):
            await harness.race(clients[-1], processes)
            for client, step in zip(clients, STEPS, strict=False):
                await harness.kill(client, step)
        await harness.share(clients[-2], 3, LIMIT_REQUESTS if rounds > 1 else LIMIT_REQUESTS // 2)
        return harness.figures


def report(figures: Figures) -> str:
    """The table."""
    lines = [
        "refresh under fire",
        f"  races: {figures.races}, processes {figures.race_processes}, exchanges {figures.race_exchanges}",
        f"  races that left the connection dead: {figures.race_dead}",
    ]
    for number, step in enumerate(STEPS, 1):
        note = "  (the window)" if step in WINDOW else ""
        lines.append(
            f"  kill -9 after step {number} {step:<15} trials {figures.kills.get(step, 0):>4}"
            f"  dead {figures.dead.get(step, 0):>4}{note}"
        )
    if figures.window_ms:
        ordered = sorted(figures.window_ms)
        lines.append(
            f"  window, sent to committed: median {ordered[len(ordered) // 2]:.1f} ms, longest {ordered[-1]:.1f} ms"
        )
    lines.append(f"  dead outside the window: {figures.dead_outside_window}")
    lines.append(
        f"  one request window, {figures.limit_processes} processes: {figures.limit_requests} requests in "
        f"{figures.limit_seconds:.1f} s, 429: {figures.limit_429}"
    )
    return "\n".join(lines)


def main() -> int:
    """Parse, run, print; 1 when a connection died outside the window or Fortnox said 429."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--json")
    parser.add_argument("--child", action="store_true")
    for name in ("config", "data", "tenant", "kill"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--ahead", type=float, default=0.0)
    parser.add_argument("--requests", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.child:
        asyncio.run(child(arguments))
        return 0
    figures = asyncio.run(run(arguments.rounds, arguments.processes))
    print(report(figures))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(vars(figures), indent=1), encoding="utf-8")
    return 1 if figures.dead_outside_window or figures.limit_429 else 0


if __name__ == "__main__":
    sys.exit(main())
