"""The desk's letters: whom they go to, sending, pausing, their wording."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.i18n import _, ngettext
from core.invite.letters import LetterKind
from core.invite.outbound import LetterState
from tui.inviting import sent_sentence
from tui.of_desk import DeskPage
from tui.theme import Tone
from tui.work import confirm_count

if TYPE_CHECKING:
    from core.usecases.invite_letters import LetterPlan
    from core.usecases.progress import Report


class DeskLetters(DeskPage):
    """Letters and their wording."""

    def sending(self) -> Any:
        """The run of letters that is under way, or None."""
        return next((job for job in self.brygga.jobs.running if job.title == _("Letters")), None)

    def do_letters(self) -> None:
        """Choose a letter; then it is said whom it goes to."""
        from tui.screens.invite_dialogs import LetterChoice

        title, language = _("Send letters"), self.brygga.settings.ui.language
        kinds = (
            list(LetterKind)
            if self.brygga.settings.sms.provider
            else [LetterKind.INVITATION, LetterKind.REMINDER]
        )
        self.brygga.ask(LetterChoice(title, _("Go on"), kinds, language), self._plan)

    async def _plan(self, answer: tuple[LetterKind, str]) -> None:
        from core.usecases.invite_letters import plan_letters

        kind, language = answer
        ids = self.rows if self.table.marks else None
        plan = await plan_letters(await self.context(), kind, ids)
        self._confirm(plan, language, ids)

    def _confirm(self, plan: LetterPlan, language: str, ids: Sequence[str] | None) -> None:
        count = len(plan.to_send) + plan.waiting
        if not count:
            reason = (
                plan.left_out[0][1]
                if plan.left_out
                else _("Letters go to rows that have been exported; mark rows to write all the same.")
            )
            self.say(_("Nobody gets one. {reason}").format(reason=reason), Tone.WARN)
            return
        lines = [
            ngettext(
                "{count} letter is written to a file.", "{count} letters are written to files.", count
            ).format(count=count)
            if plan.to_folder
            else ngettext(
                "{count} letter is sent. It cannot be called back.",
                "{count} letters are sent. They cannot be called back.",
                count,
            ).format(count=count)
        ]
        if plan.left_out:
            lines.append(
                _("{count} marked rows get none: {reason}").format(
                    count=len(plan.left_out), reason=plan.left_out[0][1]
                )
            )
        lines += plan.warnings
        confirm_count(self, _("Send letters"), lines, count, lambda: self._start(plan.kind, language, ids))

    async def _start(self, kind: LetterKind, language: str, ids: Sequence[str] | None) -> None:
        ctx = await self.context()

        async def work(report: Report) -> Any:
            from core.usecases.invite_send import send_letters

            return await send_letters(ctx, kind, ids, language=language, progress=report)

        self.table.clear_marks()
        self.brygga.jobs.start(_("Letters"), _("Client users"), work, summary=sent_sentence, critical=True)

    async def do_pause(self) -> None:
        """Pause the run between two letters, or go on with those that wait."""
        job = self.sending()
        if job is not None:
            self.brygga.jobs.cancel(job)
            self.say(_("Pausing after the letter that is under way; Z goes on."))
            return
        waiting = [
            letter
            for line in (self.desk.rows if self.desk else ())
            for letter in line.letters
            if letter.state is LetterState.QUEUED
        ]
        if waiting:
            await self._start(waiting[0].kind, waiting[0].language, [])

    def do_template(self) -> None:
        """Choose a letter and change its wording."""
        from tui.screens.invite_dialogs import LetterChoice

        language = self.brygga.settings.ui.language
        self.brygga.ask(
            LetterChoice(_("The wording of letters"), _("Open"), list(LetterKind), language), self._edit
        )

    async def _edit(self, answer: tuple[LetterKind, str]) -> None:
        from core.usecases.invite_letters import template
        from tui.screens.invite_dialogs import LetterDialog

        shown = await template(await self.context(), *answer)
        self.brygga.ask(LetterDialog(shown), lambda _saved: self.say(_("The letter is saved."), Tone.GOOD))
