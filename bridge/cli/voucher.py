"""``brygga voucher``: closing vouchers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

from bridge.cli import shape, words
from bridge.cli.parameters import ClientName, VoucherIds, Year, option
from bridge.cli.session import Run
from bridge.cli.tables import amount, facts, table
from core.i18n import _, mark
from core.register import ClosingVoucher, VoucherState
from core.usecases import vouchers
from core.usecases.engagements import find_engagement
from core.usecases.export_checks import undecided_remedy


async def add(
    client: ClientName,
    file: Annotated[Path, option(mark("closing vouchers as JSON, or a SIE 4I file"), "FILE")],
    /,
    *,
    year: Year = None,
    run: Run,
) -> None:
    """Add closing vouchers in draft, all or none."""
    async with run.context() as ctx:
        __, engagement = await find_engagement(ctx, client, year)
        drafts = await vouchers.read_voucher_file(ctx, engagement.id, file)
        made = await vouchers.add_vouchers(ctx, engagement.id, drafts)
    answer_vouchers(run, made)


async def show_all(client: ClientName, /, *, year: Year = None, run: Run) -> None:
    """List an engagement's closing vouchers."""
    async with run.context() as ctx:
        __, engagement = await find_engagement(ctx, client, year)
        found = await vouchers.list_vouchers(ctx, engagement.id)
    answer_vouchers(run, found)


async def show(voucher_id: Annotated[str, option(mark("the voucher's id"), "ID")], /, *, run: Run) -> None:
    """Show one closing voucher with its rows."""
    async with run.context() as ctx:
        found = await vouchers.get_voucher(ctx, voucher_id)
    run.output.answer({"vouchers": [shape.voucher_with_rows(found)]}, lambda: _voucher_lines(found))


async def ready(ids: VoucherIds, /, *, run: Run) -> None:
    """Say that the vouchers may be exported."""
    async with run.context() as ctx:
        changed = await vouchers.mark_ready(ctx, ids)
    answer_vouchers(run, changed)


async def draft(ids: VoucherIds, /, *, run: Run) -> None:
    """Take back that the vouchers may be exported."""
    async with run.context() as ctx:
        changed = await vouchers.mark_draft(ctx, ids)
    answer_vouchers(run, changed)


async def change(
    voucher_id: Annotated[str, option(mark("the voucher's id"), "ID")],
    file: Annotated[Path, option(mark("one closing voucher as JSON, or in a SIE 4I file"), "FILE")],
    /,
    *,
    run: Run,
) -> None:
    """Replace the content of a closing voucher that has not left brygga; it becomes a draft."""
    async with run.context() as ctx:
        changed = await vouchers.replace_from_file(ctx, voucher_id, file)
    answer_vouchers(run, [changed])


async def remove(ids: VoucherIds, /, *, run: Run) -> None:
    """Remove closing vouchers that have not left brygga."""
    async with run.context() as ctx:
        removed = await vouchers.remove_vouchers(ctx, ids)
    answer_vouchers(run, removed)


def answer_vouchers(run: Run, found: list[ClosingVoucher]) -> None:
    """Print closing vouchers."""
    run.output.answer(shape.vouchers(found), lambda: voucher_table(found))


def voucher_table(found: Iterable[ClosingVoucher]) -> Iterator[str]:
    """Closing vouchers for people."""
    shown = list(found)
    if not shown:
        yield _("There are no closing vouchers.")
        return
    heads = (_("Id"), _("Date"), _("Turnover"), _("State"), _("Voucher"), _("Text"))
    rows = [
        (
            one.id,
            one.date.isoformat(),
            amount(one.turnover),
            _state(one),
            f"{one.series} {one.number}".strip() or "–",
            one.text,
        )
        for one in shown
    ]
    yield from table(heads, rows, right=(2,))


def _state(voucher: ClosingVoucher) -> str:
    if voucher.undecided:
        return _("must be decided by a person")
    word = words.voucher_state(voucher.state)
    if voucher.state is not VoucherState.WAITING_YEAR or voucher.waiting_since is None:
        return word
    return _("{state} {year} since {day}").format(
        state=word, year=voucher.year.label, day=voucher.waiting_since.astimezone().date()
    )


def _why(voucher: ClosingVoucher) -> Iterator[tuple[str, str]]:
    if voucher.undecided:
        yield _("Undecided because"), voucher.error
        yield _("What to do"), undecided_remedy()
    elif voucher.error:
        refused = voucher.state is VoucherState.REJECTED
        yield _("Refused because") if refused else _("What was heard"), voucher.error


def _voucher_lines(voucher: ClosingVoucher) -> Iterator[str]:
    yield from facts(
        [
            (_("Id"), voucher.id),
            (_("State"), _state(voucher)),
            (_("Date"), voucher.date.isoformat()),
            (_("Text"), voucher.text),
            (_("Fiscal year"), str(voucher.year)),
            (_("Voucher"), f"{voucher.series} {voucher.number}".strip() or "–"),
            *_why(voucher),
        ]
    )
    yield ""
    heads = (_("Account"), _("Debit"), _("Credit"), _("Text"))
    rows = [
        (
            row.account,
            amount(row.amount) if row.amount >= 0 else "",
            amount(-row.amount) if row.amount < 0 else "",
            row.text,
        )
        for row in voucher.rows
    ]
    yield from table(heads, rows, right=(1, 2))
