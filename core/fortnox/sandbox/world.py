"""The sandbox's state: its clock, companies, tokens, limits, faults and the record of requests."""

from __future__ import annotations

import asyncio
import hashlib
import random
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from core.fortnox.sandbox import sie, story
from core.fortnox.sandbox.answers import whole
from core.fortnox.sandbox.books import Books
from core.fortnox.sandbox.faults import Faults
from core.fortnox.sandbox.firm import Profile, profiles
from core.fortnox.sandbox.limits import Limits
from core.fortnox.sandbox.oauth import TokenDesk
from core.fortnox.sandbox.records import Year

REQUESTS_KEPT = 20_000


class MovableClock:
    """The machine's time, moved forward by tests and training."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        """The moment, UTC."""
        return datetime.now(UTC) + self.offset

    def local(self) -> datetime:
        """The moment on the wall, without a zone: what Fortnox's timestamps are."""
        return self.now().astimezone().replace(tzinfo=None, microsecond=0)

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self.offset += timedelta(seconds=seconds)


@dataclass
class StoredFile:
    """An uploaded document; inbox and archive know it by two different ids."""

    id: str
    archive_id: str
    name: str
    folder: str
    content: bytes


@dataclass
class Tenant:
    """A company at the sandbox. Its books are written when somebody first asks for them."""

    profile: Profile
    seed: int
    files: dict[str, StoredFile] = field(default_factory=dict)
    connections: list[dict[str, Any]] = field(default_factory=list)
    sysadmin: bool = True
    """Whether the person who consents is a system administrator there."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    """Held while the books are written, rendered or changed, so that a file is never torn."""
    _books: Books | None = None
    _sie: dict[tuple[Any, ...], tuple[int, bytes]] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """The DatabaseNumber."""
        return self.profile.tenant

    @property
    def books(self) -> Books:
        """The company's books."""
        with self.lock:
            if self._books is None:
                self._books = story.write(self.profile, self.seed)
            return self._books

    async def open_books(self) -> None:
        """Let the books be written beside the loop: a big company's take seconds."""
        if self._books is None:
            await asyncio.to_thread(lambda: self.books)

    @property
    def years(self) -> list[Year]:
        """The fiscal years, oldest first; known without writing the books."""
        years = self._books.years if self._books else story.years(self.profile)
        return sorted(years, key=lambda year: year.from_date)

    def sie_file(self, year: Year, selection: sie.Selection, *, utf8: bool) -> bytes:
        """The year's SIE file, rendered once for each state of the books."""
        key = (year.id, selection, utf8)
        with self.lock:
            books = self.books
            version, data = self._sie.get(key, (-1, b""))
            if version != books.version:
                data = sie.render(self.profile, books, year, selection, utf8=utf8)
                self._sie[key] = (books.version, data)
            return data


@dataclass
class Served:
    """One line in the record of requests; status 0 is a broken connection."""

    method: str
    path: str
    query: str
    status: int
    tenant: str
    time: str
    fault: str = ""
    seconds: float = 0.0
    """How long the sandbox worked on the answer; what it waits in its own queue is not in it."""


class World:
    """Everything the sandbox knows.

    Id and secret follow from the seed, so that a sandbox started again is the same app to its clients.
    """

    def __init__(
        self, clients: int, seed: int = story.DEFAULT_SEED, vouchers: int = 0, *, twin: bool = False
    ) -> None:
        self.clock = MovableClock()
        self.tenants = {
            profile.tenant: Tenant(profile, seed) for profile in profiles(clients, vouchers, twin=twin)
        }
        rng = random.Random(seed)  # noqa: S311 decides which faults strike, not a secret
        self.faults = Faults(rng)
        self.limits = Limits(time.monotonic)
        secret = hashlib.sha256(f"brygga sandbox {seed}".encode()).hexdigest()[:32]
        self.desk = TokenDesk(f"sandbox-{seed}", secret, self.clock.now)
        self.served: deque[Served] = deque(maxlen=REQUESTS_KEPT)
        self.address = ""
        """``http://127.0.0.1:PORT``, known when the socket is bound."""

    def tenant(self, number: str | int) -> Tenant | None:
        """The company with that DatabaseNumber."""
        return self.tenants.get(whole(str(number)) or 0)

    def record(
        self, method: str, path: str, query: str, status: int, tenant: str, fault: str, seconds: float = 0.0
    ) -> None:
        """Note a request and how long the work on it took."""
        moment = self.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.served.append(Served(method, path, query, status, tenant, moment, fault, seconds))
