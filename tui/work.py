"""Starts the jobs that more than one page starts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.fence import confined, personal
from core.i18n import _, ngettext
from core.model import Ledger
from core.register import ConnectionState, EngagementStatus, SourceKind
from tui import actions
from tui.jobs import Job
from tui.theme import Tone

if TYPE_CHECKING:
    from core.usecases.imports import ImportResult
    from core.usecases.progress import Report
    from core.usecases.resume import LookedUp
    from tui.app import BryggaApp
    from tui.page import Page
    from tui.widgets.form import Note


def existing_file(text: str) -> Path | None:
    """The file that a person means, with ``~`` for the home directory; None when there is none."""
    path = named_path(text) if text else None
    return path if path is not None and path.is_file() else None


def hand_over_notes(*, reading: bool) -> list[Note]:
    """On a forced session, how a file comes from the person's own computer and how it goes there."""
    from tui.widgets.form import Note

    if not confined():
        return []
    if reading:
        text = _("Send it here from your own computer first: ssh SERVER file put NAME < FILE")
    else:
        text = _("Then fetch it to your own computer: ssh SERVER file get NAME > FILE")
    return [Note("hand_over", text)]


def named_path(text: str) -> Path:
    """The path that a person wrote; on a forced session it lies in the person's hand-over folder.

    Raises:
        Refused: ``read_only``: it leads out of the folder.
    """
    return personal(Path(text)) if confined() else Path(text).expanduser()


def import_sentence(result: ImportResult) -> str:
    """What an import brought, in one sentence."""
    run = result.run
    text = ngettext("{count} voucher", "{count} vouchers", run.vouchers).format(count=run.vouchers)
    text += ", " + ngettext("{count} account", "{count} accounts", run.accounts).format(count=run.accounts)
    differing = [annex.account for annex in result.annexes if annex.difference]
    if differing:
        text += ", " + _("difference on {accounts}").format(accounts=", ".join(differing))
    return text


async def start_import(
    page: Page, row: EngagementStatus, ledgers: frozenset[Ledger] = frozenset(Ledger)
) -> Job | None:
    """Import one engagement; a SIE4 source asks for its file first."""
    if row.engagement is None:
        return None
    engagement_id = row.engagement.id
    if row.engagement.source is SourceKind.SIE4:
        ask_file(page, row)
        return None
    ctx = await page.context()

    async def work(report: Report) -> Any:
        from core.usecases.imports import import_year

        return await import_year(ctx, engagement_id, ledgers=ledgers, progress=report)

    return page.brygga.jobs.start(_("Import"), row.client.name, work, summary=import_sentence)


def ask_file(page: Page, row: EngagementStatus) -> None:
    """Ask for the SIE4 file, then import it."""
    from tui.screens.dialogs import FormDialog
    from tui.widgets.form import Form, Note, TextField

    if row.engagement is None:
        return
    engagement_id = row.engagement.id

    def check(form: Form) -> Path | None:
        path = existing_file(form.text("path"))
        if path is None:
            form.fail("path", _("There is no such file."))
        return path

    fields = [
        Note(
            "about",
            _("A SIE4 file (type 4E) of the client and the fiscal year, exported from the client's program."),
        ),
        *hand_over_notes(reading=True),
        TextField("path", _("File"), _("For example ~/sie/bageri.se"), width=54),
    ]
    title = _("Import a SIE4 file") + f" · {row.client.name}"
    page.brygga.ask(
        FormDialog(title, fields, _("Import now"), check),
        lambda path: start_file_import(page, row.client.name, engagement_id, path),
    )


async def start_file_import(page: Page, name: str, engagement_id: str, path: Path) -> Job:
    """Import a SIE4 file into the engagement."""
    ctx = await page.context()

    async def work(report: Report) -> Any:
        from core.usecases.imports import import_file

        return await import_file(ctx, engagement_id, path, progress=report)

    return page.brygga.jobs.start(_("Import"), name, work, summary=import_sentence)


