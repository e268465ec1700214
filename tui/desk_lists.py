"""The desk's batches out and lists in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from core.fence import own_place
from core.files import shown
from core.i18n import _, ngettext
from tui.of_desk import DeskPage
from tui.paint import fit
from tui.theme import Tone
from tui.work import existing_file, hand_over_notes, named_path

if TYPE_CHECKING:
    from core.usecases.invite_batch import Batch
    from core.usecases.invite_list import PlannedRow
    from tui.widgets.form import Form


MOST_FAULTS: Final = 5
MOST_ROWS: Final = 8
"""Lines of the preview, so that it fits on 24 rows."""


class DeskLists(DeskPage):
    """Export, the copy view, and reading a list."""

    def do_export(self) -> None:
        """The next batch to a file."""
        from tui.screens.dialogs import FormDialog
        from tui.widgets.form import Note, TextField

        now = self.desk
        if now is None:
            return
        planned = now.batches
        lines = [
            ngettext(
                "{count} row is written in the order of Digital byrå's list, and marked as exported.",
                "{count} rows are written in the order of Digital byrå's list, and marked as exported.",
                len(planned.current),
            ).format(count=len(planned.current))
        ]
        if planned.queued:
            lines.append(_("{count} more wait for the next batch.").format(count=len(planned.queued)))
        if planned.unfit:
            lines.append(
                _("{count} are kept out by a check; their status says why.").format(count=len(planned.unfit))
            )
        proposal = own_place() / _("batch-{number}.xlsx").format(number=planned.number)
        field = TextField("path", _("File"), _("The end chooses: .xlsx or .csv"), width=54).fill(
            str(proposal)
        )
        fields = [
            *(Note(f"line{place}", line) for place, line in enumerate(lines)),
            *hand_over_notes(reading=False),
            field,
        ]
        title = _("Export batch {number}").format(number=planned.number)
        self.brygga.ask(FormDialog(title, fields, _("Write the file"), _path_of), self._export)

    async def _export(self, path: Path) -> None:
        from core.usecases.invite_batch import export_batch

        done: Batch = await export_batch(await self.context(), path)
        self.table.clear_marks()
        await self.reload()
        text = ngettext("{count} row written to {path}.", "{count} rows written to {path}.", len(done.rows))
        self.say(text.format(count=len(done.rows), path=shown(done.path or path)), Tone.GOOD)

    def do_fields(self) -> None:
        """The batch field by field, for copying."""
        self.brygga.open_page("fields")

    def do_read_file(self) -> None:
        """Ask for a list and show what it would do."""
        from tui.screens.dialogs import FormDialog
        from tui.widgets.form import Note, TextField

        async def check(form: Form) -> tuple[bytes, list[PlannedRow]] | None:
            from core.files import read_regular_file
            from core.usecases.invite_list import preview_list

            path = await asyncio.to_thread(existing_file, form.text("path"))
            if path is None:
                form.fail("path", _("There is no such file."))
                return None
            data = await asyncio.to_thread(read_regular_file, path)
            return data, await preview_list(await self.context(), data)

        fields = [
            Note(
                "about",
                _(
                    "CSV with a first row such as: klient;namn;e-post;mobilnummer. You see the rows before they are read."
                ),
            ),
            *hand_over_notes(reading=True),
            TextField("path", _("File"), _("For example ~/klientanvandare.csv"), width=54),
        ]
        self.brygga.ask(FormDialog(_("Read a list"), fields, _("Look at it"), check), self._preview)

    def _preview(self, answer: tuple[bytes, list[PlannedRow]]) -> None:
        from core.usecases.invite_list import fault_sentence
        from tui.screens.dialogs import Question

        data, planned = answer
        good = [one for one in planned if one.row]
        added = sum(one.change == "add" for one in good)
        lines = [
            _("New rows: {added}. Rows that are changed: {changed}.").format(
                added=added, changed=len(good) - added
            )
        ]
        faults = [fault_sentence(one.line, fault) for one in planned for fault in one.faults]
        lines += _beginning(faults, MOST_FAULTS)
        lines += _beginning([_row_line(one) for one in good], MOST_ROWS - len(faults[:MOST_FAULTS]))
        if not good:
            lines.append(_("No row can be read."))
        go_on = _("Read the right ones") if faults else _("Read them")

        async def read(_answer: bool) -> None:
            from core.usecases.invite_list import read_list

            done = await read_list(await self.context(), data, skip_faulty=True)
            await self.reload()
            text = _("{added} added, {changed} changed, {faulty} left out.")
            self.say(text.format(added=done.added, changed=done.changed, faulty=len(done.faulty)), Tone.GOOD)

        self.brygga.ask(Question(_("What the list holds"), lines, go_on), read if good else None)


def _beginning(lines: Sequence[str], most: int) -> list[str]:
    """The first ones, and how many more there are."""
    left = len(lines) - most
    return [*lines[:most], _("and {count} more").format(count=left)] if left > 0 else list(lines)


def _row_line(one: PlannedRow) -> str:
    """``Row 2: Bageri AB · Åsa Öberg · asa@example.com``, in one line of a dialog at 80 columns."""
    assert one.client is not None
    assert one.row is not None
    text = f"{one.client.name} · {one.row.name} · {one.row.email}"
    return fit(_("Row {line}: {text}").format(line=one.line, text=text), 72).rstrip()


def _path_of(form: Form) -> Path | None:
    path = named_path(form.text("path"))
    if path.suffix.casefold() not in {".csv", ".xlsx"}:
        form.fail("path", _("The name ends in .xlsx or .csv."))
    elif path.exists():
        form.fail("path", _("The file exists already; choose another name."))
    else:
        return path
    return None
