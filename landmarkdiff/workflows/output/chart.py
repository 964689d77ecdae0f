"""The measurements of a face as a chart: dimension lines on the photo, values beside it.

Every line bears the number that its measurement has in the list, and the margins say the values
by the same numbers, so the chart needs no words. Lines that would lie on one another are moved
apart, as in a technical drawing, with thin lines to the landmarks they belong to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import sides
from landmarkdiff.measurements import Measurement

__all__ = ["CHART_HEIGHT", "measurement_chart"]

Colour = tuple[int, int, int]

#: Height of a chart, pixels; its width follows the face, and is hardly more.
CHART_HEIGHT = 1200
#: What is shown around the mesh, as shares of its size: left, above, right, below.
_AROUND = (0.10, 0.16, 0.10, 0.06)
_MARGIN = 168
_PAPER: Colour = (250, 250, 248)
_INK: Colour = (25, 28, 32)
_WIDTHS: Colour = (110, 205, 255)
_HEIGHTS: Colour = (255, 208, 60)
_ANGLES: Colour = (140, 232, 150)
_RADIUS = 13
_LINE = 3
#: Between two lines side by side, pixels.
_LANE = 17
_SHIFT = 4
_UNITS = {"mm": " mm", "deg": "°", "ratio": "", "percent": " %"}


@dataclass
class _Mark:
    """A measurement to be drawn: its landmarks and, moved aside, its line."""

    number: int
    measurement: Measurement
    path: FloatArray
    colour: Colour
    aside: FloatArray
    badge: tuple[float, float] = (0.0, 0.0)

    @property
    def line(self) -> FloatArray:
        return self.path + self.aside

    @property
    def length(self) -> float:
        return float(np.linalg.norm(np.diff(self.path, axis=0), axis=1).sum())


def measurement_chart(
    image: ImageArray, face: FaceLandmarks, measurements: Sequence[Measurement]
) -> ImageArray:
    """Draw the available measurements that have a place on the face.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        The photo, RGB; not changed.
    face : FaceLandmarks
    measurements : sequence of Measurement
        As :func:`landmarkdiff.measurements.measure_all` gives them; a number in the chart is
        the place in this list, from 1.

    Returns
    -------
    (H, W, 3) uint8 array
        RGB, 1200 pixels high and at most 1600 wide. The patient's right side stands left.

    Examples
    --------
    >>> from landmarkdiff.measurements import measure_all
    >>> measurement_chart(portrait, face, measure_all(face)).shape[0]
    1200
    """
    close, points = _close_up(image, face)
    zoom = float(np.ptp(points[:, 0]) / np.ptp(face.points[:, 0]))
    marks = list(_marks(face, points, zoom, measurements))
    _move_apart(marks)
    canvas = np.full((close.shape[0], close.shape[1] + 2 * _MARGIN, 3), _PAPER, np.uint8)
    canvas[:, _MARGIN : _MARGIN + close.shape[1]] = close
    for mark in marks:
        mark.path = mark.path + np.array([_MARGIN, 0.0])
    _place_badges(marks, (canvas.shape[1], canvas.shape[0]))
    for mark in marks:
        _draw(canvas, mark)
    sheet = Image.fromarray(canvas)
    draw = ImageDraw.Draw(sheet)
    for mark in marks:
        _badge(draw, mark, *mark.badge)
    _values(draw, marks, sheet.size)
    return np.asarray(sheet)


def _close_up(image: ImageArray, face: FaceLandmarks) -> tuple[ImageArray, FloatArray]:
    """The face with its surroundings at the chart's height, and the landmarks (n, 2) in it."""
    x, y, width, height = face.box
    right, bottom = image.shape[1], image.shape[0]
    x0 = int(np.clip(x - _AROUND[0] * width, 0, right - 2))
    y0 = int(np.clip(y - _AROUND[1] * height, 0, bottom - 2))
    x1 = int(np.clip(np.ceil(x + (1 + _AROUND[2]) * width), x0 + 1, right))
    y1 = int(np.clip(np.ceil(y + (1 + _AROUND[3]) * height), y0 + 1, bottom))
    cut = image[y0:y1, x0:x1]
    share = min(CHART_HEIGHT / (y1 - y0), (1600 - 2 * _MARGIN) / (x1 - x0))
    size = (max(1, round((x1 - x0) * share)), max(1, round((y1 - y0) * share)))
    kind = cv2.INTER_AREA if share < 1.0 else cv2.INTER_CUBIC
    close = np.asarray(cv2.resize(cut, size, interpolation=kind), np.uint8)
    stretch = np.array([size[0] / (x1 - x0), size[1] / (y1 - y0)])
    # Pixel centres are whole numbers, so the outer edges, not the centres, are stretched.
    return close, (face.points[:, :2] - (x0, y0) + 0.5) * stretch - 0.5


