"""``brygga diff``: what changed in the books between the two latest imports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridge.cli import shape
from bridge.cli.parameters import ClientName, Year
from bridge.cli.session import Run
from bridge.cli.tables import amount, table
from core.clock import local_time
from core.i18n import _
from core.usecases.diffs import BooksDiff, VoucherChange, latest_diff
from core.usecases.engagements import find_engagement


async def diff(client: ClientName, /, *, year: Year = None, run: Run) -> None:
    """Show what changed in the books."""
    async with run.context() as ctx:
        __, engagement = await find_engagement(ctx, client, year)
        found = await latest_diff(ctx, engagement.id)
    run.output.answer(diff_record(found), lambda: diff_lines(found))


def diff_record(found: BooksDiff) -> shape.Json:
    """The differences as JSON."""
    return {
        "added": [_change_record(change) for change in found.added],
        "removed": [_change_record(change) for change in found.removed],
        "altered": [_change_record(change) for change in found.altered],
        "gaps": list(found.gaps),
        "accounts": [
            {
                "account": change.account.number,
                "name": change.account.name,
                "before": shape.amount(change.before),
                "after": shape.amount(change.after),
            }
            for change in found.accounts
        ],
        "imports": [shape.moment(at) for at in found.imports],
    }


def _change_record(change: VoucherChange) -> shape.Json:
    return {
        "series": change.series,
        "number": change.number,
        "date": shape.day(change.date),
        "text": change.text,
        "sum": shape.amount(change.turnover),
        "ours": change.ours,
    }


def diff_lines(found: BooksDiff) -> Iterator[str]:
    """The differences for people."""
    before, after = found.imports
    if before is None or after is None:
        yield _("There are not yet two imports to compare.")
        return
    yield _("Between the imports of {before} and {after}:").format(
        before=local_time(before), after=local_time(after)
    )
    titles = ((_("Added"), found.added), (_("Removed"), found.removed), (_("Altered"), found.altered))
    for title, changes in titles:
        if changes:
            yield f"{title}:"
            yield from _change_lines(changes)
    if found.gaps:
        yield _("Gaps in the number series: {gaps}").format(gaps=", ".join(found.gaps))
    if found.accounts:
        heads = (_("Account"), _("Name"), _("Before"), _("After"))
        rows = [
            (one.account.number, one.account.name, amount(one.before), amount(one.after))
            for one in found.accounts
        ]
        yield from table(heads, rows, right=(2, 3))
    if not (found.added or found.removed or found.altered or found.accounts):
        yield _("Nothing changed.")


def _change_lines(changes: Iterable[VoucherChange]) -> Iterator[str]:
    heads = (_("Voucher"), _("Date"), _("Turnover"), _("Text"), "")
    rows = [
        (
            f"{change.series} {change.number}".strip(),
            change.date.isoformat(),
            amount(change.turnover),
            change.text,
            _("ours") if change.ours else "",
        )
        for change in changes
    ]
    return table(heads, rows, right=(2,))
