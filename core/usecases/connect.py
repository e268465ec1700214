"""Connecting a client to Fortnox: the consent, the company check, the mode, and the end of it.

A consent is tied to one company. The client's organisation number must be the company's, and once a tenant
(Fortnox's database number) is pinned it must be the same; a consent for another company is revoked.
"""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
from collections.abc import Callable

from msgspec.structs import replace

from core import critical
from core.clock import today
from core.errors import BryggaError
from core.fortnox import callback, errors, oauth, resources
from core.fortnox.api import Api
from core.fortnox.callback import Callback, Page
from core.fortnox.oauth import App, Grant, OAuthRefused, OAuthUnavailable
from core.i18n import _
from core.model import Company, FiscalYear
from core.register import Client, Connection, ConnectionMode, Engagement, PendingConsent, SourceKind
from core.secret import Secret
from core.store import clients, connections, engagements, imports, records, rotations
from core.store.database import Transaction
from core.usecases import consentwords as words
from core.usecases.clients import get_client, insert_client
from core.usecases.consentcheck import client_for, consent_api, consented_company, last_booking
from core.usecases.consentwait import CONSENT_LIFETIME, Connected, connected_elsewhere, used_elsewhere
from core.usecases.context import Context
from core.usecases.engagements import insert_engagement
from core.usecases.refresh import KIND, lock_tokens, open_pair, pair_of, seal_pair, unknown_app
from core.usecases.rights import Right, needs
from core.usecases.status import view_of
from core.usecases.tokens import app, forget_tokens, transport, vault

__all__ = ["Connected", "await_consent", "begin_consent", "disconnect", "finish_consent"]


@needs(Right.WORK)
async def begin_consent(
    ctx: Context, client_id: str | None, *, mode: ConnectionMode | None = None
) -> PendingConsent:
    """Make the address that a person opens to consent; ``client_id`` None makes the client afterwards.

    Raises:
        UsageError: ``client_unknown``; ``config_invalid``, ``no_keeper``, ``vault_locked``: a consent given
            now could not be kept.
    """
    if client_id is not None:
        await get_client(ctx, client_id)
    application = await app(ctx)
    await vault(ctx)
    wanted = mode or ConnectionMode(ctx.settings.fortnox.mode)
    state = secrets.token_urlsafe(32)
    fortnox = ctx.settings.fortnox
    address = oauth.authorize_address(
        application, state=state, scopes=fortnox.scopes, redirect_uri=fortnox.redirect_uri, mode=wanted
    )
    pending = PendingConsent(
        state, client_id, address, fortnox.redirect_uri, ctx.now() + CONSENT_LIFETIME, wanted
    )
    await ctx.store.write(lambda tx: connections.put_pending(tx, pending))
    return pending


@needs(Right.WORK)
async def await_consent(
    ctx: Context, pending: PendingConsent, *, listening: Callable[[], object] | None = None
) -> Connected:
    """Wait for the browser at the redirect address of this computer, until the consent has expired.

    ``listening`` is called once the redirect address answers; a front end shows the consent's address then.

    It also ends when the address is pasted into another brygga meanwhile.

    Raises:
        LoginNeeded: ``consent_denied``; ``login_needed`` when nobody came in time.
        Refused: ``company_mismatch``.
        UsageError: ``config_invalid``: brygga cannot listen there; the address can be pasted instead.
    """
    outcome: list[Connected | BryggaError] = []
    here = asyncio.Event()

    async def finish(answer: Callback) -> Page:
        here.set()
        try:
            outcome.append(await _finish(ctx, pending, answer))
        except BryggaError as error:
            outcome.append(error)
        return _page(outcome[-1])

    seconds = max(0.0, (pending.expires_at - ctx.now()).total_seconds())
    waiting = asyncio.ensure_future(
        callback.listen(pending.redirect_uri, pending.state, seconds, finish, listening)
    )
    pasted = asyncio.ensure_future(used_elsewhere(ctx, pending, here))
    try:
        await asyncio.wait({waiting, pasted}, return_when=asyncio.FIRST_COMPLETED)
        if pasted.done() and not here.is_set():
            return await connected_elsewhere(ctx, pending)
        await waiting
    finally:
        for task in (waiting, pasted):
            task.cancel()
        await asyncio.gather(waiting, pasted, return_exceptions=True)
    if not outcome:
        raise words.expired()
    if isinstance(outcome[0], BryggaError):
        raise outcome[0]
    return outcome[0]


