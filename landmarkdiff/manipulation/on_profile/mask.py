"""The mask of a plan on a profile: a band around what moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from landmarkdiff.arrays import Float32Array, FloatArray, MaskArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.grid import RegionGrid, smoothstep
from landmarkdiff.manipulation.lip_stretch import red_left
from landmarkdiff.manipulation.mask import SurgicalMask
from landmarkdiff.manipulation.on_profile.shown import ShownHead, in_front
from landmarkdiff.procedures.plan import PlannedEffect
from landmarkdiff.profile import ProfileContour

__all__ = ["MOVED_MM", "profile_mask", "with_thin_lip"]

#: What moves less than this at the end of every band is still, mm.
MOVED_MM = 0.1
#: The mask is whole up to this distance from what moves, mm, and fades over so many times the
#: longest way that anything moves, at least over the second: a shorter way would fold.
SOLID_MM = 3.0
FADING, LEAST_FADING_MM = 2.6, 5.0
#: Around what covers the contour nothing moves up to this distance, and all from that one, mm.
STILL_MM, FREE_MM = 2.0, 6.0
#: Nodes along the longer side of the coarse grid.
NODES = 150
#: Points around the mask that stay, about so far apart, mm.
ANCHOR_MM = 6.0


def profile_mask(
    shown: ShownHead, reach: FloatArray, contour: ProfileContour, size: tuple[int, int]
) -> SurgicalMask:
    """Build the mask.

    Parameters
    ----------
    shown : ShownHead
    reach : (n + k, 2) float64 array
        How far each of its points moves at most, pixels along x and y, without sign.
    contour : ProfileContour
    size : tuple of int
        Width and height of the photo.
    """
    scale = shown.camera.px_per_mm
    places = shown.places
    moving = np.hypot(*reach.T) > MOVED_MM * scale
    if not moving.any():
        grid = RegionGrid(0, 0, 3, 3, 1)
        return SurgicalMask(
            grid, np.zeros(grid.shape, np.uint8), {}, np.empty((0, 2)), size[0], size[1]
        )
    # A contour point may move to either side of its place.
    ends = np.concatenate([places[moving] + sign * reach[moving] for sign in (-1.0, 0.0, 1.0)])
    most = float(np.hypot(*reach.T).max()) / scale
    end = SOLID_MM + max(LEAST_FADING_MM, FADING * most)
    margin = (end + 1.0) * scale
    grid = RegionGrid.over(ends.min(axis=0) - margin, ends.max(axis=0) + margin, NODES)
    share = smoothstep(-_distance(grid, ends) / scale, -end, -SOLID_MM)
    limits: dict[str, Float32Array] = {}
    hidden = in_front(contour)
    if hidden.any():
        away = _distance(grid, contour.points[hidden]) / scale
        limits["cover"] = smoothstep(np.asarray(away, np.float32), STILL_MM, FREE_MM)
        share = share * limits["cover"]
    coverage = np.rint(share * 255.0).astype(np.uint8)
    return SurgicalMask(grid, coverage, limits, _anchors(grid, coverage, scale), *size)


def with_thin_lip(
    mask: SurgicalMask, face: FaceLandmarks, effects: Sequence[PlannedEffect]
) -> SurgicalMask:
    """Return the mask with what a thin upper lip leaves of the effects, as in every other view."""
    red = red_left(face, effects, mask.grid.nodes)
    if red is None:
        return mask
    left = red.reshape(mask.grid.shape)
    skin = np.rint(mask.coverage * left).astype(np.uint8)
    return replace(mask, limits={**mask.limits, "thin_lip": left}, skin=skin)


def _distance(grid: RegionGrid, points: FloatArray) -> Float32Array:
    """Distance of every node from the nearest point: (rows, columns) float32, pixels."""
    free = np.ones(grid.shape, np.uint8)
    step = (points - (grid.x, grid.y)) / grid.step
    column, row = np.rint(step - (grid.step - 1) / 2 / grid.step).astype(np.intp).T
    inside = (row >= 0) & (row < free.shape[0]) & (column >= 0) & (column < free.shape[1])
    free[row[inside], column[inside]] = 0
    away = cv2.distanceTransform(free, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(away * grid.step, np.float32)


def _anchors(grid: RegionGrid, coverage: MaskArray, scale: float) -> FloatArray:
    """Points on the outline of the mask, pixels."""
    outlines, _ = cv2.findContours(
        (coverage > 0).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    every = max(1, round(ANCHOR_MM * scale / grid.step))
    nodes = np.concatenate([line[::every, 0] for line in outlines]).astype(np.float64)
    return np.asarray(nodes * grid.step + (grid.x, grid.y) + (grid.step - 1) / 2)
