"""A sheet at true size: before and after as large on paper as on the face, with a scale bar.

From Python: lay a sheet out (:func:`layout`), cut the pictures to it, write it
(:func:`write_true_size`).
"""

from __future__ import annotations

import datetime
import io
from dataclasses import dataclass
from typing import Any, Literal, get_args

from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import ParameterError
from landmarkdiff.photo import encode_jpeg
from landmarkdiff.report.page import FileInfo
from landmarkdiff.report.styles import INK, RULE
from landmarkdiff.report.typeface import SANS, register
from landmarkdiff.report.writer import Writer
from landmarkdiff.texts import Texts
from landmarkdiff.version import __version__

__all__ = [
    "PAPERS_MM",
    "Layout",
    "Paper",
    "TrueSize",
    "layout",
    "write_true_size",
]

Paper = Literal["a4", "letter"]

#: Short and long side of the papers, mm (ISO 216; ANSI Y14.1).
PAPERS_MM: dict[str, tuple[float, float]] = {"a4": (210.0, 297.0), "letter": (215.9, 279.4)}
#: Edge that printers leave white, with room; between two pictures; for the words above and below.
_MARGIN_MM, _GAP_MM, _HEAD_MM, _FOOT_MM = 12.0, 6.0, 12.0, 34.0
#: Lengths that the scale bar may have, mm; the longest that the picture is wide enough for.
_BARS_MM = (50, 20, 10)
_TICK_MM = 10
#: The bar below the pictures; where the words begin at the latest, so that they have room, mm.
_BELOW_MM, _LEFTMOST_MM = 6.0, 50.0
_QUALITY = 92


@dataclass(frozen=True)
class Layout:
    """How two pictures of one size lie on paper.

    Attributes
    ----------
    paper : {"a4", "letter"}
    beside : bool
        Both on one sheet, lying; else each on a standing sheet of its own.
    width, height : float
        Of each picture on paper, mm: as wanted, or what the sheet has room for.
    """

    paper: Paper
    beside: bool
    width: float
    height: float

    @property
    def page_mm(self) -> tuple[float, float]:
        """Width and height of the sheet, mm."""
        short, long = PAPERS_MM[self.paper]
        return (long, short) if self.beside else (short, long)

    @property
    def left(self) -> float:
        """Left edge of the first picture, mm: they lie in the middle of the sheet."""
        own = 2 * self.width + _GAP_MM if self.beside else self.width
        return (self.page_mm[0] - own) / 2


def layout(width: float, height: float, paper: Paper) -> Layout:
    """Lay two pictures out at true size.

    Parameters
    ----------
    width, height : float
        Of what is to be seen, mm on the face.
    paper : {"a4", "letter"}

    Raises
    ------
    ParameterError
        There is no such paper.

    Examples
    --------
    >>> layout(80.0, 70.0, "a4").beside, layout(150.0, 180.0, "a4").beside
    (True, False)
    """
    if paper not in get_args(Paper):
        raise ParameterError("unknown_handout_choice", name=paper, names=get_args(Paper))
    short, long = PAPERS_MM[paper]
    words = 2 * _MARGIN_MM + _HEAD_MM + _FOOT_MM
    half, low = (long - 2 * _MARGIN_MM - _GAP_MM) / 2, short - words
    if width <= half and height <= low:
        return Layout(paper, True, width, height)
    whole, tall = short - 2 * _MARGIN_MM, long - words
    return Layout(paper, False, min(width, whole), min(height, tall))


@dataclass(frozen=True)
class TrueSize:
    """What stands on a sheet at true size.

    Attributes
    ----------
    layout : Layout
    before, after : (H, W, 3) uint8 arrays
        RGB, of one size; ``layout.width`` mm wide on paper. The second is labelled.
    relative_uncertainty : float
        Of the millimetres on the face.
    title : str
        What was simulated.
    remarks : tuple of str
        Further lines below, such as that the pictures are mirrored.
    date : datetime.date
    """

    layout: Layout
    before: ImageArray
    after: ImageArray
    relative_uncertainty: float
    title: str
    remarks: tuple[str, ...]
    date: datetime.date

    @property
    def bar(self) -> int:
        """Length of the scale bar, mm: the longest that the picture is wide enough for."""
        return next((one for one in _BARS_MM if one <= 0.8 * self.layout.width), _BARS_MM[-1])

    def scale_words(self, texts: Texts) -> str:
        """Say how long the bar is on paper and what that is on the face."""
        error = self.bar * self.relative_uncertainty
        return texts(
            "handout.true_size",
            mm=self.bar,
            low=texts.number(self.bar - error, 1),
            high=texts.number(self.bar + error, 1),
            percent=texts.number(100.0 * self.relative_uncertainty, 1),
        )


