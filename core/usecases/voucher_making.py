"""Vouchers made from something else: a copy, a reversal, a correction, a template, last year, the result."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from msgspec.structs import replace

from core.closing.effect import account_effects, result_effect, result_of
from core.closing.result import result_checks, result_voucher
from core.closing.reversal import TargetedDraft, copy_of, correction, from_last_year, reversal
from core.closing.templates import Template, from_voucher, standard_templates
from core.errors import Refused, UsageError
from core.i18n import _
from core.model import FiscalYear
from core.money import Ore
from core.register import Check, Client, ClosingVoucher, Engagement, VoucherState
from core.store import engagements, imports, vouchers, workshop
from core.store.database import Transaction
from core.text import clean
from core.usecases.context import Context
from core.usecases.engagements import load, refuse_locked
from core.usecases.rights import Right, needs
from core.usecases.vouchers import add_vouchers, find, insert_new, record

LEFT = frozenset({VoucherState.POSTED, VoucherState.EXPORTED})
"""States of a voucher that stands in the books, or in a file on its way there."""
IN_FORCE = frozenset(
    {
        VoucherState.READY,
        VoucherState.WAITING_YEAR,
        VoucherState.SENDING,
        VoucherState.UNKNOWN,
        VoucherState.POSTED,
        VoucherState.EXPORTED,
    }
)
"""States in which a person has said that the voucher counts."""


@needs(Right.WORK)
async def copy_vouchers(ctx: Context, voucher_ids: Sequence[str]) -> list[ClosingVoucher]:
    """The same vouchers once more, as drafts.

    Raises:
        UsageError: ``id_unknown``.
        Refused: ``engagement_locked``.
    """
    return await _derive(ctx, voucher_ids, lambda voucher, _years: copy_of(voucher))


@needs(Right.WORK)
async def reverse_vouchers(ctx: Context, voucher_ids: Sequence[str]) -> list[ClosingVoucher]:
    """Reversals (återföring) on the first day of the year after; they wait until that year exists.

    A reversal of a voucher that a person has called ready is ready itself; of a draft it is a draft.

    Raises:
        UsageError: ``id_unknown``.
        Refused: ``engagement_locked``; ``already_made``: the voucher has its reversal.
    """
    return await _derive(ctx, voucher_ids, reversal, once=True, ready=True)


@needs(Right.WORK)
async def correct_vouchers(ctx: Context, voucher_ids: Sequence[str]) -> list[ClosingVoucher]:
    """Drafts that take posted vouchers out again (rätta); write the right one beside it.

    Raises:
        UsageError: ``id_unknown``.
        Refused: ``engagement_locked``; ``usage`` for a voucher that has not left brygga; ``already_made``: the
            voucher has its correction.
    """

    def make(voucher: ClosingVoucher, _years: Sequence[FiscalYear]) -> TargetedDraft:
        if voucher.state not in LEFT:
            raise Refused(
                "usage",
                _("The voucher “{text}” is not in the books.").format(text=clean(voucher.text, 60)),
                _("Only what has been posted or written to a file is corrected with a new voucher."),
                _("Change the voucher itself."),
            )
        return correction(voucher)

    return await _derive(ctx, voucher_ids, make, once=True)


@needs(Right.WORK)
async def add_from_last_year(
    ctx: Context, engagement_id: str, voucher_ids: Sequence[str] | None = None
) -> list[ClosingVoucher]:
    """Last year's closing vouchers as drafts of this year (återkommande), those that are not here by text yet.

    Reversals of the year before are left out: they are made anew from this year's vouchers.

    Raises:
        UsageError: ``id_unknown``; ``year_unknown`` when the client has no engagement for the year before.
        Refused: ``engagement_locked``.
    """

    def work(tx: Transaction) -> list[ClosingVoucher]:
        client, engagement = load(tx, engagement_id)
        refuse_locked(client, engagement)
        before = _year_before(tx, client, engagement)
        here = {voucher.text for voucher in vouchers.of_engagement(tx, engagement_id)}
        wanted = [
            one
            for one in vouchers.of_engagement(tx, before.id)
            if one.year == before.year
            and one.state is not VoucherState.EXCLUDED
            and (one.text not in here if voucher_ids is None else one.id in voucher_ids)
        ]
        made = [_made(ctx, engagement, from_last_year(one, engagement.year)) for one in wanted]
        insert_new(ctx, tx, client, made)
        return made

    return await ctx.store.write(work)


@needs(Right.WORK)
async def add_result_voucher(ctx: Context, engagement_id: str) -> ClosingVoucher | None:
    """A draft that moves what is left of the year's result to equity (8999 against 2099 or 2019).

    Counts the latest import and the closing vouchers that are not in it yet. None where nothing is left, or
    where the legal form shares the result out.

    Raises:
        UsageError: ``id_unknown``; ``usage`` before the first import.
        Refused: ``engagement_locked``.
    """
    books = await effects(ctx, engagement_id)
    draft = result_voucher(books.after, books.client.form, books.engagement.year.to_date)
    return (await add_vouchers(ctx, engagement_id, [draft]))[0] if draft else None


def why_no_result(client: Client) -> str:
    """Why ``add_result_voucher`` made nothing, in a sentence."""
    if not client.form:
        return _("{client} has no legal form yet, and that decides where the result goes.").format(
            client=client.name
        )
    return _("There is nothing to move: the result is on its account, or the legal form shares it out.")


@dataclass(frozen=True, slots=True)
class Effects:
    """What the closing vouchers do to the books, ledger-signed öre by account."""

    client: Client
    engagement: Engagement
    before: dict[str, Ore]
    """Closing balances of the latest import."""
    change: dict[str, Ore]
    """What the vouchers that the import does not hold add."""
    after: dict[str, Ore]
    result_before: Ore
    """Profit positive, 8999 apart."""
    result_change: Ore
    checks: list[Check]
    """Whether the result is in equity, and last year's has left it."""


