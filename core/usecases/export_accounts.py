"""Accounts that closing vouchers use and Fortnox lacks, or has out of use: added when a person says so.

Only where ``[export] create_missing_accounts`` allows it. An account that is new in the year is taken over from a
neighbouring year's chart with its VAT code, SRU code and rules; else it has a name and nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from core.closing.characters import cleaned
from core.closing.checks import inactive_accounts, missing_accounts
from core.errors import FortnoxRejected, Refused, TryLater, UsageError
from core.fortnox import resources
from core.fortnox.api import Api, Outcome, WriteResult
from core.i18n import _
from core.model import Account, FiscalYear
from core.register import Client
from core.store import imports
from core.store.database import Transaction
from core.usecases.context import Context
from core.usecases.engagements import load, refuse_locked
from core.usecases.export import ExportPlan, plan_export
from core.usecases.rights import Right, needs
from core.usecases.tokens import open_api

NAME_LIMIT = 200
"""Fortnox's limit on an account's Description, in characters."""
_NUMBER = re.compile(r"[1-9][0-9]{3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class AccountNeed:
    """An account that has to be added to a fiscal year's chart, or activated in it."""

    year: FiscalYear
    """With Fortnox's Id."""
    account: Account
    """As it would be; its name is empty where nobody has used the number before."""
    exists: bool
    """Whether the chart has it, out of use."""


@needs(Right.WORK)
async def needed_accounts(ctx: Context, plan: ExportPlan) -> list[AccountNeed]:
    """What the plan's vouchers need of the charts, the names proposed; empty when brygga may not add accounts.

    Raises:
        LoginNeeded, TryLater, FortnoxRejected: Fortnox could not be asked.
    """
    if not ctx.settings.export.create_missing_accounts:
        return []
    needs: list[AccountNeed] = []
    for destination in plan.destinations:
        chart, year = destination.facts.accounts or {}, destination.facts.year
        inactive = inactive_accounts(destination.vouchers, chart)
        needs += [AccountNeed(year, chart[number], exists=True) for number in inactive]
        missing = [one for one in missing_accounts(destination.vouchers, chart) if _NUMBER.fullmatch(one)]
        if missing:
            proposed = await _proposals(ctx, plan.client, year, missing)
            needs += [AccountNeed(year, account, exists=False) for account in proposed]
    return needs


async def _proposals(ctx: Context, client: Client, year: FiscalYear, numbers: Sequence[str]) -> list[Account]:
    """The accounts as the neighbouring years know them, else with the commonest name among the imports."""
    api = await open_api(ctx, client)
    known: dict[str, Account] = {}
    for other in await _neighbours(api, year):
        known = {one.number: one for one in await resources.accounts(api, other.id or "")} | known

    def names(tx: Transaction) -> dict[str, str]:
        return {number: next(iter(imports.names_of(tx, number)), "") for number in numbers}

    common = await ctx.store.read(names)
    return [known.get(number) or Account(number, common[number]) for number in numbers]


async def _neighbours(api: Api, year: FiscalYear) -> list[FiscalYear]:
    """The year before and the year after, the one before first."""
    years = [one.year for one in await resources.financial_years(api)]
    before = [one for one in years if one.to_date < year.from_date]
    after = [one for one in years if one.from_date > year.to_date]
    return [*before[-1:], *after[:1]]


def named(needs: Iterable[AccountNeed], names: Mapping[str, str]) -> list[AccountNeed]:
    """The needs with the names that a person gave, as Fortnox takes them.

    Raises:
        UsageError: ``usage``: an account is left without a name.
    """
    made = []
    for need in needs:
        name = cleaned(names.get(need.account.number, need.account.name))[:NAME_LIMIT]
        if not name:
            raise _nameless(need.account.number)
        made.append(replace(need, account=structs.replace(need.account, name=name)))
    return made


@needs(Right.WORK)
async def provide_accounts(
    ctx: Context, engagement_id: str, needs: Sequence[AccountNeed]
) -> list[AccountNeed]:
    """Add and activate the accounts in Fortnox, in order; each is in the audit. Returns what was done.

    Raises:
        UsageError: ``id_unknown``; ``usage``: an account has no name.
        Refused: ``engagement_locked``; ``read_only``: the settings do not allow it.
        FortnoxRejected, TryLater, LoginNeeded: Fortnox said no, or did not answer; those before are there.
    """
    client, engagement = await ctx.store.read(lambda tx: load(tx, engagement_id))
    refuse_locked(client, engagement)
    _require_allowed(ctx)
    wanted = named(needs, {})
    api = await open_api(ctx, client)
    for need in wanted:
        await _provide(ctx, api, client, engagement_id, need)
    return wanted


@needs(Right.WORK)
async def add_accounts(
    ctx: Context, engagement_id: str, series: str, names: Mapping[str, str]
) -> list[AccountNeed]:
    """Plan the export and add what it lacks, with a person's names where there are any. Raises as ``provide_accounts``."""
    _require_allowed(ctx)
    plan = await plan_export(ctx, engagement_id, series)
    return await provide_accounts(ctx, engagement_id, named(await needed_accounts(ctx, plan), names))


async def _provide(ctx: Context, api: Api, client: Client, engagement_id: str, need: AccountNeed) -> None:
    change = resources.activate_account if need.exists else resources.create_account
    result = await change(api, need.year.id or "", need.account)
    await ctx.store.write(lambda tx: _record(ctx, tx, client, engagement_id, need, result))
    _require_done(need, result)


def _record(
    ctx: Context,
    tx: Transaction,
    client: Client,
    engagement_id: str,
    need: AccountNeed,
    result: WriteResult,
) -> None:
    ctx.record(
        tx,
        "account.activated" if need.exists else "account.created",
        client_id=client.id,
        engagement_id=engagement_id,
        outcome="ok" if result.outcome is Outcome.DONE else result.outcome.value,
        account=need.account.number,
        name=need.account.name,
        year=str(need.year),
    )


def _require_done(need: AccountNeed, result: WriteResult) -> None:
    if result.outcome is Outcome.DONE:
        return
    title = _("Account {account} could not be added or activated in Fortnox.").format(
        account=need.account.number
    )
    reason = (result.error.message or result.error.title) if result.error else ""
    if result.outcome is Outcome.REJECTED:
        raise FortnoxRejected(
            "fortnox_error", title, reason, _("Add it in Fortnox, or choose another account.")
        )
    hint = _("Look at the checks again: they tell whether it is there now.")
    raise TryLater("fortnox_unreachable", title, reason, hint)


def _nameless(number: str) -> UsageError:
    return UsageError(
        "usage",
        _("Account {account} needs a name.").format(account=number),
        _("No account was added."),
        _('Give it one, for example: --account-name {account}="Name"').format(account=number),
    )


def _require_allowed(ctx: Context) -> None:
    if not ctx.settings.export.create_missing_accounts:
        raise Refused(
            "read_only",
            _("brygga may not add accounts in Fortnox."),
            _("No account was added."),
            _(
                "Set create_missing_accounts = true under [export] in the configuration, or add it in Fortnox."
            ),
        )
