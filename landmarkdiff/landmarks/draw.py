"""Drawings of landmarks: the mesh on black, and the planned displacements on the photo.

Sizes follow the face, so a drawing reads the same at any resolution.
"""

from __future__ import annotations

import cv2
import numpy as np

from landmarkdiff.arguments import MAXIMUM_SIDE, checked, instance_of, optional, rgb_image, whole_in
from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks, check_photo
from landmarkdiff.landmarks.topology import topology

__all__ = ["draw_displacements", "render_landmark_image"]


#: Fixed-point bits of OpenCV's drawing coordinates, for sub-pixel lines.
_SHIFT = 4
_MESH = (150, 150, 150)
_POINT = (255, 255, 255)
#: Cyan is found in no skin, and the dark rim carries it over bright highlights.
_ARROW = (0, 229, 255)
_RIM = (10, 20, 40)
#: Displacements below this share of the inter-ocular distance get no arrow.
_MINIMUM_ARROW = 0.001


@checked(
    face=instance_of(FaceLandmarks),
    width=optional(whole_in(1, MAXIMUM_SIDE)),
    height=optional(whole_in(1, MAXIMUM_SIDE)),
)
def render_landmark_image(
    face: FaceLandmarks, width: int | None = None, height: int | None = None
) -> ImageArray:
    """Draw the points and the tessellation on black.

    Parameters
    ----------
    face : FaceLandmarks
    width, height : int, optional
        Size of the drawing; by default that of the photo. The points are scaled with it; if
        only one is given, the other keeps the photo's proportions.

    Returns
    -------
    (height, width, 3) uint8 array
        RGB.

    Examples
    --------
    >>> render_landmark_image(face, 256, 300).shape
    (300, 256, 3)
    >>> render_landmark_image(face, width=256).shape  # the height follows
    (300, 256, 3)
    """
    ratio = face.image_height / face.image_width
    if width is None:
        width = face.image_width if height is None else max(round(height / ratio), 1)
    if height is None:
        height = max(round(width * ratio), 1)
    stretch = np.array([width / face.image_width, height / face.image_height])
    # Pixel centres are whole numbers, so the outer edges, not the centres, are stretched.
    points = (face.points[:, :2] + 0.5) * stretch - 0.5
    canvas = np.zeros((height, width, 3), np.uint8)
    unit = _unit(points)
    _mesh(canvas, points, _MESH, unit)
    for point in _fixed(points):
        cv2.circle(canvas, point, round(unit * 1.5 * 2**_SHIFT), _POINT, -1, cv2.LINE_AA, _SHIFT)
    return canvas


@checked(
    image=rgb_image,
    source=instance_of(FaceLandmarks),
    target=instance_of(FaceLandmarks),
)
def draw_displacements(
    image: ImageArray, source: FaceLandmarks, target: FaceLandmarks
) -> ImageArray:
    """Draw the mesh and an arrow from each moved landmark to its target on a copy of a photo.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        The photo of ``source``, RGB.
    source, target : FaceLandmarks
        The same face before and after, in the photo's pixels.

    Returns
    -------
    (H, W, 3) uint8 array
        RGB. Arrows are at true length.

    Examples
    --------
    >>> from landmarkdiff.manipulation import apply_procedure_preset
    >>> drawn = draw_displacements(portrait, face, apply_procedure_preset(face, "brow_lift"))
    >>> drawn.shape == portrait.shape
    True
    """
    check_photo(image, source)
    start, end = source.points[:, :2], target.points[:, :2]
    unit = _unit(start)
    veil = image.copy()
    _mesh(veil, start, _POINT, unit)
    canvas = np.asarray(cv2.addWeighted(image, 0.65, veil, 0.35, 0.0), np.uint8)
    length = np.hypot(*(end - start).T)
    moved = np.flatnonzero(length > _MINIMUM_ARROW * source.interocular_px)
    for colour, extra in ((_RIM, 2.0), (_ARROW, 0.0)):
        thickness = max(round(unit * (1.6 + extra)), 1 + round(extra))
        for index in moved:
            _arrow(canvas, start[index], end[index], colour, thickness, unit)
    return canvas


def _arrow(
    canvas: ImageArray,
    start: FloatArray,
    end: FloatArray,
    colour: tuple[int, int, int],
    thickness: int,
    unit: float,
) -> None:
    along = end - start
    length = float(np.hypot(*along))
    along = along / length
    across = np.array([-along[1], along[0]])
    head = min(5.0 * unit, 0.6 * length)
    base = end - head * along
    wings = [base + 0.6 * head * across, end, base - 0.6 * head * across]
    tail, tip, *_ = _fixed(np.stack([start, end]))
    cv2.line(canvas, tail, tip, colour, thickness, cv2.LINE_AA, _SHIFT)
    path = np.array(_fixed(np.stack(wings)), np.int32)
    cv2.polylines(canvas, [path], False, colour, thickness, cv2.LINE_AA, _SHIFT)


def _mesh(
    canvas: ImageArray, points: FloatArray, colour: tuple[int, int, int], unit: float
) -> None:
    fixed = np.array(_fixed(points), np.int32)
    lines = list(fixed[topology().edges])
    cv2.polylines(canvas, lines, False, colour, max(round(unit), 1), cv2.LINE_AA, _SHIFT)


def _unit(points: FloatArray) -> float:
    """Line width that suits the face: 1 px for a face of 250 px, at least 0.5."""
    return max(float(np.ptp(points[:, 0])) / 250.0, 0.5)


def _fixed(points: FloatArray) -> list[tuple[int, int]]:
    return [(round(x), round(y)) for x, y in (points * 2**_SHIFT).tolist()]
