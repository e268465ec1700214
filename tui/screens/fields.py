"""The batch field by field: enter copies a value and goes on to the next, for typing into Digital byrå."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from textual.widget import Widget

from core.i18n import _, mark
from tui.page import Page
from tui.paint import Span
from tui.theme import Tone
from tui.widgets.columns import Column
from tui.widgets.table import Table
from tui.wording import lesson

if TYPE_CHECKING:
    from core.usecases.invite_batch import CopyField

COLUMNS: Final = (
    Column("place", mark("Place"), 5, right=True),
    Column("client", mark("Client"), 24),
    Column("label", mark("Field"), 22),
    Column("value", mark("Value")),
)


class FieldsPage(Page):
    """The batch that was exported last, or else the one that is next, in the order in which it is typed."""

    page = "fields"

    def body(self) -> Iterable[Widget]:
        """The values."""
        self.table: Table[CopyField] = Table(
            COLUMNS, cells=_cells, key=lambda one: f"{one.place} {one.label}", markable=False
        )
        yield self.table

    async def load(self) -> None:
        """The values of the batch."""
        from core.usecases.invite_batch import copy_fields, show_batch

        batch = await show_batch(await self.context(), await self._number())
        self.entitle(_("Batch {number}, field by field").format(number=batch.number))
        self.table.show(
            copy_fields(batch),
            lesson(
                _("The next batch is shown here value by value, for copying into Digital byrå."),
                _("No row can be handed over yet."),
            ),
        )

    async def _number(self) -> int | None:
        """The latest batch that is exported and not yet said to be invited; else the next one."""
        from core.invite.rows import InviteState
        from core.usecases.invite_desk import desk

        rows = [line.row for line in (await desk(await self.context())).rows if line.row]
        return max(
            (row.batch for row in rows if row.batch and row.state is InviteState.EXPORTED), default=None
        )

    async def on_table_opened(self) -> None:
        """Copy the value, then the next one is under the cursor."""
        one = self.table.current
        if one is None:
            return
        self.brygga.copy_to_clipboard(one.value)
        self.table.do_down()
        self.say(_("Copied: {label} of {client}.").format(label=one.label, client=one.client.name), Tone.GOOD)


def _cells(one: CopyField) -> Sequence[Span]:
    first = one.label == _("Name")
    return (
        (str(one.place), Tone.DIM),
        (one.client.name, Tone.STRONG if first else Tone.DIM),
        (one.label, Tone.DIM),
        (one.value, Tone.PLAIN),
    )
