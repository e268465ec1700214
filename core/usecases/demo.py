"""The sample firm: a sandbox Fortnox in a child process, a throw-away data directory, and work to do in it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from msgspec.structs import replace

from core.config import Settings, load
from core.errors import TryLater
from core.files import make_private_directory, write_atomically
from core.fortnox.sandbox.child import SandboxChild, TenantInfo, start
from core.fortnox.transport import Request
from core.i18n import _
from core.legalform import FORMS
from core.model import Row
from core.register import (
    Client,
    ConnectionMode,
    DraftVoucher,
    Engagement,
    PendingConsent,
    SourceKind,
)
from core.store import connections
from core.store.database import Transaction
from core.together import together
from core.usecases.clients import add_client
from core.usecases.connect import Connected, begin_consent, finish_consent
from core.usecases.context import Context
from core.usecases.engagements import add_engagement
from core.usecases.imports import ImportResult, import_year
from core.usecases.progress import Progress, Report, silent
from core.usecases.rights import Right, needs
from core.usecases.secrets import init_keeper, set_client_secret
from core.usecases.tokens import transport
from core.usecases.vouchers import add_vouchers, mark_ready

RESPONSIBLE = ("Anna", "Björn", "Anna", "Cecilia", "Björn")
_ABOUT_TO_LAPSE = timedelta(days=27)
_LAPSED = timedelta(days=46)


@dataclass(frozen=True, slots=True)
class Demo:
    """A running sandbox and settings that lead to it."""

    settings: Settings
    directory: Path
    sandbox: SandboxChild

    @property
    def tenants(self) -> Sequence[TenantInfo]:
        """The sample companies."""
        return self.sandbox.info.tenants


@contextlib.asynccontextmanager
async def open_demo(
    directory: Path | None = None, *, clients: int = 5, port: int = 0, vouchers: int = 0
) -> AsyncIterator[Demo]:
    """Start the sandbox and prepare an empty data directory that knows it.

    The directory is thrown away afterwards unless one is given; its master key lives and dies with it.
    ``vouchers`` adds a company with about so many a year.
    """
    with contextlib.ExitStack() as stack:
        place = directory or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="brygga-demo-")))
        make_private_directory(place)
        async with start(clients=clients, port=port, vouchers=vouchers) as sandbox:
            config = place / "config.toml"
            write_atomically(config, sandbox.info.config.encode())
            settings = load(config, place / "data", environ={})
            make_private_directory(settings.data_dir)
            await init_keeper(settings, "keyfile")
            yield Demo(load(config, place / "data", environ={}), place, sandbox)


@needs(Right.MANAGE)
async def store_secret(ctx: Context, demo: Demo) -> None:
    """Give brygga the sandbox's client secret."""
    await set_client_secret(ctx, demo.sandbox.info.client_secret)


@needs(Right.WORK)
async def register(ctx: Context, tenant: TenantInfo, position: int) -> tuple[Client, Engagement]:
    """Add a sample company as client and engagement: the year that a firm closes now."""
    client = await add_client(
        ctx,
        name=tenant.name,
        orgnr=tenant.orgnr,
        number=str(101 + position),
        form=_form_in(tenant.name),
        responsible=RESPONSIBLE[position % len(RESPONSIBLE)],
    )
    year = closing_year(tenant)
    return client, await add_engagement(ctx, client.id, *year, SourceKind.FORTNOX)


def _form_in(name: str) -> str:
    """The legal form at the end of a company's name; empty where there is none."""
    last = name.rsplit(" ", 1)[-1]
    return last if last in FORMS else ""


def closing_year(tenant: TenantInfo) -> tuple[date, date]:
    """The company's fiscal year that is neither the first nor the last in its Fortnox."""
    years = sorted(
        (date.fromisoformat(year.from_date), date.fromisoformat(year.to_date)) for year in tenant.years
    )
    return years[1] if len(years) > 2 else years[-1]


@needs(Right.WORK)
async def connect(ctx: Context, client: Client, tenant: TenantInfo) -> Connected:
    """Consent as the client's administrator would in a browser, and finish the connection."""
    pending = await begin_consent(ctx, client.id, mode=ConnectionMode.CODE)
    return await finish_consent(ctx, await approve(ctx, pending, tenant.tenant))


async def approve(ctx: Context, pending: PendingConsent, tenant: str) -> str:
    """Press *Godkänn* on the sandbox's consent page; the redirect address that a browser would be sent to."""
    fields = dict(parse_qsl(urlsplit(pending.address).query))
    fields |= {"tenant": tenant, "decision": "approve"}
    address = pending.address.partition("?")[0]
    answer = await transport(ctx).send(Request("POST", address, form=fields))
    if answer.status != 302:
        raise TryLater(
            "fortnox_error",
            _("The sandbox's consent page answered {status}.").format(status=answer.status),
            answer.body[:200].decode(errors="replace"),
            _("Start the demo again."),
        )
    return answer.headers["location"]


@needs(Right.WORK)
async def furnish(ctx: Context, demo: Demo, report: Report = silent) -> list[ImportResult]:
    """Register, connect and import every sample company, and leave work in various states."""
    await store_secret(ctx, demo)
    done = 0

    async def one(position: int, tenant: TenantInfo) -> ImportResult:
        nonlocal done
        client, engagement = await register(ctx, tenant, position)
        await connect(ctx, client, tenant)
        result = await import_year(ctx, engagement.id)
        done += 1
        report(Progress("company", done, len(demo.tenants), tenant.name))
        return result

    results = await together(one(*numbered) for numbered in enumerate(demo.tenants))
    await _leave_work(ctx, results)
    return results


async def _leave_work(ctx: Context, results: Sequence[ImportResult]) -> None:
    """Two drafts with the first, a lapsed connection with the second, two ready vouchers with the fourth."""
    await add_vouchers(ctx, results[0].engagement.id, sample_vouchers(results[0].engagement)[:2])
    await _age(ctx, results[0].client, _ABOUT_TO_LAPSE)
    if len(results) > 1:
        await _age(ctx, results[1].client, _LAPSED)
        await ctx.store.write(lambda tx: connections.mark_needs_login(tx, results[1].client.id))
    if len(results) > 3:
        engagement = results[3].engagement
        made = await add_vouchers(ctx, engagement.id, sample_vouchers(engagement))
        await mark_ready(ctx, [voucher.id for voucher in made])


def sample_vouchers(engagement: Engagement) -> list[DraftVoucher]:
    """Three closing vouchers that most companies need: accrued interest, prepaid rent, depreciation."""
    day = engagement.year.to_date

    def voucher(text: str, debit: str, credit: str, ore: int) -> DraftVoucher:
        return DraftVoucher(day, text, (Row(debit, ore), Row(credit, -ore)))

    return [
        voucher("Periodisering av hyra, första kvartalet", "1710", "5010", 3_000_000),
        voucher("Upplupet arvode för bokslut", "6530", "2990", 1_800_000),
        voucher("Avskrivning inventarier enligt plan", "7832", "1229", 2_450_000),
    ]


async def _age(ctx: Context, client: Client, age: timedelta) -> None:
    """Let the connection have rested."""

    def work(tx: Transaction) -> None:
        held = connections.get(tx, client.id)
        if held is not None:
            moment = ctx.now() - age
            connections.put(tx, replace(held, last_used_at=moment, rotated_at=moment))

    await ctx.store.write(work)
