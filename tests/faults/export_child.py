"""The exporters of ``export_harness.py``, forked from this warm process; they die where they are told to.

Run as a program it reads orders, one JSON line each, forks an exporter for each and writes ``[id, status]``
when one has ended (a negative status is the signal).

Time-outs are cut so that a run takes an hour and not a week: an answer may take one second instead of sixty,
and our own request window is wide open. What is exactly-once about the export is untouched.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
import random
import select
import signal
import ssl
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from msgspec.structs import replace

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import httpx  # noqa: E402
import stamina  # noqa: E402, F401 warms the parent

import core.fortnox.voucher_schemas  # noqa: E402, F401 warms the parent
from core.closing.payload import voucher_request  # noqa: E402
from core.config import load  # noqa: E402
from core.errors import BryggaError  # noqa: E402
from core.fortnox import api, limits, resources, transport  # noqa: E402
from core.fortnox.api import Outcome  # noqa: E402
from core.register import ClosingVoucher, VoucherState  # noqa: E402
from core.store import outbox, vouchers  # noqa: E402
from core.store.database import Transaction  # noqa: E402
from core.store.outbox import OutboxEntry, OutboxState  # noqa: E402
from core.usecases import export, posting  # noqa: E402
from core.usecases.context import Context, open_context  # noqa: E402
from core.usecases.engagements import get_engagement  # noqa: E402
from core.usecases.tokens import open_api  # noqa: E402

READ_SECONDS = 1.0
"""How long an answer to a voucher may take here."""

STEPS = (
    "lock taken",
    "checks made",
    "markers listed",
    "entry prepared",
    "sending written",
    "sending committed",
    "request under way",
    "answer begun",
    "answered",
    "outcome written",
    "outcome committed",
    "batch ended",
    "look-up begun",
    "look-up ended",
)
"""A kill strikes at the named point: before the commit where it says written, after it where it says committed."""
OF_VOUCHER = frozenset(STEPS[3:11])
"""Steps that come once for every voucher of the batch."""
OF_LOOK_UP = frozenset(STEPS[12:])

_TRUST = ssl.create_default_context()


@dataclass(frozen=True)
class Order:
    """What one process does."""

    config: str
    data: str
    engagement: str
    series: str
    kill: str = ""
    text: str = ""
    """Of the voucher at which it dies, for the steps that come once for each."""
    wait: bool = False
    naive: bool = False
    seed: int = 0


def run(order: Order) -> None:
    """Export, and perhaps die of it."""
    _hurry()
    if order.kill:
        Doom(order.kill, order.text, random.Random(order.seed)).strike()
    asyncio.run(_export(order))


async def _export(order: Order) -> None:
    settings = load(Path(order.config), Path(order.data), environ={})
    async with open_context(settings, person="harness") as ctx:
        with contextlib.suppress(BryggaError):
            if order.naive:
                await _naive_export(ctx, order)
            else:
                await export.export_vouchers(ctx, order.engagement, order.series, wait=order.wait)


def _hurry() -> None:
    def client(_trust: ssl.SSLContext) -> httpx.AsyncClient:
        return httpx.AsyncClient(verify=_TRUST, trust_env=False)

    vars(transport)["_make_trust"] = lambda: _TRUST
    vars(transport)["_client"] = client
    vars(limits)["REQUESTS"] = vars(limits)["BACKGROUND_REQUESTS"] = 10**6
    vars(api)["Request"] = functools.partial(transport.Request, read_seconds=READ_SECONDS)


def _die(*_arguments: Any) -> None:
    """As the kernel would: no cleaning up."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Doom:
    """Where this process dies: wraps the functions around the step."""

    step: str
    text: str
    rng: random.Random

    def strike(self) -> None:
        """Set the trap."""
        places: dict[str, tuple[Callable[..., None], Any, str]] = {
            "lock taken": (self._before, export, "_has_uncertain"),
            "checks made": (self._after, export, "plan_export"),
            "markers listed": (self._after, posting.Poster, "_markers"),
            "entry prepared": (self._before, posting.Poster, "_deliver"),
            "sending written": (self._after_put, outbox, "put"),
            "sending committed": (self._before, resources, "create_voucher"),
            "request under way": (self._soon_after, resources, "create_voucher"),
            "answer begun": (self._on_arrival, transport.Transport, "send"),
            "answered": (self._after, resources, "create_voucher"),
            "outcome written": (self._after_put, outbox, "put"),
            "outcome committed": (self._after, posting.Poster, "_save"),
            "batch ended": (self._before, export, "_note_use"),
            "look-up begun": (self._before, posting.Poster, "_look_up"),
            "look-up ended": (self._after, posting.Poster, "_look_up"),
        }
        wrap, owner, name = places[self.step]
        wrap(owner, name)

    def _concerns(self, arguments: Any) -> bool:
        return self.step not in OF_VOUCHER or self.text in repr(arguments)

    def _before(self, owner: Any, name: str) -> None:
        original = getattr(owner, name)

        @functools.wraps(original)
        def wrapped(*arguments: Any, **keywords: Any) -> Any:
            if self._concerns(arguments):
                _die()
            return original(*arguments, **keywords)

        setattr(owner, name, wrapped)

    def _after(self, owner: Any, name: str) -> None:
        original = getattr(owner, name)

        @functools.wraps(original)
        async def wrapped(*arguments: Any, **keywords: Any) -> Any:
            result = await original(*arguments, **keywords)
            if self._concerns(arguments):
                _die()
            return result

        setattr(owner, name, wrapped)

    def _after_put(self, owner: Any, name: str) -> None:
        original = getattr(owner, name)

        @functools.wraps(original)
        def wrapped(tx: Any, entry: OutboxEntry) -> None:
            original(tx, entry)
            sending = entry.state is OutboxState.SENDING
            if sending == (self.step == "sending written") and self._concerns(entry):
                _die()

        setattr(owner, name, wrapped)

    def _soon_after(self, owner: Any, name: str) -> None:
        original = getattr(owner, name)

        @functools.wraps(original)
        async def wrapped(*arguments: Any, **keywords: Any) -> Any:
            if self._concerns(arguments):
                asyncio.get_running_loop().call_later(self.rng.uniform(0.0, 0.03), _die)
            return await original(*arguments, **keywords)

        setattr(owner, name, wrapped)

    def _on_arrival(self, owner: Any, name: str) -> None:
        original = getattr(owner, name)

        async def wrapped(sender: Any, request: Any, arrived: Any = None) -> Any:
            deadly = request.method == "POST" and self.text.encode() in (request.body or b"")
            return await original(sender, request, _die if deadly else arrived)

        setattr(owner, name, wrapped)


