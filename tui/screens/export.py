"""The export dialog: to Fortnox after a look at the checks, or to a SIE 4I file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.widget import Widget

from core.errors import BryggaError
from core.fence import own_place
from core.files import shown
from core.i18n import _, ngettext
from core.model import Series
from core.money import to_swedish
from core.register import Check, Client, Engagement, SourceKind
from tui.actions import TABLE
from tui.hints import hint_of
from tui.jobs import unexpected
from tui.page import Dialog, Page
from tui.paint import Line, Lines, wrap
from tui.saving import name_of
from tui.theme import Ground, Tone
from tui.widgets.form import Button, ChoiceField, Field, Form
from tui.work import hand_over_notes, named_path

if TYPE_CHECKING:
    from core.usecases.export import ExportPlan
    from core.usecases.export_accounts import AccountNeed
    from core.usecases.export_result import ExportResult
    from core.usecases.progress import Report

WIDTH = 72
CHROME = 15
"""Rows of the dialog that are no checks."""


def check_lines(checks: Sequence[Check], room: int) -> list[Line]:
    """What hinders first, then what warns, then what is well as far as there is room; the rest is counted."""
    bad = [check for check in checks if not check.ok and not check.warning]
    warned = [check for check in checks if not check.ok and check.warning]
    lines: list[Line] = []
    for check in (*bad, *warned):
        lines += _one_check(check)
    well = [check for check in reversed(checks) if check.ok]
    shown = well if len(lines) + len(well) <= room else well[: max(0, room - len(lines) - 1)]
    for check in shown:
        lines += _one_check(check)
    left = len(well) - len(shown)
    if left:
        text = ngettext("{count} more check passed", "{count} more checks passed", left).format(count=left)
        lines.append((("✓ ", Tone.GOOD), (text, Tone.PLAIN)))
    return lines


def _one_check(check: Check) -> list[Line]:
    sign, tone = ("✓", Tone.GOOD) if check.ok else ("▲", Tone.WARN) if check.warning else ("✕", Tone.BAD)
    first, *others = wrap(check.text, WIDTH - 2)
    lines: list[Line] = [((sign + " ", tone), (first, Tone.PLAIN))]
    lines += [(("  " + text, Tone.PLAIN),) for text in others]
    if check.remedy and not check.ok:
        lines += [
            (("  " + text, Tone.DIM),) for text in wrap(hint_of(check.code, check.remedy, TABLE), WIDTH - 2)
        ]
    return lines


def plan_lines(plan: ExportPlan, room: int) -> list[Line]:
    """Company, fiscal year, how many, turnover, checks, and what cannot be undone."""
    count = len(plan.vouchers)
    vouchers = ngettext("{count} voucher", "{count} vouchers", count).format(count=count)
    turnover = _("turnover {amount}").format(amount=to_swedish(plan.turnover))
    return [
        ((f"{vouchers} · {turnover}", Tone.STRONG),),
        *check_lines(plan.checks, room),
        ((_("brygga cannot delete them; mistakes are corrected with a new voucher."), Tone.DIM),),
    ]


def series_options(series: Sequence[Series]) -> list[tuple[str, str]]:
    """The series that may be chosen, in the order in which they are proposed."""
    word = _("open for manual entry")
    return [(each.code, f"{each.code} {each.name} ({word})") for each in series]


class ExportDialog(Dialog[str]):
    """Choose the series, see the checks, and press a button that is not the one under the cursor."""

    def __init__(self, client: Client, engagement: Engagement) -> None:
        super().__init__(_("Export closing vouchers to Fortnox (without attachments)"))
        self._client = client
        self._engagement = engagement
        self._plan: ExportPlan | None = None
        self._needs: list[AccountNeed] = []

    def contents(self) -> Iterable[Widget]:
        """The company, the series, the plan, the buttons."""
        year = _("fiscal year {year}").format(year=self._engagement.year)
        head: list[Line] = [
            ((self._client.name, Tone.TITLE), (f" {self._client.orgnr}", Tone.PLAIN)),
            ((year, Tone.PLAIN),),
        ]
        yield Lines(head, ground=Ground.BOX)
        self.plan_view = Lines([((_("Asking Fortnox for the series …"), Tone.DIM),)], ground=Ground.BOX)
        yield self.plan_view
        self.form = Form([Button("no", _("Cancel"))], ground=Ground.BOX)
        yield self.form

    def on_mount(self) -> None:
        """The dialog stands at once; what Fortnox knows comes when it comes."""
        super().on_mount()
        self.run_worker(self._ask_series(), exit_on_error=False)

    async def _ask_series(self) -> None:
        from core.usecases.export import available_series

        try:
            series = await available_series(await self.brygga.context(), self._engagement.id)
        except BryggaError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 shown in three lines and logged
            self._fail(unexpected(error))
        else:
            choice = ChoiceField("series", _("Voucher series"), options=series_options(series))
            self._show([choice], alive=False)
            await self._make_plan()

    @property
    def planned(self) -> bool:
        """Whether the checks are finished."""
        return self._plan is not None

    def _fail(self, error: BryggaError) -> None:
        self.plan_view.show([])
        self.show_trouble(error)

    def _show(self, fields: Sequence[Field], *, alive: bool) -> None:
        reason = "" if alive else _("The checks above must pass first.")
        buttons = [Button("no", _("Cancel")), Button("yes", _("Export now"), hint=reason, alive=alive)]
        if self._needs:
            hint = _("You see first what is written to Fortnox's chart of accounts.")
            buttons.insert(1, Button("accounts", _("Add the accounts"), hint=hint))
        if self._plan is not None and self._plan.to_acknowledge:
            hint = _("What is said above is known, and the vouchers are to be sent all the same.")
            buttons.insert(1, Button("known", _("I know, go on"), hint=hint))
        self.form.show([*fields, *buttons], focus="no")

    def on_form_changed(self, message: Form.Changed) -> None:
        """Another series, another plan."""
        if message.key == "series":
            self.run_worker(self._make_plan(), exclusive=True, group="plan", exit_on_error=False)

    async def _make_plan(self) -> None:
        from core.usecases.export import plan_export
        from core.usecases.export_accounts import needed_accounts

        choice = self.form.field("series")
        assert isinstance(choice, ChoiceField)
        self.note.show([])
        self._plan = None
        self.plan_view.show([((_("Checking …"), Tone.DIM),)])
        try:
            ctx = await self.brygga.context()
            plan = await plan_export(ctx, self._engagement.id, choice.value)
            self._needs = await needed_accounts(ctx, plan)
        except BryggaError as error:
            self._fail(error)
            return
        except Exception as error:  # noqa: BLE001 shown in three lines and logged
            self._fail(unexpected(error))
            return
        self._plan = plan
        self.plan_view.show(plan_lines(plan, max(3, self.size.height - CHROME)))
        at = self.form.at
        self._show([choice], alive=plan.allowed)
        if at is not None:
            self.form.go_to(at.key)

    async def _acknowledge(self) -> None:
        from core.usecases.export_checks import acknowledge

        if self._plan is not None:
            await acknowledge(await self.brygga.context(), self._engagement.id, self._plan.to_acknowledge)
            await self._make_plan()

    async def _add_accounts(self) -> None:
        from tui.accounts import accounts_dialog

        async def done(made: object) -> None:
            if made is not None:
                await self._make_plan()

        dialog = accounts_dialog(await self.brygga.context(), self._engagement.id, self._needs)
        self.app.push_screen(dialog, done)

    async def on_form_pressed(self, message: Form.Pressed) -> None:
        """Export only with a plan whose checks passed."""
        if message.key == "no":
            self.dismiss(None)
        elif message.key == "known":
            self.run_worker(self._acknowledge(), exclusive=True, group="plan", exit_on_error=False)
        elif message.key == "accounts":
            await self._add_accounts()
        elif self._plan is None:
            self.say(_("The checks are not finished yet."))
        elif self._plan.allowed and self._plan.series is not None:
            self.dismiss(self._plan.series.code)


def export_sentence(result: ExportResult) -> str:
    """What came of an export, in one sentence."""
    parts = []
    if result.posted:
        numbers = ", ".join(result.places().values())
        posted = ngettext("{count} posted", "{count} posted", result.posted).format(count=result.posted)
        parts.append(f"{posted} ({numbers})" if numbers else posted)
    if result.rejected:
        parts.append(
            ngettext("{count} rejected", "{count} rejected", result.rejected).format(count=result.rejected)
        )
    if result.unknown and result.retry_after is None:
        text = ngettext("{count} must be decided", "{count} must be decided", result.unknown)
        parts.append(text.format(count=result.unknown))
    elif result.unknown:
        text = ngettext(
            "{count} without receipt, looked up later",
            "{count} without receipt, looked up later",
            result.unknown,
        )
        parts.append(text.format(count=result.unknown))
    return ", ".join(parts) or _("nothing to send")


async def open_export(page: Page) -> None:
    """The dialog for the chosen engagement: to Fortnox, or to a file when its books come from one."""
    from core.usecases.engagements import get_engagement

    engagement_id = page.brygga.engagement_id
    if engagement_id is None:
        return
    ctx = await page.context()
    client, engagement = await get_engagement(ctx, engagement_id)
    if engagement.source is SourceKind.SIE4:
        _ask_file(page, client, engagement)
        return

    def send(series: str) -> None:
        async def work(report: Report) -> Any:
            from core.usecases.export import export_vouchers

            return await export_vouchers(ctx, engagement.id, series, wait=True, progress=report)

        page.brygga.jobs.start(_("Export"), client.name, work, summary=export_sentence, critical=True)

    page.brygga.ask(ExportDialog(client, engagement), send)


def _ask_file(page: Page, client: Client, engagement: Engagement) -> None:
    from tui.screens.dialogs import FormDialog
    from tui.widgets.form import Note, TextField, TickField

    def check(form: Form) -> tuple[Path, str, bool] | None:
        path = named_path(form.text("path"))
        force = form.field("force")
        assert isinstance(force, TickField)
        if not form.text("path"):
            form.fail("path", _("Write where the file is to lie."))
        elif path.exists() and not force.on:
            form.fail("path", _("The file exists already; choose another name, or tick to replace it."))
        else:
            return path, form.text("series"), force.on
        return None

    async def write(answer: tuple[Path, str, bool]) -> None:
        from core.usecases.export_file import export_to_file

        path, series, force = answer
        done = await export_to_file(
            await page.context(), engagement.id, path, series=series or None, force=force
        )
        await page.reload()
        count = len(done.vouchers)
        text = ngettext("{count} voucher written to {path}", "{count} vouchers written to {path}", count)
        page.say(text.format(count=count, path=shown(done.path)), Tone.GOOD)

    proposal = own_place() / f"{name_of(f'{client.number or client.name} {engagement.year.label}')}.si"
    fields = [
        Note(
            "about", _("The ready vouchers are written as SIE 4I, to be read into the client's program once.")
        ),
        *hand_over_notes(reading=False),
        TextField("path", _("File"), width=48).fill(str(proposal)),
        TextField("series", _("Series"), _("May be left empty; then the program chooses."), width=4).fill(
            client.default_series
        ),
        TickField("force", _("Replace the file if it exists")),
    ]
    title = _("Export closing vouchers to a file") + f" · {client.name}"
    page.brygga.ask(FormDialog(title, fields, _("Write the file"), check), write)
