"""Y Bjud in klientanvändare: the desk that prepares users for Digital byrå, fifty at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from textual.widget import Widget

from core.i18n import _, mark, ngettext
from core.invite.outbound import LetterState
from core.invite.rows import InviteState
from core.invite.words import state_word
from tui.desk_letters import DeskLetters
from tui.desk_lists import DeskLists
from tui.inviting import detail, facts, letter_span, rank, status, summary
from tui.paint import Line, Lines, Span
from tui.theme import Tone
from tui.widgets.columns import Column
from tui.widgets.table import Table
from tui.wording import lesson

if TYPE_CHECKING:
    from core.invite.rows import Invitation
    from core.usecases.invite_desk import Desk, DeskRow

COLUMNS: Final = (
    Column("number", mark("No."), 6, wide=True),
    Column("client", mark("Client")),
    Column("name", mark("Name"), 16),
    Column("email", mark("E-mail")),
    Column("admin", mark("SA"), 2),
    Column("batch", mark("Batch"), 5, wide=True),
    Column("letter", mark("Mail"), 4),
    Column("status", mark("Status"), 18),
)
VIEWS: Final = (
    mark("without a user"),
    mark("all"),
    mark("the batch"),
    mark("exported"),
    mark("to remind"),
)
_OF_ROWS: Final = frozenset({"state", "remove"})


class InvitePage(DeskLists, DeskLetters):
    """All clients without a user of their own, and whom they want as one."""

    page = "invite"
    has_pane = True

    def __init__(self) -> None:
        super().__init__()
        self._view = 0
        self._removed: list[Invitation] = []
        self._waiting = 0

    def body(self) -> Iterable[Widget]:
        """The list, and the pane of a wide screen."""
        self.table: Table[DeskRow] = Table(
            COLUMNS, cells=self._cells, key=lambda line: line.key, rank=rank, search=_search
        )
        yield self.table

    def facts(self) -> Iterable[Widget]:
        """The batch, and what brygga does not do."""
        self.lines = Lines(id="facts")
        yield self.lines

    def _cells(self, line: DeskRow) -> Sequence[Span]:
        row = line.row
        return (
            (line.client.number, Tone.DIM),
            (line.client.name, Tone.PLAIN),
            (row.name if row else "–", Tone.PLAIN),
            (row.email if row else "–", Tone.PLAIN if row else Tone.DIM),
            ("✓" if line.admin else "·", Tone.GOOD if line.admin else Tone.DIM),
            (str(row.batch) if row and row.batch else "–", Tone.DIM),
            letter_span(line),
            status(line, self.brygga.clock.now()),
        )

    async def load(self) -> None:
        """The desk from the store."""
        from core.usecases.invite_desk import desk

        self.desk = await desk(await self.context())
        self._waiting = sum(
            letter.state is LetterState.QUEUED for line in self.desk.rows for letter in line.letters
        )
        self._show()

    def _show(self) -> None:
        now = self.desk
        if now is None:
            return
        left, right = summary(now)
        view = (
            ((_("showing: {view}").format(view=_(VIEWS[self._view])) + "  ", Tone.KEY),) if self._view else ()
        )
        self.entitle(left, (*view, *right))
        self.table.show(self._lines_of(now), self._lesson(now))
        self.lines.show(facts(now, self.size.width or 80))

    def _lines_of(self, now: Desk) -> Sequence[DeskRow]:
        return (
            now.waiting,
            now.rows,
            [line for line in now.rows if line.place == "batch"],
            [line for line in now.rows if line.row and line.row.state is InviteState.EXPORTED],
            now.due,
        )[self._view]

    def _lesson(self, now: Desk) -> Any:
        if now.rows:
            return lesson(_("No row matches this selection."), _("Press v to show others."))
        return lesson(
            _("Here users are prepared for the clients that have none, so that they can hand in documents."),
            _("There are no clients yet. Press 1, then n for the start guide."),
        )

    # -- moving --------------------------------------------------------------------------------------------

    def on_table_moved(self) -> None:
        """How many are marked."""
        marks = self.table.marks
        if marks:
            self.say(ngettext("{count} marked", "{count} marked", marks).format(count=marks), Tone.KEY)

    def details(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002
        """The line under the cursor in full."""
        line = self.table.current
        return detail(line, width) if line else ()

    def why_not(self, action: str) -> str | None:
        """What the lines refuse."""
        now = self.desk
        if now is None or not now.rows:
            return _("There are no clients yet.") if action in {"open", "new", "ready", *_OF_ROWS} else None
        if action in _OF_ROWS and not self.rows:
            return _("Nobody is to be invited there yet; enter writes the first.")
        if action in {"export", "fields"} and not now.batches.current:
            return _("No row can be handed over: fill in rows, and tick the system administrator with m.")
        if action == "undo" and not self._removed:
            return _("There is nothing to undo.")
        if action == "pause" and not (self._waiting or self.sending()):
            return _("No letter waits.")
        return None

    # -- rows ------------------------------------------------------------------------------------------------

    async def on_table_opened(self) -> None:
        """Write or change the user of the line."""
        if self.table.current is not None:
            self._ask_user(self.table.current)

    def do_new(self) -> None:
        """One more user for the client under the cursor."""
        from dataclasses import replace

        if self.table.current is not None:
            self._ask_user(replace(self.table.current, row=None, findings=(), letters=()))

    def _ask_user(self, line: DeskRow) -> None:
        from tui.screens.invite_dialogs import UserDialog

        now = self.desk
        own = [
            each.row for each in (now.rows if now else ()) if each.row and each.client.id == line.client.id
        ]
        taken = [row.username for row in own if line.row is None or row.id != line.row.id]

        async def save(answer: tuple[Invitation, bool]) -> None:
            row, admin = answer
            await self._save(line, row, admin=admin)

        self.brygga.ask(UserDialog(line, taken), save)

    async def _save(self, line: DeskRow, row: Invitation, *, admin: bool) -> None:
        from core.usecases import invite

        ctx = await self.context()
        if row.id:
            saved = await invite.update_invitation(ctx, row)
        else:
            saved = await invite.add_invitation(
                ctx,
                row.client_id,
                name=row.name,
                email=row.email,
                mobile=row.mobile,
                username=row.username,
                choice=row.choice,
                consent=row.consent,
            )
        if admin is not line.admin:
            await invite.set_admin(ctx, [line.client.id], admin=admin)
        await self.reload()
        self.table.go_to(saved.key)
        self.say(
            _("Saved. Suggested username: {username}").format(
                username=saved.row.username if saved.row else ""
            ),
            Tone.GOOD,
        )

    async def do_ready(self) -> None:
        """Tick the system administrator at the clients, or take the tick away when all have it."""
        from core.usecases.invite import set_admin

        lines = self.table.marked
        ids = list(dict.fromkeys(line.client.id for line in lines))
        admin = not all(line.admin for line in lines)
        await set_admin(await self.context(), ids, admin=admin)
        self.table.clear_marks()
        await self.reload()
        text = (
            ngettext(
                "You are system administrator at {count} client.",
                "You are system administrator at {count} clients.",
                len(ids),
            )
            if admin
            else ngettext(
                "The tick is gone at {count} client.", "The tick is gone at {count} clients.", len(ids)
            )
        )
        self.say(text.format(count=len(ids)), Tone.GOOD)

    async def do_remove(self) -> None:
        """Remove without asking; u brings back."""
        from core.usecases.invite import remove_invitations

        self._removed = await remove_invitations(await self.context(), self.rows)
        self.table.clear_marks()
        await self.reload()
        count = len(self._removed)
        self.say(
            ngettext(
                "{count} removed. u brings it back.", "{count} removed. u brings them back.", count
            ).format(count=count)
        )

    async def do_undo(self) -> None:
        """Bring back what was removed last."""
        from core.usecases.invite import restore_invitations

        await restore_invitations(await self.context(), self._removed)
        self._removed = []
        await self.reload()
        self.say(_("Undone."))

    def do_quick(self) -> None:
        """Without a user, all, the batch, to remind."""
        self._view = (self._view + 1) % len(VIEWS)
        self._show()
        self.refresh_footer()

    # -- where rows stand --------------------------------------------------------------------------------------

    def do_state(self) -> None:
        """Say where the marked rows stand, or what became of their letters."""
        from tui.screens.dialogs import FormDialog
        from tui.widgets.form import ChoiceField, Note

        ids, owners = self.rows, list(dict.fromkeys(line.client.id for line in self.table.marked))
        options = [(str(one), state_word(one)) for one in InviteState]
        options += [
            ("went", _("the letter went")),
            ("not-sent", _("the letter did not go: send it again")),
            ("bounced", _("the letter bounced")),
            ("has-user", _("the client has a user already")),
        ]
        text = ngettext(
            "{count} row. What is seen in Fortnox is said here.",
            "{count} rows. What is seen in Fortnox is said here.",
            len(ids),
        )
        fields = [
            Note("about", text.format(count=len(ids))),
            ChoiceField("state", _("Status"), _("← and → choose."), options=options).choose(
                self._next_state()
            ),
        ]

        async def say(state: str) -> None:
            await self._tell(ids, owners, state)

        dialog = FormDialog(_("Where the rows stand"), fields, _("Save"), lambda form: form.text("state"))
        self.brygga.ask(dialog, say)

    def _next_state(self) -> str:
        """What is most likely to be said next."""
        line = next((each for each in self.table.marked if each.row), None)
        if line is None or line.row is None:
            return InviteState.INVITED
        if any(letter.state is LetterState.UNKNOWN for letter in line.letters):
            return "went"
        following = {InviteState.DRAFT: InviteState.INVITED, InviteState.EXPORTED: InviteState.INVITED}
        return following.get(line.row.state, InviteState.DONE)

    async def _tell(self, ids: Sequence[str], owners: Sequence[str], state: str) -> None:
        from core.usecases import invite, invite_send

        ctx = await self.context()
        if state == "has-user":
            await invite.set_has_user(ctx, owners, has_user=True)
        elif state == "bounced":
            await invite_send.note_bounce(ctx, ids)
        elif state in {"went", "not-sent"}:
            await invite_send.settle_letters(ctx, ids, went=state == "went")
        else:
            await invite.mark(ctx, ids, InviteState(state))
        self.table.clear_marks()
        await self.reload()
        self.say(
            ngettext("{count} row marked.", "{count} rows marked.", len(ids)).format(count=len(ids)),
            Tone.GOOD,
        )


def _search(line: DeskRow) -> str:
    row = line.row
    own = (row.name, row.email, row.username, state_word(row.state)) if row else ()
    return " ".join((line.client.number, line.client.name, line.client.orgnr, *own))
