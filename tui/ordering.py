"""What a person decides about closing vouchers: their order, which are left out, what becomes of a stuck one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from core.i18n import _, ngettext
from core.register import ClosingVoucher, VoucherState
from tui.making import MakingVouchers
from tui.theme import Tone

if TYPE_CHECKING:
    from core.usecases.context import Context

LOCAL: Final = frozenset({"earlier", "later", "leave_out", "release", "last_year", "result"})
Decide: TypeAlias = "Callable[[Context, str], Awaitable[ClosingVoucher]]"


class OrderingVouchers(MakingVouchers):
    """The actions of the closing vouchers that need a person's judgement."""

    def why_not_order(self, action: str) -> str | None:
        """What stands in the way of these actions."""
        if action in LOCAL and (reason := self.locked_reason()):
            return reason
        needing = {"earlier", "later", "leave_out", "release", "keep_template"}
        if action in needing and self.table.current is None:
            return _("There is no closing voucher yet; n writes one.")
        if action == "release" and not any(_is_stuck(one) for one in self.table.marked):
            return _(
                "Only a voucher whose fate a person must decide is released; brygga looks up the others."
            )
        if action == "leave_out" and any(one.state is VoucherState.POSTED for one in self.table.marked):
            return _("It stands in Fortnox; z makes a voucher that takes it out again.")
        return None

    async def do_earlier(self) -> None:
        """One place up in the order in which vouchers of a day are sent."""
        await self._move(-1)

    async def do_later(self) -> None:
        """One place down."""
        await self._move(1)

    async def _move(self, by: int) -> None:
        from core.usecases.voucher_order import move_voucher

        voucher = self.table.current
        assert voucher is not None
        await move_voucher(await self.context(), voucher.id, by)
        await self.reload()
        if self.table.sorted_by:
            self.say(_("Moved. The list is sorted by a column now; o brings its own order back."))

    async def do_leave_out(self) -> None:
        """Leave the vouchers out, or take those that are left out back as drafts."""
        from core.usecases.voucher_order import exclude_voucher, include_voucher

        chosen = self.table.marked
        back = all(one.state is VoucherState.EXCLUDED for one in chosen)
        await self._decide(include_voucher if back else exclude_voucher, chosen)
        if back:
            text = ngettext("{count} taken back as a draft.", "{count} taken back as drafts.", len(chosen))
        else:
            text = ngettext(
                "{count} left out: neither sent nor counted. U takes it back.",
                "{count} left out: neither sent nor counted. U takes them back.",
                len(chosen),
            )
        self.say(text.format(count=len(chosen)), Tone.GOOD)

    async def _decide(self, decide: Decide, chosen: Sequence[ClosingVoucher]) -> None:
        ctx = await self.context()
        for voucher in chosen:
            await decide(ctx, voucher.id)
        self.table.clear_marks()
        self.clear_trouble()
        await self.reload()

    def do_release(self) -> None:
        """Ask whether it is really not in Fortnox, then make it ready to be sent again."""
        from core.usecases.voucher_order import release_voucher
        from tui.screens.dialogs import Question

        stuck = [one for one in self.table.marked if _is_stuck(one)]

        async def release(_answer: Any) -> None:
            await self._decide(release_voucher, stuck)
            self.say(_("Ready to export. Press e to export."), Tone.GOOD)

        lines = [f"{one.date} {one.text}" for one in stuck[:5]]
        lines.append(
            _(
                "Look in Fortnox under Bokföring, Verifikationer first. If it is there, leave it out with U instead."
            )
        )
        lines.append(_("If it is not there, it is made ready and can be sent once more."))
        self.brygga.ask(Question(_("Is the voucher not in Fortnox?"), lines, _("It is not there")), release)

    async def do_last_year(self) -> None:
        """Last year's closing vouchers as drafts of this year."""
        from core.usecases.voucher_making import add_from_last_year

        made = await add_from_last_year(await self.context(), self.engagement_id)
        if made:
            self.brygga.voucher_id = made[0].id
        await self.reload()
        if not made:
            self.say(_("Last year has no closing vouchers that are not here already."))
            return
        text = ngettext(
            "{count} taken over from last year as a draft. u undoes.",
            "{count} taken over from last year as drafts. u undoes.",
            len(made),
        )
        self.say(text.format(count=len(made)), Tone.GOOD)

    async def do_result(self) -> None:
        """The voucher that moves the year's result to equity, as a draft."""
        from core.usecases.voucher_making import add_result_voucher, why_no_result

        made = await add_result_voucher(await self.context(), self.engagement_id)
        if made is not None:
            self.brygga.voucher_id = made.id
        await self.reload()
        if made is not None:
            self.say(_("A draft of the year's result; enter opens it. u undoes."), Tone.GOOD)
        elif self.row is not None:
            self.say(why_no_result(self.row.client))

    def do_keep_template(self) -> None:
        """Ask for a name and keep the voucher's accounts as a template of the firm."""
        from tui.screens.dialogs import FormDialog
        from tui.widgets.form import Form, Note, TextField

        voucher = self.table.current
        assert voucher is not None

        async def check(form: Form) -> str | None:
            from core.usecases.voucher_making import save_template

            if not form.text("name"):
                form.fail("name", _("A template needs a name."))
                return None
            return (await save_template(await self.context(), voucher.id, form.text("name"))).name

        def kept(name: Any) -> None:
            self.say(_("Kept as {name}. M makes vouchers from it.").format(name=name), Tone.GOOD)

        fields = [
            Note(
                "about", _("Accounts and sides are kept, not the amounts. One of the same name is replaced.")
            ),
            TextField("name", _("Name"), width=48).fill(voucher.text),
        ]
        self.brygga.ask(FormDialog(_("Keep as a template of the firm"), fields, _("Keep"), check), kept)


def _is_stuck(voucher: ClosingVoucher) -> bool:
    return voucher.undecided