def _marks(
    face: FaceLandmarks, points: FloatArray, zoom: float, measurements: Sequence[Measurement]
) -> Iterator[_Mark]:
    drawn = {m.points for m in measurements if m.available and len(m.points) == 2}
    for number, measurement in enumerate(measurements, start=1):
        if not measurement.points or not measurement.available or measurement.value is None:
            continue
        places = points[list(measurement.points)]
        if measurement.unit == "ratio":
            for half in (0, 2):
                if measurement.points[half : half + 2] not in drawn:
                    yield _mark(number, measurement, places[half : half + 2])
        elif measurement.unit == "deg":
            tilt = measurement.name.startswith("canthal_tilt")
            path = places[:2] if tilt else places
            yield _Mark(number, measurement, path, _ANGLES, np.zeros(2))
        elif len(places) > 2:
            yield _mark(number, measurement, _height(face, points, zoom, measurement))
        else:
            yield _mark(number, measurement, places)


def _mark(number: int, measurement: Measurement, path: FloatArray) -> _Mark:
    across, down = np.abs(path[-1] - path[0])
    return _Mark(number, measurement, path, _WIDTHS if across > down else _HEIGHTS, np.zeros(2))


def _height(
    face: FaceLandmarks, points: FloatArray, zoom: float, measurement: Measurement
) -> FloatArray:
    """Foot and head of a height above (or, of the lower lid, below) a landmark."""
    value = measurement.value or 0.0
    upward = -value if measurement.name.startswith("mrd2") else value
    foot = points[measurement.points[0]]
    if measurement.name.startswith("palpebral"):  # from the lower lid up, through the pupil
        foot = np.array([foot[0], points[list(measurement.points[4:]), 1].max()])
    return np.stack([foot, foot + zoom * face.project((0.0, upward, 0.0))[:2]])


def _move_apart(marks: Sequence[_Mark]) -> None:
    """Move lines that lie on one another aside; short ones keep their place."""
    placed: list[FloatArray] = []
    for mark in sorted(marks, key=lambda mark: mark.length):
        along = mark.path[-1] - mark.path[0]
        across = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-6)
        lanes = [0] if len(mark.path) > 2 else [0, 1, -1, 2, -2, 3, -3, 4, -4]
        for lane in lanes:
            mark.aside = across * lane * _LANE
            if not any(_overlie(mark.line, other) for other in placed):
                break
        placed.append(mark.line)


def _overlie(a: FloatArray, b: FloatArray) -> bool:
    """Whether two lines run side by side nearer than a lane: both ends of a part of one do."""
    dense = np.linspace(0.0, 1.0, 12)[:, None]
    first, second = a[0] + dense * (a[-1] - a[0]), b[0] + dense * (b[-1] - b[0])
    distance = np.linalg.norm(first[:, None] - second[None], axis=2).min(axis=1)
    near = _point_to_line(first, b) < 0.8 * _LANE
    return bool((near & (distance < 40.0)).sum() >= 3)


def _point_to_line(points: FloatArray, line: FloatArray) -> FloatArray:
    along = line[-1] - line[0]
    share = np.clip((points - line[0]) @ along / max(float(along @ along), 1e-6), 0.0, 1.0)
    distance = np.linalg.norm(points - (line[0] + share[:, None] * along), axis=1)
    return np.asarray(distance)


