"""The receipts of an engagement's exports: what was posted, by whom and when; to a file as JSON or PDF."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from textual.widget import Widget

from core.fence import own_place
from core.files import shown
from core.i18n import _, mark
from core.money import parse_amount, to_swedish
from core.register import EngagementStatus
from tui.of_engagement import OfEngagement
from tui.paint import Line, Span, columns
from tui.saving import name_of
from tui.theme import Tone
from tui.widgets.columns import Column
from tui.widgets.table import Table
from tui.wording import lesson, moment
from tui.work import hand_over_notes, named_path

if TYPE_CHECKING:
    from core.usecases.context import Context
    from core.usecases.receipts import Receipt

COLUMNS: Final = (
    Column("at", mark("When"), 16),
    Column("person", mark("Who")),
    Column("series", mark("Series"), 6),
    Column("count", mark("Count"), 8, right=True),
    Column("sum", mark("Turnover"), 15, right=True),
)


def cells_of(receipt: Receipt) -> Sequence[Span]:
    """The cells in the order of ``COLUMNS``."""
    body: Any = receipt.body
    return (
        (moment(receipt.made_at), Tone.PLAIN),
        (receipt.person, Tone.PLAIN),
        (", ".join(body["series"]), Tone.PLAIN),
        (str(body["count"]), Tone.PLAIN),
        (to_swedish(parse_amount(body["sum"])), Tone.PLAIN),
    )


def receipt_lines(receipt: Receipt, width: int) -> list[Line]:
    """The vouchers of a receipt with number, sum and the beginning of the hash."""
    body: Any = receipt.body
    lines = [*columns([(_("Receipt"), receipt.id)], width), ()]
    for line in body["vouchers"]:
        amount = to_swedish(parse_amount(line["sum"] or "0"))
        lines.append(
            ((f" {line['series']} {line['number']} ", Tone.STRONG), (line["text"] or "–", Tone.PLAIN))
        )
        lines.append(((f"   {line['date'] or ''} {amount:>16}  {line['sha256'][:12]}", Tone.DIM),))
    return lines


class ReceiptsPage(OfEngagement):
    """The engagement's receipts, the newest first."""

    page = "receipts"
    has_pane = True

    def body(self) -> Iterable[Widget]:
        """The receipts, and what is on the one under the cursor."""
        self.table: Table[Receipt] = Table(COLUMNS, cells=cells_of, key=lambda one: one.id, markable=False)
        yield self.table

    async def load_engagement(self, ctx: Context, row: EngagementStatus) -> None:  # noqa: ARG002
        """The receipts."""
        from core.usecases.receipts import list_receipts

        self.entitle_engagement(_("Receipts of exports"))
        self.table.show(
            await list_receipts(ctx, self.engagement_id),
            lesson(
                _(
                    "Every export that posts something leaves a receipt: numbers, sums, hashes, person and time."
                ),
                _("Nothing has been exported yet. Press 6, then e."),
            ),
        )

    def show_lesson(self, lines: Sequence[Line]) -> None:
        """In the place of the receipts."""
        self.table.show([], lines)

    def details(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002
        """What is on the receipt."""
        receipt = self.table.current
        return receipt_lines(receipt, width) if receipt else ()

    def on_table_opened(self) -> None:
        """The whole receipt, where there is no pane."""
        from tui.screens.dialogs import READING_WIDTH, Reading

        receipt = self.table.current
        if receipt is not None:
            lines = receipt_lines(receipt, READING_WIDTH)
            self.brygga.ask(Reading(_("Receipt of an export to Fortnox"), lines))

    def why_not(self, action: str) -> str | None:
        """There must be a receipt."""
        if action in {"open", "write_file"} and self.table.current is None:
            return _("There is no receipt: nothing has been exported.")
        return None

    def do_write_file(self) -> None:
        """Ask where the receipt is to lie."""
        from tui.screens.dialogs import FormDialog
        from tui.widgets.form import Form, Note, TextField

        receipt = self.table.current
        assert receipt is not None

        async def check(form: Form) -> Path | None:
            from core.usecases.receipt_files import write_receipt

            if not form.text("path"):
                form.fail("path", _("Write where the file is to lie."))
                return None
            path = named_path(form.text("path"))
            await write_receipt(receipt, path)
            return path

        def done(path: Any) -> None:
            self.say(_("Written to {path}").format(path=shown(path)), Tone.GOOD)

        whose = self.row.client.number or self.row.client.name if self.row else ""
        name = name_of(f"kvitto {whose} {receipt.made_at:%Y-%m-%d}")
        fields = [
            Note("about", _("JSON, or PDF when the name ends in .pdf. An existing file is left alone.")),
            *hand_over_notes(reading=False),
            TextField("path", _("File"), width=54).fill(str(own_place() / f"{name}.json")),
        ]
        self.brygga.ask(
            FormDialog(_("Write the receipt to a file"), fields, _("Write the file"), check), done
        )
