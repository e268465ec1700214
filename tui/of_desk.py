"""What the desk's lists and letters are hung on: the page of the invitation desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.page import Page
from tui.widgets.table import Table

if TYPE_CHECKING:
    from core.usecases.invite_desk import Desk, DeskRow


class DeskPage(Page):
    """A page with the desk's lines in a table."""

    table: Table[DeskRow]

    def __init__(self) -> None:
        super().__init__()
        self.desk: Desk | None = None

    @property
    def rows(self) -> list[str]:
        """The ids of the rows that are marked, or of the one under the cursor."""
        return [line.row.id for line in self.table.marked if line.row]
