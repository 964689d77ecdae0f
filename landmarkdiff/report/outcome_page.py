"""One lying page: before, simulation and result beside one another, and every effect below."""

from __future__ import annotations

import datetime
import io
from dataclasses import dataclass
from typing import Any

from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, Table

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import ParameterError
from landmarkdiff.photo import encode_jpeg
from landmarkdiff.report.page import FileInfo
from landmarkdiff.report.styles import RULE, ruled
from landmarkdiff.report.true_size import PAPERS_MM, Paper
from landmarkdiff.report.typeface import SANS, register
from landmarkdiff.report.writer import Writer
from landmarkdiff.texts import Texts
from landmarkdiff.version import __version__

__all__ = ["OutcomePage", "write_outcome_page"]

_MARGIN_MM, _GAP_MM, _CAPTION_MM = 12.0, 5.0, 6.0
#: Share of the page's height that the pictures take at most.
_PICTURES = 0.44
_SIZE = 8.0
#: Of the words below, points; smaller ones where they would leave the page.
_SIZES = (7.4, 6.6, 5.8, 5.0)
_QUALITY = 92


@dataclass(frozen=True, eq=False)
class OutcomePage:
    """What stands on the page.

    Attributes
    ----------
    paper : {"a4", "letter"}
    pictures : tuple of (str, (H, W, 3) uint8 array)
        Captions and RGB pictures of one size; what is simulated is labelled.
    title : str
        What was planned.
    rows : tuple of (str, str, str, str)
        Name with its verdict on a line of its own, planned, simulated, result.
    remarks : tuple of str
    date : datetime.date
    """

    paper: Paper
    pictures: tuple[tuple[str, ImageArray], ...]
    title: str
    rows: tuple[tuple[str, str, str, str], ...]
    remarks: tuple[str, ...]
    date: datetime.date


def write_outcome_page(page: OutcomePage, texts: Texts) -> bytes:
    """Write the page as PDF.

    Returns
    -------
    bytes
        The same for the same input.

    Raises
    ------
    ParameterError
        There is no such paper.
    """
    if page.paper not in PAPERS_MM:
        raise ParameterError("unknown_handout_choice", name=page.paper, names=tuple(PAPERS_MM))
    register()
    writer, buffer = Writer(texts), io.BytesIO()
    high, wide = PAPERS_MM[page.paper]
    options: dict[str, Any] = {"initialFontName": SANS, "lang": texts.html_language}
    canvas = Canvas(buffer, pagesize=(wide * mm, high * mm), invariant=1, **options)
    canvas.setTitle(texts("outcome.file_title"))
    document: Any = canvas  # its document is not part of the typed interface
    document._doc.info = FileInfo(page.date)
    document._doc.info.title = texts("outcome.file_title")
    top = (high - _MARGIN_MM) * mm
    title = writer.paragraph(f"{texts('outcome.file_title')}: {page.title}", 11.0, strong=True)
    top = _put(canvas, title, top, (wide - 2 * _MARGIN_MM) * mm)
    top = _draw_pictures(writer, canvas, page, (wide, high, top))
    _draw_words(writer, canvas, page, (wide, top))
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _put(canvas: Canvas, part: Paragraph | Table, top: float, width: float) -> float:
    """Draw a part below a height, points; return where the next begins."""
    _, height = part.wrap(width, top)
    part.drawOn(canvas, _MARGIN_MM * mm, top - height)
    return top - height - 2.0


def _draw_pictures(
    writer: Writer, canvas: Canvas, page: OutcomePage, place: tuple[float, float, float]
) -> float:
    """Draw the pictures; ``place`` is the page's width and height (mm) and the top (points)."""
    wide, high, top = place
    count, shape = len(page.pictures), page.pictures[0][1].shape
    room = (wide - 2 * _MARGIN_MM - (count - 1) * _GAP_MM) / count
    width = min(room, _PICTURES * high * shape[1] / shape[0]) * mm
    height = width * shape[0] / shape[1]
    top -= _CAPTION_MM * mm
    canvas.setStrokeColor(RULE)
    canvas.setLineWidth(0.3)
    for number, (words, pixels) in enumerate(page.pictures):
        left = _MARGIN_MM * mm + number * (width + _GAP_MM * mm)
        caption = writer.paragraph(words, 9.0, strong=True)
        caption.wrap(width, _CAPTION_MM * mm)
        caption.drawOn(canvas, left, top + 1.2 * mm)
        reader = ImageReader(io.BytesIO(encode_jpeg(pixels, quality=_QUALITY)))
        canvas.drawImage(reader, left, top - height, width, height)
        canvas.rect(left, top - height, width, height)
    return float(top - height - 3.0 * mm)


def _draw_words(
    writer: Writer, canvas: Canvas, page: OutcomePage, place: tuple[float, float]
) -> None:
    """Draw the table and the remarks; ``place`` is the page's width (mm) and the top (points)."""
    wide, top = place
    width = (wide - 2 * _MARGIN_MM) * mm
    for size in _SIZES:
        parts = _parts(writer, page, width, size)
        need = sum(part.wrap(width, top)[1] + 2.0 for part in parts)
        if top - need >= 0.5 * _MARGIN_MM * mm:
            break
    for part in parts:
        top = _put(canvas, part, top, width)


def _parts(writer: Writer, page: OutcomePage, width: float, size: float) -> list[Paragraph | Table]:
    texts = writer.texts
    made = texts("handout.made_with", version=__version__, date=page.date.isoformat())
    remarks = [writer.paragraph(line, size) for line in page.remarks]
    statements = [writer.paragraph(line, size, strong=True) for line in texts.statements]
    words: list[Paragraph | Table] = [*remarks, *statements, writer.faint(made, size - 1.0)]
    if not page.rows:
        return words
    heads = ("table.effect", "table.planned", "outcome.simulated", "outcome.result")
    cells = [[writer.paragraph(texts(key), size, strong=True) for key in heads]]
    for name, *numbers in page.rows:
        first, _, verdict = name.partition("\n")
        named = writer.two_ranks(first, verdict, size)
        cells.append([named, *(writer.paragraph(each, size) for each in numbers)])
    shares = (0.49, 0.15, 0.18, 0.18)
    table = Table(cells, colWidths=[share * width for share in shares])
    table.setStyle(ruled(space=1.2))
    return [table, *words]
