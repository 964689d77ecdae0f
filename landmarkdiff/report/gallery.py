"""The pictures of a report on the page: one view large, some in rows, many as pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Paragraph, Spacer, Table

from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.report.drawings import MovementScale, Picture
from landmarkdiff.report.pictures import (
    TILE_SHAPE,
    ViewPictures,
    node_movement_mm,
    scale_end,
    view_pictures,
)
from landmarkdiff.report.styles import CONTENT, PLAIN
from landmarkdiff.report.writer import Writer

__all__ = ["Gallery", "make_gallery"]

_GAP_MM = 2.5
_CONTENT_MM = CONTENT / mm
#: Width of the faces of a single view on paper.
_SINGLE_MM = 64.0
#: Rows of several views start with the name of the view, this wide.
_NAME_MM = 22.0
_ROW_MM = (_CONTENT_MM - _NAME_MM - 2 * _GAP_MM) / 3
_PAIR_MM = (_CONTENT_MM - 3 * _GAP_MM) / 4
#: Of three rows of pairs, which leave room for the plan and the signatures.
_SMALL_PAIR_MM = 36.0
#: From this many views on, they are shown as pairs, two in a row.
_PAIRS_FROM = 3
_CAPTION = 7.6
_STYLE: list[Any] = [*PLAIN, ("BOTTOMPADDING", (0, 0), (-1, -1), 3)]


@dataclass(frozen=True)
class Gallery:
    """The encoded pictures of all views, and how they are laid out.

    Attributes
    ----------
    views : tuple of ViewPictures
    largest_mm : float
        Largest movement in any view, in its picture plane.
    end_mm : float
        End of the colour scale, which all views share.
    width_mm, movement_width_mm : float
        Of the tiles on paper.
    """

    views: tuple[ViewPictures, ...]
    largest_mm: float
    end_mm: float
    width_mm: float
    movement_width_mm: float

    def flowables(self, writer: Writer, titles: Sequence[str]) -> list[Flowable]:
        """Return the pictures with their captions, for the sheet that is signed."""
        if len(self.views) == 1:
            return [self._single(writer)]
        if len(self.views) < _PAIRS_FROM:
            return [self._rows(writer, titles), *self._scale(writer, None, "RIGHT")]
        return [self._pairs(writer, titles)]

    def movements(self, writer: Writer, titles: Sequence[str]) -> list[Flowable]:
        """Return where the pictures move, where the sheet has no room for it."""
        return [] if len(self.views) < _PAIRS_FROM else [self._strip(writer, titles)]

    def _single(self, writer: Writer) -> Flowable:
        """Before and after large, the movement small above its scale."""
        (view,) = self.views
        faces = [_tile(jpeg, self.width_mm) for jpeg in (view.before, view.after)]
        movement = [_tile(view.movement, self.movement_width_mm), Spacer(0, 4)]
        row: list[Any] = [*faces, movement + self._scale(writer, view)]
        widths = [self.width_mm + _GAP_MM] * 2 + [self.movement_width_mm]
        return Table(
            [_captions(writer), row], colWidths=[width * mm for width in widths], style=_STYLE
        )

    def _rows(self, writer: Writer, titles: Sequence[str]) -> Flowable:
        """A row for each view: its name, before, after and movement."""
        rows: list[list[Any]] = [["", *_captions(writer)]]
        for title, view in zip(titles, self.views, strict=True):
            jpegs = (view.before, view.after, view.movement)
            name = writer.paragraph(title, _CAPTION, strong=True, rightIndent=4)
            rows.append([name, *(_tile(jpeg, self.width_mm) for jpeg in jpegs)])
        widths = [_NAME_MM] + [self.width_mm + _GAP_MM] * 2 + [self.width_mm]
        return Table(rows, colWidths=[width * mm for width in widths], style=_STYLE)

    def _pairs(self, writer: Writer, titles: Sequence[str]) -> Flowable:
        """Two views in a row, each before and after."""
        texts = writer.texts
        heads: list[Any] = []
        tiles: list[Any] = []
        for title, view in zip(titles, self.views, strict=True):
            name = writer.paragraph(title, _CAPTION, strong=True)
            heads.append([name, writer.faint(texts("report.before"))])
            heads.append([Spacer(0, name.style.leading), writer.faint(texts("report.after"))])
            tiles += [_tile(jpeg, self.width_mm) for jpeg in (view.before, view.after)]
        rows = []
        for first in range(0, len(tiles), 4):
            for cells in (heads, tiles):
                row = cells[first : first + 4]
                rows.append(row + [""] * (4 - len(row)))
        widths = [(self.width_mm + _GAP_MM) * mm] * 3 + [self.width_mm * mm]
        return Table(rows, colWidths=widths, style=_STYLE, hAlign="LEFT")

    def _strip(self, writer: Writer, titles: Sequence[str]) -> Flowable:
        """The movement in all views, in one row with one scale."""
        tiles = [_tile(view.movement, self.movement_width_mm) for view in self.views]
        names = [writer.faint(title) for title in titles]
        width = (self.movement_width_mm + _GAP_MM) * mm
        heading = writer.heading(writer.texts("report.movement"))
        table = Table([names, tiles], colWidths=[width] * len(tiles), style=_STYLE, hAlign="LEFT")
        return KeepTogether([heading, table, *self._scale(writer, None)])

    def _scale(
        self, writer: Writer, view: ViewPictures | None, side: Literal["LEFT", "RIGHT"] = "LEFT"
    ) -> list[Flowable]:
        """Return the colour scale, with a bar for the tiles of a view, and the largest movement."""
        texts = writer.texts
        if not self.largest_mm:
            return [writer.faint(texts("report.no_movement"))]
        width = self.movement_width_mm * mm
        middle = writer.number(self.end_mm / 2, 0 if self.end_mm % 2 == 0 else 1)
        end = writer.quantity(self.end_mm, "mm", 0)
        labels = [
            writer.paragraph("0", 6.4),
            writer.paragraph(middle, 6.4, align="centre"),
            writer.paragraph(end, 6.4, align="right"),
        ]

        def bar_label(length: int) -> Paragraph:
            return writer.paragraph(writer.quantity(length, "mm", 0), 6.4)

        per_point = view.mm_per_tile / width if view else None
        scale = MovementScale(width, labels, per_point, bar_label)
        scale.hAlign = side
        largest = writer.quantity(self.largest_mm, "mm")
        most = texts("report.movement_largest", largest=largest)
        words = f"{texts('report.movement_scale')}; {most}"
        align: Literal["left", "right"] = "left" if side == "LEFT" else "right"
        return [scale, writer.faint(words, 6.4, align=align)]


def make_gallery(predictions: Sequence[Prediction]) -> Gallery:
    """Make the pictures of all views, with one colour scale."""
    count = len(predictions)
    if count == 1:
        width = _SINGLE_MM
        movement = _CONTENT_MM - 2 * (width + _GAP_MM)
    elif count < _PAIRS_FROM:
        width = movement = _ROW_MM
    else:
        width = _PAIR_MM if count < 5 else _SMALL_PAIR_MM
        movement = (_CONTENT_MM - (count - 1) * _GAP_MM) / count
    moved = [node_movement_mm(prediction) for prediction in predictions]
    largest = max(float(values.max(initial=0.0)) for values in moved)
    end = scale_end(largest)
    views = tuple(
        view_pictures(prediction, values, end, width, movement)
        for prediction, values in zip(predictions, moved, strict=True)
    )
    return Gallery(views, largest, end, width, movement)


def _captions(writer: Writer) -> list[Flowable]:
    keys = ("before", "after", "movement")
    return [writer.paragraph(writer.texts(f"report.{key}"), _CAPTION, strong=True) for key in keys]


def _tile(jpeg: bytes, width_mm: float) -> Flowable:
    return Picture(jpeg, width_mm * mm, width_mm / TILE_SHAPE * mm)
