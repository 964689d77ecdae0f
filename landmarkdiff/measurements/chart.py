"""The measurements of a face as a chart: dimension lines on the photo, values beside it.

Every line bears the number that its measurement has in the list, and the margins say name, value
and range by the same numbers under the headings of their regions, so that no label lies on the
face. Lines that would lie on one another are moved apart, as in a technical drawing, with thin
lines to the landmarks they belong to; a number that finds no room on its line stands beside it,
with a thin line to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from landmarkdiff.arguments import checked, instance_of, rgb_image
from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks, check_photo
from landmarkdiff.measurements.lines import MeasuredLine, measured_lines
from landmarkdiff.measurements.types import Measurement, Region

__all__ = [
    "CHART_HEIGHT",
    "REGION_COLOURS",
    "MeasurementChart",
    "chart_window",
    "measurement_chart",
]

Box = tuple[float, float, float, float]
Colour = tuple[int, int, int]

#: Height of a chart, pixels; its width follows the face.
CHART_HEIGHT = 1200
#: The colour of a region's lines, on the photo.
REGION_COLOURS: Mapping[Region, Colour] = MappingProxyType(
    {
        "eyes": (110, 205, 255),
        "nose": (255, 208, 60),
        "lips": (255, 160, 170),
        "face": (140, 232, 150),
        "symmetry": (200, 200, 200),
        "profile": (215, 180, 255),
    }
)
#: The margin in which a region is listed.
_LEFT: frozenset[Region] = frozenset({"eyes", "nose"})
#: What is shown around the mesh, as shares of its size: left, above, right, below.
_AROUND = (0.10, 0.16, 0.10, 0.06)
#: Width of a margin with and without words, and the widest face between them, pixels.
_WORDS, _BARE, _FACE = 440, 210, 1264
_PAPER: Colour = (250, 250, 248)
_INK: Colour = (25, 28, 32)
_GREY: Colour = (105, 109, 115)
_RADIUS = 13
_LINE = 2
#: Between two lines side by side, pixels.
_LANE = 17
_SHIFT = 4
_UNITS = {"mm": " mm", "deg": "°", "ratio": "", "percent": " %"}


@dataclass(frozen=True, eq=False)
class MeasurementChart:
    """A chart.

    Attributes
    ----------
    picture : (H, W, 3) uint8 array
        RGB, 1200 pixels high.
    labels : mapping of str to tuple of float
        Left, top, right and bottom of the label of each measurement, by its name; the two sides
        of a pair have one. No two of them touch.
    badges : mapping of int to tuple of float
        Of the number of each line on the face, likewise.
    """

    picture: ImageArray
    labels: Mapping[str, Box]
    badges: Mapping[int, Box]


@dataclass
class _Mark:
    """A line to be drawn and, moved aside, where it is drawn, with its number."""

    line: MeasuredLine
    path: FloatArray
    aside: FloatArray
    badge: FloatArray

    @property
    def moved(self) -> FloatArray:
        return self.path + self.aside

    @property
    def length(self) -> float:
        return float(np.linalg.norm(np.diff(self.path, axis=0), axis=1).sum())

    @property
    def colour(self) -> Colour:
        return REGION_COLOURS[self.line.measurement.region]


@checked(image=rgb_image, face=instance_of(FaceLandmarks))
def measurement_chart(
    image: ImageArray,
    face: FaceLandmarks,
    measurements: Sequence[Measurement],
    *,
    titles: Mapping[str, str] | None = None,
    headings: Mapping[Region, str] | None = None,
) -> MeasurementChart:
    """Draw the available measurements that have a place on the face.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        The photo, RGB; not changed.
    face : FaceLandmarks
    measurements : sequence of Measurement
        As :func:`landmarkdiff.measurements.measure_all` gives them; a number in the chart is
        the place in this list, from 1.
    titles : mapping of measurement's name to str, optional
        Written beside the values, in Latin letters; without them there are numbers only.
    headings : mapping of region to str, optional
        Written above the labels of each region, in Latin letters.

    Returns
    -------
    MeasurementChart
        The patient's right side stands left, in unmirrored photos.

    Examples
    --------
    >>> from landmarkdiff.measurements import measure_all
    >>> chart = measurement_chart(portrait, face, measure_all(face))
    >>> chart.picture.shape[0]
    1200
    """
    check_photo(image, face)
    margin = _BARE if titles is None else _WORDS
    close, place = _close_up(image, face)
    aside = np.array([margin, 0.0])
    marks = [
        _Mark(line, place(line.path) + aside, np.zeros(2), np.zeros(2))
        for line in measured_lines(face, measurements)
    ]
    _move_apart(marks)
    canvas = np.full((CHART_HEIGHT, close.shape[1] + 2 * margin, 3), _PAPER, np.uint8)
    canvas[: close.shape[0], margin : margin + close.shape[1]] = close
    _place_badges(marks, (margin, 0, margin + close.shape[1], close.shape[0]))
    for mark in marks:
        _draw(canvas, mark)
    sheet = Image.fromarray(canvas)
    draw = ImageDraw.Draw(sheet)
    for mark in marks:
        _badge(draw, mark.line.number, mark.colour, *mark.badge)
    labels = dict(_margins(draw, marks, titles, headings, margin, sheet.size[0]))
    badges = {mark.line.number: _around(*mark.badge) for mark in marks}
    return MeasurementChart(np.asarray(sheet), labels, badges)


def chart_window(image: ImageArray, face: FaceLandmarks) -> tuple[int, int, int, int]:
    """Return what of the photo is shown: left, top, right and bottom, pixels.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
    face : FaceLandmarks
    """
    x, y, width, height = face.box
    right, bottom = image.shape[1], image.shape[0]
    x0 = int(np.clip(x - _AROUND[0] * width, 0, right - 2))
    y0 = int(np.clip(y - _AROUND[1] * height, 0, bottom - 2))
    x1 = int(np.clip(np.ceil(x + (1 + _AROUND[2]) * width), x0 + 1, right))
    y1 = int(np.clip(np.ceil(y + (1 + _AROUND[3]) * height), y0 + 1, bottom))
    return x0, y0, x1, y1


class _Place:
    """Takes pixels of the photo to those of its close-up."""

    def __init__(self, window: tuple[int, int, int, int], size: tuple[int, int]) -> None:
        x0, y0, x1, y1 = window
        self.corner = np.array([x0, y0])
        self.stretch = np.array([size[0] / (x1 - x0), size[1] / (y1 - y0)])

    def __call__(self, points: FloatArray) -> FloatArray:
        # Pixel centres are whole numbers, so the outer edges, not the centres, are stretched.
        return np.asarray((points - self.corner + 0.5) * self.stretch - 0.5)


def _close_up(image: ImageArray, face: FaceLandmarks) -> tuple[ImageArray, _Place]:
    """The face with its surroundings at the chart's height."""
    x0, y0, x1, y1 = window = chart_window(image, face)
    share = min(CHART_HEIGHT / (y1 - y0), _FACE / (x1 - x0))
    size = (max(1, round((x1 - x0) * share)), max(1, round((y1 - y0) * share)))
    kind = cv2.INTER_AREA if share < 1.0 else cv2.INTER_CUBIC
    close = cv2.resize(image[y0:y1, x0:x1], size, interpolation=kind)
    return np.asarray(close, np.uint8), _Place(window, size)


