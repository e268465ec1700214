"""The proof of an export: what the books hold more than before is exactly ours, row by row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from textual.widget import Widget

from core.i18n import _, mark, ngettext
from core.money import Ore, to_swedish
from core.register import EngagementStatus
from tui.of_engagement import OfEngagement
from tui.paint import Line, Lines, Span, columns, titled, wrap
from tui.theme import Tone
from tui.widgets.columns import Column
from tui.widgets.table import Table
from tui.wording import lesson, moment

if TYPE_CHECKING:
    from core.usecases.context import Context
    from core.usecases.proofs import ProofResult

COLUMNS: Final = (
    Column("place", mark("No."), 8),
    Column("date", mark("Date"), 10),
    Column("text", mark("Text")),
    Column("sum", mark("Turnover"), 13, right=True),
    Column("what", mark("In the books"), 22),
)


class Finding(NamedTuple):
    """One line of a proof: a voucher, or an account; ``rows`` are (account, öre)."""

    key: str
    place: str
    date: str
    text: str
    sum: Ore
    what: Span
    rows: tuple[tuple[str, Ore], ...] = ()


def cells_of(finding: Finding) -> Sequence[Span]:
    """The cells in the order of ``COLUMNS``."""
    return (
        (finding.place, Tone.STRONG),
        (finding.date, Tone.PLAIN),
        (finding.text, Tone.PLAIN),
        (to_swedish(finding.sum), Tone.PLAIN),
        finding.what,
    )


def findings_of(result: ProofResult) -> list[Finding]:
    """What is wrong first, then what others did, then the opening balances, then ours as they were sent."""
    return [*_vouchers(result), *_accounts(result)]


def _vouchers(result: ProofResult) -> Iterator[Finding]:
    proof = result.proof
    groups: Sequence[tuple[Sequence[Any], Span]] = (
        (proof.missing, ("✕ " + _("ours, missing"), Tone.BAD)),
        (proof.altered, ("✕ " + _("ours, changed there"), Tone.BAD)),
        (proof.added, ("▲ " + _("booked by others"), Tone.WARN)),
        (proof.removed, ("▲ " + _("removed by others"), Tone.WARN)),
        (proof.changed, ("▲ " + _("changed by others"), Tone.WARN)),
        (proof.found, ("✓ " + _("ours, as it was sent"), Tone.GOOD)),
    )
    for vouchers, what in groups:
        for one in vouchers:
            place = f"{one.series} {one.number}"
            rows = tuple((row.account, row.amount) for row in one.rows if row.amount)
            yield Finding(f"{what[0]}{place}", place, str(one.date), one.text, one.turnover, what, rows)


def _accounts(result: ProofResult) -> Iterator[Finding]:
    for account, ore in result.proof.unexplained.items():
        what = ("✕ " + _("not explained"), Tone.BAD)
        yield Finding(f"?{account}", account, "", _("changed by more than our vouchers"), ore, what)
    for lag in result.lags:
        text = _("UB {closed} · IB {opened}").format(
            closed=to_swedish(lag.closed), opened=to_swedish(lag.opened)
        )
        what = ("▲ " + _("opening balance lags"), Tone.WARN)
        yield Finding(f"ib{lag.account}", lag.account, "", text, lag.closed - lag.opened, what)


def verdict(result: ProofResult, width: int) -> list[Line]:
    """Whether the proof holds, between which imports, and what is left to do in Fortnox."""
    proof = result.proof
    before, after = result.imports
    if proof.holds:
        count = len(proof.found)
        text = ngettext(
            "Books after less books before: exactly our {count} voucher, row by row.",
            "Books after less books before: exactly our {count} vouchers, row by row.",
            count,
        ).format(count=count)
        sign: Span = (" ✓ ", Tone.GOOD)
    else:
        text, sign = _("The books did not change by our vouchers alone: see the list."), (" ✕ ", Tone.BAD)
    times = _("Before: {before} · after: {after}").format(before=moment(before), after=moment(after))
    lines: list[Line] = [(sign, (text, Tone.STRONG)), (("   " + times, Tone.DIM),)]
    if result.lags:
        count = len(result.lags)
        lag = ngettext(
            "{count} opening balance of {year} lags behind.",
            "{count} opening balances of {year} lag behind.",
            count,
        ).format(count=count, year=result.next_year or "")
        pieces = wrap(f"{lag} {result.carry_path}", width - 4)
        lines.append(((" ▲ ", Tone.WARN), (pieces[0], Tone.PLAIN)))
        lines += [(("   " + piece, Tone.PLAIN),) for piece in pieces[1:]]
    elif result.next_year is not None:
        text = _("The opening balances of {year} agree.").format(year=result.next_year)
        lines.append(((" ✓ ", Tone.GOOD), (text, Tone.PLAIN)))
    return lines


class ProofPage(OfEngagement):
    """The proof of the engagement's latest exports."""

    page = "proof"
    has_pane = True

    def body(self) -> Iterable[Widget]:
        """The findings, and the rows of the one under the cursor."""
        self.table: Table[Finding] = Table(
            COLUMNS, cells=cells_of, key=lambda finding: finding.key, markable=False
        )
        yield self.table

    def facts(self) -> Iterable[Widget]:
        """The verdict."""
        self.lines = Lines(id="facts")
        yield self.lines

    async def load_engagement(self, ctx: Context, row: EngagementStatus) -> None:  # noqa: ARG002
        """What the store can tell; nothing is fetched."""
        from core.usecases.proofs import read_proof
        from core.usecases.receipts import list_receipts

        self.entitle_engagement(_("Proof of the export"))
        receipts = await list_receipts(ctx, self.engagement_id)
        result = await read_proof(ctx, self.engagement_id) if receipts else None
        if result is None:
            self.show_lesson(self._lesson(moment(receipts[0].made_at) if receipts else ""))
            return
        self.table.show(findings_of(result))
        self.lines.show(verdict(result, self.size.width or 80))

    def _lesson(self, exported: str) -> Sequence[Line]:
        about = _(
            "After an export the books are read once more: what they hold more must be exactly what was sent."
        )
        if not exported:
            return lesson(about, _("Nothing has been exported yet. Press 6, then e."))
        return lesson(
            about,
            _("The books have not been read since the export at {time}.").format(time=exported),
            _("Press i to read them now and compare."),
        )

    def details(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002
        """The rows of the voucher under the cursor."""
        finding = self.table.current
        return rows_of(finding, width) if finding else ()

    def on_table_opened(self) -> None:
        """The rows, where there is no pane."""
        from tui.screens.dialogs import READING_WIDTH, Reading

        finding = self.table.current
        if finding is not None:
            self.brygga.ask(Reading(finding.place, rows_of(finding, READING_WIDTH)))

    async def do_import(self) -> None:
        """Read the books once more and compare."""
        from tui.making import start_proof

        await start_proof(self)


def rows_of(finding: Finding, width: int) -> list[Line]:
    """The rows of a finding: account, debit or credit."""
    lines: list[Line] = [*titled(finding.text or "–", width), ((" ", Tone.PLAIN), finding.what), ()]
    pairs = [
        (account, f"{to_swedish(abs(ore)):>16} {_('D') if ore >= 0 else _('C')}")
        for account, ore in finding.rows
    ]
    return [*lines, *columns(pairs, width)]
