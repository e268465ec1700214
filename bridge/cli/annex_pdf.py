"""Annexes as PDF for the binder, where the extra ``pdf`` is installed."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from bridge.cli.annex_files import Cell, heads, item_cells, total_rows
from core.errors import UsageError
from core.i18n import _
from core.model import Annex
from core.money import to_swedish
from core.text import clean


def to_pdf(title: str, annexes: Sequence[Annex]) -> bytes:
    """One page or more an annex, for the binder.

    Raises:
        UsageError: reportlab is not installed.
    """
    try:
        from reportlab.lib.pagesizes import A4, landscape  # type: ignore[import-not-found,import-untyped,unused-ignore] # an optional extra
        from reportlab.lib.styles import getSampleStyleSheet  # type: ignore[import-not-found,import-untyped,unused-ignore] # as above
        from reportlab.platypus import (  # type: ignore[import-not-found,import-untyped,unused-ignore] # as above
            PageBreak,
            Paragraph,
            SimpleDocTemplate,
            Table,
        )
    except ImportError as error:
        raise UsageError(
            "usage",
            _("This brygga cannot write PDF."),
            _("The package reportlab is not installed."),
            _("Install brygga with the extra pdf, or choose --format xlsx."),
        ) from error
    from xml.sax.saxutils import escape

    styles = getSampleStyleSheet()
    story: list[Any] = []
    for annex in annexes:
        if story:
            story.append(PageBreak())
        story.append(Paragraph(escape(clean(title, None)), styles["Heading2"]))
        head = _("Annex {account} as of {date}").format(account=annex.account, date=annex.date)
        story.append(Paragraph(escape(head), styles["Heading3"]))
        story.append(Table([list(heads()), *_pdf_rows(annex)], repeatRows=1))
    target = io.BytesIO()
    SimpleDocTemplate(target, pagesize=landscape(A4), title=clean(title), invariant=1).build(story)
    return target.getvalue()


def _pdf_rows(annex: Annex) -> Iterator[list[str]]:
    for item in annex.items or ():
        yield [_pdf_cell(cell) for cell in item_cells(annex.account, item)]
    for name, value in total_rows(annex):
        yield ["", "", name, *[""] * 6, to_swedish(int(value * 100)), "", ""]


def _pdf_cell(cell: Cell) -> str:
    if isinstance(cell, Decimal):
        return to_swedish(int(cell * 100))
    return clean(str(cell), 28) if cell else ""
