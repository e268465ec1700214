"""The annexes of the latest import, with the notes that people keep and the ones that were signed off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from core.errors import UsageError
from core.i18n import _
from core.ledger.ageing import Bucket, WrongSide, ageing, old_claims, wrong_side
from core.ledger.annex import ledger_of
from core.ledger.sentences import sentence
from core.model import Annex, Explanation, Ledger, OpenItem
from core.money import to_swedish
from core.register import FrozenAnnex, ImportRun, ItemNote
from core.store import imports, reconciliation
from core.store.database import Transaction
from core.text import clean
from core.usecases.context import Context
from core.usecases.engagements import load, refuse_locked
from core.usecases.rights import Right, needs


@dataclass(frozen=True, slots=True)
class AnnexView:
    """An annex as it is today beside the one that was signed off."""

    latest: Annex
    frozen: FrozenAnnex | None
    declined: bool
    """Whether the latest one was turned down in favour of the frozen one."""

    @property
    def changed(self) -> bool:
        """Whether the ledger or the books are not what was signed off."""
        return self.frozen is not None and _substance(self.frozen.annex) != _substance(self.latest)

    @property
    def shown(self) -> Annex:
        """The one that counts: the frozen one while the latest is turned down."""
        return self.frozen.annex if self.frozen is not None and self.declined else self.latest


@dataclass(frozen=True, slots=True)
class AnnexFacts:
    """What is read out of an annex: ages, who stands on the wrong side, claims over ninety days."""

    ages: list[Bucket]
    wrong_side: list[WrongSide]
    old_claims: list[OpenItem]


async def annexes(ctx: Context, engagement_id: str, account: str | None = None) -> list[Annex]:
    """The annexes that count, or the one of ``account``; empty before the first import.

    Raises:
        UsageError: ``id_unknown``; ``account_unknown`` when no ledger stands on the account.
    """
    return only_account([view.shown for view in await annex_views(ctx, engagement_id)], account)


def only_account(made: list[Annex], account: str | None) -> list[Annex]:
    """All of them, or the one of ``account``.

    Raises:
        UsageError: ``account_unknown``.
    """
    wanted = [annex for annex in made if account in {None, annex.account}]
    if account is not None and not wanted:
        raise _no_annex(account, made)
    return wanted


async def annex_views(ctx: Context, engagement_id: str) -> list[AnnexView]:
    """Every annex of the latest import beside its signed-off one, by account.

    Raises:
        UsageError: ``id_unknown``.
    """

    def work(tx: Transaction) -> list[AnnexView]:
        load(tx, engagement_id)
        return views(tx, engagement_id, imports.latest(tx, engagement_id))

    return await ctx.store.read(work)


def views(tx: Transaction, engagement_id: str, run: ImportRun | None) -> list[AnnexView]:
    """The same inside a transaction."""
    if run is None:
        return []
    frozen = reconciliation.frozen(tx, engagement_id)
    notes = reconciliation.notes(tx, engagement_id)
    found = []
    for annex in imports.annexes(tx, run.id):
        kept = frozen.get(annex.account)
        declined = kept is not None and kept.declined_import_id == run.id
        found.append(AnnexView(with_notes(annex, notes), kept, declined))
    return found


def annex_facts(annex: Annex) -> AnnexFacts:
    """Ages, reclassification and old claims of an annex."""
    items = annex.items or ()
    return AnnexFacts(ageing(items, annex.date), wrong_side(items), old_claims(items, annex.date))


@needs(Right.WORK)
async def set_item_note(ctx: Context, engagement_id: str, account: str, number: str, note: str) -> ItemNote:
    """Keep a note on an item of an annex; an empty one takes it away. It survives every import.

    Raises:
        UsageError: ``id_unknown``; ``account_unknown``: no annex on the account.
        Refused: ``engagement_locked``.
    """
    kept = ItemNote(ledger_of(account), clean(number), clean(note, 500).strip(), ctx.person, ctx.now())

    def work(tx: Transaction) -> None:
        client, engagement = load(tx, engagement_id)
        refuse_locked(client, engagement)
        made = [view.latest for view in views(tx, engagement_id, imports.latest(tx, engagement_id))]
        if account not in {annex.account for annex in made}:
            raise _no_annex(account, made)
        reconciliation.put_note(tx, engagement_id, kept)
        ctx.record(
            tx, "annex.note", client_id=client.id, engagement_id=engagement_id, account=account, number=number
        )

    await ctx.store.write(work)
    return kept


async def item_notes(ctx: Context, engagement_id: str) -> Mapping[tuple[Ledger, str], ItemNote]:
    """The notes that people keep, by ledger and invoice number."""
    return await ctx.store.read(lambda tx: reconciliation.notes(tx, engagement_id))


@needs(Right.WORK)
async def decline_annex(ctx: Context, engagement_id: str, account: str) -> AnnexView:
    """Turn down the latest import's annex: the signed-off one counts until the next import.

    Raises:
        UsageError: ``id_unknown``; ``account_unknown``: nothing was signed off on the account.
        Refused: ``engagement_locked``.
    """
    return await _choose(ctx, engagement_id, account, latest=False)


@needs(Right.WORK)
async def accept_annex(ctx: Context, engagement_id: str, account: str) -> AnnexView:
    """Take a turned-down annex back: the latest import's counts again. The signed-off one stays beside it.

    Raises:
        UsageError: ``id_unknown``; ``account_unknown``: nothing was signed off on the account.
        Refused: ``engagement_locked``.
    """
    return await _choose(ctx, engagement_id, account, latest=True)


async def _choose(ctx: Context, engagement_id: str, account: str, *, latest: bool) -> AnnexView:
    """Let the latest or the signed-off annex count."""

    def work(tx: Transaction) -> AnnexView:
        client, engagement = load(tx, engagement_id)
        refuse_locked(client, engagement)
        run = imports.latest(tx, engagement_id)
        kept = reconciliation.frozen(tx, engagement_id).get(account)
        if run is None or kept is None:
            raise _no_annex(account, [])
        reconciliation.decline(tx, engagement_id, kept, "" if latest else run.id)
        action = "annex.accepted" if latest else "annex.declined"
        ctx.record(tx, action, client_id=client.id, engagement_id=engagement_id, account=account)
        return next(view for view in views(tx, engagement_id, run) if view.latest.account == account)

    return await ctx.store.write(work)


def explanation_text(explanation: Explanation, account: str) -> str:
    """The explanation of a difference on ``account`` as one sentence in the language in use."""
    return sentence(explanation, account)


def note_of(item: OpenItem) -> str:
    """The item's note, after what is open in its own currency where that is not kronor."""
    if item.currency == "SEK":
        return item.note
    return " · ".join(filter(None, (f"{item.currency} {to_swedish(item.open_currency)}", item.note)))


