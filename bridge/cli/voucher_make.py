"""``brygga voucher copy|reverse|correct ...`` and ``brygga template``: vouchers made from something else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated

from bridge.cli import shape
from bridge.cli.doctor import check_lines
from bridge.cli.parameters import ClientName, VoucherIds, Year, option
from bridge.cli.session import Run
from bridge.cli.tables import amount, facts, table
from bridge.cli.voucher import answer_vouchers, voucher_table
from core.errors import UsageError
from core.i18n import _, mark
from core.money import Ore, parse_amount
from core.usecases import voucher_making as making
from core.usecases import voucher_order as order
from core.usecases.engagements import find_engagement

VoucherId = Annotated[str, option(mark("the voucher's id"), "ID")]
TemplateName = Annotated[str, option(mark("the template's name"), "NAME")]


async def copy(ids: VoucherIds, /, *, run: Run) -> None:
    """Copy closing vouchers as drafts."""
    async with run.context() as ctx:
        made = await making.copy_vouchers(ctx, ids)
    answer_vouchers(run, made)


async def reverse(ids: VoucherIds, /, *, run: Run) -> None:
    """Make reversals on the next fiscal year's first day; they wait until that year exists."""
    async with run.context() as ctx:
        made = await making.reverse_vouchers(ctx, ids)
    answer_vouchers(run, made)


async def correct(ids: VoucherIds, /, *, run: Run) -> None:
    """Make drafts that take posted vouchers out again."""
    async with run.context() as ctx:
        made = await making.correct_vouchers(ctx, ids)
    answer_vouchers(run, made)


async def recurring(client: ClientName, /, *, year: Year = None, run: Run) -> None:
    """Take over last year's closing vouchers as drafts, those that are not here yet."""
    async with run.context() as ctx:
        __, engagement = await find_engagement(ctx, client, year)
        made = await making.add_from_last_year(ctx, engagement.id)
    answer_vouchers(run, made)


async def result(client: ClientName, /, *, year: Year = None, run: Run) -> None:
    """Make the draft that moves what is left of the year's result to equity."""
    async with run.context() as ctx:
        owner, engagement = await find_engagement(ctx, client, year)
        made = await making.add_result_voucher(ctx, engagement.id)
    made_or_none = [made] if made else []
    run.output.answer(
        shape.vouchers(made_or_none),
        lambda: voucher_table(made_or_none) if made else [making.why_no_result(owner)],
    )


async def effect(client: ClientName, /, *, year: Year = None, run: Run) -> None:
    """Show what the closing vouchers do to the result and to each account."""
    async with run.context() as ctx:
        __, engagement = await find_engagement(ctx, client, year)
        found = await making.effects(ctx, engagement.id)
    record = {
        "client": found.client.name,
        "year": shape.years(found.engagement.year),
        "result": {
            "before": shape.amount(found.result_before),
            "change": shape.amount(found.result_change),
            "after": shape.amount(found.result_before + found.result_change),
        },
        "accounts": [
            {
                "account": account,
                "before": shape.amount(found.before.get(account, 0)),
                "change": shape.amount(change),
                "after": shape.amount(found.after[account]),
            }
            for account, change in found.change.items()
        ],
        **shape.checks(found.checks),
    }
    run.output.answer(record, lambda: _effect_lines(found))


def _effect_lines(found: making.Effects) -> Iterator[str]:
    after = found.result_before + found.result_change
    yield from facts(
        [
            (_("Result before"), amount(found.result_before)),
            (_("The vouchers"), amount(found.result_change)),
            (_("Result after"), amount(after)),
        ]
    )
    yield ""
    heads = (_("Account"), _("Before"), _("Change"), _("After"))
    rows = [
        (account, amount(found.before.get(account, 0)), amount(change), amount(found.after[account]))
        for account, change in found.change.items()
    ]
    yield from table(heads, rows, right=(1, 2, 3))
    yield from check_lines(found.checks)


async def move(
    voucher_id: VoucherId,
    by: Annotated[int, option(mark("how many places, up when negative"), "BY")],
    /,
    *,
    run: Run,
) -> None:
    """Move a closing voucher in the order in which vouchers of a day are sent."""
    async with run.context() as ctx:
        found = await order.move_voucher(ctx, voucher_id, by)
    answer_vouchers(run, found)