def _move_apart(marks: Sequence[_Mark]) -> None:
    """Move lines that lie on one another aside; short ones keep their place."""
    placed: list[FloatArray] = []
    for mark in sorted(marks, key=lambda mark: mark.length):
        along = mark.path[-1] - mark.path[0]
        across = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-6)
        lanes = [0] if len(mark.path) > 2 else [0, 1, -1, 2, -2, 3, -3, 4, -4]
        for lane in lanes:
            mark.aside = across * lane * _LANE
            if not any(_overlie(mark.moved, other) for other in placed):
                break
        placed.append(mark.moved)


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


def _place_badges(marks: Sequence[_Mark], box: tuple[int, int, int, int]) -> None:
    """Put each number on its line, or as near to it as it touches no other number."""
    taken: list[FloatArray] = []
    low = np.array(box[:2]) + _RADIUS + 1
    high = np.array(box[2:]) - _RADIUS - 2
    for mark in sorted(marks, key=lambda mark: mark.length):
        for wanted in _spots(mark):
            spot = np.clip(wanted, low, high)
            if all(float(np.abs(spot - other).max()) >= 2 * _RADIUS + 2 for other in taken):
                break
        taken.append(spot)
        mark.badge = spot


def _spots(mark: _Mark) -> Iterator[FloatArray]:
    """Where a number may stand, best first; the rings around its line reach over any crowd."""
    line = mark.moved
    if len(line) == 2:
        along = line[-1] - line[0]
        beyond = (_RADIUS + 4) * along / max(float(np.hypot(*along)), 1e-6)
        upon = [line[0] + share * along for share in (0.5, 0.35, 0.65, 0.2, 0.8, 0.1, 0.9)]
        beside = [line[0] - beyond, line[-1] + beyond]
        yield from upon + beside if mark.length > 8 * _RADIUS else beside + upon
    middle = line[1] if len(line) > 2 else line.mean(axis=0)
    for ring in range(1, 40):
        turns = np.arange(6 * ring) * (np.pi / (3 * ring))
        yield from middle + ring * 1.2 * _RADIUS * np.stack([np.cos(turns), np.sin(turns)], axis=1)


