"""Line drawings of the (moved) landmarks: the whole mesh, or the contours of the face."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arguments import MAXIMUM_SIDE, checked, instance_of, whole_in
from landmarkdiff.arrays import ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS, STRUCTURES, sides, topology

__all__ = [
    "CONTOUR_COLOURS",
    "MESH_COLOURS",
    "draw_mediapipe_face",
    "draw_tessellation",
    "stretched",
]

Colour = tuple[int, int, int]

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


@checked(
    face=instance_of(FaceLandmarks),
    width=whole_in(1, MAXIMUM_SIDE),
    height=whole_in(1, MAXIMUM_SIDE),
)
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

    Examples
    --------
    >>> draw_tessellation(face, 512, 600).shape
    (600, 512, 3)
    """
    spots = _pixels(face, width, height)
    canvas = np.zeros((height, width, 3), np.uint8)
    for part, edges in _mesh_parts().items():
        lines = spots[edges].reshape(-1, 2, 1, 2)
        cv2.polylines(canvas, list(lines), False, MESH_COLOURS[part], 1, cv2.LINE_8)
    return canvas


@checked(
    face=instance_of(FaceLandmarks),
    width=whole_in(1, MAXIMUM_SIDE),
    height=whole_in(1, MAXIMUM_SIDE),
)
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

    Examples
    --------
    >>> drawing = draw_mediapipe_face(face, 512, 600)
    >>> len(np.unique(drawing.reshape(-1, 3), axis=0))  # black, six colours of contours, two pupils
    9
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


def stretched(face: FaceLandmarks, width: int, height: int) -> FaceLandmarks:
    """Return the face in a picture of another size."""
    factor = np.array([width / face.image_width, height / face.image_height])
    points = face.points.copy()
    points[:, :2] = (points[:, :2] + 0.5) * factor - 0.5
    return replace(face, points=points, image_width=width, image_height=height)


@cache
def _mesh_parts() -> Mapping[str, NDArray[np.intp]]:
    """Return the edges of each part of the mesh: (n, 2) point numbers."""
    edges = topology().edges
    side = np.sign(sides()[edges].sum(axis=1))
    nasal = np.isin(
        edges, [p for name in STRUCTURES["nose"] for p in ANATOMICAL_GROUPS[name].points]
    )
    nose = nasal.all(axis=1)
    parts = {}
    for suffix, chosen in (("", ~nose), ("_nose", nose)):
        for name, sign in (("right", -1), ("left", 1), ("midline", 0)):
            parts[name + suffix] = edges[chosen & (side == sign)]
    return MappingProxyType({part: parts[part] for part in MESH_COLOURS})


def _pixels(face: FaceLandmarks, width: int, height: int) -> NDArray[np.int32]:
    """Return the pixel of a width x height picture in which each point lies: (478, 2)."""
    # Centres of pixels are whole numbers, so a pixel begins half a pixel before.
    return np.floor(stretched(face, width, height).points[:, :2] + 0.5).astype(np.int32)
