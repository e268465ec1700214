"""A firm with connected clients at a sandbox Fortnox, prepared once and copied for every test.

The sandbox's books are shared by all tests of a session; what a test posts carries a text of its own. Each test
takes the next company; the sandbox's request limit is off, because every test has a window of its own.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.config import Settings, load
from core.fortnox import limits
from core.fortnox.sandbox.child import SandboxInfo, TenantInfo
from core.model import Row
from core.register import Client, ClosingVoucher, DraftVoucher, Engagement, SourceKind
from core.together import together
from core.usecases.clients import add_client
from core.usecases.context import Context, open_context
from core.usecases.demo import connect, register
from core.usecases.engagements import add_engagement
from core.usecases.imports import import_year
from core.usecases.secrets import init_keeper, set_client_secret
from core.usecases.vouchers import add_vouchers, mark_ready

PROJECT = Path(__file__).parents[3]
SAMPLES = 5
PLAIN = 14


@dataclass
class MovedClock:
    """The real time, moved by hand."""

    ahead: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Fortnox:
    """A running sandbox and its control."""

    def __init__(self, info: SandboxInfo) -> None:
        self.info = info
        self.touched: set[str] = set()
        """Companies where a test has booked by hand since they were imported."""
        self.renewed: set[str] = set()
        """Companies whose refresh token a test has used up; the prepared copies hold the old one."""
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        if path.startswith("vouchers/"):
            self.touched.add(path.split("/")[1])
        request = urllib.request.Request(
            f"{self.info.control}/{path}",
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Content-Type": "application/json"},
            method=method,
        )
        with self._opener.open(request, timeout=20) as answer:
            return json.loads(answer.read() or b"null")

    def fault(self, name: str, tenant: str, **more: Any) -> None:
        """Let a fault lie in wait for the next voucher of a company."""
        self.control(
            "POST",
            "faults",
            {"name": name, "path": "POST /3/vouchers", "count": 1, "tenant": tenant, **more},
        )

    def postings(self, tenant: str) -> int:
        """How many voucher requests the company has had."""
        served = self.control("GET", "requests")["requests"]
        return sum(
            one["method"] == "POST" and one["path"] == "/3/vouchers" and one["tenant"] == tenant
            for one in served
        )


@dataclass
class Office:
    """A consultant at work with one client."""

    ctx: Context
    clock: MovedClock
    fortnox: Fortnox
    client: Client
    engagement: Engagement
    text: str
    """The text of this test's vouchers."""

    def draft(self, day: date | None = None, ore: int = 3_000_000, text: str = "") -> DraftVoucher:
        rows = (Row("1710", ore), Row("5010", -ore, "Hyra [kv 1]"))
        return DraftVoucher(day or self.engagement.year.to_date, text or self.text, rows)

    async def ready(self, *drafts: DraftVoucher) -> list[ClosingVoucher]:
        made = await add_vouchers(self.ctx, self.engagement.id, drafts or [self.draft()])
        return await mark_ready(self.ctx, [voucher.id for voucher in made])

    def booked(self, text: str = "") -> list[dict[str, Any]]:
        """This test's vouchers in the client's books, whatever year they are in."""
        books = self.fortnox.control("GET", f"books/{self.client.tenant}")
        return [
            voucher
            for year in books["years"]
            for voucher in year["vouchers"]
            if voucher["text"] == (text or self.text)
        ]

    def fault(self, name: str, **more: Any) -> None:
        self.fortnox.fault(name, self.client.tenant, **more)

    def change(self, **changes: Any) -> None:
        """Change something at the company in Fortnox."""
        self.fortnox.control("POST", f"tenants/{self.client.tenant}", changes)


@pytest.fixture(scope="module", autouse=True)
def short_window() -> Iterator[None]:
    """Five seconds' window passes at once: the sandboxes here count no requests. The true one: test_limits.py."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "WINDOW_SECONDS", 0.05)
        yield


@pytest.fixture(scope="session")
def fortnox() -> Iterator[Fortnox]:
    command = [
        sys.executable,
        "-m",
        "core.fortnox.sandbox",
        "--clients",
        str(SAMPLES + PLAIN),
        "--until-stdin-closes",
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=PROJECT) as child:
        assert child.stdout
        assert child.stdin
        made = Fortnox(msgspec.json.decode(child.stdout.readline(), type=SandboxInfo))
        made.control("POST", "limit", {"requests": None})
        yield made
        child.stdin.close()


def settings_in(directory: Path, fortnox: Fortnox, horizon: int = 0, *, accounts: bool = False) -> Settings:
    config = directory / "config.toml"
    export = f"horizon_seconds = {horizon}\ncreate_missing_accounts = {str(accounts).lower()}"
    config.write_text(f"{fortnox.info.config}\n[export]\n{export}\n", encoding="utf-8")
    return load(config, directory / "data", environ={})


async def _prepare(directory: Path, fortnox: Fortnox) -> None:
    settings = settings_in(directory, fortnox)
    await init_keeper(settings, "keyfile")
    async with open_context(settings, person="anna") as ctx:
        await set_client_secret(ctx, fortnox.info.client_secret)

        async def one(position: int, tenant: TenantInfo) -> None:
            client, engagement = await register(ctx, tenant, position)
            await connect(ctx, client, tenant)
            if position >= SAMPLES:
                await import_year(ctx, engagement.id, ledgers=())

        await together(one(*numbered) for numbered in enumerate(fortnox.info.tenants))


@pytest.fixture(scope="session")
def prepared(fortnox: Fortnox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory in which every company is connected and the plain ones are imported."""
    directory = tmp_path_factory.mktemp("prepared")
    asyncio.run(_prepare(directory, fortnox))
    (directory / "data" / "limits.db").unlink(missing_ok=True)
    return directory


