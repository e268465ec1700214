"""What the page of closing vouchers makes of vouchers: copies, reversals, corrections, templates; and the proof."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from core.i18n import _, ngettext
from core.register import ClosingVoucher, VoucherState
from tui.of_engagement import OfEngagement
from tui.theme import Tone
from tui.widgets.table import Table

if TYPE_CHECKING:
    from core.usecases.context import Context
    from core.usecases.proofs import ProofResult

LEFT = frozenset({VoucherState.POSTED, VoucherState.EXPORTED})
MAKING = frozenset({"twin", "reverse", "correct"})
Make: TypeAlias = "Callable[[Context, Sequence[str]], Awaitable[list[ClosingVoucher]]]"


class MakingVouchers(OfEngagement):
    """The actions of the closing vouchers that make something new."""

    table: Table[ClosingVoucher]

    def why_not_make(self, action: str) -> str | None:
        """What stands in the way of these actions."""
        if action in MAKING | {"template"} and (reason := self.locked_reason()):
            return reason
        if action in MAKING and self.table.current is None:
            return _("There is no closing voucher yet; n writes one.")
        if action == "correct" and not all(one.state in LEFT for one in self.table.marked):
            return _("It is not in the books: change the voucher itself.")
        return None

    async def do_twin(self) -> None:
        """Copies as drafts."""
        from core.usecases.voucher_making import copy_vouchers

        await self._make(copy_vouchers, self.table.marked)

    async def do_reverse(self) -> None:
        """Reversals on the next year's first day."""
        from core.usecases.voucher_making import reverse_vouchers

        await self._make(reverse_vouchers, self.table.marked)

    async def do_correct(self) -> None:
        """Drafts that take posted vouchers out again."""
        from core.usecases.voucher_making import correct_vouchers

        await self._make(correct_vouchers, self.table.marked)

    async def _make(self, make: Make, chosen: Sequence[ClosingVoucher]) -> None:
        made = await make(await self.context(), [one.id for one in chosen])
        self.table.clear_marks()
        self.clear_trouble()
        self.brygga.voucher_id = made[0].id
        await self.reload()
        days = ", ".join(sorted({str(one.date) for one in made}))
        text = ngettext(
            "{count} made, dated {days}. u undoes.", "{count} made, dated {days}. u undoes.", len(made)
        )
        self.say(text.format(count=len(made), days=days), Tone.GOOD)

    async def do_undo(self) -> None:
        """Take back the latest change of the engagement's vouchers, whoever's it was."""
        from core.usecases.voucher_order import undo

        undone = await undo(await self.context(), self.engagement_id)
        await self.reload()
        something = undone.restored or undone.removed
        self.say(_("Undone.") if something else _("There is nothing to undo."))

    def vouchers_shown(self) -> Sequence[ClosingVoucher]:
        """The vouchers on the page."""
        raise NotImplementedError

    async def do_template(self) -> None:
        """Choose a template; the draft opens with its accounts."""
        from core.usecases.voucher_making import list_templates
        from tui.screens.dialogs import FormDialog
        from tui.widgets.form import ChoiceField, Form, TextField

        known = await list_templates(await self.context(), self.engagement_id)
        names = [(one.name, one.name) for one in known]

        def check(form: Form) -> tuple[str, int] | None:
            from core.money import parse_amount

            choice = form.field("name")
            assert isinstance(choice, ChoiceField)
            try:
                return choice.value, parse_amount(form.text("amount") or "0")
            except ValueError:
                form.fail("amount", _("Write an amount, for example 30 000,00."))
                return None

        fields = [
            ChoiceField("name", _("Template"), _("← and → choose."), options=names),
            TextField("amount", _("Amount"), _("May be filled in later."), width=16),
        ]
        self.brygga.ask(FormDialog(_("Voucher from a template"), fields, _("Make it"), check), self._use)

    async def _use(self, answer: Any) -> None:
        from core.usecases.voucher_making import add_from_template

        name, amount = answer
        made = await add_from_template(
            await self.context(), self.engagement_id, name, [amount] if amount else []
        )
        self.brygga.voucher_id = made.id
        await self.reload()
        self.say(_("A draft of {name}; enter opens it.").format(name=name), Tone.GOOD)


async def start_proof(page: OfEngagement) -> None:
    """Import the engagement shown once more and show what its exports did to the books, as a job."""
    from core.usecases.proofs import prove_export

    ctx, engagement_id = await page.context(), page.engagement_id
    client = page.row.client.name if page.row else ""

    async def work(report: Any) -> ProofResult:
        return await prove_export(ctx, engagement_id, progress=report)

    page.brygga.jobs.start(_("Proof"), client, work, summary=proof_sentence)


def proof_sentence(result: ProofResult) -> str:
    """What a proof found, in one or two sentences."""
    found = result.proof
    if found.holds:
        text = ngettext(
            "The books changed by exactly our {count} voucher.",
            "The books changed by exactly our {count} vouchers.",
            len(found.found),
        ).format(count=len(found.found))
    else:
        others = len(found.added) + len(found.removed) + len(found.changed)
        text = _("Ours missing {missing}, ours changed {altered}, others' changes {others}.").format(
            missing=len(found.missing), altered=len(found.altered), others=others
        )
    if not result.lags:
        return text
    lag = ngettext(
        "{count} opening balance lags behind.", "{count} opening balances lag behind.", len(result.lags)
    )
    return " ".join((text, lag.format(count=len(result.lags)), result.carry_path))