def write_true_size(sheet: TrueSize, texts: Texts) -> bytes:
    """Write before and after at true size as PDF.

    Returns
    -------
    bytes
        One lying page, or two standing ones; the same for the same input. The file asks viewers
        to print it without scaling.
    """
    register()
    writer, buffer, shape = Writer(texts), io.BytesIO(), sheet.layout
    width, height = shape.page_mm
    options: dict[str, Any] = {"initialFontName": SANS, "lang": texts.html_language}
    canvas = Canvas(buffer, pagesize=(width * mm, height * mm), invariant=1, **options)
    canvas.setTitle(texts("handout.title"))
    canvas.setViewerPreference("PrintScaling", "None")
    document: Any = canvas  # its document is not part of the typed interface
    document._doc.info = FileInfo(sheet.date)
    document._doc.info.title = texts("handout.title")
    pictures = (
        (texts("common.before"), sheet.before),
        (texts("handout.after"), sheet.after),
    )
    pages = [pictures] if shape.beside else [(picture,) for picture in pictures]
    for page in pages:
        for place, (words, pixels) in enumerate(page):
            left = shape.left + place * (shape.width + _GAP_MM)
            _draw_picture(writer, canvas, sheet, (left, words, pixels))
        _draw_words(writer, canvas, sheet)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _draw_picture(
    writer: Writer, canvas: Canvas, sheet: TrueSize, part: tuple[float, str, ImageArray]
) -> None:
    """Draw a picture with the words above it; ``part`` is its left edge (mm), words, pixels."""
    left, words, pixels = part
    shape = sheet.layout
    width = shape.width * mm
    # Of its own pixels, so that it is as true in height as in width.
    height = width * pixels.shape[0] / pixels.shape[1]
    top = (shape.page_mm[1] - _MARGIN_MM - _HEAD_MM) * mm
    caption = writer.paragraph(words, 9.0, strong=True)
    caption.wrap(width, _HEAD_MM * mm)
    caption.drawOn(canvas, left * mm, top + 1.5 * mm)
    reader = ImageReader(io.BytesIO(encode_jpeg(pixels, quality=_QUALITY)))
    canvas.drawImage(reader, left * mm, top - height, width, height)
    canvas.setStrokeColor(RULE)
    canvas.setLineWidth(0.3)
    canvas.rect(left * mm, top - height, width, height)


def _draw_words(writer: Writer, canvas: Canvas, sheet: TrueSize) -> None:
    """Draw the title above, and below the scale bar, what it means, and the statement."""
    texts, shape = writer.texts, sheet.layout
    left = min(shape.left, _LEFTMOST_MM)
    room = (shape.page_mm[0] - 2 * left) * mm
    title = writer.paragraph(sheet.title, 8.0)
    _, height = title.wrap(room, _HEAD_MM * mm)
    title.drawOn(canvas, shape.left * mm, (shape.page_mm[1] - _MARGIN_MM) * mm - height + 2.0)
    length = sheet.bar
    y = (shape.page_mm[1] - _MARGIN_MM - _HEAD_MM - shape.height - _BELOW_MM) * mm
    _draw_bar(canvas, length, (shape.left * mm, y))
    label = writer.paragraph(writer.quantity(length, "mm", 0), 8.0)
    label.wrap(30 * mm, 10 * mm)
    label.drawOn(canvas, (shape.left + length + 2.0) * mm, y - 3.0)
    y -= 3.0 * mm
    made = texts("handout.made_with", version=__version__, date=sheet.date.isoformat())
    lines = [
        writer.paragraph(sheet.scale_words(texts), 7.6),
        *(writer.paragraph(line, 7.6) for line in sheet.remarks),
        *(writer.paragraph(line, 7.6, strong=True) for line in texts.statements),
        writer.faint(made, 6.4),
    ]
    for line in lines:
        _, height = line.wrap(room, _FOOT_MM * mm)
        y -= height + 1.0
        line.drawOn(canvas, left * mm, y)


def _draw_bar(canvas: Canvas, length: int, place: tuple[float, float]) -> None:
    """Draw the scale bar with a tick every centimetre; ``place`` in points."""
    left, y = place
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(0.8)
    canvas.line(left, y, left + length * mm, y)
    for tick in range(0, length + 1, _TICK_MM):
        x = left + tick * mm
        canvas.line(x, y - 1.5 * mm, x, y + 1.5 * mm)
