"""2 Uppdrag: the hub of one engagement: its facts, the steps of the closing and how far each has come, findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from textual.widget import Widget

from core.i18n import _, mark, ngettext
from core.model import Finding, Severity
from core.register import (
    AnnexStatus,
    ConnectionState,
    EngagementStatus,
    NextStep,
    Present,
    SourceKind,
    VoucherState,
)
from tui.of_engagement import OfEngagement
from tui.paint import Line, Lines, Span, columns, wrap
from tui.theme import Tone
from tui.widgets.columns import Column
from tui.widgets.table import Table
from tui.wording import (
    connection_long,
    difference,
    moment,
    next_sentence,
    source_word,
    vouchers_in,
    whereabouts,
)

if TYPE_CHECKING:
    from core.usecases.context import Context
    from core.usecases.diffs import Changes
    from core.usecases.reconcile import Reconciliation

COLUMNS: Final = (
    Column("sign", "", 1),
    Column("step", mark("Step"), 26),
    Column("state", mark("How far")),
    Column("key", "", 3),
)


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the checklist: how it stands, and where it is done."""

    key: str
    sign: Span
    title: str
    state: Span
    page: str
    number: str


def _sign(*, done: bool, attention: bool = False) -> Span:
    if done:
        return "✓", Tone.GOOD
    return ("▲", Tone.WARN) if attention else ("○", Tone.DIM)


def steps_of(
    row: EngagementStatus, listed: Reconciliation | None = None, changes: Changes | None = None
) -> list[Step]:
    """The steps of the closing in the order in which they are done."""
    engagement = row.engagement
    source = engagement.source if engagement else None
    online = source is SourceKind.FORTNOX
    steps = []
    if online:
        alive = row.connection.state in {ConnectionState.ACTIVE, ConnectionState.EXPIRING}
        trouble = row.connection.state is not ConnectionState.ACTIVE
        steps.append(
            Step(
                "connection",
                _sign(done=alive and not trouble, attention=trouble),
                _("Connection to Fortnox"),
                connection_long(row.connection, source),
                "integrations",
                "7",
            )
        )
    imported = row.last_import is not None
    when = (
        (_("imported {moment}").format(moment=moment(row.last_import)), Tone.PLAIN)
        if imported
        else (_("not yet imported"), Tone.DIM)
    )
    steps.append(Step("import", _sign(done=imported), _("Import of the books"), when, "imports", "3"))
    if changes is not None and (changes.added or changes.removed or changes.altered):
        steps.append(_changes_step(changes))
    steps += [_annex_step(annex) for annex in row.annexes]
    if listed is not None and listed.accounts:
        steps.append(_reconciliation_step(listed))
    steps.append(_voucher_step(row))
    locked = bool(engagement and engagement.locked)
    state = (_("signed off and locked"), Tone.PLAIN) if locked else (_("still open"), Tone.DIM)
    steps.append(Step("lock", _sign(done=locked), _("Sign-off"), state, "engagement", "l"))
    return steps


def _changes_step(changes: Changes) -> Step:
    text = _("{added} added, {removed} removed, {altered} altered").format(
        added=changes.added, removed=changes.removed, altered=changes.altered
    )
    return Step("changes", ("·", Tone.DIM), _("Since the import before"), (text, Tone.PLAIN), "imports", "3")


def _annex_step(annex: AnnexStatus) -> Step:
    title = _("Annex {account}").format(account=annex.account)
    if annex.difference is None:
        sign: Span = ("·", Tone.DIM)
        state: Span = (_("the file carries no ledger"), Tone.DIM)
    else:
        sign = _sign(done=not annex.unsettled, attention=not annex.task)
        state = _annex_state(annex)
    return Step(annex.account, sign, title, state, "annexes", "4")


def _annex_state(annex: AnnexStatus) -> Span:
    text, tone = difference(annex.difference)
    if not annex.difference:
        return _("agrees with the books"), Tone.PLAIN
    if annex.signed_off:
        return _("differs by {amount}, signed off").format(amount=text), Tone.PLAIN
    if annex.task:
        return _("to book at the client's (cash method): {amount}").format(amount=text), Tone.PLAIN
    return _("differs by {amount}").format(amount=text), tone


def _reconciliation_step(listed: Reconciliation) -> Step:
    from tui.screens.reconciliation_rows import progress_of

    done = listed.done == len(listed.accounts)
    text = "".join(text for text, __ in progress_of(listed)).strip()
    state = (text, Tone.PLAIN if listed.done else Tone.DIM)
    return Step("reconciliation", _sign(done=done), _("Reconciliation"), state, "reconciliation", "5")