@pytest.fixture
def data(prepared: Path, tmp_path: Path) -> Path:
    """A copy of the prepared directory for one test."""
    return Path(shutil.copytree(prepared, tmp_path / "byrå"))


@pytest.fixture(scope="session")
def turns(fortnox: Fortnox) -> Iterator[TenantInfo]:
    return itertools.cycle(fortnox.info.tenants[SAMPLES:])


Opened = Callable[..., Any]


@pytest.fixture
def opening(fortnox: Fortnox, turns: Iterator[TenantInfo]) -> Opened:
    """Opens an office over a copied directory: the next company's, unless one is named."""
    tenant = next(turns)
    text = f"Hyra {uuid.uuid4().hex}"
    opened: set[Path] = set()
    """Directories that are no longer as they were prepared."""

    @asynccontextmanager
    async def make(
        directory: Path,
        *,
        horizon: int = 0,
        sample: int | None = None,
        accounts: bool = False,
        renew: bool = True,
    ) -> AsyncIterator[Office]:
        wanted = tenant if sample is None else fortnox.info.tenants[sample]
        clock = MovedClock()
        settings = settings_in(directory, fortnox, horizon, accounts=accounts)
        async with open_context(settings, person="anna", clock=clock) as ctx:
            client, engagement = await ctx.store.read(lambda tx: _of_tenant(tx, wanted.tenant))
            if wanted.tenant in fortnox.renewed and renew:
                await connect(ctx, client, wanted)
            if wanted.tenant in fortnox.touched and directory not in opened:
                await import_year(ctx, engagement.id, ledgers=())
            opened.add(directory)
            before = await _rotated(ctx, client)
            yield Office(ctx, clock, fortnox, client, engagement, text)
            if await _rotated(ctx, client) != before:
                fortnox.renewed.add(wanted.tenant)

    return make


async def _rotated(ctx: Context, client: Client) -> datetime | None:
    """When the connection's tokens were last renewed; None without a connection."""
    from core.store import connections

    found = await ctx.store.read(lambda tx: connections.get(tx, client.id))
    return found.rotated_at if found else None


def _of_tenant(tx: Any, tenant: str) -> tuple[Client, Engagement]:
    from core.store import clients, engagements

    client = next(one for one in clients.every(tx) if one.tenant == tenant)
    return client, engagements.every(tx, client.id)[0]


@pytest.fixture
async def office(opening: Opened, data: Path, fortnox: Fortnox) -> AsyncIterator[Office]:
    """An office whose uncertain vouchers may be looked up at once."""
    async with opening(data) as made:
        yield made
    fortnox.control("DELETE", "faults")


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
async def bare(tmp_path: Path, clock: MovedClock) -> AsyncIterator[Context]:
    """An empty brygga without Fortnox."""
    settings = load(data_dir=tmp_path / "data", environ={"BRYGGA_CONFIG": ""})
    async with open_context(settings, person="anna", clock=clock) as ctx:
        yield ctx


@pytest.fixture
async def filed(bare: Context) -> tuple[Client, Engagement]:
    """A client of the bare brygga whose books come from SIE files."""
    client = await add_client(bare, name="Bageri [/] Söder AB", orgnr="5566778899", number="101")
    year = (date(2025, 1, 1), date(2025, 12, 31))
    return client, await add_engagement(bare, client.id, *year, SourceKind.SIE4)


@pytest.fixture
def with_rows() -> Callable[..., DraftVoucher]:
    """A draft of (account, öre) pairs."""

    def make(*rows: tuple[str, int], day: date = date(2025, 12, 31), text: str = "Hyra") -> DraftVoucher:
        return DraftVoucher(day, text, tuple(Row(account, ore) for account, ore in rows))

    return make
