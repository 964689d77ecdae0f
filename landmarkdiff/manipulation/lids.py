"""Lids and eyeballs: what moves the border of the mask, and what nothing carries."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import BoolArray, IndexArray
from landmarkdiff.landmarks.face import LANDMARK_COUNT, FaceLandmarks
from landmarkdiff.landmarks.topology import LANDMARK_LINES
from landmarkdiff.manipulation.deformation import Deformation

__all__ = ["lids_that_close", "of_eyeballs"]


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


@cache
def _lids() -> IndexArray:
    """Landmarks of the lids, (32,): the right eye's, then the left one's."""
    return np.array([*LANDMARK_LINES["right_eye"], *LANDMARK_LINES["left_eye"]])


def _to_eyes(source: FaceLandmarks) -> NDArray[np.float64]:
    """Way from each landmark of the lids to the middle of its eye: (32, 2) pixels."""
    openings = source.points[_lids(), :2].reshape(2, -1, 2)
    return np.concatenate([opening.mean(axis=0) - opening for opening in openings])
