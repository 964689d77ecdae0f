"""How far the red of an upper lip may be stretched: a thin one gives way.

A raised border unrolls red that the photo does not show, and the warp stretches what it shows over
it. Stretched too far its fine lines become streaks, and the lip is no longer one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from landmarkdiff.arrays import Float32Array, FloatArray, IndexArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS, LANDMARK_LINES
from landmarkdiff.landmarks.upper_lip import upper_lip_lines
from landmarkdiff.manipulation.grid import polygon_distance, smoothstep
from landmarkdiff.manipulation.limits import at_end, raising_lip_edge
from landmarkdiff.manipulation.motion import effect_motion
from landmarkdiff.procedures.patient_band import MOST_GROWTH
from landmarkdiff.procedures.plan import PlannedEffect

__all__ = [
    "NO_GAP",
    "around_red",
    "red_left",
    "red_left_on_head",
    "share_of_red",
]

#: Between closed lips nothing is seen.
NO_GAP: Mapping[int, float] = MappingProxyType({})
#: The lip gives way whole up to so far from the red, where border and white roll come to lie, and
#: not at all from there on, mm.
_BAND_MM = (6.0, 16.0)


def red_left(
    face: FaceLandmarks,
    effects: Sequence[PlannedEffect],
    nodes: Float32Array,
    gap: Mapping[int, float] = NO_GAP,
) -> Float32Array | None:
    """Return what is left of a plan at the upper lip so that its red is not stretched too far.

    Parameters
    ----------
    face : FaceLandmarks
    effects : sequence of PlannedEffect
        The end of their bands counts, so that the share is the same at every value.
    nodes : (n, 2) float32 array
        Pixels.
    gap : mapping of int to float
        As in :func:`share_of_red`.

    Returns
    -------
    (n,) float32 array or None
        1 far from the lip; None where nothing has to give way.
    """
    least = share_of_red(face.points_mm, effects, gap)
    if least == 1.0:
        return None
    return around_red(least, face.points[_red(), :2], nodes, face.scale.mm_per_px)


def share_of_red(
    points_mm: FloatArray, effects: Sequence[PlannedEffect], gap: Mapping[int, float] = NO_GAP
) -> float:
    """Return the share of a plan that the red of an upper lip can follow; 1 where all of it.

    It is the same in every view: heights and lifts are those of the face seen from in front.

    Parameters
    ----------
    points_mm : (478, 3) float64 array
        Landmarks, face frame.
    effects : sequence of PlannedEffect
        The end of their bands counts.
    gap : mapping of int to float
        For landmarks of the free edge, how much of the way to the border is no red, but seen
        between the lips (:mod:`landmarkdiff.manipulation.lip_gap`).
    """
    growth = _growth(points_mm, effects, gap)
    return 1.0 if growth <= MOST_GROWTH else MOST_GROWTH / growth


def around_red(
    least: float, red: FloatArray, nodes: Float32Array, mm_per_unit: float
) -> Float32Array:
    """Return a share at and around the red, (n,) float32: 1 far from it.

    Parameters
    ----------
    least : float
        At the red.
    red : (k, 2) float64 array
        Its outline, in the frame and unit of the nodes.
    nodes : (n, 2) float32 array
    mm_per_unit : float
    """
    far = -polygon_distance(nodes, red) * np.float32(mm_per_unit)
    rest = np.float32(1.0 - least)
    return np.asarray(np.float32(least) + rest * smoothstep(far, *_BAND_MM), np.float32)


def red_left_on_head(
    points_mm: FloatArray, effects: Sequence[PlannedEffect], vertices: FloatArray
) -> FloatArray:
    """Return the same for the vertices (V, 3) of a head, mm in the face frame: (V,)."""
    least = share_of_red(points_mm, effects)
    if least == 1.0:
        return np.ones(len(vertices))
    seen = vertices[:, :2].astype(np.float32)  # from in front
    return around_red(least, points_mm[_red(), :2], seen, 1.0).astype(np.float64)


def _red() -> list[int]:
    """The red, once around: its border from the right corner to the left one, and the edge back."""
    outer, lines = LANDMARK_LINES["outer_lips"], upper_lip_lines()
    edge = {line.edge for line in lines}
    inner = [point for point in LANDMARK_LINES["inner_lips"] if point in edge]
    return [outer[0], *outer[:9:-1], *inner]


def _growth(
    points_mm: FloatArray, planned: Sequence[PlannedEffect], gap: Mapping[int, float]
) -> float:
    """By which share of its height the red grows at most where a plan raises its border."""
    with_edge = raising_lip_edge(planned)
    border = set(ANATOMICAL_GROUPS["vermilion_upper_border"].points)
    effects = []
    for item in planned:
        if item not in with_edge and border & item.effect.landmarks.keys():
            motion = effect_motion(item.effect, points_mm, "both")
            effects.append((motion.landmarks, motion.vectors(at_end(item).value)))
    if not effects:
        return 0.0
    return max(
        _grown(points_mm, effects, border, edge) / (1.0 - gap.get(edge, 0.0))
        for border, _, edge in upper_lip_lines()
    )


def _grown(
    points_mm: FloatArray, effects: Sequence[tuple[IndexArray, FloatArray]], border: int, edge: int
) -> float:
    """By which share of their distance two landmarks draw apart, seen from in front."""
    way = points_mm[border, :2] - points_mm[edge, :2]
    height = max(float(np.hypot(*way)), 1e-6)
    apart = 0.0
    for landmarks, vectors in effects:
        moved = vectors[:, :2] @ way / height**2
        apart += float(moved[landmarks == border].sum())
        apart -= float(moved[landmarks == edge].sum())
    return apart
