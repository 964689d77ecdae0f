"""The lines of the measurements and of the canons over the face, as the page draws them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.measurements import Measurement, canon_lines, measured_lines
from landmarkdiff.measurements.chart import chart_window
from landmarkdiff.texts import Texts

__all__ = ["Drawing", "DrawnLine", "Layer", "draw"]

#: The longer side of the face on the page, pixels at most.
_LONGEST = 1600
_Path = Callable[[FloatArray], str]
_CANONS = ("thirds", "fifths", "midline")
_REGIONS = ("eyes", "nose", "lips", "face", "profile")


@dataclass(frozen=True)
class DrawnLine:
    """A line: its measurement's number (0 of a canon), its points as SVG has them, its words."""

    number: int
    points: str
    words: str


@dataclass(frozen=True)
class Layer:
    """Lines that are shown and hidden together."""

    name: str
    title: str
    lines: tuple[DrawnLine, ...]
    shown: bool


@dataclass(frozen=True, eq=False)
class Drawing:
    """The face, (H, W, 3) uint8 RGB, and the layers over it in its pixels."""

    face: ImageArray
    layers: tuple[Layer, ...]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.face.shape[1], self.face.shape[0]


def draw(
    image: ImageArray, face: FaceLandmarks, measurements: Sequence[Measurement], texts: Texts
) -> Drawing:
    """Return the face of a photo with the lines over it."""
    x0, y0, x1, y1 = chart_window(image, face)
    close = image[y0:y1, x0:x1]
    share = min(1.0, _LONGEST / max(close.shape[:2]))
    size = (max(1, round((x1 - x0) * share)), max(1, round((y1 - y0) * share)))
    if share < 1.0:
        close = np.asarray(cv2.resize(close, size, interpolation=cv2.INTER_AREA), np.uint8)

    def path(points: FloatArray) -> str:
        # SVG counts from the outer edge of the first pixel, landmarks from its centre.
        placed = (points - (x0, y0) + 0.5) * share
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)

    return Drawing(np.ascontiguousarray(close), tuple(_layers(face, measurements, texts, path)))


def _layers(
    face: FaceLandmarks, measurements: Sequence[Measurement], texts: Texts, path: _Path
) -> Iterator[Layer]:
    canons = canon_lines(face)
    for name in _CANONS:
        lines = tuple(DrawnLine(0, path(each.path), "") for each in canons if each.canon == name)
        yield Layer(name, texts(f"analysis.{name}"), lines, shown=False)
    found = measured_lines(face, measurements)
    for region in _REGIONS:
        lines = tuple(
            DrawnLine(each.number, path(each.path), _words(each.measurement, texts))
            for each in found
            if each.measurement.region == region
        )
        if lines:
            yield Layer(region, texts(f"analysis.region_{region}"), lines, shown=True)


def _words(item: Measurement, texts: Texts) -> str:
    value = texts.quantity(item.value or 0.0, item.unit, 2 if item.unit == "ratio" else 1)
    return f"{texts.measurement(item.name, item.title)}: {value}"
