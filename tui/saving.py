"""What stands on the screen, as a file: a table as xlsx or CSV, the screen itself as a picture."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from core.clock import today
from core.files import shown
from core.i18n import _, ngettext
from core.money import parse_amount
from tui.actions import SCREENS
from tui.paint import safe
from tui.theme import Tone
from tui.widgets.columns import Column
from tui.widgets.table import Table
from tui.work import hand_over_notes

if TYPE_CHECKING:
    from core.register import EngagementStatus
    from core.usecases.tables import Cell
    from tui.page import Page

AMOUNT: Final = re.compile(r"[-\u2212]?[\d\s\u00a0]*\d,\d\d\Z")
DAY: Final = re.compile(r"\d{4}-\d\d-\d\d\Z")
SIGN: Final = re.compile(r"^[○●▲✓✕·◆] +")
FONT_FACES: Final = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
GENERATOR: Final = re.compile(r"<!--.*?-->\s*", re.DOTALL)


def heading_of(page: Page) -> str:
    """The screen's name, with the client and the year that it shows."""
    title = next((_(title) for name, title, _short in SCREENS if name == page.page), "brygga")
    row: EngagementStatus | None = getattr(page, "row", None)
    if row is None or row.engagement is None:
        return title
    return f"{title} {row.client.name} {row.engagement.year.label}"


def value_of(text: str, column: Column) -> Cell:
    """A cell as a spreadsheet counts with it: an amount, a day, else the words without their sign."""
    from core.usecases.tables import Money

    shown = safe(text).strip()
    if shown in {"", "–"}:
        return None
    if column.right and AMOUNT.match(shown):
        return Money(parse_amount(shown))
    if DAY.match(shown):
        return date.fromisoformat(shown)
    return SIGN.sub("", shown)


def values_of(table: Table[Any]) -> list[list[Cell]]:
    """The rows that are meant, in the order shown."""
    return [
        [value_of(text, column) for (text, _tone), column in zip(cells, table.columns, strict=True)]
        for cells in map(table.cells_of, table.chosen)
    ]


def ask_table(page: Page) -> None:
    """Ask where the focused table is to be saved, and save it there."""
    from core.usecases.tables import free_name, save_table
    from tui.screens.dialogs import FormDialog
    from tui.widgets.form import Form, Note, TextField

    table = page.focused
    if not isinstance(table, Table) or not table.count:
        page.say(_("The list is empty."), Tone.WARN)
        return
    day = today(page.brygga.clock)
    title = heading_of(page)
    count = len(table.chosen)

    async def check(form: Form) -> Path | None:
        path = Path(form.text("path"))
        if not form.text("path"):
            form.fail("path", _("Write where the file is to lie."))
            return None
        heads = [_(column.title) if column.title else "" for column in table.columns]
        return await save_table(path, title, heads, values_of(table), day)

    about = ngettext("{count} row is saved.", "{count} rows are saved.", count).format(count=count)
    fields = [
        Note("about", about),
        Note("form", _("The ending decides: .xlsx for Excel, .csv for other programs.")),
        *hand_over_notes(reading=False),
        TextField("path", _("File"), width=60).fill(str(free_name(f"{name_of(title)}-{day}.xlsx"))),
    ]
    page.brygga.ask(
        FormDialog(_("Save the table to a file"), fields, _("Save"), check),
        lambda path: page.say(_("Saved: {path}.").format(path=shown(path)), Tone.GOOD),
    )


async def save_screen(page: Page) -> None:
    """A picture of the page as it stands, under a free name in the home folder."""
    from core.usecases.tables import free_name, save_picture

    title = heading_of(page)
    path = free_name(f"{name_of(title)}-{today(page.brygga.clock)}.svg")
    await save_picture(path, tidy(page.brygga.export_screenshot(title=safe(title), simplify=True)))
    page.say(_("Saved: {path}.").format(path=shown(path)), Tone.GOOD)


def tidy(svg: str) -> str:
    """The picture without fonts from elsewhere, and with its spaces."""
    svg = FONT_FACES.sub("", GENERATOR.sub("", svg))
    return svg.replace("<text ", '<text xml:space="preserve" ')


def name_of(title: str) -> str:
    """A title as the name of a file: its letters and digits."""
    return "-".join(re.findall(r"\w+", safe(title)))[:60].strip("-") or "brygga"