async def effects(ctx: Context, engagement_id: str) -> Effects:
    """What the engagement's closing vouchers of its own year do to the latest import's balances.

    Raises:
        UsageError: ``id_unknown``; ``usage`` before the first import.
    """

    def work(tx: Transaction) -> Effects:
        client, engagement = load(tx, engagement_id)
        run = imports.latest(tx, engagement_id)
        if run is None:
            raise _not_imported(client)
        sums = imports.sums(tx, run.id)
        before = {one.account.number: one.ub for one in sums}
        own = [one for one in vouchers.of_engagement(tx, engagement_id) if one.year == engagement.year]
        known = workshop.in_books(tx, run.id)
        rows = [row for one in own if one.state in COUNTED and one.id not in known for row in one.rows]
        change = account_effects(rows)
        after = {number: before.get(number, 0) + change.get(number, 0) for number in {*before, *change}}
        opening = {one.account.number: one.ib for one in sums}
        return Effects(
            client,
            engagement,
            before,
            change,
            after,
            result_of(before),
            result_effect(rows),
            result_checks(after, opening, client.form),
        )

    return await ctx.store.read(work)


COUNTED = frozenset(VoucherState) - {VoucherState.EXCLUDED}
"""States whose vouchers change the books, now or when they have been sent."""


async def list_templates(ctx: Context, engagement_id: str) -> list[Template]:
    """The firm's own templates, then the standard ones for the engagement's year.

    Raises:
        UsageError: ``id_unknown``.
    """

    def work(tx: Transaction) -> list[Template]:
        __, engagement = load(tx, engagement_id)
        own = workshop.templates(tx)
        names = {template.name for template in own}
        standard = standard_templates(engagement.year.to_date)
        return [*own, *(template for template in standard if template.name not in names)]

    return await ctx.store.read(work)


@needs(Right.WORK)
async def save_template(ctx: Context, voucher_id: str, name: str) -> Template:
    """Keep a voucher's accounts and sides as a template of the firm.

    Raises:
        UsageError: ``id_unknown``; ``usage`` for an empty name.
    """
    wanted = clean(name, 60).strip()
    if not wanted:
        raise UsageError("usage", _("A template needs a name."), _("Nothing was kept."), _("Give it a name."))

    def work(tx: Transaction) -> Template:
        voucher = find(tx, voucher_id)
        template = dataclasses.replace(from_voucher(voucher), name=wanted)
        workshop.put_template(tx, template)
        ctx.record(tx, "template.saved", name=wanted)
        return template

    return await ctx.store.write(work)


@needs(Right.WORK)
async def remove_template(ctx: Context, name: str) -> None:
    """Remove a template of the firm; the standard ones stay.

    Raises:
        UsageError: ``id_unknown``.
    """

    def work(tx: Transaction) -> None:
        if not workshop.delete_template(tx, name):
            raise _no_template(name)
        ctx.record(tx, "template.removed", name=name)

    await ctx.store.write(work)