def _place_badges(marks: Sequence[_Mark], size: tuple[int, int]) -> None:
    """Put each number on its line where it touches no other number."""
    taken: list[FloatArray] = []
    for mark in sorted(marks, key=lambda mark: mark.length):
        spots = _spots(mark)
        clear = [min((float(np.hypot(*(s - t))) for t in taken), default=1e9) for s in spots]
        free = [s for s, room in zip(spots, clear, strict=True) if room >= 2 * _RADIUS + 2]
        spot = free[0] if free else spots[int(np.argmax(clear))]
        spot = np.clip(spot, _RADIUS + 1, np.array(size) - _RADIUS - 2)
        taken.append(spot)
        mark.badge = (float(spot[0]), float(spot[1]))


def _spots(mark: _Mark) -> list[FloatArray]:
    """Where a number may stand, best first: around a vertex; on a long line, beside a short one."""
    line = mark.line
    if len(line) > 2:
        turns = np.arange(8) * np.pi / 4
        return list(line[1] + 1.6 * _RADIUS * np.stack([np.cos(turns), np.sin(turns)], axis=1))
    along = line[-1] - line[0]
    beyond = (_RADIUS + 4) * along / max(float(np.hypot(*along)), 1e-6)
    upon = [line[0] + share * along for share in (0.5, 0.35, 0.65, 0.2, 0.8, 0.1, 0.9)]
    beside = [line[0] - beyond, line[-1] + beyond]
    farther = [line[0] - 3 * beyond, line[-1] + 3 * beyond]
    return upon + beside if mark.length > 8 * _RADIUS else [*beside, *upon, *farther]


def _draw(canvas: ImageArray, mark: _Mark) -> None:
    line = np.round(mark.line * 2**_SHIFT).astype(np.int32)
    for place, end in zip(mark.path, mark.line, strict=True):
        if mark.aside.any():
            ends = np.round(np.stack([place, end]) * 2**_SHIFT).astype(np.int32)
            cv2.polylines(canvas, [ends], False, mark.colour, 1, cv2.LINE_AA, _SHIFT)
    for colour, width in ((_INK, _LINE + 2), (mark.colour, _LINE)):
        cv2.polylines(canvas, [line], False, colour, width, cv2.LINE_AA, _SHIFT)
    for x, y in line.tolist():
        for colour, radius in ((_INK, 5.0), (mark.colour, 4.0)):
            cv2.circle(canvas, (x, y), round(radius * 2**_SHIFT), colour, -1, cv2.LINE_AA, _SHIFT)


def _badge(draw: ImageDraw.ImageDraw, mark: _Mark, x: float, y: float) -> None:
    box = (x - _RADIUS, y - _RADIUS, x + _RADIUS, y + _RADIUS)
    draw.ellipse(box, fill=mark.colour, outline=_INK, width=2)
    font = ImageFont.load_default(15)
    draw.text((x, y), str(mark.number), fill=_INK, font=font, anchor="mm")


def _values(draw: ImageDraw.ImageDraw, marks: Sequence[_Mark], size: tuple[int, int]) -> None:
    """Number and value of each measurement in the margin of its side, in the list's order."""
    half = size[0] / 2
    columns: dict[bool, list[_Mark]] = {True: [], False: []}
    seen: set[int] = set()
    for mark in marks:
        if mark.number in seen:  # both lines of a ratio
            continue
        seen.add(mark.number)
        own = int(np.sign(sides()[list(mark.measurement.points)].sum()))
        left = mark.path[:, 0].mean() < half if own else len(columns[True]) <= len(columns[False])
        columns[bool(left)].append(mark)
    for left, listed in columns.items():
        step = min(60.0, (size[1] - 40) / max(len(listed), 1))
        top = size[1] / 2 - step * (len(listed) - 1) / 2
        x = 14 + _RADIUS if left else size[0] - _MARGIN + 14 + _RADIUS
        for row, mark in enumerate(listed):
            y = top + row * step
            _badge(draw, mark, x, y)
            font = ImageFont.load_default(21)
            draw.text((x + _RADIUS + 9, y), _value(mark), fill=_INK, font=font, anchor="lm")


def _value(mark: _Mark) -> str:
    decimals = 2 if mark.measurement.unit == "ratio" else 1
    return f"{mark.measurement.value:.{decimals}f}{_UNITS[mark.measurement.unit]}"
