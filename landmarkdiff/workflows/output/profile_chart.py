"""The angles and lines of a profile on its photo: before, as planned and after, with ranges.

The lines lie on the face; each value stands in the margin before it, at the height of its angle,
with a thin line to it. Colours tell the stages apart, so that the chart needs no words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.inference.profile_facts import ProfileStage, forward_in_photo, profile_stages
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.measurements.profile import ProfileMeasurement

__all__ = [
    "STAGE_COLOURS",
    "ProfileChart",
    "english_chart",
    "prediction_stages",
    "profile_chart",
]

Box = tuple[float, float, float, float]
Colour = tuple[int, int, int]

#: Height of a chart, and width of its margin with and without titles, pixels.
HEIGHT, _MARGIN, _NARROW = 1200, 520, 440
#: What is shown around the points, as shares of their height: above, before, below, behind.
_AROUND = (0.10, 0.14, 0.10, 0.30)
#: Colour of each stage: on the photo, and in the margin.
STAGE_COLOURS: Mapping[str, Colour] = {
    "before": (110, 205, 255),
    "planned": (255, 190, 40),
    "after": (120, 225, 130),
}
_ON_PAPER: Mapping[str, Colour] = {
    "before": (10, 95, 160),
    "planned": (165, 100, 0),
    "after": (20, 125, 45),
}
_PAPER: Colour = (250, 250, 248)
_INK: Colour = (25, 28, 32)
_GREY: Colour = (120, 124, 130)
_UNITS = {"mm": " mm", "deg": "°", "ratio": ""}
#: What is drawn of each measurement: lines through points, and the point, or the middle of two,
#: that its label belongs to.
_LINES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "nasofrontal_angle": (("glabella", "nasion", "rhinion"), ("nasion",)),
    "nasolabial_angle": (("columella", "subnasale", "labrale_superius"), ("subnasale",)),
    "nasofacial_angle": (("pronasale", "nasion", "pogonion"), ("nasion", "pronasale")),
    "mentolabial_angle": (("labrale_inferius", "sublabiale", "pogonion"), ("sublabiale",)),
    "goode_ratio": (("nasion", "alar_crease"), ("pronasale",)),
    "upper_lip_to_e_line": (("pronasale", "pogonion"), ("labrale_superius",)),
    "lower_lip_to_e_line": (("pronasale", "pogonion"), ("labrale_inferius",)),
    "z_angle": ((), ("pogonion",)),
    "cervicomental_angle": (("menton", "cervical_point", "neck"), ("cervical_point",)),
    "facial_convexity": (("glabella", "subnasale", "pogonion"), ("glabella",)),
    "facial_convexity_with_nose": (
        ("glabella", "pronasale", "pogonion"), ("glabella", "pronasale"),
    ),
}  # fmt: skip
#: Stages as they are drawn: the dashes of the plan lie over what was measured.
_ORDER = ("before", "after", "planned")
_WORDS = {"before": "before", "planned": "planned", "after": "after (simulation)"}


@dataclass(frozen=True, eq=False)
class ProfileChart:
    """A chart.

    Attributes
    ----------
    picture : (H, W, 3) uint8 array
        RGB, 1200 pixels high.
    labels : mapping of str to tuple of float
        Left, top, right and bottom of each measurement's label; no two of them touch.
    """

    picture: ImageArray
    labels: Mapping[str, Box]


def profile_chart(
    prepared: PreparedProfile,
    stages: Mapping[str, ProfileStage],
    *,
    titles: Mapping[str, str] | None = None,
    words: Mapping[str, str] | None = None,
) -> ProfileChart:
    """Draw the measurements of a profile.

    Parameters
    ----------
    prepared : PreparedProfile
    stages : mapping of str to ProfileStage
        Of :func:`landmarkdiff.inference.profile_facts.profile_stages`.
    titles : mapping of measurement to str, optional
        Written above the values, in Latin letters.
    words : mapping of stage to str, optional
        What its colour means, in Latin letters.
    """
    left = prepared.contour.side == "left_profile"
    close, zoom, corner = _close_up(prepared.image, stages, left)
    margin = _NARROW if titles is None else _MARGIN
    shift = np.array([margin if left else 0.0, 0.0])
    forward = forward_in_photo(prepared)
    # Pixel centres are whole numbers, so the outer edges, not the centres, are stretched.
    placed = {
        when: {
            name: (place - corner + 0.5) * zoom - 0.5 + shift
            for name, place in stage.places.items()
        }
        for when, stage in stages.items()
    }
    sheet = np.full((HEIGHT, close.shape[1] + margin, 3), _PAPER, np.uint8)
    at = int(shift[0])
    sheet[: close.shape[0], at : at + close.shape[1]] = close
    for when in (stage for stage in _ORDER if stage in placed):
        places = placed[when]
        for line in _lines(places, forward):
            _draw(sheet, line, STAGE_COLOURS[when], dashed=when == "planned")
        for point in places.values():
            cv2.circle(sheet, _fixed(point), 4 << 4, STAGE_COLOURS[when], -1, cv2.LINE_AA, 4)
    picture = Image.fromarray(sheet)
    draw = ImageDraw.Draw(picture)
    top = _legend(draw, words, list(stages), 0 if left else close.shape[1])
    labels = _labels(draw, stages, placed["before"], titles, left, close.shape[1], margin, top)
    return ProfileChart(np.asarray(picture), labels)


def english_chart(prepared: PreparedProfile, stages: Mapping[str, ProfileStage]) -> ImageArray:
    """Return the chart with English titles, as the files have it: (1200, W, 3) uint8 RGB."""
    titles = {name: item.title for name, item in stages["before"].measurements.items()}
    return profile_chart(prepared, stages, titles=titles, words=_WORDS).picture


def prediction_stages(prediction: Prediction) -> dict[str, ProfileStage]:
    """Return the stages of a simulation on a profile; none of another view."""
    prepared = prediction.prepared
    if not isinstance(prepared, PreparedProfile):
        return {}
    return profile_stages(prepared, prediction.warp, prediction.check)


def _close_up(
    image: ImageArray, stages: Mapping[str, ProfileStage], left: bool
) -> tuple[ImageArray, float, FloatArray]:
    """The face at the chart's height, its zoom, and its corner in the photo."""
    points = np.array([place for stage in stages.values() for place in stage.places.values()])
    low, high = points.min(axis=0), points.max(axis=0)
    size = float(high[1] - low[1])
    above, before, below, behind = (share * size for share in _AROUND)
    sides = (before, behind) if left else (behind, before)
    bottom, right = image.shape[:2]
    x0, y0 = np.floor(np.maximum(low - (sides[0], above), 0)).astype(int)
    x1 = int(np.ceil(min(high[0] + sides[1], right)))
    y1 = int(np.ceil(min(high[1] + below, bottom)))
    cut = image[y0:y1, x0:x1]
    zoom = HEIGHT / cut.shape[0]
    kind = cv2.INTER_AREA if zoom < 1.0 else cv2.INTER_CUBIC
    close = cv2.resize(cut, (max(1, round(cut.shape[1] * zoom)), HEIGHT), interpolation=kind)
    return np.asarray(close, np.uint8), zoom, np.array([x0, y0], np.float64)