def with_notes(annex: Annex, notes: Mapping[tuple[Ledger, str], ItemNote]) -> Annex:
    """The annex with what people have noted on its items."""
    if not notes or annex.items is None:
        return annex
    ledger = ledger_of(annex.account)

    def noted(items: Iterable[OpenItem]) -> tuple[OpenItem, ...]:
        return tuple(_noted(item, notes.get((ledger, item.number))) for item in items)

    return replace(annex, items=noted(annex.items), apart=noted(annex.apart))


def _noted(item: OpenItem, note: ItemNote | None) -> OpenItem:
    if note is None:
        return item
    return replace(item, note=" · ".join(filter(None, (item.note, note.note))))


def _substance(annex: Annex) -> object:
    """What makes two annexes the same: figures and items, without notes and without what happened afterwards."""
    items = None
    if annex.items is not None:
        items = tuple(replace(item, note="", settled_later=None) for item in annex.items)
    return annex.date, annex.total, annex.books, items


def _no_annex(account: str, made: Iterable[Annex]) -> UsageError:
    return UsageError(
        "account_unknown",
        _("There is no annex for account {account}.").format(account=clean(account)),
        _("Annexes exist for: {accounts}").format(
            accounts=", ".join(annex.account for annex in made) or _("none yet")
        ),
        _("Import the year first, or choose one of those."),
    )
