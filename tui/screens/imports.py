"""3 Import: what is fetched, from where, what was read and what changed since last time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from textual.widget import Widget

from core.i18n import _, ngettext
from core.model import Annex, Ledger
from core.money import to_swedish
from core.register import EngagementStatus, SourceKind
from tui.of_engagement import OfEngagement
from tui.paint import Line, Lines, fit
from tui.theme import Tone
from tui.widgets.form import Button, Field, Form, Note, TickField
from tui.wording import amount, annex_title, difference, moment, source_word

if TYPE_CHECKING:
    from core.usecases.context import Context
    from core.usecases.diffs import AccountChange, BooksDiff, VoucherChange

ABOVE = 11
"""Rows of the screen that the bar, the form and the footer take."""


def fields_of(row: EngagementStatus) -> list[Field]:
    """What can be ticked, and the button that starts."""
    engagement = row.engagement
    if engagement is None:
        return []
    source = _("Source: {source}.").format(source=source_word(engagement.source))
    year = _("Fiscal year {year}.").format(year=engagement.year)
    if engagement.source is SourceKind.SIE4:
        return [
            Note("source", f"{source} {year}"),
            Note(
                "about",
                _("The file is checked against the client and the fiscal year before anything is stored."),
            ),
            Button("start", _("Choose the file and import")),
        ]
    return [
        Note("source", f"{source} {year}"),
        TickField(
            "books", _("Books (SIE4)"), _("Always fetched: everything else is checked against them."), on=True
        ),
        TickField("customer", _("Customer ledger"), _("Makes the annex 1510 Trade receivables."), on=True),
        TickField("supplier", _("Supplier ledger"), _("Makes the annex 2440 Trade payables."), on=True),
        Button("start", _("Start the import")),
    ]


def result_of(row: EngagementStatus, annexes: Sequence[Annex]) -> list[Line]:
    """The latest import: when, and what the annexes say."""
    if row.last_import is None:
        return [
            (),
            ((" " + _("Nothing has been imported yet."), Tone.STRONG),),
            (
                (
                    " "
                    + _(
                        "The import reads the books; it changes nothing at the client. Press i or the button."
                    ),
                    Tone.PLAIN,
                ),
            ),
        ]
    lines: list[Line] = [
        (),
        ((" " + _("Latest import"), Tone.STRONG), (f"  {moment(row.last_import)}", Tone.PLAIN)),
    ]
    for annex in annexes:
        text, tone = difference(annex.difference)
        lines.append(
            (
                (f"   {annex_title(annex.account)}: ", Tone.PLAIN),
                (_("books {amount}").format(amount=amount(annex.books)[0]), Tone.PLAIN),
                ("   " + _("difference") + " ", Tone.DIM),
                (text, tone),
            )
        )
    if row.findings:
        found = ngettext("{count} finding in the file", "{count} findings in the file", row.findings)
        lines.append((("   ▲ " + found.format(count=row.findings), Tone.WARN),))
    return lines


def diff_lines(diff: BooksDiff | None) -> list[Line]:
    """What changed in the books since the import before: how much, vouchers, gaps, and the accounts' balances."""
    if diff is None or diff.imports[0] is None:
        return []
    heading = _("Since the import before") + f" ({moment(diff.imports[0])})"
    kinds = ((_("new"), diff.added), (_("gone"), diff.removed), (_("changed"), diff.altered))
    if not any(changes for _word, changes in kinds):
        return [
            (),
            ((" " + heading, Tone.STRONG),),
            (("   " + _("nothing has changed in the books"), Tone.PLAIN),),
        ]
    counts = _("{added} added, {removed} removed, {altered} altered").format(
        added=len(diff.added), removed=len(diff.removed), altered=len(diff.altered)
    )
    lines: list[Line] = [(), ((f" {heading}: ", Tone.STRONG), (counts, Tone.PLAIN))]
    if diff.gaps:
        gaps = _("gaps in the number series: {gaps}").format(gaps=", ".join(diff.gaps[:8]))
        lines.append((("   ▲ " + gaps, Tone.WARN),))
    lines += [_voucher_line(word, change) for word, changes in kinds for change in changes]
    return lines + [_account_line(account) for account in diff.accounts]


