"""Distances, angles, pen strokes and notes drawn into a picture, as the page shows them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.landmarks.face import Scale
from landmarkdiff.texts import Texts
from landmarkdiff.workflows.annotations import Angle, Annotation, Distance, Note, reading
from landmarkdiff.workflows.output.close_up import Region
from landmarkdiff.workflows.output.typefaces import script_of, typeface, wrapped

__all__ = ["draw_annotations"]

_DARK, _LIGHT, _PEN = (12, 18, 22), (255, 255, 255), (255, 209, 102)
_NOTE = (255, 231, 171)
#: Size of the letters as a share of the picture's shorter side, and its bounds in pixels.
_LETTERS, _LEAST_LETTERS, _MOST_LETTERS = 0.026, 11.0, 44.0
#: Of these letters: width of a line and of its dark edge, radius of an angle's arc, and how far
#: words stand beside a flat line, an upright one, and a vertex.
_LINE, _EDGE, _ARC = 0.16, 0.36, 1.8
_ASIDE, _UPRIGHT, _VERTEX = 1.7, 3.8, 2.6
_SHIFT = 4  # places are drawn at sixteenths of a pixel
#: Widest note, letters.
_NOTE_WIDTH = 20.0


def draw_annotations(
    pixels: ImageArray,
    annotations: Sequence[Annotation],
    *,
    region: Region,
    scale: Scale,
    texts: Texts,
    mirrored: bool = False,
) -> ImageArray:
    """Return a picture of a region with what is drawn over it.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
        RGB: ``region`` of a photo, resampled.
    annotations : sequence of Annotation
        In pixels of that photo.
    region : Region
        Which part of the photo the picture shows.
    scale : Scale
        Of the photo, for millimetres.
    texts : Texts
        Language of the words.
    mirrored : bool
        Whether the picture is turned, as in a mirror; words are not.
    """
    if not annotations:
        return pixels
    height, width = pixels.shape[:2]
    letters = min(max(_LETTERS * min(width, height), _LEAST_LETTERS), _MOST_LETTERS)
    drawn = np.ascontiguousarray(pixels).copy()
    placed = []
    for one in annotations:
        places = _places(one, region, (width, height), mirrored)
        _draw_lines(drawn, one, places, letters)
        words = reading(one, scale.mm_per_px, scale.relative_uncertainty, texts)
        if words and _inside(places, width, height):
            placed.append((one, words, _beside(one, places, letters)))
    picture = Image.fromarray(drawn)
    pen = ImageDraw.Draw(picture, "RGBA")
    for one, words, place in placed:
        ink = _NOTE if isinstance(one, Note) else _LIGHT
        _write(pen, words, place, letters, (width, height), ink)
    return np.asarray(picture, np.uint8)


def _places(
    one: Annotation, region: Region, size: tuple[int, int], mirrored: bool
) -> NDArray[np.float64]:
    """Its points (n, 2) in pixels of the picture, from the middle of the first."""
    width, height = size
    points = np.array(one.points, np.float64)
    x = (points[:, 0] + 0.5 - region.x) * width / region.width - 0.5
    y = (points[:, 1] + 0.5 - region.y) * height / region.height - 0.5
    return np.stack([width - 1 - x if mirrored else x, y], axis=1)


def _inside(places: FloatArray, width: int, height: int) -> bool:
    """Whether any of it is seen: what lies outside of the crop has no words in it."""
    within = (places >= 0) & (places <= (width - 1, height - 1))
    return bool(within.all(axis=1).any())


def _draw_lines(
    drawn: ImageArray, one: Annotation, places: NDArray[np.float64], letters: float
) -> None:
    if isinstance(one, Note):
        return
    lines = [places]
    if isinstance(one, Angle):
        lines.append(_arc(places, _ARC * letters))
    colour = _LIGHT if isinstance(one, Distance | Angle) else _PEN
    for shade, wide in ((_DARK, _EDGE), (colour, _LINE)):
        for line in lines:
            fixed = np.rint(line * (1 << _SHIFT)).astype(np.int32)
            thick = max(1, round(wide * letters))
            cv2.polylines(drawn, [fixed], False, shade, thick, cv2.LINE_AA, _SHIFT)


def _arc(places: FloatArray, radius: float) -> NDArray[np.float64]:
    first, vertex, second = places
    start = math.atan2(first[1] - vertex[1], first[0] - vertex[0])
    end = math.atan2(second[1] - vertex[1], second[0] - vertex[0])
    turn = math.remainder(end - start, math.tau)
    angles = start + turn * np.linspace(0.0, 1.0, 24)
    return np.asarray(vertex + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1))


def _beside(one: Annotation, places: FloatArray, letters: float) -> tuple[float, float]:
    """Where the middle of the words stands, so that they cover none of the points."""
    if isinstance(one, Note):
        return float(places[0][0]), float(places[0][1])
    if isinstance(one, Distance):
        a, b = places
        along = (b - a) / max(math.dist(a, b), 1.0)
        away = letters * (_ASIDE + (_UPRIGHT - _ASIDE) * abs(along[1]))
        turn = 1.0 if b[0] >= a[0] else -1.0
        middle = (a + b) / 2 + turn * away * np.array([along[1], -along[0]])
        return float(middle[0]), float(middle[1])
    first, vertex, second = places
    arms = [(end - vertex) / max(math.dist(end, vertex), 1.0) for end in (first, second)]
    between = arms[0] + arms[1]
    far = math.hypot(*between)
    away = -between / far if far > 0.05 else np.array([-arms[0][1], arms[0][0]])
    place = vertex + _VERTEX * letters * away
    return float(place[0]), float(place[1])


def _write(
    pen: ImageDraw.ImageDraw,
    words: str,
    place: tuple[float, float],
    letters: float,
    size: tuple[int, int],
    ink: tuple[int, int, int],
) -> None:
    """Write words on a dark plate around a place, inside the picture."""
    font = typeface(script_of(words), letters)
    text = "\n".join(wrapped(words, letters, min(_NOTE_WIDTH * letters, 0.9 * size[0])))
    left, top, right, bottom = pen.multiline_textbbox((0, 0), text, font=font)
    pad = 0.45 * letters
    wide, high = right - left + 2 * pad, bottom - top + 1.4 * pad
    x = min(max(place[0] - wide / 2, 0.0), max(size[0] - wide, 0.0))
    y = min(max(place[1] - high / 2, 0.0), max(size[1] - high, 0.0))
    box = (x, y, x + wide, y + high)
    pen.rounded_rectangle(box, radius=0.6 * letters, fill=(*_DARK, 190))
    pen.multiline_text((x + pad - left, y + 0.7 * pad - top), text, font=font, fill=(*ink, 255))