@needs(Right.WORK)
async def finish_consent(ctx: Context, pasted_url: str) -> Connected:
    """Use the redirect address that a person copied from the browser.

    Raises:
        UsageError: ``usage``: the address is something else than an answer of Fortnox.
        LoginNeeded: ``consent_denied``; ``login_needed`` when the address is not of a waiting consent.
        Refused: ``company_mismatch``.
    """
    try:
        answer = callback.read_callback(pasted_url)
    except ValueError as error:
        raise words.not_an_answer(of_fortnox=callback.has_state(pasted_url)) from error
    waiting = await ctx.store.read(lambda tx: connections.pending(tx, ctx.now()))
    matching = [one for one in waiting if callback.same_state(one.state, answer.state)]
    if not matching:
        raise words.expired()
    return await _finish(ctx, matching[0], answer)


@needs(Right.WORK)
async def disconnect(ctx: Context, client_id: str) -> Client:
    """Revoke the consent at Fortnox and forget its tokens.

    Without a connection there is nothing to do. The client stays, and so does its tenant once something was imported from it; before that, another database
    of the same company may be connected instead.

    Raises:
        UsageError: ``client_unknown``.
    """
    client = await get_client(ctx, client_id)
    connection = await ctx.store.read(lambda tx: connections.get(tx, client_id))
    if connection is None:
        return client
    await critical.run(_end(ctx, connection))
    forget_tokens(ctx, client_id)
    return client


async def _end(ctx: Context, connection: Connection) -> None:
    lock = await lock_tokens(ctx, connection.tenant)
    try:
        revoked = await _revoke_stored(ctx, connection)

        def work(tx: Transaction) -> None:
            connections.delete(tx, connection.client_id)
            _unpin_unused(tx, connection.client_id)
            records.forget(tx, connection.tenant)
            ctx.record(tx, "connection.ended", client_id=connection.client_id, revoked=revoked)

        await ctx.store.write(work)
    finally:
        lock.release()


def _unpin_unused(tx: Transaction, client_id: str) -> None:
    """Forget the tenant of a client that nothing was ever imported for."""
    client = clients.get(tx, client_id)
    used = any(imports.latest(tx, one.id) is not None for one in engagements.every(tx, client_id))
    if client is not None and not used:
        clients.update(tx, replace(client, tenant=""))


async def _revoke_stored(ctx: Context, connection: Connection) -> bool:
    """Whether Fortnox confirmed it; without the key or the network the tokens are forgotten all the same."""
    try:
        record = await ctx.store.read(lambda tx: records.newest(tx, KIND, connection.tenant))
        if record is None:
            return False
        pair = open_pair(await vault(ctx), record)
        return await _revoke(ctx, await app(ctx), pair.refresh, pair.access)
    except BryggaError:
        return False


async def _revoke(ctx: Context, application: App, refresh: Secret | None, access: Secret) -> bool:
    if refresh is not None:
        return await oauth.revoke(transport(ctx), application, refresh)
    return await oauth.revoke(transport(ctx), application, access, "access_token")


async def _finish(ctx: Context, pending: PendingConsent, answer: Callback) -> Connected:
    """From the browser's answer to a stored connection; the code works once, so nothing may cut this."""
    if answer.error or not answer.code:
        await ctx.store.write(lambda tx: connections.take_pending(tx, pending.state, ctx.now()))
        raise words.denied(answer, pending.mode)
    return await critical.run(_exchange(ctx, pending, answer.code))


async def _exchange(ctx: Context, pending: PendingConsent, code: Secret) -> Connected:
    application = await app(ctx)
    await ctx.store.write(lambda tx: connections.take_pending(tx, pending.state, ctx.now()))
    try:
        grant = await oauth.exchange_code(transport(ctx), application, code, pending.redirect_uri)
    except OAuthRefused as refusal:
        if refusal.error == "invalid_client":
            raise unknown_app(refusal) from refusal
        raise words.denied(
            Callback(pending.state, Secret(""), refusal.error, refusal.fault.text), pending.mode
        ) from refusal
    except OAuthUnavailable as failure:
        raise errors.unreachable(str(failure)) from failure
    try:
        return await _accept(ctx, pending, application, grant)
    except BryggaError:
        if not await _lives_on(ctx, grant.tenant):
            await _revoke(ctx, application, grant.refresh, grant.access)
        raise


async def _lives_on(ctx: Context, tenant: str) -> bool:
    """Whether a connection stands on the company's consent, which a revocation of this one might end with it."""
    held = await ctx.store.read(connections.every)
    return any(one.tenant == tenant for one in held.values())