def _lines(places: Mapping[str, FloatArray], forward: FloatArray) -> Iterator[FloatArray]:
    """What is drawn of one stage: every line once."""
    drawn: set[tuple[str, str]] = set()
    for line, _ in _LINES.values():
        for pair in pairwise(line):
            key = (min(pair), max(pair))
            if key not in drawn and all(name in places for name in pair):
                drawn.add(key)
                yield np.stack([places[pair[0]], places[pair[1]]])
    if {"nasion", "alar_crease", "pronasale"} <= places.keys():
        yield _foot(places["pronasale"], places["nasion"], places["alar_crease"])
    lips = [places[name] for name in ("labrale_superius", "labrale_inferius") if name in places]
    if lips and "pogonion" in places:
        chin = places["pogonion"]
        up = np.array([-forward[1], forward[0]])
        up = up if up[1] < 0 else -up
        out = max(lips, key=lambda lip: float((lip - chin) @ forward / ((lip - chin) @ up)))
        yield np.stack([chin, chin + 1.6 * (out - chin)])
        yield np.stack([chin - 60.0 * forward, chin + 60.0 * forward])


def _foot(point: FloatArray, start: FloatArray, end: FloatArray) -> FloatArray:
    """A point and its foot on a line."""
    along = (end - start) / np.hypot(*(end - start))
    return np.stack([point, start + along * float((point - start) @ along)])


def _draw(sheet: ImageArray, line: FloatArray, colour: Colour, *, dashed: bool) -> None:
    for part in _dashes(line) if dashed else [line]:
        ends = np.round(part * 16).astype(np.int32)
        for stroke, width in ((_INK, 4), (colour, 2)):
            cv2.polylines(sheet, [ends], False, stroke, width, cv2.LINE_AA, 4)