def _voucher_step(row: EngagementStatus) -> Step:
    counts = {state: count for state, count in row.vouchers.items() if count}
    sent = {VoucherState.POSTED, VoucherState.EXPORTED, VoucherState.EXCLUDED}
    bad = {VoucherState.UNKNOWN, VoucherState.REJECTED} & counts.keys()
    words = ", ".join(vouchers_in(state, count) for state, count in counts.items())
    return Step(
        "vouchers",
        _sign(done=bool(counts) and counts.keys() <= sent, attention=bool(bad)),
        _("Closing vouchers"),
        (words or _("none written"), Tone.PLAIN if counts else Tone.DIM),
        "vouchers",
        "6",
    )


def findings_of(findings: Sequence[Finding]) -> list[Step]:
    """A line for each finding of the latest import, the worst first."""
    from core.usecases.findings import finding_text

    steps = []
    ranks = list(Severity)
    for place, finding in enumerate(sorted(findings, key=lambda each: ranks.index(each.severity))):
        bad = finding.severity in {Severity.FATAL, Severity.ERROR}
        sign = (
            ("✕", Tone.BAD)
            if bad
            else ("▲", Tone.WARN)
            if finding.severity is Severity.WARNING
            else ("·", Tone.DIM)
        )
        where = _("Finding, line {line}").format(line=finding.line) if finding.line else _("Finding")
        steps.append(
            Step(f"finding{place}", sign, where, (finding_text(finding), Tone.PLAIN), "imports", "3")
        )
    return steps


def facts_of(row: EngagementStatus, width: int, others: Sequence[Present] = ()) -> list[Line]:
    """Who and what below the checklist; last who else has it open."""
    engagement = row.engagement
    if engagement is None:
        return []
    client = row.client
    pairs = [
        (_("Org. no."), f"{client.orgnr}   {client.form}"),
        (_("Responsible"), client.responsible or "–"),
        (_("Fiscal year"), str(engagement.year)),
        (_("Source"), source_word(engagement.source)),
    ]
    pairs += [(_("Open with") if not place else "", whereabouts(each)) for place, each in enumerate(others)]
    if width < 100:
        return columns(pairs, width)
    return columns([*pairs[:1], (_("Client no."), client.number or "–"), *pairs[1:]], width)


