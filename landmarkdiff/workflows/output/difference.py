"""What a simulation changes, in colours: how far it moves the picture, and its brightness.

Both are read from the plan's own field and light, not from the two pictures, so that neither noise
nor texture shows. The page draws the same maps (``ui/static/live/heat.js``, ``webgl_program.js``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from landmarkdiff.arrays import Float32Array, FloatArray, ImageArray
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.manipulation.grid import RegionGrid
from landmarkdiff.manipulation.shading import LEAST_MATT, linear_light
from landmarkdiff.photo.label import LabelCorner, draw_label
from landmarkdiff.workflows.output.close_up import Region, pair_size
from landmarkdiff.workflows.output.pictures import Panel, compose, panel_corner

__all__ = [
    "LIGHT_STOPS",
    "MOVEMENT_STOPS",
    "DifferenceSheet",
    "brightness_levels",
    "coloured",
    "difference_sheet",
    "movement_mm",
    "scale_end",
]

Stops = tuple[tuple[int, int, int], ...]

#: Red, green and blue of -1, -0.5, 0, 0.5 and 1 of a scale: ColorBrewer's RdBu for movement, of
#: which a length takes the upper half, and PuOr for brightness, purple for darker.
MOVEMENT_STOPS: Stops = (
    (33, 102, 172),
    (103, 169, 207),
    (247, 247, 247),
    (239, 138, 98),
    (178, 24, 43),
)
LIGHT_STOPS: Stops = (
    (94, 60, 153),
    (178, 171, 210),
    (247, 247, 247),
    (253, 184, 99),
    (230, 97, 1),
)
#: Ends that the scales may have, mm and levels of 255.
MOVEMENT_ENDS = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0)
LIGHT_ENDS = (5.0, 10.0, 20.0, 40.0, 80.0)
#: So much beyond an end is not worth another scale.
_SPARE = 0.005
#: How far the colours cover the picture, the inverse of the part of the scale over which they set
#: in, and how pale the picture is below them.
COVER, FAINT, PALE = 0.8, 5.0, 0.8
#: How bright red, green and blue look (ITU-R BT.601).
_GREY = np.array([0.299, 0.587, 0.114], np.float32)
#: Longest side of a map, pixels.
_SIDE = 1200
#: Height of a legend and of its bar, and the size of its letters, as shares of a map's width.
_LEGEND, _BAR, _TEXT = 0.085, 0.03, 0.032
_PAPER, _INK = (255, 255, 255), (20, 20, 20)


def movement_mm(prediction: Prediction, region: Region, size: tuple[int, int]) -> Float32Array:
    """Return how far each place of a close-up of the simulation has moved, mm in the picture.

    Parameters
    ----------
    prediction : Prediction
    region : Region
    size : tuple of int
        Width and height of the close-up, pixels.

    Returns
    -------
    (height, width) float32 array
        Length of the displacement field at the middle of each pixel; 0 outside of the mask and on
        what lies in front of the face.
    """
    field = prediction.displacement_field
    moved = _on_tile(field.displacement, field.grid, region, size)
    if prediction.pushed is not None:
        by_hand = prediction.pushed.carried.field
        moved = moved + _on_tile(by_hand.displacement, by_hand.grid, region, size)
    scale = np.float32(prediction.source.scale.mm_per_px)
    length = np.hypot(moved[..., 0], moved[..., 1]) * scale
    return np.asarray(length * _open_share(prediction, region, size), np.float32)


def brightness_levels(
    prediction: Prediction, region: Region, size: tuple[int, int]
) -> Float32Array:
    """Return how much brighter the new light makes each place of a close-up, levels of 255.

    The grey of the simulation less that of the same warp in the photo's own light.

    Parameters
    ----------
    prediction, region, size
        As for :func:`movement_mm`.

    Returns
    -------
    (height, width) float32 array
        All 0 where the light was left as it was.
    """
    shading = prediction.warp.shading
    if shading is None:
        return np.zeros(size[::-1], np.float32)
    # The face alone: what lies in front of it keeps its own light.
    face = shading.undone(prediction.warp.face, prediction.surgical_mask.coverage)
    unlit = region.tile(face, size)
    change = np.dstack([shading.factor - 1.0, shading.gloss]).astype(np.float32)
    light = _on_tile(change, shading.grid, region, size)
    matt = linear_light()[unlit] * (1.0 + light[..., :3])
    lit = np.clip(np.maximum(matt + light[..., 3:], LEAST_MATT * matt), 0.0, 1.0)
    codes = np.where(lit <= 0.0031308, 12.92 * lit, 1.055 * lit ** (1 / 2.4) - 0.055)
    levels = (255.0 * codes - unlit) @ _GREY
    return np.asarray(levels * _open_share(prediction, region, size), np.float32)


def _open_share(prediction: Prediction, region: Region, size: tuple[int, int]) -> Float32Array:
    """How much of each pixel of a tile is face and not what lies in front: (h, w) or (1, 1)."""
    front = prediction.warp.front
    if front is None:
        return np.ones((1, 1), np.float32)
    columns, rows = _photo_places(region, size)
    points = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
    return np.asarray(1.0 - front.opaque.at(points).reshape(size[::-1]), np.float32)


def _photo_places(region: Region, size: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    """Columns (width,) and rows (height,) of the photo at a tile's pixels, image frame."""
    width, height = size
    columns = region.x - 0.5 + (np.arange(width) + 0.5) * region.width / width
    rows = region.y - 0.5 + (np.arange(height) + 0.5) * region.height / height
    return columns, rows


