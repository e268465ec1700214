"""Where an engagement's books come from and how its chart and balances are handled, said before it is done."""

from __future__ import annotations

from dataclasses import dataclass

from core.i18n import _
from core.register import AccountNames, Engagement, PreviousYear, SourceKind, SourceSettings
from core.store import engagements, imports, reconciliation, sourcesettings
from core.store.database import Transaction
from core.text import clean
from core.usecases.context import Context
from core.usecases.engagements import load, refuse_locked
from core.usecases.rights import Right, needs


@dataclass(frozen=True, slots=True)
class SourceChange:
    """What a change keeps and what it replaces, as sentences in the language in use."""

    engagement: Engagement
    source: SourceKind
    settings: SourceSettings
    kept: tuple[str, ...]
    replaced: tuple[str, ...]


async def source_settings(ctx: Context, engagement_id: str) -> SourceSettings:
    """The engagement's settings.

    Raises:
        UsageError: ``id_unknown``.
    """

    def work(tx: Transaction) -> SourceSettings:
        load(tx, engagement_id)
        return sourcesettings.get(tx, engagement_id)

    return await ctx.store.read(work)


async def plan_source(
    ctx: Context, engagement_id: str, source: SourceKind, settings: SourceSettings
) -> SourceChange:
    """What would be kept and what replaced; changes nothing.

    Raises:
        UsageError: ``id_unknown``.
    """

    def work(tx: Transaction) -> SourceChange:
        __, engagement = load(tx, engagement_id)
        before = sourcesettings.get(tx, engagement_id)
        has_books = imports.latest(tx, engagement_id) is not None
        signed = len(reconciliation.living(tx, engagement_id))
        replaced = tuple(_replaced(engagement, source, before, settings, has_books=has_books))
        return SourceChange(engagement, source, settings, tuple(_kept(has_books, signed)), replaced)

    return await ctx.store.read(work)


@needs(Right.WORK)
async def change_source(
    ctx: Context, engagement_id: str, source: SourceKind, settings: SourceSettings
) -> Engagement:
    """Make the change; snapshots, closing vouchers, sign-offs, amounts and notes stay.

    Raises:
        UsageError: ``id_unknown``.
        Refused: ``engagement_locked``.
    """

    def work(tx: Transaction) -> Engagement:
        client, engagement = load(tx, engagement_id)
        refuse_locked(client, engagement)
        engagements.set_source(tx, engagement_id, source)
        sourcesettings.put(tx, engagement_id, settings)
        ctx.record(
            tx,
            "engagement.source",
            client_id=client.id,
            engagement_id=engagement_id,
            source=source.value,
            names=settings.names.value,
            period_balances=settings.period_balances,
            previous_year=settings.previous_year.value,
        )
        return load(tx, engagement_id)[1]

    return await ctx.store.write(work)


@needs(Right.WORK)
async def rename_account(ctx: Context, engagement_id: str, account: str, name: str) -> SourceSettings:
    """Edit an account's name; from then on the engagement shows edited names. An empty name undoes it.

    Raises:
        UsageError: ``id_unknown``.
        Refused: ``engagement_locked``.
    """

    def work(tx: Transaction) -> SourceSettings:
        client, engagement = load(tx, engagement_id)
        refuse_locked(client, engagement)
        before = sourcesettings.get(tx, engagement_id)
        settings = SourceSettings(AccountNames.EDITED, before.period_balances, before.previous_year)
        sourcesettings.put_name(tx, engagement_id, clean(account), clean(name, 100).strip())
        sourcesettings.put(tx, engagement_id, settings)
        ctx.record(
            tx, "account.renamed", client_id=client.id, engagement_id=engagement_id, account=clean(account)
        )
        return settings

    return await ctx.store.write(work)


def _kept(has_books: bool, signed: int) -> list[str]:
    kept = [_("Closing vouchers, supported amounts, notes and signed-off annexes stay.")]
    if has_books:
        kept.append(_("The books that were imported stay until the next import, and as history afterwards."))
    if signed:
        kept.append(_("Signed-off accounts stay so as long as their balance does not change."))
    return kept


def _replaced(
    engagement: Engagement,
    source: SourceKind,
    before: SourceSettings,
    after: SourceSettings,
    *,
    has_books: bool,
) -> list[str]:
    replaced = []
    if source is not engagement.source and has_books:
        replaced.append(
            _("The next import replaces chart, balances and annexes with those of the new source.")
        )
    if source is SourceKind.SIE4 and engagement.source is not source:
        replaced.append(
            _(
                "A SIE file carries no ledgers: the annexes lose their open items. Nothing is posted to Fortnox."
            )
        )
    if after.names is not before.names:
        replaced.append(
            _("Account names are shown as the source has them; edited ones are kept aside.")
            if after.names is AccountNames.SOURCE
            else _("Account names are shown as edited here.")
        )
    if after.previous_year is not before.previous_year:
        replaced.append(
            _("Last year's figures are taken from the source.")
            if after.previous_year is PreviousYear.SOURCE
            else _("Last year's figures are taken from last year's engagement in brygga.")
        )
    if after.period_balances is not before.period_balances:
        replaced.append(
            _("From the next import the change of each month is kept.")
            if after.period_balances
            else _("From the next import the change of each month is no longer kept.")
        )
    return replaced