async def _accept(ctx: Context, pending: PendingConsent, application: App, grant: Grant) -> Connected:
    """Check the company, settle the mode, store everything at once."""
    api = consent_api(ctx, application, grant)
    company = await consented_company(api, grant)
    client = await client_for(ctx, api, pending.client_id, company)
    booked = None if client.tenant else await last_booking(api)
    year = await _year_to_close(ctx, api, client, pending.client_id)
    mode, final, refused = await _settle_mode(ctx, application, grant, pending.mode, company.tenant)
    connection = _connection(ctx, client, company, mode, final)
    made = await _store(ctx, client, connection, final, year, known=pending.client_id is not None)
    forget_tokens(ctx, client.id)
    days = view_of(connection, ctx.settings.connection, ctx.now()).days_left
    return Connected(replace(client, tenant=company.tenant), company, mode, days, made, refused, booked)


async def _year_to_close(ctx: Context, api: Api, client: Client, client_id: str | None) -> FiscalYear | None:
    """The fiscal year of a first engagement: the latest that has ended, else the current one."""
    existing = await ctx.store.read(lambda tx: engagements.every(tx, client.id))
    if client_id is not None or existing:
        return None
    years = [found.year for found in await resources.financial_years(api)]
    ended = [year for year in years if year.to_date < today(ctx.clock)]
    return max(ended or years, default=None)


async def _settle_mode(
    ctx: Context, application: App, grant: Grant, wanted: ConnectionMode, tenant: str
) -> tuple[ConnectionMode, Grant, str]:
    """Service when it was asked for and works, else the rotating token with the reason."""
    if wanted is ConnectionMode.CODE:
        if grant.refresh is None:
            raise words.no_refresh_token()
        return wanted, grant, ""
    try:
        service = await oauth.client_credentials(transport(ctx), application, tenant)
    except (OAuthRefused, OAuthUnavailable) as error:
        if grant.refresh is None:
            raise words.no_refresh_token() from error
        text = error.fault.text or error.error if isinstance(error, OAuthRefused) else str(error)
        return ConnectionMode.CODE, grant, _("No service account: {text}").format(text=text)
    return ConnectionMode.SERVICE, dataclasses.replace(service, refresh=grant.refresh), ""


def _connection(
    ctx: Context, client: Client, company: Company, mode: ConnectionMode, grant: Grant
) -> Connection:
    now = ctx.now()
    return Connection(
        client_id=client.id,
        tenant=company.tenant,
        mode=mode,
        company=company.name,
        orgnr=company.orgnr,
        scopes=grant.scope or ctx.settings.fortnox.scopes,
        connected_at=now,
        rotated_at=now,
        last_used_at=now,
    )


async def _store(
    ctx: Context,
    client: Client,
    connection: Connection,
    grant: Grant,
    year: FiscalYear | None,
    *,
    known: bool,
) -> Engagement | None:
    """Client, connection, tokens and audit in one transaction, under the tenant's next generation."""
    key = await vault(ctx)
    tenant, now = connection.tenant, ctx.now()
    engagement = Engagement(ctx.new_id(), client.id, year, SourceKind.FORTNOX) if year else None

    def work(tx: Transaction) -> None:
        existing = clients.get(tx, client.id)
        if existing is None:
            insert_client(ctx, tx, replace(client, tenant=tenant))
        elif existing.tenant != tenant:
            clients.update(tx, replace(existing, tenant=tenant))
        previous = rotations.get(tx, client.id)
        generation = previous.generation + 1 if previous else 1
        connections.put(tx, connection)
        records.forget(tx, tenant)
        records.put(tx, seal_pair(key, tenant, pair_of(grant, generation, now)), now)
        rotations.finish(tx, client.id, generation, now)
        if engagement is not None:
            insert_engagement(ctx, tx, engagement)
        ctx.record(
            tx,
            "connection.made",
            client_id=client.id,
            mode=connection.mode.value,
            tenant=tenant,
            from_register=known,
        )

    lock = await lock_tokens(ctx, tenant)
    try:
        await ctx.store.write(work)
    finally:
        lock.release()
    return engagement


def _page(outcome: Connected | BryggaError) -> Page:
    if isinstance(outcome, Connected):
        return Page(
            ok=True,
            title=_("{company} is connected.").format(company=outcome.company.name),
            text=_("You can close this tab and go back to brygga."),
        )
    return Page(ok=False, title=outcome.title, text=f"{outcome.message} {outcome.hint}".strip())