async def import_marked(page: Page, rows: Sequence[EngagementStatus]) -> None:
    """Import one or several; several at once are confirmed by typing how many."""
    if len(rows) == 1:
        await start_import(page, rows[0])
        return
    online, lines = _parted(page, rows)
    if not online:
        page.say(lines[-1] if lines else _("The list is empty."), Tone.WARN)
        return
    lines.insert(
        0,
        ngettext(
            "{count} engagement is imported from Fortnox.",
            "{count} engagements are imported from Fortnox, a few at a time.",
            len(online),
        ).format(count=len(online)),
    )
    confirm_count(page, _("Import several"), lines, len(online), lambda: _import_each(page, online))


def _parted(page: Page, rows: Sequence[EngagementStatus]) -> tuple[list[EngagementStatus], list[str]]:
    """Those that can be imported now, and a sentence for each reason that leaves others out."""
    online: list[EngagementStatus] = []
    left_out: Counter[str] = Counter()
    for row in rows:
        reason = _left_out(page, row)
        if reason:
            left_out[reason] += 1
        elif row.engagement is not None:
            online.append(row)
    return online, [_left_out_words(reason, count) for reason, count in left_out.items()]


def _left_out(page: Page, row: EngagementStatus) -> str:
    """Why a joint import leaves the row out, in a word for the code; empty when it does not."""
    engagement = row.engagement
    if engagement is None:
        return ""
    if engagement.locked:
        return "locked"
    if page.brygga.following.holder(engagement.id):
        return "held"
    if engagement.source is not SourceKind.FORTNOX:
        return "file"
    return "unconnected" if row.connection.state is ConnectionState.NONE else ""


def _left_out_words(reason: str, count: int) -> str:
    match reason:
        case "locked":
            text = ngettext(
                "{count} marked engagement is locked and is left out.",
                "{count} marked engagements are locked and are left out.",
                count,
            )
        case "held":
            text = ngettext(
                "{count} marked engagement has been taken over by somebody else and is left out.",
                "{count} marked engagements have been taken over by others and are left out.",
                count,
            )
        case "file":
            text = ngettext(
                "{count} marked engagement has a file as its source and is left out.",
                "{count} marked engagements have a file as their source and are left out.",
                count,
            )
        case _:
            text = ngettext(
                "{count} marked engagement is not connected to Fortnox and is left out.",
                "{count} marked engagements are not connected to Fortnox and are left out.",
                count,
            )
    return text.format(count=count)


async def _import_each(page: Page, rows: Sequence[EngagementStatus]) -> None:
    for row in rows:
        await start_import(page, row)


def confirm_count(page: Page, title: str, lines: Sequence[str], count: int, go_on: Any) -> None:
    """Several clients at once: the number is typed, so that nobody does it by habit."""
    from tui.screens.dialogs import FormDialog
    from tui.widgets.form import Form, Note, TextField

    def check(form: Form) -> bool | None:
        if form.text("count") == str(count):
            return True
        form.fail("count", _("Type {count}, or close with esc.").format(count=count))
        return None

    fields = [*(Note(f"line{number}", line) for number, line in enumerate(lines))]
    field = TextField("count", _("Type {count} to go on").format(count=count), width=6)
    page.brygga.ask(FormDialog(title, [*fields, field], _("Go on"), check), lambda _answer: go_on())


async def settle_uncertain(app: BryggaApp) -> None:
    """Look up what an earlier session sent without seeing the receipt, as a job; nothing where all is certain."""
    from core.usecases.resume import settle_uncertain as settle
    from core.usecases.resume import uncertain_clients

    ctx = await app.context()
    clients, _seconds = await uncertain_clients(ctx)
    if not clients or actions.denied(app.role, "export"):
        return

    async def work(report: Report) -> Any:
        return await settle(ctx, progress=report)

    subject = clients[0].name if len(clients) == 1 else _("{count} clients").format(count=len(clients))
    app.jobs.start(_("Receipts"), subject, work, summary=settled_sentence)


def settled_sentence(found: Sequence[LookedUp]) -> str:
    """Whether the fate of every voucher is known now, and the first reason why not."""
    open_ones = [one for one in found if not one.certain]
    if not open_ones:
        return _("every voucher is accounted for; what was not sent is ready to export")
    error = next((one.error for one in open_ones if one.error is not None), None)
    if error is not None:
        return error.title
    return _("some are still without receipt: see the closing vouchers of {client}").format(
        client=open_ones[0].client.name
    )
