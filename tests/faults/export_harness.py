"""Posting under fire: sandbox faults, kill -9 at every step, two exporters at once, restored older stores.

``python tests/faults/export_harness.py --trials 10000`` prints a table and, with ``--json FILE``, writes the
figures. A trial is one closing voucher that meets one or two mishaps (a fault or a kill) on its way. What was
posted is counted in the sandbox's own books. ``--naive`` runs the control, an exporter that just tries again:
the harness must be able to see its duplicates.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import signal
import sqlite3
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.config import Settings, load
from core.fortnox.sandbox.child import SandboxChild, TenantInfo, start
from core.fortnox.transport import Request
from core.model import Row
from core.register import (
    ClosingVoucher,
    ConnectionMode,
    DraftVoucher,
    Engagement,
    SourceKind,
    VoucherState,
)
from core.usecases.clients import add_client
from core.usecases.connect import begin_consent, finish_consent
from core.usecases.context import Context, open_context
from core.usecases.demo import closing_year
from core.usecases.engagements import add_engagement
from core.usecases.imports import import_year
from core.usecases.secrets import init_keeper, set_client_secret
from core.usecases.tokens import transport
from core.usecases.vouchers import add_vouchers, list_vouchers, mark_ready
from tests.faults.export_child import OF_LOOK_UP, STEPS, Order, Warm

SERIES = "I"
HORIZON_SECONDS = 3
LATE_SECONDS = 1.0
SLOW_SECONDS = 1.4
"""Longer than the exporter waits for an answer."""
BATCH = 4
"""Vouchers of one export."""
MOST_RUNS = 40
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Where the stores lie: a kill spares what the kernel has, so waiting for a disk would tell nothing more."""
BOOKING = "POST /3/vouchers"
LISTING = "GET /3/vouchers"
FAULTS = ("drop-before", "drop-after", "late-commit", "500-before", "500-after", "429", "truncated", "slow")
LISTING_FAULTS = ("truncated", "500-before", "drop-before")
DELAYS = {"late-commit": LATE_SECONDS, "slow": SLOW_SECONDS}


@dataclass
class Figures:
    """What was seen."""

    exporter: str = "outbox"
    trials: int = 0
    """Vouchers that met a mishap at all."""
    two_mishaps: int = 0
    written: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    listing_faults: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    pairs: int = 0
    """Runs of two exporters at once."""
    restores: int = 0
    posted: int = 0
    duplicates: int = 0
    lost: int = 0
    foreign: int = 0
    """Vouchers in the books that nobody intended."""
    disagreeing: int = 0
    """Posted according to the store, but not under that number in the books."""
    left_to_person: int = 0
    uncertain: int = 0
    """Vouchers whose fate was still open when their batch gave up."""
    longest_seconds: float = 0.0
    """From a batch's first exporter, or its restore, until every fate was certain; the wait for a place among
    the exporters, which is the harness's own, left out."""
    seconds: float = 0.0


