"""The parts that every use case with Fortnox needs, made when first asked for and shared by the context."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar, cast

from core import critical
from core.errors import UsageError
from core.fortnox.api import Api
from core.fortnox.limits import Limiter
from core.fortnox.oauth import App
from core.fortnox.transport import Transport
from core.i18n import _
from core.register import Client
from core.secret import Secret
from core.store import records
from core.usecases.context import ASK, Context
from core.usecases.refresh import Tokens, connection_of
from core.vault.choice import keeper, open_vault
from core.vault.passphrase import Ask
from core.vault.records import Label, Vault, read_key

CLIENT_SECRET = "client_secret"  # noqa: S105 the kind of a record, not a secret
BRIDGE = "rekey_bridge"
"""While the master key is being changed: the new key, sealed with the old one."""

_Part = TypeVar("_Part")


async def open_api(
    ctx: Context,
    client: Client,
    *,
    background: bool = False,
    waiting: Callable[[float], None] | None = None,
) -> Api:
    """Fortnox for the client's connection; ``waiting`` is told the seconds whenever a request has to wait.

    Raises:
        LoginNeeded: ``login_needed``: not connected; ``connection_lapsed``.
        UsageError: ``no_keeper``, ``vault_locked``, ``config_invalid``.
    """
    connection = await connection_of(ctx, client.id)
    application, key = await app(ctx), await vault(ctx)
    carrier = transport(ctx)

    def make() -> Tokens:
        return Tokens(ctx, key, application, carrier, connection.client_id, connection.tenant)

    return Api(
        carrier,
        limiter(ctx),
        _shared(ctx, f"tokens {connection.client_id} {connection.tenant}", make),
        api_url=ctx.settings.fortnox.api_url,
        client_id=application.client_id,
        tenant=connection.tenant,
        background=background,
        waiting=waiting,
    )


def transport(ctx: Context) -> Transport:
    """The context's HTTP client. Closing the context first lets critical tasks finish."""

    def make() -> Transport:
        made = Transport()
        ctx.closers.append(made.aclose)
        ctx.closers.append(_drained)
        return made

    return _shared(ctx, "transport", make)


def limiter(ctx: Context) -> Limiter:
    """The request window that all processes of the data directory share."""

    def make() -> Limiter:
        made = Limiter(ctx.settings.paths.limits)

        async def close() -> None:
            made.close()

        ctx.closers.insert(0, close)
        return made

    return _shared(ctx, "limiter", make)


async def vault(ctx: Context) -> Vault:
    """The vault with the master key, fetched once in a thread.

    Raises:
        UsageError: ``no_keeper``, ``vault_locked``.
    """
    kept = ctx.shared.get("vault")
    if isinstance(kept, Vault):
        return kept
    ask = cast("Ask | None", ctx.shared.get(ASK))
    opened = await _across_bridge(ctx, await asyncio.to_thread(open_vault, ctx.settings, ask), ask)
    ctx.shared["vault"] = opened
    return opened


async def _across_bridge(ctx: Context, opened: Vault, ask: Ask | None) -> Vault:
    """Finish a change of master key that was cut after the records were sealed anew."""
    bridge = await ctx.store.read(lambda tx: records.newest(tx, BRIDGE))
    if bridge is None or bridge.key_id != opened.key_id:
        return opened
    key = read_key(opened.open(Label(BRIDGE), bridge.body))
    await asyncio.to_thread(keeper(ctx.settings, ask=ask).store, key, replace=True)
    await ctx.store.write(lambda tx: records.forget_kind(tx, BRIDGE))
    return Vault(key)


async def app(ctx: Context) -> App:
    """The firm's app with its client secret, from the environment or the vault.

    Raises:
        UsageError: ``config_invalid``: no client id or no secret; ``no_keeper``, ``vault_locked``.
    """
    fortnox = ctx.settings.fortnox
    if not fortnox.client_id:
        raise UsageError(
            "config_invalid",
            _("brygga has no client id for Fortnox."),
            _("It names the firm's own app in Fortnox's developer portal."),
            _("Set fortnox.client_id in {path}.").format(path=ctx.settings.config_file),
        )
    return App(fortnox.auth_url, fortnox.client_id, await _client_secret(ctx))


async def _client_secret(ctx: Context) -> Secret:
    if ctx.settings.client_secret:
        return Secret(ctx.settings.client_secret)
    record = await ctx.store.read(lambda tx: records.newest(tx, CLIENT_SECRET))
    if record is None:
        raise UsageError(
            "config_invalid",
            _("brygga has no client secret for Fortnox."),
            _("It belongs to the client id {id} in Fortnox's developer portal.").format(
                id=ctx.settings.fortnox.client_id
            ),
            _("Store it with: brygga secrets set fortnox-client-secret"),
        )
    opened = await vault(ctx)
    return Secret(opened.open(Label(CLIENT_SECRET, "", record.generation), record.body))


async def _drained() -> None:
    await critical.drain()


def _shared(ctx: Context, name: str, make: Callable[[], _Part]) -> _Part:
    part = ctx.shared.get(name)
    if part is None:
        part = ctx.shared[name] = make()
    return cast("_Part", part)


def forget_tokens(ctx: Context, client_id: str) -> None:
    """Drop what is remembered of a client's tokens, after its connection was made anew or ended."""
    for name in [name for name in ctx.shared if name.startswith(f"tokens {client_id} ")]:
        del ctx.shared[name]