def _on_tile(
    values: Float32Array, grid: RegionGrid, region: Region, size: tuple[int, int]
) -> Float32Array:
    """Interpolate values at the nodes (rows, columns, c) at the pixels of a tile; 0 outside."""
    width, height = size
    columns, rows = _photo_places(region, size)
    offset = (grid.step - 1) / 2.0
    xs = np.broadcast_to((columns - grid.x - offset) / grid.step, (height, width))
    ys = np.broadcast_to(((rows - grid.y - offset) / grid.step)[:, None], (height, width))
    return np.asarray(
        cv2.remap(
            np.ascontiguousarray(values, np.float32),
            np.ascontiguousarray(xs, np.float32),
            np.ascontiguousarray(ys, np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=0.0,
        ),
        np.float32,
    )


def scale_end(largest: float, ends: Sequence[float] = MOVEMENT_ENDS) -> float:
    """Return the end of a scale that holds the largest value, or the last there is.

    >>> scale_end(2.2), scale_end(99.0)
    (3.0, 30.0)
    """
    return next((end for end in ends if end + _SPARE >= largest), ends[-1])


def coloured(
    pixels: ImageArray, values: NDArray[np.floating], end: float, stops: Stops
) -> ImageArray:
    """Lay values in colours over the pale grey of a picture.

    The picture adds the same to red, green and blue, so that their differences depend on the value
    alone.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
        RGB.
    values : (H, W) array
        Same unit as ``end``; what lies beyond the ends has their colours.
    end : float
        The value of the last stop.
    stops : tuple of RGB
        Colours of -1, -0.5, 0, 0.5 and 1 times the end.

    Returns
    -------
    (H, W, 3) uint8 array

    Examples
    --------
    >>> black = np.zeros((1, 3, 3), np.uint8)
    >>> map = coloured(black, np.array([[0.0, 1.0, 2.0]]), 2.0, MOVEMENT_STOPS)
    >>> map[0].tolist()
    [[51, 51, 51], [201, 121, 89], [153, 29, 45]]
    """
    share = np.clip(values / end, -1.0, 1.0).astype(np.float32)
    places = np.linspace(-1.0, 1.0, len(stops))
    own = np.stack([np.interp(share, places, each) for each in zip(*stops, strict=True)], axis=-1)
    cover = COVER * np.minimum(FAINT * np.abs(share), 1.0)[..., None]
    pale = 255.0 - PALE * (255.0 - pixels.astype(np.float32) @ _GREY)[..., None]
    return np.asarray(np.rint(pale + cover * (own - pale)), np.uint8)


@dataclass(frozen=True, eq=False)
class DifferenceSheet:
    """The two maps of a simulation on one sheet.

    Attributes
    ----------
    pixels : (H, W, 3) uint8 array
        RGB, labelled.
    record : dict
        JSON-ready: the ends of the scales, the largest values, the part of the photo that the maps
        show (pixels, from the outer edge of its first one) and where they lie on the sheet.
    """

    pixels: ImageArray
    record: dict[str, Any]


def difference_sheet(prediction: Prediction, corner: LabelCorner | None = None) -> DifferenceSheet:
    """Draw what a simulation changes: movement in mm beside brightness in levels, each with scale.

    Parameters
    ----------
    prediction : Prediction
    corner : str, optional
        Where the label goes; by default where it covers least of what is changed.
    """
    region = Region.of(prediction, aspect=None)
    size = pair_size(region, _SIDE)
    moved = movement_mm(prediction, region, size)
    levels = brightness_levels(prediction, region, size)
    base = region.tile(prediction.warped, size)
    seen = (region.tile(prediction.changeable, size, beyond=0) > 0).astype(np.uint8)
    farthest = float(moved.max())
    low, high = min(float(levels.min()), 0.0), max(float(levels.max()), 0.0)
    end, bright = scale_end(farthest), scale_end(max(-low, high), LIGHT_ENDS)

    def panel(
        values: Float32Array, end: float, stops: Stops, span: tuple[float, float], *words: str
    ) -> Panel:
        drawn = coloured(base, values, end, stops)
        labelled, _ = draw_label(drawn, corner=corner, mask=seen, text=prediction.label)
        return Panel(np.vstack([labelled, _legend(size[0], end, stops, span)]), *words)

    unlit = prediction.warp.shading is None
    light = "The light is left as it was" if unlit else f"From {low:+.0f} to {high:+.0f} levels"
    panels = [
        panel(
            moved,
            end,
            MOVEMENT_STOPS,
            (0.0, 1.0),
            "Movement in the picture, mm",
            f"At most {farthest:.1f} mm",
        ),
        panel(
            levels, bright, LIGHT_STOPS, (-1.0, 1.0), "Change of brightness, levels of 255", light
        ),
    ]
    sheet = compose(panels, len(panels), "Simulation of a discussed goal: what it changes")
    boxes = [[*panel_corner(panels[0].pixels, place), *size] for place in range(len(panels))]
    record = {
        "region": [round(value, 2) for value in (region.x, region.y, region.width, region.height)],
        "movement": {"box": boxes[0], "end_mm": end, "largest_mm": round(farthest, 3)},
        "light": {
            "box": boxes[1],
            "end_levels": bright,
            "lowest_levels": round(low, 2),
            "highest_levels": round(high, 2),
        },
    }
    return DifferenceSheet(sheet, record)


def _legend(width: int, end: float, stops: Stops, span: tuple[float, float]) -> ImageArray:
    """Return a bar of the colours between two shares of a scale, with its numbers below."""
    height, bar = round(_LEGEND * width), round(_BAR * width)
    strip = np.full((height, width, 3), _PAPER, np.uint8)
    shares = np.linspace(*span, width)
    places = np.linspace(-1.0, 1.0, len(stops))
    row: FloatArray = np.stack(
        [np.interp(shares, places, each) for each in zip(*stops, strict=True)], axis=-1
    )
    strip[2 : 2 + bar] = np.rint(row).astype(np.uint8)
    picture = Image.fromarray(strip)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(max(11.0, _TEXT * width))
    for share, anchor in ((0.0, "la"), (0.5, "ma"), (1.0, "ra")):
        value = end * (span[0] + share * (span[1] - span[0]))
        words = f"{value:g}" if span[0] == 0.0 or value == 0.0 else f"{value:+g}"
        draw.text((share * (width - 1), bar + 6), words, fill=_INK, font=font, anchor=anchor)
    return np.asarray(picture)