@dataclass
class Lane:
    """One company with a data directory of its own; lanes go on side by side."""

    harness: Harness
    tenant: TenantInfo
    place: Path
    rng: random.Random
    naive: bool
    settings: Settings | None = None
    engagement: Engagement | None = None
    intended: list[str] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)
    """Mishaps that each voucher met, by its text."""
    kills: Counter[str] = field(default_factory=Counter)
    """Kills that are still to come, by text."""
    serial: int = 0

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[Context]:
        assert self.settings is not None
        async with open_context(self.settings, person="harness") as ctx:
            yield ctx

    async def prepare(self, sandbox: SandboxChild) -> None:
        """A brygga with one connected client whose year is imported."""
        config = self.place / "config.toml"
        export = f"\n[export]\nhorizon_seconds = {HORIZON_SECONDS}\n"
        config.write_text(sandbox.info.config + export, encoding="utf-8")
        await init_keeper(load(config, self.place / "data", environ={}), "keyfile")
        self.settings = load(config, self.place / "data", environ={})
        async with self.open() as ctx:
            await set_client_secret(ctx, sandbox.info.client_secret)
            client = await add_client(ctx, name=self.tenant.name, orgnr=self.tenant.orgnr)
            year = closing_year(self.tenant)
            self.engagement = await add_engagement(ctx, client.id, *year, SourceKind.FORTNOX)
            pending = await begin_consent(ctx, client.id, mode=ConnectionMode.SERVICE)
            fields = dict(parse_qsl(urlsplit(pending.address).query))
            fields |= {"tenant": self.tenant.tenant, "decision": "approve"}
            page = pending.address.partition("?")[0]
            answer = await transport(ctx).send(Request("POST", page, form=fields))
            await finish_consent(ctx, answer.headers["location"])
            await import_year(ctx, self.engagement.id, ledgers=frozenset())

    async def batch(self, count: int) -> None:
        """Write vouchers and export them through thick and thin, until every fate is certain."""
        texts = await self._write(count)
        copy = await self._copy() if not self.naive and self.rng.random() < 0.12 else None
        await self._until_certain(texts, self._export)
        if copy is not None:
            await asyncio.sleep(HORIZON_SECONDS)
            await self._restore(copy)
            await self._until_certain(texts, self._export_again)
        self._note(await self.harness.clear_faults(self.tenant.tenant))
        self.kills.clear()
        figures = self.harness.figures
        for text in texts:
            figures.trials += self.met[text] > 0
            figures.two_mishaps += self.met[text] > 1

    async def _until_certain(
        self, texts: list[str], export: Callable[[list[ClosingVoucher]], Awaitable[float]]
    ) -> None:
        """Run exporters until every fate is certain; how long that took is a figure."""
        figures, started, queued = self.harness.figures, time.monotonic(), 0.0
        for _turn in range(MOST_RUNS):
            queue = await self._queue(texts)
            if not queue:
                break
            if queue[0].state in UNCERTAIN and self.rng.random() < 0.7:
                await asyncio.sleep(HORIZON_SECONDS)
            queued += await export(queue)
        else:
            figures.uncertain += len(await self._queue(texts))
        figures.longest_seconds = max(figures.longest_seconds, time.monotonic() - started - queued)

    async def _queue(self, texts: list[str]) -> list[ClosingVoucher]:
        """Those of the batch whose fate is not certain, in the order in which they are sent."""
        left = [one for one in await self._list() if one.text in texts and one.state not in FINAL]
        return sorted(left, key=lambda one: (one.state not in UNCERTAIN, one.date, one.id))

    async def _write(self, count: int) -> list[str]:
        """New ready vouchers, and the mishaps that lie in wait for each."""
        assert self.engagement is not None
        drafts = []
        for _ in range(count):
            self.serial += 1
            day = self.engagement.year.to_date - timedelta(days=self.rng.randrange(60))
            amount = self.rng.randrange(100, 10_000_000)
            text = f"Trial {self.tenant.tenant} {self.serial} of many"
            drafts.append(DraftVoucher(day, text, (Row("6530", amount), Row("2990", -amount))))
        async with self.open() as ctx:
            made = await add_vouchers(ctx, self.engagement.id, drafts)
            await mark_ready(ctx, [one.id for one in made])
        texts = [one.text for one in made]
        self.intended += texts
        for text in texts:
            for _ in range(1 + (self.rng.random() < 0.4)):
                if self.rng.random() < 0.5:
                    self.kills[text] += 1
                else:
                    await self.harness.add_fault(self.rng.choice(FAULTS), BOOKING, self.tenant.tenant, text)
        return texts

    async def _export_again(self, _queue: list[ClosingVoucher]) -> float:
        """One run that nothing befalls; the seconds that it stood in line."""
        return (await self.harness.spawn(self._order())).queued

    async def _export(self, queue: list[ClosingVoucher]) -> float:
        """One run, which dies at the first voucher that still has a kill to come; the seconds it stood in line."""
        order = self._order()
        doomed = next((one for one in queue if self.kills[one.text]), None)
        if doomed is not None:
            self.kills[doomed.text] -= 1
            order = self._order(self._step(uncertain=doomed.state in UNCERTAIN), doomed.text)
        if self.rng.random() < 0.08:
            await self.harness.add_fault(self.rng.choice(LISTING_FAULTS), LISTING, self.tenant.tenant)
        twin = not self.naive and self.rng.random() < 0.2
        orders = [order, self._order()] if twin else [order]
        self.harness.figures.pairs += twin
        ended = await asyncio.gather(*(self.harness.spawn(one) for one in orders))
        if doomed is not None:
            self.met[doomed.text] += any(one.killed for one in ended)
        return min(one.queued for one in ended)

    def _note(self, struck: list[dict[str, Any]]) -> None:
        figures = self.harness.figures
        for one in struck:
            if one["holds"]:
                self.met[one["holds"]] += 1
                figures.faults[one["name"]] += 1
            else:
                figures.listing_faults[one["name"]] += 1

    def _step(self, *, uncertain: bool) -> str:
        if self.naive:
            return self.rng.choice(STEPS[5:9])
        if uncertain and self.rng.random() < 0.7:
            return self.rng.choice(
                (*sorted(OF_LOOK_UP), "outcome written", "outcome committed", "lock taken")
            )
        return self.rng.choice([step for step in STEPS if step not in OF_LOOK_UP])

    def _order(self, kill: str = "", text: str = "") -> Order:
        assert self.settings is not None
        assert self.engagement is not None
        return Order(
            str(self.settings.config_file),
            str(self.settings.data_dir),
            self.engagement.id,
            SERIES,
            kill,
            text,
            wait=self.rng.random() < 0.3,
            naive=self.naive,
            seed=self.rng.randrange(2**30),
        )

    async def _list(self) -> list[ClosingVoucher]:
        assert self.engagement is not None
        async with self.open() as ctx:
            return await list_vouchers(ctx, self.engagement.id)

    async def _copy(self) -> bytes:
        def copy() -> bytes:
            assert self.settings is not None
            with contextlib.closing(sqlite3.connect(self.settings.store_path)) as store:
                return store.serialize()

        return await asyncio.to_thread(copy)

    async def _restore(self, copy: bytes) -> None:
        """The store as it was before the export, as from last night's backup."""
        assert self.settings is not None
        path = self.settings.store_path
        for ending in ("-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        path.write_bytes(copy)
        self.harness.figures.restores += 1

    async def judge(self) -> None:
        """Count what stands in the books against what was meant to."""
        figures = self.harness.figures
        books = await self.harness.ask(f"books/{self.tenant.tenant}")
        ours = [one for one in books["vouchers"] if one["text"].startswith("Trial ")]
        seen = Counter(one["text"] for one in ours)
        stored = {one.text: one for one in await self._list()}
        intended = set(self.intended)
        figures.written += len(intended)
        figures.posted += sum(1 for text in intended if seen[text])
        figures.duplicates += sum(count - 1 for count in seen.values())
        figures.foreign += len(seen.keys() - intended)
        undecided = {text for text in intended if stored[text].state is not VoucherState.POSTED}
        figures.left_to_person += len(undecided)
        figures.lost += sum(1 for text in intended - undecided if not seen[text])
        numbers = {(one["text"], str(one["number"])) for one in ours}
        figures.disagreeing += sum(
            1 for text in intended - undecided if (text, stored[text].number) not in numbers
        )
        if undecided:
            print([(stored[text].state.value, stored[text].error, seen[text]) for text in undecided])


FINAL = frozenset({VoucherState.POSTED, VoucherState.REJECTED, VoucherState.EXCLUDED})
UNCERTAIN = frozenset({VoucherState.SENDING, VoucherState.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Ended:
    """An exporter that has ended: whether by a kill, and the seconds that it stood in line for its place."""

    killed: bool
    queued: float


class Harness:
    """A sandbox without limit, lanes, and a warm process to fork exporters from."""

    def __init__(self, sandbox: SandboxChild, warm: Warm, processes: int) -> None:
        self.sandbox = sandbox
        self.warm = warm
        self.figures = Figures()
        self._places = asyncio.Semaphore(processes)

    async def spawn(self, order: Order) -> Ended:
        """Run one exporter to its end, whichever that is."""
        asked = time.monotonic()
        async with self._places:
            queued = time.monotonic() - asked
            status = await self.warm.run(order)
        killed = status == -signal.SIGKILL
        if killed and order.kill:
            self.figures.kills[order.kill] += 1
        elif status:
            raise AssertionError(f"an exporter ended with {status}: {order}")
        self.figures.runs += 1
        return Ended(killed, queued)

    async def add_fault(self, name: str, path: str, tenant: str, holds: str = "") -> None:
        given = {"name": name, "path": path, "tenant": tenant, "count": 1, "holds": holds}
        if name in DELAYS:
            given["delay_s"] = DELAYS[name]
        await self.ask("faults", given)

    async def clear_faults(self, tenant: str) -> list[dict[str, Any]]:
        """Take the company's faults away; those that struck."""
        waiting = await self.ask("faults")
        await self.ask(f"faults?tenant={tenant}", method="DELETE")
        return [one for one in waiting["faults"] if one["tenant"] == tenant and one["struck"]]

    async def ask(self, path: str, given: Any = None, method: str = "") -> Any:
        def send() -> Any:
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            request = urllib.request.Request(
                f"{self.sandbox.info.control.rstrip('/')}/{path}",
                None if given is None else json.dumps(given).encode(),
                {"Content-Type": "application/json"},
                method=method or ("GET" if given is None else "POST"),
            )
            with opener.open(request, timeout=60) as answer:
                return json.load(answer)

        return await asyncio.to_thread(send)


async def lane_work(lane: Lane, trials: int, until: float, *, tell: bool) -> None:
    """Batch after batch, until the lanes together have done enough or the time is up."""
    figures = lane.harness.figures
    while figures.trials < trials and time.monotonic() < until:
        await lane.batch(BATCH)
        if tell:
            print(f"{figures.trials} trials, {figures.runs} runs", file=sys.stderr, flush=True)


async def measure(options: argparse.Namespace) -> Figures:
    """The whole."""
    started = time.monotonic()
    until = started + 60 * options.minutes
    async with contextlib.AsyncExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="brygga-faults-", dir=MEMORY)))
        sandbox = await stack.enter_async_context(start(clients=5 + options.lanes))
        warm = await Warm.start()
        stack.push_async_callback(warm.stop)
        harness = Harness(sandbox, warm, options.processes)
        harness.figures.exporter = "naive" if options.naive else "outbox"
        await harness.ask("limit", {"requests": None})
        made = []
        for number, tenant in enumerate(sandbox.info.tenants[5:]):
            place = root / str(number)
            place.mkdir()
            lane = Lane(harness, tenant, place, random.Random(f"{options.seed} {number}"), options.naive)
            await lane.prepare(sandbox)
            made.append(lane)
        await asyncio.gather(*(lane_work(lane, options.trials, until, tell=options.tell) for lane in made))
        await asyncio.sleep(LATE_SECONDS + 0.5)
        for lane in made:
            await lane.judge()
        harness.figures.seconds = time.monotonic() - started
        return harness.figures


