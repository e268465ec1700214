"""Documents as PDF, where reportlab is installed (the extra ``pdf``)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any
from xml.sax.saxutils import escape

from core.errors import UsageError
from core.i18n import _
from core.money import MINUS, NO_BREAK_SPACE
from core.output.document import Document, Kind, Sheet
from core.output.textual_forms import shown
from core.text import clean

_POINTS_A_CHARACTER = 4.4
_FONT_SIZE = 7


def can_write_pdf() -> bool:
    """Whether reportlab is there."""
    return find_spec("reportlab") is not None


def to_pdf(document: Document) -> bytes:
    """A4 on the side, a page or more a sheet, company and date in the head of every page.

    Raises:
        UsageError: ``usage``: reportlab is not installed.
    """
    if not can_write_pdf():
        raise UsageError(
            "usage",
            _("This brygga cannot write PDF."),
            _("The package reportlab is not installed."),
            _("Install brygga with the extra pdf, or choose --format xlsx."),
        )
    from reportlab.lib.pagesizes import A4, landscape  # type: ignore[import-not-found,import-untyped,unused-ignore] # an optional extra
    from reportlab.platypus import PageBreak, SimpleDocTemplate  # type: ignore[import-not-found,import-untyped,unused-ignore] # an optional extra

    story: list[Any] = []
    for sheet in document.sheets:
        if story:
            story.append(PageBreak())
        story.extend(_story(sheet))
    target = io.BytesIO()
    template = SimpleDocTemplate(
        target,
        pagesize=landscape(A4),
        leftMargin=36,
        rightMargin=36,
        topMargin=48,
        bottomMargin=36,
        title=_printable(document.heading),
        author="brygga",
        invariant=1,
    )

    def head(canvas: Any, page: Any) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(36, landscape(A4)[1] - 28, _printable(document.heading[:90]))
        canvas.drawRightString(landscape(A4)[0] - 36, landscape(A4)[1] - 28, document.date.isoformat())
        canvas.drawRightString(landscape(A4)[0] - 36, 20, str(page.page))

    template.build(story, onFirstPage=head, onLaterPages=head)
    return target.getvalue()


def _story(sheet: Sheet) -> Iterator[Any]:
    from reportlab.lib.styles import getSampleStyleSheet  # type: ignore[import-not-found,import-untyped,unused-ignore] # an optional extra
    from reportlab.platypus import Paragraph, Spacer  # type: ignore[import-not-found,import-untyped,unused-ignore] # an optional extra

    styles = getSampleStyleSheet()
    yield Paragraph(escape(_printable(clean(sheet.title, None))), styles["Heading3"])
    if sheet.rows:
        yield _table(sheet)
    yield Spacer(1, 6)
    for note in sheet.notes:
        yield Paragraph(escape(_printable(clean(note, None))), styles["BodyText"])


def _printable(text: str) -> str:
    """Text in the characters of the standard fonts, Western European ones."""
    plain = text.replace(MINUS, "-").replace(NO_BREAK_SPACE, " ")
    return plain.encode("cp1252", "replace").decode("cp1252")


def _table(sheet: Sheet) -> Any:
    from reportlab.platypus import LongTable, TableStyle  # type: ignore[import-not-found,import-untyped,unused-ignore] # an optional extra

    cells = [[_printable(column.head) for column in sheet.columns]]
    cells += [[_printable(shown(cell)) for cell in row.cells] for row in sheet.rows]
    style: list[tuple[Any, ...]] = [
        ("FONT", (0, 0), (-1, -1), "Helvetica", _FONT_SIZE),
        ("FONT", (0, 0), (-1, 0), "Helvetica-Bold", _FONT_SIZE),
        ("LINEBELOW", (0, 0), (-1, 0), 0.5, "black"),
        ("TOPPADDING", (0, 0), (-1, -1), 1),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
    ]
    style += [
        ("ALIGN", (at, 0), (at, -1), "RIGHT")
        for at, column in enumerate(sheet.columns)
        if column.kind is Kind.MONEY
    ]
    style += [
        ("FONT", (0, at + 1), (-1, at + 1), "Helvetica-Bold", _FONT_SIZE)
        for at, row in enumerate(sheet.rows)
        if row.strong
    ]
    widths = [column.width * _POINTS_A_CHARACTER for column in sheet.columns]
    return LongTable(cells, colWidths=widths, repeatRows=1, style=TableStyle(style))
