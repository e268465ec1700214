"""What was being written in the editor, as a draft: also what is only half a voucher yet."""

from __future__ import annotations

from datetime import date

from core.i18n import _
from core.model import Row
from core.register import DraftVoucher
from tui.widgets.grid import VoucherGrid
from tui.widgets.voucher_rows import amount_of


def rescued(grid: VoucherGrid, day: date, person: str) -> DraftVoucher:
    """The voucher as far as it can be understood; what cannot stands in its text. ``day`` where the date is none."""
    rows: list[Row] = []
    loose: list[str] = []
    for row in grid.rows:
        account, debit, credit = row.account.text.strip(), amount_of(row.debit), amount_of(row.credit)
        known = bool(account) and (not grid.chart.names or account in grid.chart.names)
        if known and debit is not None and credit is not None:
            rows.append(Row(account, debit - credit, row.text.text.strip(), row.objects))
        elif not row.empty:
            cells = (row.account, row.debit, row.credit, row.text)
            loose.append(" ".join(cell.text.strip() for cell in cells if cell.text.strip()))
    try:
        written = date.fromisoformat(grid.date.text.strip())
    except ValueError:
        written = day
    notes = [_("unsaved, {person}").format(person=person), *loose]
    return DraftVoucher(written, f"{grid.text.text.strip()} ({'; '.join(notes)})".strip(), tuple(rows))
