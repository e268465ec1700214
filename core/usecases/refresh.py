"""Access tokens without losing the connection: one exchange at a time, written down before it is used.

A refresh token is used up by its exchange. Two exchanges at once, or an answer that is not stored, leave the
connection dead until a person consents again. So (reliability notes, 2.3)::

    single flight in the process -> file lock across processes -> read again -> note that it begins
    -> exchange (as a critical task) -> check the answer -> commit the new pair and its generation -> use it

The previous generation stays, encrypted, for 24 hours. When Fortnox refuses the token and nobody else has
stored a newer one, the connection needs a login and no further calls are made.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from core import critical
from core.clock import parse_rfc3339, rfc3339
from core.errors import BryggaError, LoginNeeded, TryLater, UsageError
from core.files import make_private_directory
from core.fortnox import errors, oauth
from core.fortnox.oauth import App, Grant, OAuthRefused, OAuthUnavailable
from core.fortnox.transport import Transport
from core.i18n import _
from core.register import Connection, ConnectionMode
from core.secret import Secret
from core.store import connections, records, rotations
from core.store.database import Transaction
from core.usecases.context import Context
from core.vault.records import Label, Vault

if TYPE_CHECKING:
    from filelock import FileLock

KIND = "tokens"
SPARE = timedelta(seconds=120)
"""An access token with less left than this is exchanged first."""
KEEP_PREVIOUS = timedelta(hours=24)
LOCK_SECONDS = 90.0
LOCK_POLL_SECONDS = 0.05
PAUSES = (0.0, 2.0, 5.0, 10.0)
"""Seconds before the same exchange is made again when no answer came; known grace windows are 10 s and up."""
PATIENCE_SECONDS = 30.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pair:
    """The tokens of one generation."""

    generation: int
    access: Secret
    refresh: Secret | None
    expires_at: datetime

    def fresh(self, now: datetime) -> bool:
        """Whether the access token lives long enough to be used."""
        return now + SPARE < self.expires_at


class _Sealed(msgspec.Struct):
    access: str
    refresh: str | None
    expires_at: str


def seal_pair(vault: Vault, tenant: str, pair: Pair) -> records.Sealed:
    """The encrypted row of a pair."""
    content = _Sealed(
        pair.access.reveal(), pair.refresh.reveal() if pair.refresh else None, rfc3339(pair.expires_at)
    )
    body = vault.seal(Label(KIND, tenant, pair.generation), msgspec.json.encode(content).decode())
    return records.Sealed(KIND, tenant, pair.generation, vault.key_id, body)


def open_pair(vault: Vault, record: records.Sealed) -> Pair:
    """The pair of an encrypted row.

    Raises:
        UsageError: ``vault_locked``.
    """
    label = Label(KIND, record.tenant, record.generation)
    content = msgspec.json.decode(vault.open(label, record.body), type=_Sealed)
    refresh = Secret(content.refresh) if content.refresh else None
    return Pair(record.generation, Secret(content.access), refresh, parse_rfc3339(content.expires_at))


def pair_of(grant: Grant, generation: int, now: datetime, previous: Secret | None = None) -> Pair:
    """A token answer as the pair of a generation; without a refresh token the previous one is kept."""
    lives = timedelta(seconds=grant.expires_in)
    return Pair(generation, grant.access, grant.refresh or previous, now + lives)


async def connection_of(ctx: Context, client_id: str) -> Connection:
    """The client's living connection.

    Raises:
        LoginNeeded: ``login_needed``: there is none; ``connection_lapsed``: Fortnox has refused it.
    """
    connection = await ctx.store.read(lambda tx: connections.get(tx, client_id))
    if connection is None:
        raise LoginNeeded(
            "login_needed",
            _("The client is not connected to Fortnox."),
            _("A person with rights in the company's Fortnox must consent once."),
            _("Connect it with: brygga connect CLIENT"),
        )
    if connection.needs_login:
        raise errors.lapsed()
    return connection


async def lock_tokens(ctx: Context, tenant: str) -> FileLock:
    """Take the lock that lets one process at a time change a company's tokens; the caller releases it.

    It is polled without blocking, so that no thread waits and the loop stays free.

    Raises:
        TryLater: another process has held it for ninety seconds.
    """
    from filelock import FileLock, Timeout

    folder = make_private_directory(ctx.settings.paths.locks)
    name = hashlib.sha256(tenant.encode()).hexdigest()[:16]
    lock = FileLock(folder / f"token-{name}.lock", thread_local=False)
    deadline = asyncio.get_running_loop().time() + LOCK_SECONDS
    while True:
        try:
            lock.acquire(blocking=False)
        except Timeout:
            if asyncio.get_running_loop().time() > deadline:
                raise _busy() from None
            await asyncio.sleep(LOCK_POLL_SECONDS)
        else:
            return lock


class Tokens:
    """The token source of one connection (see ``core.fortnox.api.TokenSource``)."""

    def __init__(
        self, ctx: Context, vault: Vault, app: App, transport: Transport, client_id: str, tenant: str
    ) -> None:
        self._ctx = ctx
        self._vault = vault
        self._app = app
        self._transport = transport
        self._client_id = client_id
        self._tenant = tenant
        self._single_flight = asyncio.Lock()
        self._pair: Pair | None = None

    async def access(self) -> Secret:
        """A token that lives for two more minutes at least.

        Raises:
            LoginNeeded: the connection is gone or has lapsed.
            TryLater: no exchange could be made now.
        """
        pair = self._pair
        if pair is not None and pair.fresh(self._ctx.now()):
            return pair.access
        return (await self._another(None)).access

    async def renew(self, refused: Secret) -> Secret:
        """Another token than ``refused``.

        Raises:
            LoginNeeded: the connection is gone or has lapsed.
            TryLater: no exchange could be made now.
        """
        return (await self._another(refused)).access

    async def exchange(self) -> None:
        """Exchange the tokens whatever is left of them (keep-alive)."""
        pair = await self._stored()
        await self._another(pair.access)

    async def _another(self, refused: Secret | None) -> Pair:
        async with self._single_flight:
            pair = self._pair
            if pair is not None and self._usable(pair, refused):
                return pair
            lock = await lock_tokens(self._ctx, self._tenant)
            # No await between here and the task, so that a cancelled caller cannot leave the lock behind.
            self._pair = await critical.run(self._exchange_and_unlock(lock, refused))
            return self._pair

    def _usable(self, pair: Pair, refused: Secret | None) -> bool:
        return pair.fresh(self._ctx.now()) and (refused is None or pair.access != refused)

    async def _exchange_and_unlock(self, lock: FileLock, refused: Secret | None) -> Pair:
        try:
            connection = await connection_of(self._ctx, self._client_id)
            pair = await self._stored()
            if self._usable(pair, refused):
                return pair
            attempt = uuid.uuid4().hex
            now = self._ctx.now()
            await self._ctx.store.write(lambda tx: rotations.begin(tx, self._client_id, now, attempt))
            return await self._exchange(connection, pair)
        finally:
            lock.release()

    async def _exchange(self, connection: Connection, old: Pair) -> Pair:
        try:
            grant = await self._ask_patiently(connection, old)
        except OAuthUnavailable as error:
            raise errors.unreachable(str(error)) from error
        except OAuthRefused as refusal:
            newer = await self._stored()
            if newer.generation > old.generation and newer.fresh(self._ctx.now()):
                return newer
            raise await self._refused(connection, refusal) from refusal
        new = pair_of(grant, old.generation + 1, self._ctx.now(), old.refresh)
        await self._commit(new, rotated=grant.refresh is not None)
        return new

    async def _ask_patiently(self, connection: Connection, old: Pair) -> Grant:
        """Make the exchange, again with the same token while no answer comes: there is no other to lose."""
        started = asyncio.get_running_loop().time()
        failure = OAuthUnavailable()
        for pause in (None, *PAUSES):
            if pause is not None:
                if asyncio.get_running_loop().time() + pause - started > PATIENCE_SECONDS:
                    break
                await asyncio.sleep(pause)
            try:
                return await self._ask(connection, old)
            except OAuthUnavailable as error:
                failure = error
        raise failure

    async def _ask(self, connection: Connection, old: Pair) -> Grant:
        if connection.mode is ConnectionMode.SERVICE:
            return await oauth.client_credentials(self._transport, self._app, self._tenant)
        if old.refresh is None:
            raise errors.lapsed()
        return await oauth.refresh(self._transport, self._app, old.refresh)

    async def _commit(self, new: Pair, *, rotated: bool) -> None:
        """Store the new generation, durably, before anybody uses it."""
        now = self._ctx.now()
        sealed = seal_pair(self._vault, self._tenant, new)

        def work(tx: Transaction) -> None:
            records.put(tx, sealed, now)
            rotations.finish(tx, self._client_id, new.generation, now if rotated else None)
            records.forget_older(tx, KIND, self._tenant, new.generation, now - KEEP_PREVIOUS)

        await self._ctx.store.write(work)

    async def _stored(self) -> Pair:
        record = await self._ctx.store.read(lambda tx: records.newest(tx, KIND, self._tenant))
        if record is None:
            raise errors.lapsed()
        return open_pair(self._vault, record)

    async def _refused(self, connection: Connection, refusal: OAuthRefused) -> BryggaError:
        """What a refusal means; a consent that is gone is remembered, so that no more calls are made."""
        if refusal.error == "invalid_client":
            return unknown_app(refusal)
        gone = connection.mode is ConnectionMode.SERVICE or refusal.error == oauth.INVALID_GRANT
        if not gone:
            return errors.to_error(refusal.fault)
        _log.warning("connection of client %s refused: %s", self._client_id, refusal.error)

        def work(tx: Transaction) -> None:
            connections.mark_needs_login(tx, self._client_id)
            self._ctx.record(
                tx, "connection.lapsed", client_id=self._client_id, outcome="refused", error=refusal.error
            )

        await self._ctx.store.write(work)
        return errors.lapsed({"fortnox_code": refusal.error})


def unknown_app(refusal: OAuthRefused) -> UsageError:
    """Fortnox knows neither the client id nor the secret."""
    return UsageError(
        "config_invalid",
        _("Fortnox does not accept the client id and secret."),
        _("Fortnox: {text}").format(text=refusal.fault.text or refusal.error),
        _("Check fortnox.client_id, and store the secret again: brygga secrets set fortnox-client-secret"),
    )


def _busy() -> TryLater:
    return TryLater(
        "fortnox_unreachable",
        _("Another brygga is renewing the connection."),
        _("It has not finished within {seconds} seconds.").format(seconds=int(LOCK_SECONDS)),
        _("Try again in a while."),
    )
