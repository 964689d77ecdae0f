"""Head and foot of the pages, and what the file says about itself."""

from __future__ import annotations

import datetime

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfdoc import PDFDictionary, PDFDocument, PDFInfo, PDFString
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Spacer, Table

from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.report.details import ReportDetails
from landmarkdiff.report.plan import procedure_line
from landmarkdiff.report.styles import ACCENT, CONTENT, FAINT, INK, MARGIN, PALE, PLAIN, RULE
from landmarkdiff.report.typeface import SANS
from landmarkdiff.report.writer import Writer
from landmarkdiff.version import __version__

__all__ = ["BOTTOM", "HEIGHT", "FileInfo", "draw_foot", "head"]

_TOP, BOTTOM = 15 * mm, 22 * mm
#: Height of the text on a page, points.
HEIGHT = A4[1] - _TOP - BOTTOM
_TITLE_SIZE = 17.0
#: Share of the width for the title; beside it stand the names.
_TITLE_SHARE = 0.68
#: Share of the width for the statement; beside it stands the page number.
_FOOT_SHARE = 0.84
#: Digits of the plan's hash in the foot; the details have all of them.
_HASH_DIGITS = 16


class FileInfo(PDFInfo):
    """Title and date alone: no author, no subject, no patient."""

    def __init__(self, date: datetime.date) -> None:
        super().__init__()
        self._date = date

    def format(self, document: PDFDocument) -> bytes:
        """Return the dictionary as it is written into the file."""
        stamp = PDFString(f"D:{self._date:%Y%m%d}000000Z")
        entries = {
            "Title": PDFString(self.title),
            "Producer": PDFString("LandmarkDiff"),
            "CreationDate": stamp,
            "ModDate": stamp,
        }
        return bytes(PDFDictionary(entries).format(document))


def head(
    writer: Writer, plan: SurgicalPlan, details: ReportDetails, *, several: bool
) -> list[Flowable]:
    """Return title, procedures, who and when, and what the pictures are."""
    texts = writer.texts
    title = texts("report.multi_title" if several else "report.title")
    room = _TITLE_SHARE * CONTENT - 8.0
    size = min(_TITLE_SIZE, _TITLE_SIZE * room / stringWidth(title, SANS, _TITLE_SIZE))
    what = procedure_line(writer, plan.procedures)
    sides = {plan.side_of(item) for item in plan.effects if not item.effect.midline}
    side = sides.pop() if len(sides) == 1 else plan.side if not sides else "both"
    if side != "both":
        what += f" \u00b7 {texts(f'report.{side}_only')}"
    left = [
        writer.paragraph(title, size, colour=ACCENT),
        writer.paragraph(what, 9.0, spaceBefore=2, rightIndent=8),
    ]
    who = [
        (texts("report.patient"), details.patient),
        (texts("report.surgeon"), details.clinician),
        (texts("report.date"), details.date.isoformat()),
    ]
    right = [
        writer.paragraph(f"{label}: {value}", 8.0, align="right") for label, value in who if value
    ]
    widths = [_TITLE_SHARE * CONTENT, (1 - _TITLE_SHARE) * CONTENT]
    top = Table([[left, right]], colWidths=widths, style=PLAIN)
    return [top, Spacer(0, 7), _statement(writer), Spacer(0, 8)]


def _statement(writer: Writer) -> Flowable:
    """The statement in a box, in English too until the translation is reviewed."""
    lines = [writer.paragraph(line, 8.6, strong=True) for line in writer.texts.statements]
    lines.append(writer.faint(writer.texts("report.statement_explained"), 7.2))
    if not writer.texts.facts.reviewed:
        lines.append(writer.faint(writer.texts("app.unreviewed"), 6.4))
    style = [
        *PLAIN,
        ("BACKGROUND", (0, 0), (-1, -1), PALE),
        ("LINEBEFORE", (0, 0), (0, -1), 2.5, ACCENT),
        ("LEFTPADDING", (0, 0), (-1, -1), 8),
        ("TOPPADDING", (0, 0), (-1, -1), 4),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
    ]
    return Table([[lines]], colWidths=[CONTENT], style=style)


def draw_foot(
    writer: Writer, canvas: Canvas, plan: SurgicalPlan, date: datetime.date, pages: int
) -> None:
    """Draw the statement, program, date and page number under a page.

    The plan's hash stands under the technical pages, and not on the sheet that is signed.
    """
    texts = writer.texts
    canvas.setStrokeColor(RULE)
    canvas.setLineWidth(0.4)
    canvas.line(MARGIN, BOTTOM - 3 * mm, MARGIN + CONTENT, BOTTOM - 3 * mm)
    number = canvas.getPageNumber()
    program = f"LandmarkDiff {__version__}"
    if number > 1:
        program = texts("report.made_with", version=__version__, hash=plan.hash[:_HASH_DIGITS])
    page = texts("report.page", page=number, pages=pages)
    first, *others = texts.statements
    lines = [(first, 7.2, INK, page), *((line, 6.4, FAINT, "") for line in others)]
    y = BOTTOM - 4.2 * mm
    for left, size, colour, right in (*lines, (program, 6.4, FAINT, date.isoformat())):
        beside = writer.paragraph(right, size, colour=colour, align="right")
        _, height = beside.wrap((1 - _FOOT_SHARE) * CONTENT, HEIGHT)
        beside.drawOn(canvas, MARGIN + _FOOT_SHARE * CONTENT, y - height)
        line = writer.paragraph(left, size, colour=colour)
        _, height = line.wrap(_FOOT_SHARE * CONTENT, HEIGHT)
        line.drawOn(canvas, MARGIN, y - height)
        y -= height + 0.4