NAIVE_ATTEMPTS = 4


def _update(done: ClosingVoucher, tx: Transaction) -> None:
    vouchers.update(tx, done)


async def _naive_export(ctx: Context, order: Order) -> None:
    """The control: try again until it works, remember what worked. This is what duplicates come from."""
    client, engagement = await get_engagement(ctx, order.engagement)
    access = await open_api(ctx, client)
    years = await resources.financial_years(access)
    year_id = next(one.year.id or "" for one in years if one.year.from_date == engagement.year.from_date)
    ready = await ctx.store.read(
        lambda tx: vouchers.of_engagement(tx, order.engagement, {VoucherState.READY})
    )
    for voucher in ready:
        request = voucher_request(voucher, tenant=client.tenant, year_id=year_id, series=order.series)
        for _attempt in range(NAIVE_ATTEMPTS):
            sent = await resources.create_voucher(access, request)
            if sent.outcome is Outcome.DONE and sent.reference is not None:
                done = replace(voucher, state=VoucherState.POSTED, number=sent.reference.number)
                await ctx.store.write(functools.partial(_update, done))
                break


class Warm:
    """The harness's end: orders go in, endings come out."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._ended: dict[int, asyncio.Future[int]] = {}
        self._listener = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls) -> Warm:
        """A warm process of this interpreter."""
        pipe = asyncio.subprocess.PIPE
        return cls(await asyncio.create_subprocess_exec(sys.executable, __file__, stdin=pipe, stdout=pipe))

    async def run(self, order: Order) -> int:
        """Fork an exporter and wait for its end: 0, or minus the signal that ended it."""
        assert self._process.stdin is not None
        number = len(self._ended)
        ended = self._ended[number] = asyncio.get_running_loop().create_future()
        self._process.stdin.write(json.dumps([number, asdict(order)]).encode() + b"\n")
        status: int = await ended
        return status

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            number, status = json.loads(line)
            self._ended[number].set_result(status)

    async def stop(self) -> None:
        """Nothing more to do."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
        await self._listener


def serve() -> None:
    """Fork for every order until the orders end."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[int, int] = {}
    waiting = b""
    while True:
        ready, _writable, _broken = select.select([0, reader], [], [])
        if reader in ready:
            os.read(reader, 4096)
            _tell_ended(running)
        if 0 in ready:
            data = os.read(0, 65536)
            if not data:
                return
            *lines, waiting = (waiting + data).split(b"\n")
            for line in lines:
                number, order = json.loads(line)
                running[_fork(Order(**order))] = number


def _fork(order: Order) -> int:
    pid = os.fork()
    if pid:
        return pid
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        os.close(0)
        os.dup2(2, 1)
        run(order)
    except BaseException:  # noqa: BLE001 whatever it was, the exit status tells
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _tell_ended(running: dict[int, int]) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        answer = [running.pop(pid), os.waitstatus_to_exitcode(status)]
        os.write(1, json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    serve()
