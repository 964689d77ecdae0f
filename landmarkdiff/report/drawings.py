"""Small vector drawings of the report: a picture's frame, bands, the scale of the movement."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.utils import ImageReader
from reportlab.platypus import Flowable, Paragraph

from landmarkdiff.procedures.band import Band
from landmarkdiff.report.pictures import ramp
from landmarkdiff.report.styles import FAINT, INK, RULE

__all__ = ["BandChart", "MovementScale", "Picture", "SignatureLine"]

_LIGHT, _DARK = HexColor("#cde0e4"), HexColor("#6ba3ae")
#: Steps in which the colour scale is drawn.
_SCALE_STEPS = 60
#: Lengths (mm on the face) of the scale bar; the longest that fits is drawn.
_BARS_MM = (100, 50, 20, 10, 5, 2)


class Picture(Flowable):
    """A JPEG at a size on paper.

    Parameters
    ----------
    jpeg : bytes
    width, height : float
        Points.
    """

    def __init__(self, jpeg: bytes, width: float, height: float) -> None:
        super().__init__()
        self.reader = ImageReader(io.BytesIO(jpeg))
        self.hAlign = "LEFT"
        self.width, self.height = width, height

    def draw(self) -> None:
        """Draw the picture with a hairline around it."""
        self.canv.drawImage(self.reader, 0, 0, self.width, self.height)
        self.canv.setStrokeColor(RULE)
        self.canv.setLineWidth(0.4)
        self.canv.rect(0, 0, self.width, self.height)


class BandChart(Flowable):
    """The band of one effect with the planned value on it, growing to the right.

    Light is all that counts as within the band, dark goes from the weak to the strong end, the
    line is the typical change. The plan is a dot within the band and an open diamond beyond it.
    """

    def __init__(self, band: Band, value: float, width: float, height: float = 10.0) -> None:
        super().__init__()
        self.band, self.value = band, value
        self.width, self.height = width, height

    def draw(self) -> None:
        """Draw the chart over all numbers that take part."""
        band, canvas = self.band, self.canv
        sign = 1.0 if band.high > 0 else -1.0
        ends = [sign * number for number in (0.0, band.reverse, band.high, self.value)]
        low, span = min(ends), max(ends) - min(ends)
        inset, middle = 4.0, self.height / 2

        def at(number: float) -> float:
            return inset + (self.width - 2 * inset) * (sign * number - low) / span

        for start, stop, colour, thick in (
            (sign * min(ends), sign * max(ends), FAINT, 0.5),
            (band.reverse, band.high, _LIGHT, 5.0),
            (band.low, band.high, _DARK, 5.0),
        ):
            canvas.setStrokeColor(colour)
            canvas.setLineWidth(thick)
            canvas.line(at(start), middle, at(stop), middle)
        canvas.setStrokeColor(INK)
        canvas.setLineWidth(0.8)
        canvas.line(at(band.typical), middle - 4.6, at(band.typical), middle + 4.6)
        x = at(self.value)
        if band.contains(self.value):
            canvas.setFillColor(INK)
            canvas.setStrokeColor(white)
            canvas.circle(x, middle, 2.5, stroke=1, fill=1)
            return
        canvas.setFillColor(white)
        canvas.setLineWidth(1.1)
        diamond = canvas.beginPath()
        diamond.moveTo(x - 3.4, middle)
        for dx, dy in ((0.0, 3.4), (3.4, 0.0), (0.0, -3.4)):
            diamond.lineTo(x + dx, middle + dy)
        diamond.close()
        canvas.drawPath(diamond, stroke=1, fill=1)


class MovementScale(Flowable):
    """The colours of the movement with their millimetres, and a bar as long as on the face.

    Parameters
    ----------
    width : float
        Points.
    labels : sequence of Paragraph
        Under the start, the middle and the end of the colours, aligned accordingly.
    mm_per_point : float, optional
        Millimetres of the face per point on paper; without it there is no bar.
    bar_label : callable, optional
        Makes the label of a bar from its length, mm.
    """

    def __init__(
        self,
        width: float,
        labels: Sequence[Paragraph],
        mm_per_point: float | None = None,
        bar_label: Callable[[int], Paragraph] | None = None,
    ) -> None:
        super().__init__()
        self.labels, self.mm_per_point, self.bar_label = labels, mm_per_point, bar_label
        self.width = width
        self.height = 18.0 if mm_per_point is None else 37.0

    def draw(self) -> None:
        """Draw the colours from left to right, numbers below, and the bar under them."""
        canvas = self.canv
        step = self.width / _SCALE_STEPS
        top = self.height - 7.0
        canvas.saveState()
        edge = canvas.beginPath()
        edge.rect(0, top, self.width, 6.0)
        canvas.clipPath(edge, stroke=0, fill=0)
        for index, colour in enumerate(ramp(np.linspace(0.0, 1.0, _SCALE_STEPS)) / 255.0):
            canvas.setFillColor(Color(*colour.tolist()))
            canvas.rect(index * step, top, step + 0.3, 6.0, stroke=0, fill=1)
        canvas.restoreState()
        for label in self.labels:
            self._write(label, 0.0, top - 1.0)
        if self.mm_per_point is None or self.bar_label is None:
            return
        longest = 0.7 * self.width * self.mm_per_point
        length = next(bar for bar in _BARS_MM if bar <= longest or bar == _BARS_MM[-1])
        reach = length / self.mm_per_point
        canvas.setStrokeColor(INK)
        canvas.setLineWidth(0.8)
        canvas.line(0, 6.0, reach, 6.0)
        for x in (0.0, reach):
            canvas.line(x, 3.5, x, 8.5)
        self._write(self.bar_label(length), reach + 4.0, 11.0)

    def _write(self, words: Paragraph, x: float, top: float) -> None:
        _, height = words.wrap(self.width - x, self.height)
        words.drawOn(self.canv, x, top - height)


class SignatureLine(Flowable):
    """A line to sign on."""

    def __init__(self, width: float, height: float = 30.0) -> None:
        super().__init__()
        self.width, self.height = width, height

    def draw(self) -> None:
        """Draw the line at the bottom of its room."""
        self.canv.setStrokeColor(INK)
        self.canv.setLineWidth(0.5)
        self.canv.line(0, 2.0, self.width, 2.0)
