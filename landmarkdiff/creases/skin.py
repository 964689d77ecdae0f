"""The skin of a face as folds are looked for in it: its light, and where it is skin at all."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, ImageArray
from landmarkdiff.clinical.skin import drawn_outline, hull_of, points_of_side, searchable_skin
from landmarkdiff.landmarks.face_crop import FaceCrop, crop_face
from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.shading import linear_light

__all__ = ["CELL_MM", "LUMINANCE", "FaceSkin", "face_skin", "logarithms"]

#: Size of a cell, mm, and reach from the eyes: left, right, up, down.
CELL_MM = 0.4
REACH_MM = (75.0, 75.0, 60.0, 125.0)
#: Parts of the luminance of linear sRGB (IEC 61966-2-1).
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
#: Light below this is as dark as a camera counts, of white.
_DARKEST = 1e-3
#: Hairs and pores are finer than the first of these; they are counted around a cell over the second
#: (standard deviations, mm). No skin counts as smoother than this, in logarithm of light.
_FINE_MM, _LOCAL_MM, _LEAST_ROUGH = 0.8, 1.5, 0.02
#: The wing of the nose and its own crease end here, mm from its hull.
_NOSE_MM = 2.0
_WING = ("ala", "nostril_rim", "tip_lateral", "nasal_sidewall", "dorsal_line", "nasal_root")


@dataclass(frozen=True, eq=False)
class FaceSkin:
    """A face, upright, at a fixed resolution.

    Attributes
    ----------
    crop : FaceCrop
    points : (478, 2) float64 array
        The landmarks, cells.
    light : (h, w, 4) float32 array
        Logarithm of linear light: red, green, blue, and their luminance.
    known : (h, w) float32 array
        1 on skin that nothing lies on, 0 elsewhere.
    roughness : (h, w) float32 array
        How much the light varies from cell to cell, over what it does on the cheeks: about 1 on
        skin, 2 and more in a beard.
    """

    crop: FaceCrop
    points: FloatArray
    light: Float32Array
    known: Float32Array
    roughness: Float32Array


def face_skin(prepared: PreparedFace) -> FaceSkin:
    """Return the skin of a photo's face, found at first use."""
    found: FaceSkin = prepared.once("crease_skin", lambda: _face_skin(prepared))
    return found


def _face_skin(prepared: PreparedFace) -> FaceSkin:
    crop = crop_face(prepared.image, prepared.landmarks, CELL_MM, REACH_MM)
    points = crop.cells(prepared.landmarks.points)
    known = searchable_skin(crop, points) & ~_nose(crop, points)
    rows, columns = np.indices(known.shape)
    cells = np.stack([columns, rows], axis=-1).reshape(-1, 2)
    for map_ in (prepared.frames(), prepared.covers().still):
        if map_ is not None:
            lying = map_.at(crop.photo_points(cells)).reshape(known.shape)
            known &= lying < 0.1
    light = logarithms(crop.pixels)
    seen = known.astype(np.float32)
    return FaceSkin(crop, points, light, seen, _roughness(light[..., 3], seen, points))


def _roughness(light: Float32Array, known: Float32Array, points: FloatArray) -> Float32Array:
    """Local variation of the light (h, w), over the median on the cheeks."""

    def spread(values: Float32Array, mm: float) -> Float32Array:
        return np.asarray(cv2.GaussianBlur(values, (0, 0), mm / CELL_MM), np.float32)

    smooth = spread(light * known, _FINE_MM) / np.maximum(spread(known, _FINE_MM), 1e-3)
    fine = np.asarray((light - smooth) * known, np.float32)
    local = np.sqrt(spread(fine * fine, _LOCAL_MM) / np.maximum(spread(known, _LOCAL_MM), 1e-3))
    cheeks = points[list(ANATOMICAL_GROUPS["malar_eminence"].points)].round().astype(int)
    columns, rows = np.clip(cheeks, 0, np.array(light.shape[::-1]) - 1).T
    usual = max(float(np.median(local[rows, columns])), _LEAST_ROUGH)
    return np.asarray(local / usual, np.float32)


def logarithms(pixels: ImageArray) -> Float32Array:
    """Return the logarithm of linear light, red, green, blue and luminance: (h, w, 4) float32.

    Examples
    --------
    >>> logarithms(np.full((1, 1, 3), 255, np.uint8)).round(3).tolist()
    [[[0.0, 0.0, 0.0, 0.0]]]
    """
    light = linear_light()[pixels]
    four = np.dstack([light, light @ LUMINANCE])
    return np.asarray(np.log(np.maximum(four, _DARKEST)), np.float32)


def _nose(crop: FaceCrop, points: FloatArray) -> BoolArray:
    """The nose with the crease around its wings."""
    both = [point for side in ("right", "left") for point in points_of_side(side, *_WING)]
    return drawn_outline(crop, hull_of(points[both]), _NOSE_MM)
