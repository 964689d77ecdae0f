"""Upper lashes: how high they stand over the margin of the lid, and what keeps them there.

Lashes lie over the skin of the lid in a picture. Where that skin is unfolded it would draw them
out, so it is unfolded above them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, IndexArray
from landmarkdiff.landmarks.face import LANDMARK_COUNT, FaceLandmarks
from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS, mirror_points, sides
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.window import sampled
from landmarkdiff.procedures.plan import PlannedEffect, SurgicalPlan

__all__ = ["lash_height", "still_lashes", "with_still_lashes"]

#: Skin over the margin of the upper lid that stays with the roots of its lashes: part of the height
#: up to the landmarks of the skin above, mm at most. More would leave too little to unfold.
_ROOTS_SHARE, _ROOTS_MM = 0.15, 1.5
#: Of lashes that are seen to stand higher so much stays: part of the height up to the brow.
_LASHES_SHARE = 0.4
#: The row of the brow over its lid, and how far the hair reaches below that row, mm.
_BROW, _HAIR_MM = [52, 53, 65], 2.2
#: The margin of the right upper lid from the lateral corner to the medial one.
_MARGIN = [246, 161, 160, 159, 158, 157, 173]
#: Landmarks of the margin next to the corners of the eye.
_BESIDE_CORNERS = [173, 246, 398, 466]
#: Lashes are looked for so high over the margin, at this spacing, mm.
_HIGHEST_MM, _SPACING_MM = 7.0, 0.15
#: A lash is narrower than this (mm) and darker than the skin to both sides by this (logarithm).
_WIDEST_MM, _DARKER = 1.3, 0.1
#: So much of a row over the margin is lashes, in the mean over a height in mm.
_LEAST_SHARE, _MEAN_MM = 0.06, 1.0


def lash_height(prepared: PreparedFace, side: int) -> float:
    """Return how high the upper lashes of a side are seen over the margin of the lid, mm.

    Parameters
    ----------
    prepared : PreparedFace
    side : int
        The patient's: -1 right, +1 left.

    Returns
    -------
    float
        0 where none are seen beyond the skin that stays with their roots.
    """
    height: float = prepared.once(("lashes", side), lambda: _height(prepared, side))
    return height


def _height(prepared: PreparedFace, side: int) -> float:
    heights = np.arange(0.0, _HIGHEST_MM, _SPACING_MM)
    places = _rows(prepared.landmarks, side, heights)
    low = np.floor(places.min(axis=(0, 1))).astype(int) - 1
    high = np.ceil(places.max(axis=(0, 1))).astype(int) + 2
    if (low < 0).any() or (high > prepared.image.shape[1::-1]).any():
        return 0.0  # what the photo cuts off it does not show
    part = prepared.image[low[1] : high[1], low[0] : high[0]].astype(np.float32)
    skin = sampled(part, places - low.astype(np.float32))
    light = np.log(np.asarray(skin.mean(axis=2), np.float32) + 8.0)
    width = 2 * round(0.5 * _WIDEST_MM / _SPACING_MM) + 1
    between = cv2.morphologyEx(light, cv2.MORPH_CLOSE, np.ones((1, width), np.uint8))
    hairs = np.asarray((between - light > _DARKER).mean(axis=1), np.float32)
    count = round(_MEAN_MM / _SPACING_MM)
    share = np.convolve(np.pad(hairs, count, mode="edge"), np.full(count, 1.0 / count), "same")
    bare = (heights >= _ROOTS_MM) & (share[count:-count] < _LEAST_SHARE)
    reach = float(heights[bare.argmax()]) if bare.any() else _HIGHEST_MM
    return reach if reach > _ROOTS_MM + _SPACING_MM else 0.0


def _rows(face: FaceLandmarks, side: int, heights: FloatArray) -> Float32Array:
    """Rows over the margin of a lid but for its corners: (heights, columns, 2) pixels."""
    margin = face.points[_MARGIN if side < 0 else mirror_points(_MARGIN), :2]
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(margin, axis=0).T))])
    step = _SPACING_MM / face.scale.mm_per_px
    places = np.arange(0.08 * along[-1], 0.92 * along[-1] + step, step)
    line = np.stack([np.interp(places, along, margin[:, axis]) for axis in (0, 1)], axis=1)
    up = face.project([0.0, 1.0, 0.0])[:2]
    return np.asarray(line + heights[:, None, None] * up, np.float32)


def with_still_lashes(prepared: PreparedFace, plan: SurgicalPlan) -> SurgicalPlan:
    """Return a plan whose brow unfolds the skin of the lid evenly above the lashes that are seen.

    Parameters
    ----------
    prepared : PreparedFace
    plan : SurgicalPlan
    """
    raising = [item for item in plan.effects if item.effect.landmarks.keys() & _of_brow()]
    if not raising:
        return plan
    left = {**_left_above_lashes(prepared, -1), **_left_above_lashes(prepared, 1)}
    if not left:
        return plan
    effects = tuple(_above(each, left) if each in raising else each for each in plan.effects)
    return plan.model_copy(update={"effects": effects})


def _left_above_lashes(prepared: PreparedFace, side: int) -> Mapping[int, float]:
    """What is left of the rise of landmarks between a lid and its brow where the lashes stay."""
    still = lash_height(prepared, side)
    if not still:
        return {}
    points = prepared.landmarks.points_mm
    margin, brow = (row if side < 0 else mirror_points(row) for row in (_MARGIN, _BROW))
    order = np.array(margin)[np.argsort(points[margin, 0])]

    def over(rows: IndexArray) -> FloatArray:
        below = np.interp(points[rows, 0], points[order, 0], points[order, 1])
        return np.asarray(points[rows, 1] - below)

    whole = float(over(np.array(brow)).mean()) - _HAIR_MM
    skin = (_of_group("upper_lid_skin") | _of_group("lid_brow_skin")) & (sides() == side)
    across = points[:, 0]
    skin &= (across > points[order[0], 0]) & (across < points[order[-1], 0])
    rows = np.flatnonzero(skin)
    heights = np.maximum(over(rows), 1e-6)
    still = min(still, _LASHES_SHARE * whole)
    risen = np.clip((heights - still) / max(whole - still, 1e-6), 0.0, 1.0)
    left = np.minimum(risen * whole / heights, 1.0)
    return {int(row): float(share) for row, share in zip(rows, left, strict=True)}


def _above(item: PlannedEffect, left: Mapping[int, float]) -> PlannedEffect:
    """The effect as it moves the skin between lid and brow above the lashes."""
    effect = item.effect
    shares = {
        name: {point: share * left.get(point, 1.0) for point, share in own.items()}
        for name, own in (("landmarks", effect.landmarks), ("follow", effect.follow))
    }
    return item.model_copy(update={"effect": effect.model_copy(update=shares)})


def still_lashes(prepared: PreparedFace, moved: FloatArray, controls: IndexArray) -> FloatArray:
    """Return points at the upper lashes that stay: (n, 2) pixels.

    On each side where a plan moves the skin of the upper lid and not its margin, these are the
    margin, and a row over it, as high as the lashes. Between a margin that the spline may miss and
    the skin above, it would draw the lashes out with the skin.

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
        roots = min(_ROOTS_SHARE * height, _ROOTS_MM)
        lashes = min(0.5 * height, lash_height(prepared, side))
        over = face.project([0.0, max(roots, lashes), 0.0])[:2]
        margin &= prepared.visible
        found += [face.points[margin & free, :2], face.points[margin & _of_lashes(), :2] + over]
    return np.concatenate(found)


@cache
def _of_group(name: str) -> BoolArray:
    marked = np.zeros(LANDMARK_COUNT, np.bool_)
    marked[list(ANATOMICAL_GROUPS[name].points)] = True
    return marked


@cache
def _of_brow() -> frozenset[int]:
    return frozenset([*_BROW, *mirror_points(_BROW)])


@cache
def _of_lashes() -> BoolArray:
    """Landmarks of the margin but for those next to a corner, where the lid is lower: (478,)."""
    marked = _of_group("upper_lid_margin").copy()
    marked[_BESIDE_CORNERS] = False
    return marked
