"""Where something goes on beyond a contour: it runs along a thing that is worn or held.

A scarf before the chin or a hand before the lips has an edge on the face, as clear as that of the
skin against the background; yet what lies outside of it is not the background.
"""

from __future__ import annotations

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray
from landmarkdiff.profile.edge import colours, outward_normals
from landmarkdiff.profile.outline import Scene
from landmarkdiff.profile.spans import runs
from landmarkdiff.profile.windows import PhotoPyramid

__all__ = ["goes_on"]

#: So far outside, mm, it is asked: beyond the silhouette's own errors at a clear border.
_FROM_MM, _TO_MM, _PLACES = 4.0, 9.0, 6
#: Probability of a person there, on the mean, from which the contour is no border of one, and the
#: shortest stretch, mm. On 46 bare rendered profiles none was longer than 3 beside one that ran
#: over the neck of a dark head before a dark wall.
_PERSON, _LEAST_MM = 0.75, 5.0
#: Before a plain backdrop a lower one is enough where the colours outside change at once by this,
#: LAB units: light on a wall changes within this, mm.
_PERHAPS, _STEP, _WALL_MM = 0.55, 12.0, 8.0


def goes_on(
    pyramid: PhotoPyramid,
    scene: Scene,
    points: FloatArray,
    middle: int,
    facing: int,
    px_per_mm: float,
) -> BoolArray:
    """Tell where something that is not the background lies outside of a contour.

    Parameters
    ----------
    pyramid : PhotoPyramid
    scene : Scene
        Its silhouette tells; its plain backdrop, where the photo has one, tells better.
    points : (n, 2) float64 array
        The contour from the forehead down, evenly spaced, pixels of the photo.
    middle : int
        Index of a point, about the tip of the nose, beside which the background is seen.
    facing : int
        1 to the left, -1 to the right.
    px_per_mm : float

    Returns
    -------
    (n,) bool array
    """
    out = np.linspace(_FROM_MM, _TO_MM, _PLACES) * px_per_mm
    places = points[:, None] + outward_normals(points, facing)[:, None] * out[:, None]
    own = scene.from_photo(places)
    at = own.real.astype(np.float32), own.imag.astype(np.float32)
    mask = cv2.remap(scene.mask, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    person = mask.mean(axis=1)
    spacing = float(np.hypot(*np.diff(points, axis=0).T).mean()) / px_per_mm
    there = person > _PERSON
    if scene.backdrop is not None:
        lab = colours(pyramid, places, float(out[1] - out[0]))
        beside = scene.backdrop.beside_shade(lab, places).mean(axis=1)
        there |= (person > _PERHAPS) & _stepped(beside, middle, spacing)
    where = np.zeros(len(points), np.bool_)
    for first, last in runs(there, round(_LEAST_MM / spacing)):
        where[first : last + 1] = True
    return where


def _stepped(beside: FloatArray, middle: int, spacing: float) -> BoolArray:
    """Where colours (n, 3) are no smooth continuation of those of the middle of a contour."""
    share = min(1.0, spacing / _WALL_MM)
    where = np.zeros(len(beside), np.bool_)
    for way in (range(middle, len(beside)), range(middle, -1, -1)):
        level = beside[middle]
        for at in way:
            away = beside[at] - level
            where[at] = away @ away > _STEP**2
            if not where[at]:
                level = level + share * away
    return where