def _dashes(line: FloatArray) -> list[FloatArray]:
    count = max(1, int(np.hypot(*(line[1] - line[0])) // 18))
    at = np.linspace(0.0, 1.0, 2 * count + 1)[:, None]
    ends = line[0] + at * (line[1] - line[0])
    return [ends[k : k + 2] for k in range(0, 2 * count, 2)]


def _fixed(point: FloatArray) -> tuple[int, int]:
    """A place as OpenCV takes it, in sixteenths of a pixel."""
    x, y = np.round(point * 16).astype(int).tolist()
    return x, y


def _legend(
    draw: ImageDraw.ImageDraw, words: Mapping[str, str] | None, stages: Sequence[str], x: int
) -> float:
    """What the colours mean, in the margin that begins at x; returns where the labels may begin."""
    if words is None:
        return 10.0
    at = x + 14.0
    font = ImageFont.load_default(20)
    for when in stages:
        draw.line((at, 24, at + 34, 24), fill=_INK, width=7)
        draw.line((at, 24, at + 34, 24), fill=STAGE_COLOURS[when], width=4)
        draw.text((at + 42, 24), words[when], fill=_ON_PAPER[when], font=font, anchor="lm")
        at += 62 + draw.textlength(words[when], font=font)
    return 52.0


def _labels(
    draw: ImageDraw.ImageDraw,
    stages: Mapping[str, ProfileStage],
    places: Mapping[str, FloatArray],
    titles: Mapping[str, str] | None,
    left: bool,
    width: int,
    margin: int,
    top: float,
) -> dict[str, Box]:
    """Write the labels in the margin, each as near to its place as the others leave it."""
    measured = stages["before"].measurements
    shown = [
        (number, item, np.mean([places[name] for name in _LINES[item.name][1]], axis=0))
        for number, item in enumerate(measured.values(), start=1)
        if item.value is not None
    ]
    shown.sort(key=lambda entry: float(entry[2][1]))
    tall = 62.0 if titles is not None else 40.0
    tops = _spread([float(anchor[1]) - tall / 2 for _, _, anchor in shown], tall + 8.0, top)
    x = 8.0 if left else width + 8.0
    boxes = {}
    for (_, item, anchor), y in zip(shown, tops, strict=True):
        end = (margin - 6.0 if left else width + 6.0), y + tall / 2
        draw.line((*end, float(anchor[0]), float(anchor[1])), fill=_INK, width=3)
        draw.line((*end, float(anchor[0]), float(anchor[1])), fill=(235, 235, 235), width=1)
        boxes[item.name] = (x, y, x + margin - 20.0, y + tall)
    for number, item, _ in shown:
        values = {when: stage.measurements[item.name] for when, stage in stages.items()}
        _label(
            draw, boxes[item.name], number, None if titles is None else titles[item.name], values
        )
    return boxes


def _spread(wanted: list[float], step: float, top: float) -> list[float]:
    """Tops of labels in their order, a step apart, within the chart, as near as they can be."""
    count = len(wanted)
    step = min(step, (HEIGHT - 10.0 - top) / max(count, 1))
    placed = [max(value, top) for value in wanted]
    for k in range(1, count):
        placed[k] = max(placed[k], placed[k - 1] + step)
    limit = HEIGHT - 10.0
    for k in range(count - 1, -1, -1):
        placed[k] = min(placed[k], limit - step)
        limit = placed[k]
    return placed


def _label(
    draw: ImageDraw.ImageDraw,
    box: Box,
    number: int,
    title: str | None,
    values: Mapping[str, ProfileMeasurement],
) -> None:
    x, y, right, bottom = box
    draw.rectangle((x, y, right, bottom), fill=(255, 255, 255), outline=(205, 208, 212))
    row = bottom - 18.0
    middle = (y + bottom) / 2
    draw.ellipse((x + 6, middle - 13, x + 32, middle + 13), fill=_INK)
    badge = ImageFont.load_default(15)
    draw.text((x + 19, middle), str(number), fill=(255, 255, 255), font=badge, anchor="mm")
    x += 42.0
    if title is not None:
        size = 17.0
        room = right - x - 6.0
        size = min(size, 0.97 * size * room / draw.textlength(title, ImageFont.load_default(size)))
        draw.text((x, y + 15), title, fill=_INK, font=ImageFont.load_default(size), anchor="lm")
    font = ImageFont.load_default(20)
    for when, item in values.items():
        text = _value(item, spread=when == "before")
        draw.text((x, row), text, fill=_ON_PAPER[when], font=font, anchor="lm")
        x += draw.textlength(text, font=font) + 16
    before = values["before"]
    ideal = next((norm.band for norm in before.norms if norm.status == "general"), None)
    if ideal is not None:
        low, high = (f"{value:g}" for value in ideal)
        text = f"[{low} ... {high}]"
        font = ImageFont.load_default(16)
        draw.text((right - 8, row), text, fill=_GREY, font=font, anchor="rm")


def _value(item: ProfileMeasurement, *, spread: bool) -> str:
    digits = 2 if item.unit == "ratio" else 1
    text = f"{item.value:.{digits}f}"
    if spread and item.uncertainty is not None:
        text += f" ± {item.uncertainty:.{digits}f}"
    return text + _UNITS[item.unit]