def report(figures: Figures) -> str:
    """The table."""
    lines = [
        f"posting under fire: {figures.exporter}",
        f"  trials                {figures.trials:>6}  (two mishaps {figures.two_mishaps}; vouchers {figures.written})",
        f"  exporter runs         {figures.runs:>6}  (two at once {figures.pairs}, restored stores {figures.restores})",
    ]
    lines += [f"  fault {name:<16}{figures.faults[name]:>6}" for name in FAULTS]
    listed = ", ".join(f"{name} {count}" for name, count in sorted(figures.listing_faults.items()))
    lines.append(f"  faults on the list    {listed or 'none'}")
    for number, step in enumerate(STEPS, 1):
        lines.append(f"  kill -9 at step {number:>2} {step:<18}{figures.kills[step]:>6}")
    share = figures.left_to_person / max(figures.trials, 1)
    lines += [
        f"  posted                {figures.posted:>6}",
        f"  duplicates            {figures.duplicates:>6}",
        f"  lost                  {figures.lost:>6}",
        f"  wrong number, foreign {figures.disagreeing:>6}, {figures.foreign}",
        f"  left to a person      {figures.left_to_person:>6}  ({share:.3%})",
        f"  still uncertain       {figures.uncertain:>6}",
        f"  longest to certainty  {figures.longest_seconds:>6.1f} s for a batch of {BATCH}; whole run {figures.seconds:.0f} s",
    ]
    return "\n".join(lines)


def held(figures: Figures) -> bool:
    """Whether nothing stands twice, nothing is missing, and a person has next to nothing to decide."""
    wrong = figures.duplicates or figures.lost or figures.foreign or figures.disagreeing or figures.uncertain
    return not wrong and figures.left_to_person <= figures.trials / 1000


def main() -> int:
    """Parse, run, print; 1 when the figures do not hold, or when the control shows nothing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--lanes", type=int, default=24, help="companies side by side")
    parser.add_argument("--processes", type=int, default=16, help="exporters at the same time")
    parser.add_argument("--minutes", type=float, default=1e6, help="end earlier when the time is up")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--naive", action="store_true", help="the control: an exporter that just tries again")
    parser.add_argument("--tell", action="store_true", help="progress on stderr")
    parser.add_argument("--json")
    options = parser.parse_args()
    figures = asyncio.run(measure(options))
    print(report(figures))
    if options.json:
        Path(options.json).write_text(json.dumps(vars(figures), indent=1), encoding="utf-8")
    return int(not figures.duplicates if options.naive else not held(figures))


if __name__ == "__main__":
    sys.exit(main())
