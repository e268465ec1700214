"""3 Import: what is fetched, from where, what was read and what changed since last time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from textual.widget import Widget

from core.i18n import _, ngettext
from core.model import Annex, Ledger
from core.register import EngagementStatus, SourceKind
from tui.of_engagement import OfEngagement
from tui.paint import Line, Lines, columns
from tui.theme import Tone
from tui.widgets.form import Button, Field, Form, Note, TickField
from tui.wording import amount, annex_title, difference, moment, source_word

if TYPE_CHECKING:
    from core.usecases.context import Context
    from core.usecases.diffs import BooksDiff

SHOWN = 6
"""Changed vouchers that are listed."""


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


def result_of(
    row: EngagementStatus, annexes: Sequence[Annex], diff: BooksDiff | None, width: int
) -> list[Line]:
    """The latest import: when, what the annexes say, what changed since the one before."""
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
    return lines + diff_lines(diff, width)


def diff_lines(diff: BooksDiff | None, width: int) -> list[Line]:
    """What changed in the books since the import before."""
    if diff is None or diff.imports[0] is None:
        return []
    heading = (" " + _("Since the import before") + f" ({moment(diff.imports[0])})", Tone.STRONG)
    lines: list[Line] = [(), (heading,)]
    kinds = ((_("new"), diff.added), (_("gone"), diff.removed), (_("changed"), diff.altered))
    if not any(changes for _word, changes in kinds):
        return [*lines, (("   " + _("nothing has changed in the books"), Tone.PLAIN),)]
    counts = [(word, str(len(changes))) for word, changes in kinds if changes]
    lines += columns([("  " + word, count) for word, count in counts], width)
    for word, changes in kinds:
        for change in changes[:SHOWN]:
            ours = (" · " + _("by brygga"), Tone.GOOD) if change.ours else ("", Tone.DIM)
            lines.append(
                (
                    (f"   {word:8}", Tone.DIM),
                    (f"{change.series} {change.number}  {change.date}  ", Tone.PLAIN),
                    (amount(change.turnover)[0].rjust(14) + "  ", Tone.PLAIN),
                    (change.text, Tone.PLAIN),
                    ours,
                )
            )
    if diff.gaps:
        lines.append(
            (
                (
                    "   ▲ " + _("gaps in the number series: {gaps}").format(gaps=", ".join(diff.gaps[:8])),
                    Tone.WARN,
                ),
            )
        )
    return lines


class ImportPage(OfEngagement):
    """Fetch the year."""

    page = "imports"

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
        self.form.show(fields_of(row), focus="start")
        self.lines.show(result_of(row, made, diff, self.size.width or 80))

    def show_lesson(self, lines: Sequence[Line]) -> None:
        """In the place of the results."""
        self.form.show([])
        self.lines.show(lines)

    def why_not(self, action: str) -> str | None:
        """A locked engagement is left alone."""
        return self.locked_reason() if action in {"import", "source"} else None

    async def on_form_pressed(self) -> None:
        """The button starts, like the key."""
        reason = self.locked_reason()
        if reason:
            self.say(reason, Tone.WARN)
        else:
            await self.do_import()

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
