"""Documents as PDF, where reportlab is installed (the extra ``pdf``)."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Any
from xml.sax.saxutils import escape

from core.errors import UsageError
from core.i18n import _
from core.money import MINUS, NO_BREAK_SPACE
from core.output.document import Cell, Document, Kind, Sheet
from core.output.textual_forms import shown
from core.text import clean

_POINTS_A_CHARACTER = 4.6
_FONT_SIZE = 7
_PADDING = 3
_MARGIN = 36
_PAGE_WIDTH = 842 - 2 * _MARGIN
"""A4 on the side between its margins, in points."""
_PLAIN, _BOLD = "Helvetica", "Helvetica-Bold"


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
        story.extend(_story(sheet, document.title_of(sheet)))
    target = io.BytesIO()
    template = SimpleDocTemplate(
        target,
        pagesize=landscape(A4),
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
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


def _story(sheet: Sheet, title: str) -> Iterator[Any]:
    from reportlab.lib.styles import getSampleStyleSheet  # type: ignore[import-not-found,import-untyped,unused-ignore] # an optional extra
    from reportlab.platypus import Paragraph, Spacer  # type: ignore[import-not-found,import-untyped,unused-ignore] # an optional extra

    styles = getSampleStyleSheet()
    said = styles["BodyText"].clone("note", fontSize=8, leading=10, spaceBefore=1)
    yield Paragraph(escape(_printable(title)), styles["Heading3"])
    if sheet.rows:
        yield pdf_table(sheet)
    yield Spacer(1, 6)
    for note in sheet.notes:
        yield Paragraph(escape(_printable(clean(note, None))), said)


def _printable(text: str) -> str:
    """Text in the characters of the standard fonts, Western European ones."""
    plain = text.replace(MINUS, "-").replace(NO_BREAK_SPACE, " ")
    return plain.encode("cp1252", "replace").decode("cp1252")


def pdf_table(sheet: Sheet) -> Any:
    """The table within the margins: columns share the page, a text that is too long for its column is wrapped."""
    from reportlab.platypus import LongTable, TableStyle  # type: ignore[import-not-found,import-untyped,unused-ignore] # an optional extra

    whole = sum(column.width for column in sheet.columns)
    scale = min(_POINTS_A_CHARACTER, _PAGE_WIDTH / whole)
    widths = [column.width * scale for column in sheet.columns]
    heads = [_printable(column.head) for column in sheet.columns]
    right = [column.kind is Kind.MONEY for column in sheet.columns]
    cells = [_fitted(heads, widths, right, _BOLD)]
    cells += [
        _fitted(
            [_printable(_full(cell)) for cell in row.cells], widths, right, _BOLD if row.strong else _PLAIN
        )
        for row in sheet.rows
    ]
    style: list[tuple[Any, ...]] = [
        ("FONT", (0, 0), (-1, -1), _PLAIN, _FONT_SIZE),
        ("FONT", (0, 0), (-1, 0), _BOLD, _FONT_SIZE),
        ("LINEBELOW", (0, 0), (-1, 0), 0.5, "black"),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 1),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
        ("LEFTPADDING", (0, 0), (-1, -1), _PADDING),
        ("RIGHTPADDING", (0, 0), (-1, -1), _PADDING),
    ]
    style += [("ALIGN", (at, 0), (at, -1), "RIGHT") for at, is_money in enumerate(right) if is_money]
    style += [
        ("FONT", (0, at + 1), (-1, at + 1), _BOLD, _FONT_SIZE)
        for at, row in enumerate(sheet.rows)
        if row.strong
    ]
    return LongTable(cells, colWidths=widths, repeatRows=1, hAlign="LEFT", style=TableStyle(style))


def _full(cell: Cell) -> str:
    """The cell as people read it, never cut."""
    return clean(cell, None) if isinstance(cell, str) else shown(cell)


def _fitted(texts: Sequence[str], widths: Sequence[float], right: Sequence[bool], font: str) -> list[Any]:
    """Cells as plain text where they fit on a line, which is fast, else as paragraphs that wrap."""
    from reportlab.lib.enums import TA_LEFT, TA_RIGHT  # type: ignore[import-not-found,import-untyped,unused-ignore] # an optional extra
    from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-not-found,import-untyped,unused-ignore] # an optional extra
    from reportlab.pdfbase.pdfmetrics import stringWidth  # type: ignore[import-not-found,import-untyped,unused-ignore] # an optional extra
    from reportlab.platypus import Paragraph

    def style(alignment: int) -> Any:
        return ParagraphStyle(font, fontName=font, fontSize=_FONT_SIZE, leading=8.5, alignment=alignment)

    return [
        text
        if stringWidth(text, font, _FONT_SIZE) <= width - 2 * _PADDING
        else Paragraph(escape(text), style(TA_RIGHT if to_the_right else TA_LEFT))
        for text, width, to_the_right in zip(texts, widths, right, strict=True)
    ]
