"""Grids of labelled pictures: face tiles in one framing, captions, and the word "simulation"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from landmarkdiff.arrays import ImageArray
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.photo.label import LabelCorner, draw_label

__all__ = [
    "FRAME_SIZE",
    "NO_SIMULATION",
    "PADDING",
    "TILE_SIZE",
    "Panel",
    "beside",
    "box_tile",
    "compose",
    "face_tile",
    "fitted",
    "framed_tile",
    "labelled_tile",
    "panel_corner",
    "simulation_tile",
]


NO_SIMULATION = "no simulation in this view"

#: Width and height of a face tile, pixels.
TILE_SIZE = (384, 480)
#: The same framing for a picture that stands by itself: a frame of an animation, a page.
FRAME_SIZE = (576, 720)
#: Height of the framing as a share of the face's: the mesh ends below the hair line.
_FRAME_SHARE = 1.7
_PAPER = (255, 255, 255)
#: Gray beyond a photo.
PADDING = 232
_INK = (20, 20, 20)
_FAINT_INK = (90, 90, 90)
_GAP = 12
#: Between before and after of a pair.
_BETWEEN = 4
_MIN_FONT = 9.0


@dataclass(frozen=True)
class Panel:
    """One picture of a grid.

    Attributes
    ----------
    pixels : (H, W, 3) uint8 array
        RGB, labelled already where it shows a simulation.
    caption, detail : str
        Lines under the picture.
    """

    pixels: ImageArray
    caption: str
    detail: str = ""


def face_tile(
    pixels: ImageArray, face: FaceLandmarks, size: tuple[int, int] = TILE_SIZE
) -> ImageArray:
    """Return the face with a margin, resampled to ``size`` (width, height): uint8 RGB.

    Where the framing leaves the photo, the tile is gray.
    """
    return box_tile(pixels, face.box, size)


def box_tile(
    pixels: ImageArray,
    box: tuple[float, float, float, float],
    size: tuple[int, int] = TILE_SIZE,
) -> ImageArray:
    """Return what a face in ``box`` (x, y, width, height; pixels) gives as a tile."""
    x, y, width, height = box
    tall = _FRAME_SHARE * max(height, width)
    scale = min(size[1] / tall, size[0] / (tall * TILE_SIZE[0] / TILE_SIZE[1]))
    # Edges of the frame, counted from the outer edge of the first pixel.
    left = x + 0.5 + width / 2 - size[0] / scale / 2
    top = y + 0.5 + height / 2 - 0.54 * size[1] / scale
    return framed_tile(pixels, (left, top), scale, size)


def framed_tile(
    pixels: NDArray[np.uint8],
    corner: tuple[float, float],
    scale: float,
    size: tuple[int, int],
    beyond: int = PADDING,
) -> NDArray[np.uint8]:
    """Return a part of a picture, resampled.

    Parameters
    ----------
    pixels : (H, W, 3) or (H, W) uint8 array
    corner : tuple of float
        Left and top of the part, pixels, from the outer edge of the picture's first pixel.
    scale : float
        Pixels of the tile per pixel of the picture.
    size : tuple of int
        Width and height of the tile, pixels.
    beyond : int
        Gray where the part leaves the picture.
    """
    left, top = corner
    # Shrunk by areas first, so that a 24-megapixel face does not alias.
    shrunk = pixels
    if scale < 1.0:
        whole = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
        shrunk = np.asarray(cv2.resize(pixels, whole, interpolation=cv2.INTER_AREA), np.uint8)
    zoom_x = scale * pixels.shape[1] / shrunk.shape[1]
    zoom_y = scale * pixels.shape[0] / shrunk.shape[0]
    matrix = np.array(
        [
            [zoom_x, 0.0, (0.5 * zoom_x - 0.5) - left * scale],
            [0.0, zoom_y, (0.5 * zoom_y - 0.5) - top * scale],
        ]
    )
    tile = cv2.warpAffine(
        shrunk,
        matrix,
        size,
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(beyond,) * 3,
    )
    return np.asarray(tile, np.uint8)


def simulation_tile(
    prediction: Prediction, corner: LabelCorner | None, size: tuple[int, int] = TILE_SIZE
) -> ImageArray:
    """Return the labelled tile of a simulation, framed like its photo's: (height, width, 3) RGB.

    ``size`` is width and height, pixels.
    """
    return labelled_tile(prediction.image, prediction, corner, size)


def labelled_tile(
    pixels: ImageArray, prediction: Prediction, corner: LabelCorner | None, size: tuple[int, int]
) -> ImageArray:
    """Return any picture (H, W, 3) of a simulation as a labelled tile, framed like its photo's.

    ``size`` is width and height, pixels.
    """
    tile = face_tile(pixels, prediction.source, size)
    labelled, _ = draw_label(tile, corner=corner or "bottom-right", text=prediction.label)
    return labelled


def beside(*pictures: ImageArray) -> ImageArray:
    """Return pictures of one height (H, W, 3) side by side, with a line of paper between them."""
    line = np.full((pictures[0].shape[0], _BETWEEN, 3), _PAPER, np.uint8)
    parts = [part for picture in pictures for part in (line, picture)][1:]
    return np.concatenate(parts, axis=1)


def fitted(pixels: ImageArray, size: tuple[int, int] = TILE_SIZE) -> ImageArray:
    """Return the whole picture inside a tile of ``size`` (width, height), on gray."""
    height, width = pixels.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    tile = np.empty((size[1], size[0], 3), np.uint8)
    tile[:] = PADDING
    left, top = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    tile[top : top + inner[1], left : left + inner[0]] = cv2.resize(
        pixels, inner, interpolation=kind
    )
    return tile


def compose(
    panels: Sequence[Panel | None], columns: int, title: str, *, abreast: int = 1
) -> ImageArray:
    """Lay panels of one size out in rows, with captions and a title: (H, W, 3) uint8 RGB.

    The place of None stays free. Letters are as large as suits a panel that holds ``abreast``
    pictures beside each other.
    """
    height, width = next(panel for panel in panels if panel is not None).pixels.shape[:2]
    text, head = _letters(width, abreast)
    strip = round(2.9 * text)
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    size = (
        columns * (width + _GAP) + _GAP,
        head + rows * (height + strip + _GAP) + _GAP,
    )
    sheet = np.full((size[1], size[0], 3), _PAPER, np.uint8)
    with _lines_on(sheet, 0, head) as draw:
        _write(draw, title, (_GAP, round(0.6 * text)), 1.15 * text, size[0] - 2 * _GAP, _INK)
    for row in range(rows):
        shown = panels[row * columns : (row + 1) * columns]
        top = head + row * (height + strip + _GAP)
        with _lines_on(sheet, top + height, strip) as draw:
            for column, panel in enumerate(shown):
                if panel is None:
                    continue
                x = _GAP + column * (width + _GAP)
                sheet[top : top + height, x : x + width] = panel.pixels
                below = round(0.25 * text)
                _write(draw, panel.caption, (x, below), text, width, _INK)
                below += round(1.3 * text)
                _write(draw, panel.detail, (x, below), 0.85 * text, width, _FAINT_INK)
    return sheet


def panel_corner(pixels: ImageArray, place: int) -> tuple[int, int]:
    """Return where :func:`compose` puts a panel of its first row: left and top, pixels.

    ``pixels`` (H, W, 3) are those of a panel, ``place`` counts from 0.
    """
    width = pixels.shape[1]
    return _GAP + place * (width + _GAP), _letters(width, 1)[1]


def _letters(width: int, abreast: int) -> tuple[float, int]:
    """Size of the letters of a sheet and height of its title, pixels."""
    text = max(13.0, 0.036 * width / abreast)
    return text, round(2.6 * text)


@contextmanager
def _lines_on(sheet: ImageArray, top: int, height: int) -> Iterator[ImageDraw.ImageDraw]:
    """Give what draws on rows of a sheet; only they become a picture of Pillow's meanwhile."""
    rows = Image.fromarray(sheet[top : top + height])
    yield ImageDraw.Draw(rows)
    sheet[top : top + height] = np.asarray(rows)


def _write(
    draw: ImageDraw.ImageDraw,
    text: str,
    place: tuple[int, int],
    size: float,
    width: int,
    ink: tuple[int, int, int],
) -> None:
    """Write one line, smaller or shortened where it would be wider than ``width``."""
    shown = text
    font = ImageFont.load_default(size)
    length = draw.textlength(shown, font=font)
    if length > width:
        font = ImageFont.load_default(max(_MIN_FONT, size * width / length))
    while len(shown) > 1 and draw.textlength(shown, font=font) > width:
        shown = shown.removesuffix("...")[:-1] + "..."
    draw.text(place, shown, fill=ink, font=font)
