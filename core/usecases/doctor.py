"""Is everything in order? Each line says what was looked at and what to do when it is not."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from core.clock import SystemClock
from core.config import Settings
from core.errors import BryggaError
from core.i18n import _, ngettext
from core.register import Check
from core.store.copying import integrity
from core.usecases.activity import first_broken_event
from core.usecases.context import Context
from core.usecases.doctor_network import examine_network
from core.usecases.doctor_places import examine_places
from core.usecases.doctor_service import examine_service
from core.usecases.exchangerules import examine_uploads
from core.usecases.retention import retentions
from core.usecases.secrets import examine_secrets
from core.usecases.users import examine_users


async def examine(ctx: Context) -> list[Check]:
    """Look at everything that brygga rests on, the store and Fortnox included."""
    settings = ctx.settings
    return [
        _configuration(settings),
        _fortnox_app(settings),
        *await asyncio.to_thread(examine_places, settings, ctx.now()),
        await _store(ctx),
        await _audit(ctx),
        await _retention(ctx),
        *await _secrets(settings),
        *await examine_users(ctx),
        *await examine_uploads(ctx),
        *await asyncio.to_thread(examine_service, settings),
        *await examine_network(ctx),
        *await _mail(settings),
    ]


async def examine_without_store(settings: Settings, error: BryggaError) -> list[Check]:
    """What can be looked at where the store cannot be opened; ``error`` says why."""
    now = SystemClock().now()
    store = Check("store", ok=False, text=error.title, why=error.message, remedy=error.hint)
    return [
        _configuration(settings),
        _fortnox_app(settings),
        *await asyncio.to_thread(examine_places, settings, now),
        store,
        *await asyncio.to_thread(examine_service, settings),
    ]


async def _store(ctx: Context) -> Check:
    """Whether the file holds together; a large one takes some seconds."""
    faults = await ctx.store.read(integrity)
    if not faults:
        return Check("store", ok=True, text=_("The store {path} is whole").format(path=ctx.store.path))
    return Check(
        "store",
        ok=False,
        text=_("The store {path} is damaged").format(path=ctx.store.path),
        remedy=_("Look at the disk, then go back to the latest whole backup: brygga backup restore FILE"),
    )


async def _retention(ctx: Context) -> Check:
    over = sum(one.is_over and one.until is not None for one in await retentions(ctx))
    if not over:
        return Check(
            "retention", ok=True, text=_("Every client must still be kept, or has no bookkeeping here")
        )
    return Check(
        "retention",
        ok=False,
        warning=True,
        text=ngettext(
            "{count} client need not be kept any longer",
            "{count} clients need not be kept any longer",
            over,
        ).format(count=over),
        remedy=_("Personal data may stay only with a reason: brygga client retention, brygga client forget"),
    )


async def _secrets(settings: Settings) -> list[Check]:
    """The keeper and its records; a firm without a Fortnox app needs none yet, so they only warn."""
    try:
        checks = await examine_secrets(settings)
    except BryggaError as error:
        checks = [Check("keeper", ok=False, text=error.title, remedy=error.hint)]
    if settings.fortnox.client_id:
        return checks
    return [check if check.ok else replace(check, warning=True) for check in checks]


async def _mail(settings: Settings) -> list[Check]:
    """The mail server, where one is configured."""
    if not settings.mail.host:
        return []
    from core.usecases.invite_post import examine_mail

    return await examine_mail(settings)


def _configuration(settings: Settings) -> Check:
    if settings.config_file.exists():
        return Check(
            "config", ok=True, text=_("The configuration is {path}").format(path=settings.config_file)
        )
    return Check(
        "config",
        ok=True,
        text=_("There is no configuration file {path}; the defaults are used").format(
            path=settings.config_file
        ),
        remedy=_("Make one with: brygga config init"),
    )


def _fortnox_app(settings: Settings) -> Check:
    if settings.fortnox.client_id:
        return Check("fortnox_app", ok=True, text=_("Fortnox is {url}").format(url=settings.fortnox.api_url))
    return Check(
        "fortnox_app",
        ok=False,
        warning=True,
        text=_("No Fortnox app is configured; brygga works with SIE files only"),
        remedy=_("Set fortnox.client_id and store its secret: brygga secrets set fortnox-client-secret"),
    )


async def _audit(ctx: Context) -> Check:
    broken = await first_broken_event(ctx)
    if broken is None:
        return Check("audit", ok=True, text=_("The activity log is whole"))
    return Check(
        "audit",
        ok=False,
        text=_("The activity log has been changed at entry {number}").format(number=broken),
        remedy=_("Keep the store as it is and compare it with a backup."),
    )