def _draw(canvas: ImageArray, mark: _Mark) -> None:
    line = np.round(mark.moved * 2**_SHIFT).astype(np.int32)
    thin = [np.stack([place, end]) for place, end in zip(mark.path, mark.moved, strict=True)]
    thin = thin if mark.aside.any() else []
    if len(mark.path) > 2 or _point_to_line(mark.badge[None], mark.moved)[0] > _RADIUS:
        thin.append(np.stack([mark.badge, _nearest(mark.badge, mark.moved)]))
    for ends in thin:
        fixed = np.round(ends * 2**_SHIFT).astype(np.int32)
        cv2.polylines(canvas, [fixed], False, mark.colour, 1, cv2.LINE_AA, _SHIFT)
    for colour, width in ((_INK, _LINE + 2), (mark.colour, _LINE)):
        cv2.polylines(canvas, [line], False, colour, width, cv2.LINE_AA, _SHIFT)
    for x, y in line.tolist():
        for colour, radius in ((_INK, 4.0), (mark.colour, 3.0)):
            cv2.circle(canvas, (x, y), round(radius * 2**_SHIFT), colour, -1, cv2.LINE_AA, _SHIFT)


def _nearest(point: FloatArray, line: FloatArray) -> FloatArray:
    """The nearest of a line's ends, its vertex and its middle."""
    places = line if len(line) > 2 else np.vstack([line, line.mean(axis=0)])
    return np.asarray(places[np.linalg.norm(places - point, axis=1).argmin()])


def _around(x: float, y: float) -> Box:
    return x - _RADIUS, y - _RADIUS, x + _RADIUS, y + _RADIUS


def _badge(draw: ImageDraw.ImageDraw, number: int, colour: Colour, x: float, y: float) -> None:
    draw.ellipse(_around(x, y), fill=colour, outline=_INK, width=2)
    font = ImageFont.load_default(15)
    draw.text((x, y), str(number), fill=_INK, font=font, anchor="mm")