@needs(Right.WORK)
async def add_from_template(
    ctx: Context, engagement_id: str, name: str, amounts: Sequence[Ore], on: date | None = None
) -> ClosingVoucher:
    """A draft from a template; the last row may be left to balance the others.

    Without amounts it is an unfinished draft with the template's accounts.

    Raises:
        UsageError: ``id_unknown``: no such template or engagement; ``usage``: the amounts do not fit.
        Refused: ``engagement_locked``.
    """
    known = await list_templates(ctx, engagement_id)
    template = next((one for one in known if one.name.casefold() == name.casefold()), None)
    if template is None:
        raise _no_template(name)
    engagement = (await ctx.store.read(lambda tx: load(tx, engagement_id)))[1]
    try:
        draft = template.fill(on or engagement.year.to_date, amounts or [0] * len(template.rows))
    except ValueError as error:
        raise UsageError(
            "usage",
            _("The template {name} has {count} rows.").format(name=template.name, count=len(template.rows)),
            _("{count} amounts do not fit it.").format(count=len(amounts)),
            _("Give an amount for each row, or leave out the last one."),
        ) from error
    return (await add_vouchers(ctx, engagement_id, [draft], allow_unbalanced=True))[0]


_Make = Callable[[ClosingVoucher, Sequence[FiscalYear]], TargetedDraft]


async def _derive(
    ctx: Context, voucher_ids: Iterable[str], make: _Make, *, once: bool = False, ready: bool = False
) -> list[ClosingVoucher]:
    def work(tx: Transaction) -> list[ClosingVoucher]:
        made: list[ClosingVoucher] = []
        for voucher_id in voucher_ids:
            source = find(tx, voucher_id)
            client, engagement = load(tx, source.engagement_id)
            refuse_locked(client, engagement)
            years = [other.year for other in engagements.every(tx, client.id)]
            new = _made(ctx, engagement, make(source, years))
            if once:
                _refuse_second(vouchers.of_engagement(tx, engagement.id), source, new)
            if ready and source.state in IN_FORCE:
                new = replace(new, state=VoucherState.READY)
            insert_new(ctx, tx, client, [new])
            record(ctx, tx, client, source, "voucher.derived")
            made.append(new)
        return made

    return await ctx.store.write(work)


def _refuse_second(own: Iterable[ClosingVoucher], source: ClosingVoucher, new: ClosingVoucher) -> None:
    """Refuse what has been made already, unless there are more vouchers like its source.

    Raises:
        Refused: ``already_made``.
    """
    counted = [_effect(one) for one in own if one.state in COUNTED]
    if counted.count(_effect(new)) < max(1, counted.count(_effect(source))):
        return
    raise Refused(
        "already_made",
        _("“{text}” of {date} is there already.").format(text=clean(new.text, 60), date=new.date),
        _("A second one would take the same amounts out twice. Nothing was made."),
        _("Remove the one that is there first; copy it if there are really to be two."),
    )


def _effect(voucher: ClosingVoucher) -> tuple[date, FiscalYear, list[tuple[object, ...]]]:
    """What the voucher does to the books, whatever its texts say."""
    return voucher.date, voucher.year, sorted((row.account, row.amount, row.objects) for row in voucher.rows)


def _made(ctx: Context, engagement: Engagement, target: TargetedDraft) -> ClosingVoucher:
    draft = target.draft
    return ClosingVoucher(
        ctx.new_id(), engagement.id, VoucherState.DRAFT, draft.date, draft.text, draft.rows, target.year
    )


def _year_before(tx: Transaction, client: Client, engagement: Engagement) -> Engagement:
    last_day = engagement.year.from_date - timedelta(1)
    found = next((one for one in engagements.every(tx, client.id) if one.year.to_date == last_day), None)
    if found is None:
        raise UsageError(
            "year_unknown",
            _("{client} has no engagement for the year before {year}.").format(
                client=client.name, year=engagement.year
            ),
            _("There are no vouchers to take over."),
            _("Add it with: brygga engagement add"),
        )
    return found


def _not_imported(client: Client) -> UsageError:
    return UsageError(
        "usage",
        _("The books of {client} have not been imported.").format(client=client.name),
        _("Without them the result is not known."),
        _("Import the year first."),
    )


def _no_template(name: str) -> UsageError:
    return UsageError(
        "id_unknown",
        _("There is no template {name}.").format(name=clean(name, 60)),
        _("The standard templates and the firm's own are listed for each engagement."),
        _("List them with: brygga template list CLIENT"),
    )