def _voucher_line(word: str, change: VoucherChange) -> Line:
    return (
        (f"   {word:8}", Tone.DIM),
        (f"{change.series} {change.number}  {change.date}  ", Tone.PLAIN),
        (amount(change.turnover)[0].rjust(14) + "  ", Tone.PLAIN),
        (change.text, Tone.PLAIN),
        (" · " + _("by brygga"), Tone.GOOD) if change.ours else ("", Tone.DIM),
    )


def _account_line(change: AccountChange) -> Line:
    return (
        (f"   {change.account.number:6}", Tone.STRONG),
        (fit(change.account.name, 28) + " ", Tone.PLAIN),
        (f"{to_swedish(change.before):>14} → {to_swedish(change.after)}", Tone.PLAIN),
    )


def cut_to(lines: list[Line], room: int) -> list[Line]:
    """The lines that there is room for, the last one saying where the rest stands."""
    if len(lines) <= max(room, 4):
        return lines
    shown = lines[: max(room, 4) - 1]
    left = len(lines) - len(shown)
    return [*shown, (("   " + _("and {count} more: d").format(count=left), Tone.DIM),)]


class ImportPage(OfEngagement):
    """Fetch the year."""

    page = "imports"

    def __init__(self) -> None:
        super().__init__()
        self._changes: list[Line] = []
        """What changed since the import before, all of it."""

    def body(self) -> Iterable[Widget]:
        """The form; what came of the latest import stands below it."""
        self.form = Form()
        self.lines = Lines(id="facts")
        yield self.form
        yield self.lines

    async def load_engagement(self, ctx: Context, row: EngagementStatus) -> None:
        """The form for the source, and the latest result."""
        from core.usecases.annexes import annexes
        from core.usecases.diffs import latest_diff

        self.entitle_engagement(_("Import"))
        made = await annexes(ctx, self.engagement_id)
        diff = await latest_diff(ctx, self.engagement_id) if row.last_import else None
        self._changes = diff_lines(diff)
        self.form.show(fields_of(row), focus="start")
        result = result_of(row, made)
        room = self.brygga.size.height - ABOVE - len(result)
        self.lines.show([*result, *cut_to(self._changes, room)])

    def show_lesson(self, lines: Sequence[Line]) -> None:
        """In the place of the results."""
        self.form.show([])
        self.lines.show(lines)

    def why_not(self, action: str) -> str | None:
        """A locked engagement is left alone."""
        if action == "detail" and not self._changes:
            return _("There is no import before this one to compare with.")
        return self.locked_reason() if action in {"import", "source"} else None

    async def on_form_pressed(self) -> None:
        """The button starts, like the key."""
        reason = self.locked_reason()
        if reason:
            self.say(reason, Tone.WARN)
        else:
            await self.do_import()

    def do_detail(self) -> None:
        """Everything that changed since the import before."""
        from tui.screens.dialogs import Reading

        self.brygga.ask(Reading(_("Changes in the books"), self._changes[1:]), lambda _answer: None)

    async def do_import(self) -> None:
        """Import what is ticked."""
        from tui.work import start_import

        if self.row is None or self.row.engagement is None:
            return
        ledgers = frozenset(Ledger)
        if self.row.engagement.source is SourceKind.FORTNOX:
            ticked = {"customer": Ledger.CUSTOMER, "supplier": Ledger.SUPPLIER}
            ledgers = frozenset(
                ledger for key, ledger in ticked.items() if getattr(self.form.field(key), "on", True)
            )
        self.clear_trouble()
        await start_import(self, self.row, ledgers)

    async def do_source(self) -> None:
        """Source, chart and balances: ask, say what changes, change."""
        from tui.screens.source import open_source

        if self.row is not None:
            await open_source(self, self.row)
