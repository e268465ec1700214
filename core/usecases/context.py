"""What every use case is given: the settings, the store, the clock and the person.

Things that are slow to make (the HTTP client, the master key) are made when first asked for, so that
``brygga status`` loads neither.
"""

from __future__ import annotations

import contextlib
import getpass
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from core import ulid
from core.clock import Clock, SystemClock
from core.config import Settings
from core.register import AuditEvent, Role
from core.secret import Secret
from core.store import audit
from core.store.database import Store, Transaction
from core.text import clean

ASK = "ask_passphrase"
"""Where a front end puts its way to ask for the passphrase in ``Context.shared``."""


@dataclass
class Context:
    """An open brygga. Made by ``open_context``; not for more than one event loop."""

    settings: Settings
    store: Store
    clock: Clock
    person: str
    """Who acts: the system user, or the name given with ``--as`` on a forced session."""
    role: Role = Role.ADMIN
    """What the person may do; whoever reaches the data directory without a session may do all. In a session over
    SSH it follows the store."""
    closers: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    """Run in reverse order when the context closes; late-made parts register theirs here."""
    shared: dict[str, object] = field(default_factory=dict)
    """Late-made parts by name: the transport, the vault, the critical-task registry."""

    def now(self) -> datetime:
        """The moment, UTC."""
        return self.clock.now()

    def new_id(self) -> str:
        """A ULID for a new record."""
        return ulid.new(self.clock.now())

    def record(
        self,
        tx: Transaction,
        action: str,
        *,
        client_id: str = "",
        engagement_id: str = "",
        outcome: str = "ok",
        **details: object,
    ) -> None:
        """Add an audit event to the transaction whose effect it tells of."""
        event = AuditEvent(self.now(), self.person, action, client_id, engagement_id, outcome, details)
        audit.append(tx, event)

    async def close(self) -> None:
        """Let what must finish finish, then close the store."""
        while self.closers:
            await self.closers.pop()()
        self.store.close()


def current_person() -> str:
    """The name of the system user, or ``uid N`` where the machine does not know one."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        import os

        return f"uid {os.getuid()}"


@contextlib.asynccontextmanager
async def open_context(
    settings: Settings,
    *,
    person: str = "",
    role: Role = Role.ADMIN,
    clock: Clock | None = None,
    read_only: bool = False,
    store: Store | None = None,
) -> AsyncIterator[Context]:
    """Open the store of the settings' data directory for the time of the block, unless it is open already.

    Raises:
        UsageError: ``config_invalid``: the store cannot be used.
    """
    store = store or Store.open(settings.store_path, read_only=read_only)
    context = Context(settings, store, clock or SystemClock(), clean(person, 80) or current_person(), role)
    try:
        yield context
    finally:
        await context.close()


def remember_passphrase(ctx: Context, passphrase: Secret) -> None:
    """Let the vault of the context be opened with the passphrase that a person typed."""
    ctx.shared[ASK] = lambda: passphrase
