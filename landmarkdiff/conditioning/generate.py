"""One call for whatever a ControlNet gets to see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import cv2
import numpy as np

from landmarkdiff.arguments import (
    MAXIMUM_SIDE,
    checked,
    instance_of,
    optional,
    plain_text,
    rgb_image,
    whole_in,
)
from landmarkdiff.arrays import ImageArray
from landmarkdiff.conditioning.depth import draw_depth
from landmarkdiff.conditioning.edges import adaptive_canny
from landmarkdiff.conditioning.lines import draw_mediapipe_face, draw_tessellation, stretched
from landmarkdiff.errors import ParameterError
from landmarkdiff.landmarks.face import FaceLandmarks, check_photo

__all__ = ["Conditioning", "ConditioningKind", "generate_conditioning"]

ConditioningKind = Literal["tessellation", "mediapipe_face", "depth"]


_DRAWINGS = {
    "tessellation": draw_tessellation,
    "mediapipe_face": draw_mediapipe_face,
    "depth": draw_depth,
}


@dataclass(frozen=True)
class Conditioning:
    """What a ControlNet gets to see.

    Attributes
    ----------
    wireframe : (height, width, 3) uint8 array
        RGB drawing.
    edges : (height, width) uint8 array or None
        One-pixel Canny edges, 0 or 255; None without a photo.
    kind : str
        Which drawing.
    """

    wireframe: ImageArray
    edges: ImageArray | None
    kind: ConditioningKind


@checked(
    face=instance_of(FaceLandmarks),
    width=whole_in(1, MAXIMUM_SIDE),
    height=whole_in(1, MAXIMUM_SIDE),
    pixels=optional(rgb_image),
    kind=plain_text,
)
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
    kind : {"tessellation", "mediapipe_face", "depth"}
        The drawing that the ControlNet was trained on.

    Returns
    -------
    Conditioning

    Raises
    ------
    ParameterError
        If the kind is unknown, the size is not positive, or the photo is not that of ``face``.

    Examples
    --------
    >>> drawn = generate_conditioning(face, 256, 256, portrait)
    >>> drawn.wireframe.shape, drawn.edges.shape
    ((256, 256, 3), (256, 256))
    """
    draw = _DRAWINGS.get(kind)
    if draw is None:
        raise ParameterError("unknown_drawing", kind=kind, kinds=get_args(ConditioningKind))
    wireframe = draw(face, width, height)
    edges = None
    if pixels is not None:
        check_photo(pixels, face)
        shrinks = width * height < face.image_width * face.image_height
        way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        resized = np.asarray(cv2.resize(pixels, (width, height), interpolation=way), np.uint8)
        edges = adaptive_canny(resized, stretched(face, width, height))
    return Conditioning(wireframe, edges, kind)