async def undo(client: ClientName, /, *, year: Year = None, run: Run) -> None:
    """Undo the latest local change of an engagement's closing vouchers."""
    async with run.context() as ctx:
        __, engagement = await find_engagement(ctx, client, year)
        undone = await order.undo(ctx, engagement.id)

    def lines() -> Iterator[str]:
        if undone.restored:
            yield _("Restored:")
            yield from voucher_table(undone.restored)
        if undone.removed:
            yield _("Taken away again:")
            yield from voucher_table(undone.removed)
        if not undone.restored and not undone.removed:
            yield _("There is nothing to undo.")

    removed = shape.vouchers(undone.removed)["vouchers"]
    run.output.answer({**shape.vouchers(undone.restored), "removed": removed}, lines)


async def exclude(voucher_id: VoucherId, /, *, run: Run) -> None:
    """Leave a closing voucher out for good: it is neither sent nor counted."""
    async with run.context() as ctx:
        decided = await order.exclude_voucher(ctx, voucher_id)
    answer_vouchers(run, [decided])


async def include(voucher_id: VoucherId, /, *, run: Run) -> None:
    """Take a closing voucher that was left out back as a draft."""
    async with run.context() as ctx:
        decided = await order.include_voucher(ctx, voucher_id)
    answer_vouchers(run, [decided])


async def release(voucher_id: VoucherId, /, *, run: Run) -> None:
    """Say, after looking in Fortnox, that an uncertain voucher is not there: it may be sent again."""
    async with run.context() as ctx:
        decided = await order.release_voucher(ctx, voucher_id)
    answer_vouchers(run, [decided])


async def templates(client: ClientName, /, *, year: Year = None, run: Run) -> None:
    """List the firm's templates and the standard ones for the engagement's year."""
    async with run.context() as ctx:
        __, engagement = await find_engagement(ctx, client, year)
        known = await making.list_templates(ctx, engagement.id)
    record = [
        {
            "name": one.name,
            "rows": [
                {"account": row.account, "side": "debit" if row.side > 0 else "credit"} for row in one.rows
            ],
        }
        for one in known
    ]
    rows = [
        (one.name, ", ".join(f"{row.account} {_('D') if row.side > 0 else _('C')}" for row in one.rows))
        for one in known
    ]
    run.output.answer({"templates": record}, lambda: table((_("Name"), _("Accounts")), rows))


async def save_template(voucher_id: VoucherId, name: TemplateName, /, *, run: Run) -> None:
    """Keep a closing voucher's accounts and sides as a template of the firm."""
    async with run.context() as ctx:
        made = await making.save_template(ctx, voucher_id, name)
    run.output.answer({"template": made.name}, lambda: [_("Kept as {name}.").format(name=made.name)])


async def use_template(
    client: ClientName,
    name: TemplateName,
    amounts: Annotated[
        tuple[str, ...], option(mark("an amount for each row, or all but the last"), "AMOUNT")
    ],
    /,
    *,
    on: Annotated[date | None, option(mark("the voucher's date, else the year's last day"), "--date")] = None,
    year: Year = None,
    run: Run,
) -> None:
    """Make a draft from a template."""
    async with run.context() as ctx:
        __, engagement = await find_engagement(ctx, client, year)
        made = await making.add_from_template(ctx, engagement.id, name, [_ore(one) for one in amounts], on)
    answer_vouchers(run, [made])


async def remove_template(name: TemplateName, /, *, run: Run) -> None:
    """Remove a template of the firm; the standard ones stay."""
    async with run.context() as ctx:
        await making.remove_template(ctx, name)
    run.output.answer({"template": name}, lambda: [_("Removed {name}.").format(name=name)])


def _ore(text: str) -> Ore:
    try:
        return parse_amount(text)
    except ValueError as error:
        raise UsageError(
            "usage",
            _("{text} is not an amount.").format(text=text),
            _("Nothing was stored."),
            _("Write it with a point or comma and at most two decimals, for example 1234.50"),
        ) from error