def _margins(
    draw: ImageDraw.ImageDraw,
    marks: Sequence[_Mark],
    titles: Mapping[str, str] | None,
    headings: Mapping[Region, str] | None,
    margin: int,
    width: int,
) -> Iterator[tuple[str, Box]]:
    """Write the labels under their headings; yields the box of each."""
    groups: dict[Region, dict[str, list[_Mark]]] = {}
    for mark in marks:
        item = mark.line.measurement
        listed = groups.setdefault(item.region, {}).setdefault(_pair(item.name), [])
        if all(other.line.number != mark.line.number for other in listed):
            listed.append(mark)
    tall, gap = (46.0, 8.0) if titles is None else (62.0, 6.0)
    for left in (True, False):
        shown = {r: entries for r, entries in groups.items() if (r in _LEFT) is left}
        rows = sum(map(len, shown.values()))
        heads = 34.0 * len(shown) if headings is not None else 16.0 * max(len(shown) - 1, 0)
        step = min(tall + gap, (CHART_HEIGHT - 24.0 - heads) / max(rows, 1))
        y = (CHART_HEIGHT - heads - rows * step) / 2
        x = 10.0 if left else width - margin + 10.0
        for region in (r for r in REGION_COLOURS if r in shown):
            if headings is not None:
                font = ImageFont.load_default(19)
                draw.text((x, y + 17), headings[region], fill=_INK, font=font, anchor="lm")
                y += 34.0
            for entry in shown[region].values():
                box = (x, y, x + margin - 20.0, y + step - gap)
                _label(draw, box, entry, titles)
                yield _pair(entry[0].line.measurement.name), box
                y += step
            y += 0.0 if headings is not None else 16.0


def _pair(name: str) -> str:
    """The name without its side."""
    return name.removesuffix("_right").removesuffix("_left")


def _label(
    draw: ImageDraw.ImageDraw, box: Box, entry: Sequence[_Mark], titles: Mapping[str, str] | None
) -> None:
    left, top, right, bottom = box
    draw.rectangle(box, fill=(255, 255, 255), outline=(205, 208, 212))
    middle, x = (top + bottom) / 2, left + 6.0 + _RADIUS
    for mark in entry:
        _badge(draw, mark.line.number, mark.colour, x, middle)
        x += 2 * _RADIUS + 4.0
    x = left + 4 * _RADIUS + 20.0
    items = [mark.line.measurement for mark in entry]
    if titles is None:
        _text(draw, (x, middle), _values(items), 21.0, right - x - 6.0, _INK)
        return
    title = titles[items[0].name]
    if len(items) > 1:  # both sides: what the titles have in common
        title = title.rsplit(",", 1)[0]
    row = (bottom - top) / 4
    _text(draw, (x, top + row + 2), title, 16.0, right - x - 6.0, _INK)
    said = _values(items)
    if items[0].uncertainty is not None:
        said += f" ± {_number(items[0], items[0].uncertainty)}"
    wide = _text(draw, (x, bottom - row - 1), said, 19.0, right - x - 6.0, _INK)
    general = [norm.band for norm in items[0].norms if norm.status == "general"]
    # Of several, such as women's and men's, none is this face's.
    if len(general) == 1 and general[0] is not None and items[0].reliable:
        low, high = (f"{value:g}" for value in general[0])
        room = right - x - wide - 16.0
        _text(draw, (right - 8, bottom - row - 1), f"[{low} ... {high}]", 15.0, room, _GREY, "rm")


def _text(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    size: float,
    room: float,
    colour: Colour,
    anchor: str = "lm",
) -> float:
    """Write a line, smaller where the room wants it; returns its width."""
    wide = draw.textlength(text, ImageFont.load_default(size))
    font = ImageFont.load_default(min(size, 0.97 * size * room / max(wide, 1.0)))
    draw.text(at, text, fill=colour, font=font, anchor=anchor)
    return float(draw.textlength(text, font))


def _values(items: Sequence[Measurement]) -> str:
    said = " / ".join(_number(item, item.value) for item in items if item.value is not None)
    return said + _UNITS[items[0].unit]


def _number(item: Measurement, value: float) -> str:
    return f"{value:.{2 if item.unit == 'ratio' else 1}f}"
