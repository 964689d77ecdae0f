"""Lids and eyeballs: what moves the border of the mask, what nothing carries, lashes that stay."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import BoolArray, FloatArray, IndexArray
from landmarkdiff.landmarks.face import LANDMARK_COUNT, FaceLandmarks
from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS, LANDMARK_LINES, sides
from landmarkdiff.manipulation.deformation import Deformation
from landmarkdiff.manipulation.prepared import PreparedFace

__all__ = ["lids_that_close", "of_eyeballs", "still_lashes"]

#: Skin over the margin of the upper lid that stays with its lashes: part of the height up to the
#: landmarks of the skin above, and mm at most. More would leave too little to be unfolded there.
_LASHES_SHARE, _LASHES_MM = 0.15, 1.5
#: Landmarks of the margin next to the corners of the eye.
_BESIDE_CORNERS = [173, 246, 398, 466]


def lids_that_close(source: FaceLandmarks, deformation: Deformation) -> bytes | None:
    """Displacement of lids that close over the eye, which move the border of the mask."""
    moved = source.project(deformation.displacement[_lids()])[:, :2]
    if ((moved * source.once("to_eyes", lambda: _to_eyes(source))).sum(axis=1) > 0).any():
        return moved.tobytes()
    return None


@cache
def of_eyeballs() -> BoolArray:
    """Landmarks of the irises, which no lid takes along: (478,) bool."""
    marked = np.zeros(LANDMARK_COUNT, np.bool_)
    marked[468:] = True
    return marked


def still_lashes(prepared: PreparedFace, moved: FloatArray, controls: IndexArray) -> FloatArray:
    """Return points at the roots of the upper lashes that stay: (n, 2) pixels.

    On each side where a plan moves the skin of the upper lid and not its margin, these are the
    margin, and a row over it. Between a margin that the spline may miss and the skin above, it
    would draw the lashes out with the skin.

    Parameters
    ----------
    prepared : PreparedFace
    moved : (478, k) float64 array
        How far the plan moves the landmarks at the end of its bands.
    controls : int array
        Landmarks that the spline goes through already.
    """
    face = prepared.landmarks
    free = np.ones(LANDMARK_COUNT, np.bool_)
    free[controls] = False
    names = "upper_lid_margin", "upper_lid_skin"
    found = [np.empty((0, 2))]
    for side in (-1, 1):
        margin, skin = (_of_group(name) & (sides() == side) for name in names)
        if not moved[skin].any() or moved[margin].any():
            continue
        height = np.subtract(*(face.points_mm[rows, 1].mean() for rows in (skin, margin)))
        over = face.project([0.0, min(_LASHES_SHARE * height, _LASHES_MM), 0.0])[:2]
        margin &= prepared.visible
        found += [face.points[margin & free, :2], face.points[margin & _of_lashes(), :2] + over]
    return np.concatenate(found)


@cache
def _of_group(name: str) -> BoolArray:
    marked = np.zeros(LANDMARK_COUNT, np.bool_)
    marked[list(ANATOMICAL_GROUPS[name].points)] = True
    return marked


@cache
def _of_lashes() -> BoolArray:
    """Landmarks of the margin but for those next to a corner, where the lid is lower: (478,)."""
    marked = _of_group("upper_lid_margin").copy()
    marked[_BESIDE_CORNERS] = False
    return marked


@cache
def _lids() -> IndexArray:
    """Landmarks of the lids, (32,): the right eye's, then the left one's."""
    return np.array([*LANDMARK_LINES["right_eye"], *LANDMARK_LINES["left_eye"]])


def _to_eyes(source: FaceLandmarks) -> NDArray[np.float64]:
    """Way from each landmark of the lids to the middle of its eye: (32, 2) pixels."""
    openings = source.points[_lids(), :2].reshape(2, -1, 2)
    return np.concatenate([opening.mean(axis=0) - opening for opening in openings])
