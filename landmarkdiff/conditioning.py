"""The drawings that a ControlNet reads: mesh or contours of the (moved) landmarks, and edges.

``tessellation`` is the whole mesh, for ControlNets trained by this project. ``mediapipe_face``
repeats, pixel for pixel, the drawing that CrucibleAI's ControlNetMediaPipeFace was trained on:
contours in fixed colours, no nose, no mesh. The two share about an eighth of their pixels, so
neither can stand in for the other. Left and right are always the patient's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.errors import ParameterError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS, sides, topology

__all__ = [
    "CONTOUR_COLOURS",
    "MESH_COLOURS",
    "Conditioning",
    "ConditioningKind",
    "adaptive_canny",
    "draw_mediapipe_face",
    "draw_tessellation",
    "generate_conditioning",
    "thin",
]

ImageArray = NDArray[np.uint8]
Colour = tuple[int, int, int]
ConditioningKind = Literal["tessellation", "mediapipe_face"]

#: Contour groups in the order of drawing, with their RGB colours, as in the annotator that made
#: the training set of ControlNetMediaPipeFace (``laion_face_common.py``).
CONTOUR_COLOURS: Mapping[str, Colour] = MappingProxyType(
    {
        "FACE_OVAL": (10, 200, 10),
        "LEFT_EYE": (10, 200, 180),
        "LEFT_EYEBROW": (10, 220, 180),
        "RIGHT_EYE": (180, 200, 10),
        "RIGHT_EYEBROW": (180, 220, 10),
        "LIPS": (10, 180, 10),
    }
)
#: Iris centre -> RGB colour of its square of 4 x 4 pixels; the patient's right, then left.
_PUPIL_COLOURS: Mapping[int, Colour] = MappingProxyType({468: (250, 200, 10), 473: (10, 200, 250)})
_PUPIL_HALF_WIDTH = 2
_CONTOUR_THICKNESS = 2

#: Parts of the mesh in the order of drawing (the nose last, so that it hides behind nothing).
MESH_COLOURS: Mapping[str, Colour] = MappingProxyType(
    {
        "right": (230, 110, 40),
        "left": (40, 110, 230),
        "midline": (200, 200, 200),
        "right_nose": (230, 230, 40),
        "left_nose": (40, 230, 230),
        "midline_nose": (255, 255, 255),
    }
)
_NOSE_GROUPS = (
    "nasal_root",
    "dorsum_midline",
    "supratip",
    "dorsal_line",
    "nasal_sidewall",
    "nose_tip",
    "tip_lateral",
    "infratip_columella",
    "subnasale",
    "ala",
    "alar_facial_groove",
    "nostril_rim",
)

#: Canny's thresholds over the median luminance of the face.
CANNY_LOW, CANNY_HIGH = 0.66, 1.33


@dataclass(frozen=True)
class Conditioning:
    """What a ControlNet gets to see.

    Attributes
    ----------
    wireframe : (height, width, 3) uint8 array
        RGB drawing on black.
    edges : (height, width) uint8 array or None
        One-pixel Canny edges, 0 or 255; None without a photo.
    kind : str
        Which drawing.
    """

    wireframe: ImageArray
    edges: ImageArray | None
    kind: ConditioningKind


def generate_conditioning(
    face: FaceLandmarks,
    width: int,
    height: int,
    pixels: ImageArray | None = None,
    kind: ConditioningKind = "tessellation",
) -> Conditioning:
    """Draw the landmarks, and the edges of the photo if there is one, at the size of a model.

    Parameters
    ----------
    face : FaceLandmarks
        Usually the moved landmarks of a plan.
    width, height : int
        Size of the drawing, pixels; the photo is stretched to it.
    pixels : (H, W, 3) uint8 array, optional
        The photo that ``face`` belongs to (usually warped), RGB.
    kind : {"tessellation", "mediapipe_face"}
        The drawing that the ControlNet was trained on.

    Returns
    -------
    Conditioning

    Raises
    ------
    ParameterError
        If the kind is unknown, the size is not positive, or the photo is not that of ``face``.
    """
    draw = {"tessellation": draw_tessellation, "mediapipe_face": draw_mediapipe_face}.get(kind)
    if draw is None:
        raise ParameterError(
            "this conditioning drawing is unknown", value=kind, allowed=get_args(ConditioningKind)
        )
    wireframe = draw(face, width, height)
    edges = None
    if pixels is not None:
        _check_photo(pixels, face)
        shrinks = width * height < face.image_width * face.image_height
        way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        resized = np.asarray(cv2.resize(pixels, (width, height), interpolation=way), np.uint8)
        edges = adaptive_canny(resized, _stretched(face, width, height))
    return Conditioning(wireframe, edges, kind)


def draw_tessellation(face: FaceLandmarks, width: int, height: int) -> ImageArray:
    """Draw the 1,322 edges of MediaPipe's tessellation (2,556 directed ones) on black.

    Lines are one pixel wide and not anti-aliased. Colours (:data:`MESH_COLOURS`) tell the
    patient's right (orange) from left (blue) and the nose (yellow, cyan, white) from the rest.

    Parameters
    ----------
    face : FaceLandmarks
    width, height : int
        Size of the drawing, pixels.

    Returns
    -------
    (height, width, 3) uint8 array
        RGB.

    Raises
    ------
    ParameterError
        If the size is not positive.
    """
    spots = _pixels(face, width, height)
    canvas = np.zeros((height, width, 3), np.uint8)
    for part, edges in _mesh_parts().items():
        lines = spots[edges].reshape(-1, 2, 1, 2)
        cv2.polylines(canvas, list(lines), False, MESH_COLOURS[part], 1, cv2.LINE_8)
    return canvas


def draw_mediapipe_face(face: FaceLandmarks, width: int, height: int) -> ImageArray:
    """Draw the contours as the training data of CrucibleAI's ControlNetMediaPipeFace shows them.

    Black canvas, 124 edges two pixels wide and not anti-aliased, in the order and colours of
    :data:`CONTOUR_COLOURS`, then two squares for the pupils. An edge or pupil with a point
    outside the picture is left out, as the annotator did.

    Parameters
    ----------
    face : FaceLandmarks
    width, height : int
        Size of the drawing, pixels.

    Returns
    -------
    (height, width, 3) uint8 array
        RGB.

    Raises
    ------
    ParameterError
        If the size is not positive.
    """
    spots = _pixels(face, width, height)
    outside = np.any((spots < 0) | (spots >= np.array([width, height])), axis=1).tolist()
    canvas = np.zeros((height, width, 3), np.uint8)
    for group, colour in CONTOUR_COLOURS.items():
        for start, end in topology().contours[group].tolist():
            if not (outside[start] or outside[end]):
                ends = spots[start].tolist(), spots[end].tolist()
                cv2.line(canvas, *ends, colour, _CONTOUR_THICKNESS, cv2.LINE_8)
    for point, colour in _PUPIL_COLOURS.items():
        if not outside[point]:
            x, y = (int(value) for value in spots[point])
            low, high = -_PUPIL_HALF_WIDTH, _PUPIL_HALF_WIDTH
            canvas[max(y + low, 0) : y + high, max(x + low, 0) : x + high] = colour
    return canvas


def adaptive_canny(pixels: ImageArray, face: FaceLandmarks) -> ImageArray:
    """Return edges one pixel wide, with thresholds that follow the brightness of the face.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
        RGB.
    face : FaceLandmarks
        Of the same picture.

    Returns
    -------
    (H, W) uint8 array
        0 or 255. The thresholds are 0.66 and 1.33 times the median luminance inside the face
        oval, so that dark and light skin give edges alike.

    Raises
    ------
    ParameterError
        If the photo is not that of ``face``, or the face lies outside it.
    """
    _check_photo(pixels, face)
    luminance = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    inside = np.zeros(luminance.shape, np.uint8)
    oval = topology().contours["FACE_OVAL"][:, 0]
    cv2.fillPoly(inside, [np.rint(face.points[oval, :2]).astype(np.int32)], 1)
    if not inside.any():
        raise ParameterError("the face lies outside the photo")
    middle = float(np.median(luminance[inside > 0]))
    edges = cv2.Canny(luminance, CANNY_LOW * middle, CANNY_HIGH * middle)
    return np.where(thin(edges > 0), 255, 0).astype(np.uint8)


def thin(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Thin lines to one pixel without cutting, joining or shortening them.

    A pixel goes if the pieces and holes around it stay as many without it (Yokoi's connectivity
    number is 1) and it touches two others with its sides, so that ends of lines stay. A quarter
    of the grid is treated at a time: no two neighbours go at once.

    Parameters
    ----------
    mask : (H, W) bool array

    Returns
    -------
    (H, W) bool array

    Examples
    --------
    >>> thin(np.array([[1, 1, 1, 0], [0, 0, 1, 1]], bool)).astype(int).tolist()
    [[1, 1, 1, 0], [0, 0, 0, 1]]
    """
    padded = np.pad(mask, 1).astype(np.uint8)
    flat = padded.reshape(-1)
    row = padded.shape[1]
    steps = (1, 1 - row, -row, -row - 1, -1, row - 1, row, row + 1)
    spots = np.flatnonzero(flat)
    quarters = 2 * (spots // row % 2) + spots % row % 2
    removed = True
    while removed:
        removed = False
        for quarter in range(4):
            some = spots[(quarters == quarter) & (flat[spots] > 0)]
            around = np.stack([flat[some + step] for step in steps])
            code = np.packbits(around, axis=0, bitorder="little")[0]
            gone = some[_removable()[code]]
            flat[gone] = 0
            removed = removed or gone.size > 0
    return padded[1:-1, 1:-1].astype(np.bool_)


@cache
def _removable() -> NDArray[np.bool_]:
    """Return for each of the 256 neighbourhoods whether its centre may go."""
    full = np.arange(256) >> np.arange(8)[:, None] & 1
    empty = 1 - full
    sides_of = np.array([0, 2, 4, 6])
    corners = empty[sides_of + 1] * empty[(sides_of + 2) % 8]
    yokoi = (empty[sides_of] * (1 - corners)).sum(axis=0)
    return np.asarray((yokoi == 1) & (full[sides_of].sum(axis=0) >= 2))


@cache
def _mesh_parts() -> Mapping[str, NDArray[np.intp]]:
    """Return the edges of each part of the mesh: (n, 2) point numbers."""
    edges = topology().edges
    side = np.sign(sides()[edges].sum(axis=1))
    nasal = np.isin(edges, [p for name in _NOSE_GROUPS for p in ANATOMICAL_GROUPS[name].points])
    nose = nasal.all(axis=1)
    parts = {}
    for suffix, chosen in (("", ~nose), ("_nose", nose)):
        for name, sign in (("right", -1), ("left", 1), ("midline", 0)):
            parts[name + suffix] = edges[chosen & (side == sign)]
    return MappingProxyType({part: parts[part] for part in MESH_COLOURS})


def _pixels(face: FaceLandmarks, width: int, height: int) -> NDArray[np.int32]:
    """Return the pixel of a width x height picture in which each point lies: (478, 2)."""
    if width < 1 or height < 1:
        raise ParameterError(
            "the drawing needs a positive size", value=f"{width} x {height}", allowed="1 or more"
        )
    # Centres of pixels are whole numbers, so a pixel begins half a pixel before.
    return np.floor(_stretched(face, width, height).points[:, :2] + 0.5).astype(np.int32)


def _stretched(face: FaceLandmarks, width: int, height: int) -> FaceLandmarks:
    """Return the face in a picture of another size."""
    factor = np.array([width / face.image_width, height / face.image_height])
    points = face.points.copy()
    points[:, :2] = (points[:, :2] + 0.5) * factor - 0.5
    return replace(face, points=points, image_width=width, image_height=height)


def _check_photo(pixels: ImageArray, face: FaceLandmarks) -> None:
    expected = (face.image_height, face.image_width, 3)
    if pixels.shape != expected or pixels.dtype != np.uint8:
        raise ParameterError(
            "the photo is not the one the landmarks belong to",
            value=f"shape {pixels.shape}, type {pixels.dtype}",
            allowed=f"shape {expected}, type uint8",
        )
