"""The report as a whole: the sheet that is signed, and the technical pages for the file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageBreak, PageTemplate

from landmarkdiff.inference.merged_notices import merged_notices
from landmarkdiff.report.by_hand import by_hand_section
from landmarkdiff.report.details import ReportDetails, ReportView, checked_details, checked_views
from landmarkdiff.report.facts import (
    facts_section,
    notes_section,
    notice_section,
    shown_section,
    signature_section,
)
from landmarkdiff.report.gallery import Gallery, make_gallery
from landmarkdiff.report.measured import (
    MeasuredPair,
    measured_pairs,
    measurement_section,
    row_heights,
)
from landmarkdiff.report.page import BOTTOM, HEIGHT, FileInfo, draw_foot, head
from landmarkdiff.report.plan import limits_section, plan_section
from landmarkdiff.report.sheet import divided, summary_section
from landmarkdiff.report.styles import CONTENT, MARGIN
from landmarkdiff.report.typeface import SANS, register
from landmarkdiff.report.writer import Writer
from landmarkdiff.texts import Texts

__all__ = ["write_report"]

#: Pages that the report keeps to, by leaving out measurements that the plan does not change.
_PAGES_OF_ONE_VIEW = 2
_PAGES_OF_SEVERAL = 3
_NO_PADDING = (0, 0, 0, 0)
#: White space that the list of measurements leaves above the signatures, points.
_SPARE = 24.0


def write_report(views: Sequence[ReportView], details: ReportDetails, texts: Texts) -> bytes:
    """Write the report of a consultation as PDF.

    Parameters
    ----------
    views : sequence of ReportView
        One to five views, simulated with the same plan.
    details : ReportDetails
    texts : Texts
        The words of the report's language.

    Returns
    -------
    bytes
        A4 pages with embedded typefaces; the same for the same input. The first is the sheet that
        is signed. The technical page, or pages, come after it: two pages in all for one view, up
        to three for several; a plan of many procedures takes as many as it needs.

    Raises
    ------
    ParameterError
        There is no view or there are too many, they show different plans, or a typed text is
        too long or has characters that no typeface of the report has.

    Examples
    --------
    >>> from datetime import date
    >>> from landmarkdiff.inference import LandmarkDiffPipeline
    >>> prediction = LandmarkDiffPipeline().generate(portrait, "brow_lift", 60)
    >>> details = ReportDetails(date(2026, 11, 21))
    >>> write_report([ReportView(prediction)], details, Texts.load("en"))[:5]
    b'%PDF-'
    """
    register()
    shown, typed = checked_views(views), checked_details(details)
    predictions = [view.prediction for view in shown]
    sheet = _Sheet(shown, typed, texts, make_gallery(predictions), measured_pairs(predictions))
    limit = _PAGES_OF_ONE_VIEW if len(views) == 1 else _PAGES_OF_SEVERAL
    return sheet.fill(limit)


class _Rest(Flowable):
    """Stands at the end of the report and knows how much room is left on its page, points."""

    room = 0.0

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Take no room."""
        self.room = height
        return 0.0, 0.0

    def draw(self) -> None:
        """Draw nothing."""


class _Built(NamedTuple):
    """A laid-out report: the file, its pages, and the points left on the last one."""

    data: bytes
    pages: int
    room: float


@dataclass(frozen=True)
class _Sheet:
    """All that a report is made of; it can be laid out again and again."""

    views: tuple[ReportView, ...]
    details: ReportDetails
    texts: Texts
    gallery: Gallery
    pairs: Sequence[MeasuredPair]

    def fill(self, limit: int) -> bytes:
        """Return the report with as many unchanged measurements as its pages have room for."""
        bare = self._build(0, 0)
        writer = Writer(self.texts)
        plan_section(writer, [view.prediction for view in self.views], self._titles())
        heights = row_heights(writer, self.pairs)
        room = bare.room + max(0, limit - bare.pages) * HEIGHT - _SPARE
        fitting = int(np.searchsorted(np.cumsum(heights), room)) if bare.pages <= limit else 0
        pages = max(limit, bare.pages)
        while fitting > 0:
            full = self._build(fitting, pages)
            if full.pages <= limit:
                return full.data if full.pages == pages else self._build(fitting, full.pages).data
            fitting -= 2  # a section that is kept together left a gap
        return self._build(0, bare.pages).data

    def _build(self, unchanged: int, pages: int) -> _Built:
        """Lay the report out.

        Parameters
        ----------
        unchanged : int
            How many measurements that the plan does not change are listed.
        pages : int
            Number of pages for the foot.
        """
        writer = Writer(self.texts)
        buffer = io.BytesIO()
        frame = Frame(MARGIN, BOTTOM, CONTENT, HEIGHT, *_NO_PADDING)
        plan = self.views[0].prediction.plan

        def foot(canvas: Canvas) -> None:
            draw_foot(writer, canvas, plan, self.details.date, pages)

        document = BaseDocTemplate(
            buffer,
            pagesize=A4,
            title=self.texts("report.document_title"),
            lang=self.texts.html_language,
            invariant=1,
        )
        document.addPageTemplates(
            PageTemplate(frames=[frame], onPage=lambda canvas, _: foot(canvas))
        )
        rest = _Rest()
        document.build([*self._story(writer, unchanged), rest], canvasmaker=self._canvas)
        return _Built(buffer.getvalue(), int(document.page), rest.room)

    def _canvas(self, *settings: Any, **named: Any) -> Canvas:
        canvas = Canvas(*settings, **{**named, "initialFontName": SANS})
        document: Any = canvas  # its document is not part of the typed interface
        document._doc.info = FileInfo(self.details.date)
        return canvas

    def _story(self, writer: Writer, unchanged: int) -> list[Flowable]:
        predictions = [view.prediction for view in self.views]
        titles = self._titles()
        notices = [merged_notices((*view.notices, *view.prediction.notices)) for view in self.views]
        details = self.details
        sheet, rest = divided(
            [
                *head(writer, predictions[0].plan, details, several=len(predictions) > 1),
                *self.gallery.flowables(writer, titles),
                *summary_section(writer, predictions),
            ],
            [
                shown_section(writer, predictions, titles),
                by_hand_section(writer, predictions, titles),
                limits_section(writer, predictions),
                notice_section(writer, notices, titles),
            ],
            signature_section(writer, details.patient, details.clinician),
        )
        return [
            *sheet,
            PageBreak(),
            *self.gallery.movements(writer, titles),
            *plan_section(writer, predictions, titles),
            *rest,
            *facts_section(writer, predictions, titles, details),
            *measurement_section(
                writer, self.pairs, unchanged, pushed=bool(predictions[0].plan.manual)
            ),
            *notes_section(writer),
        ]

    def _titles(self) -> list[str]:
        return [
            view.title or self.texts.view(view.prediction.source.pose.view) for view in self.views
        ]