class EngagementPage(OfEngagement):
    """One engagement: where it stands and what comes next."""

    page = "engagement"

    def __init__(self) -> None:
        super().__init__()
        self._listed: Reconciliation | None = None
        self._shown = ""
        """The engagement whose first open step the cursor was put on."""
        self._changes: Changes | None = None
        self._compared: tuple[str, datetime | None] = ("", None)
        """The engagement and the import that the changes are of."""

    def body(self) -> Iterable[Widget]:
        """The checklist."""
        self.table: Table[Step] = Table(COLUMNS, cells=self._cells, key=lambda step: step.key, markable=False)
        yield self.table

    def facts(self) -> Iterable[Widget]:
        """Facts, and the next step in a sentence."""
        self.lines = Lines(id="facts")
        yield self.lines

    @staticmethod
    def _cells(step: Step) -> Sequence[Span]:
        return (step.sign, (step.title, Tone.PLAIN), step.state, (step.number, Tone.KEY))

    async def load_engagement(self, ctx: Context, row: EngagementStatus) -> None:
        """The checklist of the row, and the findings of the latest import."""
        from core.usecases.findings import latest_findings
        from core.usecases.reconcile import reconciliation_list

        findings = await latest_findings(ctx, self.engagement_id)
        self._listed = await reconciliation_list(ctx, self.engagement_id)
        count = row.findings
        found = ngettext("{count} finding", "{count} findings", count).format(count=count) if count else ""
        self.entitle_engagement(_("Engagement"), ((found, Tone.WARN),) if found else ())
        steps = self._show_steps(row, findings)
        if self._shown != self.engagement_id:
            self._shown = self.engagement_id
            self.table.go_to(next((step.key for step in steps if step.sign[0] not in {"✓", "·"}), ""))
        width = self.size.width or 80
        tone = Tone.GOOD if row.next_step is NextStep.DONE else Tone.STRONG
        label = _("Next step") + ": "
        first, *more = wrap(self._next_sentence(row), width - len(label) - 2)
        following: list[Line] = [((" " + label, Tone.DIM), (first, tone))]
        following += [((" " * (len(label) + 1) + text, tone),) for text in more]
        others = self.brygga.following.others(self.engagement_id)
        self.lines.show([*facts_of(row, width, others), *following])
        await self._compare(ctx, row, findings)

    def _next_sentence(self, row: EngagementStatus) -> str:
        """What comes next; an engagement is not done while accounts are left to reconcile."""
        accounts = self._listed.accounts if self._listed is not None else ()
        left = sum(not account.done for account in accounts)
        if row.next_step is NextStep.DONE and left:
            return ngettext(
                "{count} account is left to reconcile: press 5. Then lock the engagement: press l.",
                "{count} accounts are left to reconcile: press 5. Then lock the engagement: press l.",
                left,
            ).format(count=left)
        return next_sentence(row)

    def _show_steps(self, row: EngagementStatus, findings: Sequence[Finding]) -> list[Step]:
        changes = self._changes if self._compared == (self.engagement_id, row.last_import) else None
        steps = steps_of(row, self._listed, changes)
        self.table.show([*steps, *findings_of(findings)])
        return steps

    async def _compare(self, ctx: Context, row: EngagementStatus, findings: Sequence[Finding]) -> None:
        """Say how much changed since the import before, once the two files have been read: that takes a while."""
        from core.usecases.diffs import latest_changes

        wanted = (self.engagement_id, row.last_import)
        if row.last_import is None or self._compared == wanted:
            return
        found = await latest_changes(ctx, self.engagement_id)
        if self.row is row:
            self._compared, self._changes = wanted, found
            self._show_steps(row, findings)

    async def on_table_opened(self) -> None:
        """To the screen where the step is done."""
        step = self.table.current
        if step is None:
            return
        if step.page == "engagement":
            await self.do_lock()
        else:
            self.brygga.open_page(step.page)

    def wanted(self) -> tuple[str, ...]:
        """Somebody else who works here, and a lapsed connection, come before all else."""
        if self.brygga.following.others(self.engagement_id):
            return ("take_over",)
        return ("connect",) if self.row is not None and self.row.next_step is NextStep.CONNECT else ()

    def why_not(self, action: str) -> str | None:
        """What a locked or empty engagement refuses."""
        needing = {"import", "export", "connect", "lock", "source", "open", "rename"}
        if self.row is None and action in needing:
            return self.locked_reason()
        if action == "take_over" and not self.brygga.following.others(self.engagement_id):
            return _("Nobody else has the engagement open.")
        if action in {"import", "export", "source"}:
            return self.locked_reason() or self._export_reason(action)
        if (
            action == "connect"
            and self.row
            and self.row.engagement
            and self.row.engagement.source is SourceKind.SIE4
        ):
            return _("The books come from a SIE4 file. Press s to take them from Fortnox instead.")
        return None

    def _export_reason(self, action: str) -> str | None:
        if action == "export" and self.row is not None and not self.row.vouchers.get(VoucherState.READY):
            return _("No closing voucher is ready to export. Write and mark them on screen 6.")
        return None

    async def do_import(self) -> None:
        """Import the year."""
        from tui.work import start_import

        if self.row is not None:
            await start_import(self, self.row)

    async def do_export(self) -> None:
        """To the export dialog."""
        from tui.screens.export import open_export

        await open_export(self)

    async def do_rename(self) -> None:
        """What is known of the client."""
        from tui.screens.client import open_client

        if self.row is not None:
            open_client(self, self.row.client)

    async def do_connect(self) -> None:
        """Connect the client to Fortnox."""
        from tui.screens.consent import open_consent

        if self.row is not None:
            await open_consent(self, self.row.client)

    async def do_lock(self) -> None:
        """Lock or unlock."""
        from core.usecases.engagements import set_locked

        if self.row is None or self.row.engagement is None:
            return
        locked = not self.row.engagement.locked
        await set_locked(await self.context(), self.engagement_id, locked=locked)
        await self.reload()
        self.say(self._locked_sentence() if locked else _("Unlocked."))

    def _locked_sentence(self) -> str:
        """What is still open in a locked engagement is said, not refused: l takes it back."""
        accounts = self._listed.accounts if self._listed is not None else ()
        left = sum(not row.done for row in accounts)
        if not left:
            return _("Locked. l unlocks it again.")
        return _("Locked, though {left} of {all} accounts are not signed off. l unlocks it again.").format(
            left=left, all=len(accounts)
        )

    def do_take_over(self) -> None:
        """Ask, then take the engagement over from all others who have it open."""
        from tui.screens.dialogs import Question

        others = self.brygga.following.others(self.engagement_id)

        async def go_on(_answer: bool) -> None:
            await self.brygga.following.take_over(self.engagement_id)
            await self.reload()
            self.say(_("Taken over. It is yours until you leave it or somebody takes it over from you."))

        lines = [
            *map(whereabouts, others),
            "",
            _("There the engagement is then only read, and what is not yet saved is kept as a draft."),
            _("It can be taken back in the same way."),
        ]
        self.brygga.ask(Question(_("Take the engagement over"), lines, _("Take over")), go_on)

    async def do_source(self) -> None:
        """Source, chart and balances: ask, say what changes, change."""
        from tui.screens.source import open_source

        if self.row is not None:
            await open_source(self, self.row)
