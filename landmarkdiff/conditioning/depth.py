"""Inverse depth of the (moved) mesh, for ControlNets that read monocular depth maps.

Near is bright, as in the MiDaS maps that depth ControlNets were trained on. The grey value
depends on the distance in mm from the eyes alone, not on what else is in the picture, so two
plans on one photo can be compared and only what a plan moves changes.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arguments import MAXIMUM_SIDE, checked, instance_of, whole_in
from landmarkdiff.arrays import Float32Array, FloatArray, ImageArray
from landmarkdiff.conditioning.surface import height_map, smooth_surface
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.grid import smoothstep

__all__ = ["brightness", "draw_depth"]


#: Camera before the eyes (mm): where a portrait is usually taken from.
CAMERA_MM = 700.0
#: White lies this far before the eyes (mm): a prominent nose tip reaches 50 mm.
WHITE_MM = 60.0
#: Black, and the background, lie this far behind them (mm).
BLACK_MM = -900.0

#: Cells along the longer side of the face: 1 mm each or finer.
FACE_CELLS = 192
#: Most cells along the longer side of the picture.
MOST_CELLS = 1024
#: Smoothing of the drawing, cells.
SMOOTHING_CELLS = 0.8
#: What lies beyond the border is carried on from a rim of this width (mm).
RIM_MM = 2.0
#: And smoothed by as much (mm), so that no streaks start at an uneven outline.
SOFTENING_MM = 4.0
#: Beyond its border the face goes over into head, neck and background within this (mm).
REACH_MM = 45.0
#: Size of a cell of the surroundings (mm); they have no details.
SURROUND_CELL_MM = 4.0

#: The head behind the face: centre below the eyes and behind them, half axes (mm), with hair.
HEAD_CENTRE_MM = (0.0, -5.0, -75.0)
HEAD_AXES_MM = (88.0, 125.0)
#: Depth of its outline (mm).
HEAD_MM = -85.0
#: Neck and shoulders: half widths (mm) at these heights over the eyes (mm), and their depth.
TRUNK_HEIGHTS_MM = (-120.0, -165.0, -215.0, -300.0)
TRUNK_HALF_WIDTHS_MM = (58.0, 62.0, 190.0, 225.0)
TRUNK_MM = -90.0
#: How softly head and trunk end against the background (mm).
OUTLINE_MM = 30.0


def brightness(z_mm: FloatArray | Float32Array | float) -> Float32Array:
    """Grey value of points by their distance before the eyes.

    Parameters
    ----------
    z_mm : array
        Toward the camera, mm, 0 at the eyes.

    Returns
    -------
    float32 array
        0 to 255, linear in the inverse of the distance to the camera.

    Examples
    --------
    >>> [round(float(brightness(z))) for z in (-900.0, -60.0, 0.0, 30.0, 60.0)]
    [0, 188, 219, 236, 255]
    """
    far, near = 1.0 / (CAMERA_MM - BLACK_MM), 1.0 / (CAMERA_MM - WHITE_MM)
    distance = CAMERA_MM - np.clip(np.asarray(z_mm, np.float32), BLACK_MM, WHITE_MM)
    return np.asarray(255.0 * (1.0 / distance - far) / (near - far), np.float32)


@checked(
    face=instance_of(FaceLandmarks),
    width=whole_in(1, MAXIMUM_SIDE),
    height=whole_in(1, MAXIMUM_SIDE),
)
def draw_depth(face: FaceLandmarks, width: int, height: int) -> ImageArray:
    """Draw the mesh of a face as inverse depth, and around it a plain head, neck and background.

    Parameters
    ----------
    face : FaceLandmarks
        Usually the moved landmarks of a plan.
    width, height : int
        Size of the drawing, pixels; the photo is stretched to it.

    Returns
    -------
    (height, width, 3) uint8 array
        Three equal channels; near is bright (:func:`brightness`).

    Raises
    ------
    ParameterError
        If the size is not positive.

    Examples
    --------
    >>> drawing = draw_depth(face, 128, 150)
    >>> drawing.shape, int(drawing.max())  # the tip of the nose
    ((150, 128, 3), 244)
    """
    cells = _grid(face, width, height)
    to_cells = np.array(cells) / (face.image_width, face.image_height)
    vertices, triangles = smooth_surface(face.points[:468])
    vertices[:, :2] = (vertices[:, :2] + 0.5) * to_cells - 0.5
    vertices[:, 2] = (face.origin_px[2] - vertices[:, 2]) * face.scale.mm_per_px
    heights = height_map(vertices, triangles, *cells)
    inside = np.isfinite(heights)
    surround = _surroundings(face, cells)
    if inside.any():
        shown = brightness(np.where(inside, heights, BLACK_MM))
        cell_mm = face.scale.mm_per_px / float(to_cells.mean())
        drawing = _continued(shown, inside, surround, cell_mm)
    else:
        drawing = surround
    smooth = cv2.GaussianBlur(drawing, (0, 0), SMOOTHING_CELLS)
    if cells != (width, height):
        smooth = cv2.resize(smooth, (width, height), interpolation=cv2.INTER_CUBIC)
    grey = np.clip(np.rint(smooth), 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _grid(face: FaceLandmarks, width: int, height: int) -> tuple[int, int]:
    """Return columns and rows of the grid that the face is drawn on before it is enlarged."""
    size = np.array([face.image_width, face.image_height])
    finest = max(np.array([width, height]) / size)
    zoom = min(FACE_CELLS / max(*face.box[2:], 1.0), finest, MOST_CELLS / size.max())
    columns, rows = np.maximum(np.rint(size * zoom), 1).astype(int).tolist()
    return columns, rows


def _continued(
    shown: Float32Array, inside: NDArray[np.bool_], surround: Float32Array, cell_mm: float
) -> Float32Array:
    """Return the face carried on beyond its border, where it goes over into what is around."""
    distance = _distance_in(~inside)
    weight = 1.0 - smoothstep(distance, 0.0, REACH_MM / cell_mm)
    rim = inside & (_distance_in(inside) <= max(RIM_MM / cell_mm, 1.0))
    spread = np.where(inside, shown, _spread(shown, rim)).astype(np.float32)
    softer = cv2.GaussianBlur(spread, (0, 0), max(SOFTENING_MM / cell_mm, 0.5))
    away = smoothstep(distance, 0.0, 2.0 * SOFTENING_MM / cell_mm)
    around = spread + away * (softer - spread)
    return np.asarray(surround + weight * (around - surround), np.float32)


def _distance_in(region: NDArray[np.bool_]) -> Float32Array:
    """Distance of each cell of a region from what is outside it, cells."""
    found = cv2.distanceTransform(region.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(found, np.float32)


def _spread(values: Float32Array, known: NDArray[np.bool_]) -> Float32Array:
    """Fill what is unknown from what is known around it, near first (pull and push)."""
    weight = known.astype(np.float32)
    if known.all() or min(values.shape) < 2:
        return values
    size = ((values.shape[1] + 1) // 2, (values.shape[0] + 1) // 2)
    total = cv2.resize(values * weight, size, interpolation=cv2.INTER_AREA)
    share = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    coarse = _spread(np.where(share > 0, total / np.maximum(share, 1e-6), 0.0), share > 0)
    soft = cv2.GaussianBlur(coarse, (3, 3), 0)
    filled = cv2.resize(soft, values.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.where(known, values, filled).astype(np.float32)


def _surroundings(face: FaceLandmarks, cells: tuple[int, int]) -> Float32Array:
    """Draw head, neck and shoulders, soft and without details: (rows, columns) float32."""
    mm = face.scale.mm_per_px
    size = np.array([face.image_width, face.image_height])
    few = np.maximum(np.minimum(np.rint(size * mm / SURROUND_CELL_MM), cells), 2).astype(int)
    columns, rows = few.tolist()
    x = (np.arange(columns) + 0.5) * size[0] / columns - 0.5 - face.origin_px[0]
    y = (np.arange(rows)[:, None] + 0.5) * size[1] / rows - 0.5 - face.origin_px[1]
    roll = np.radians(face.pose.roll)
    # Upright millimetres: to the right and up in the picture once the roll is taken out.
    right = (x * np.cos(roll) + y * np.sin(roll)) * mm
    up = (x * np.sin(roll) - y * np.cos(roll)) * mm
    turned = face.pose.rotation @ HEAD_CENTRE_MM
    centre = (
        turned[0] * np.cos(roll) - turned[1] * np.sin(roll),
        turned[0] * np.sin(roll) + turned[1] * np.cos(roll),
    )
    from_head = np.hypot((right - centre[0]) / HEAD_AXES_MM[0], (up - centre[1]) / HEAD_AXES_MM[1])
    edge = OUTLINE_MM / min(HEAD_AXES_MM)
    head = 1.0 - smoothstep(from_head, 1.0 - edge, 1.0 + edge)
    half = np.interp(-up, -np.array(TRUNK_HEIGHTS_MM), TRUNK_HALF_WIDTHS_MM)
    begun = smoothstep(-up, -TRUNK_HEIGHTS_MM[0] - OUTLINE_MM, -TRUNK_HEIGHTS_MM[0])
    beside = np.abs(right - centre[0]) - half
    trunk = begun * (1.0 - smoothstep(beside, -OUTLINE_MM, OUTLINE_MM))
    drawing = np.maximum(head * brightness(HEAD_MM), trunk * brightness(TRUNK_MM))
    soft = cv2.GaussianBlur(drawing, (0, 0), 3.0)
    return np.asarray(cv2.resize(soft, cells, interpolation=cv2.INTER_CUBIC), np.float32)
