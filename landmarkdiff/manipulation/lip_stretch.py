"""How far the red of an upper lip may be stretched: a thin one gives way.

A raised border unrolls red that the photo does not show, and the warp stretches what it shows over
it. Stretched too far its fine lines become streaks, and the lip is no longer one.
"""

from __future__ import annotations

import numpy as np

from landmarkdiff.arrays import Float32Array
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS, mirror_points
from landmarkdiff.manipulation.deformation import Deformation
from landmarkdiff.manipulation.grid import polygon_distance, smoothstep
from landmarkdiff.manipulation.limits import at_end, raising_lip_edge
from landmarkdiff.manipulation.motion import EffectDisplacement, effect_displacement

__all__ = ["MOST_GROWTH", "red_left"]

#: By so much of its height the red may grow at the end of the bands. After lip lifts it grew by
#: 31.5 % on average (n = 55, lip length -21.5 %); that more than twice as much is too much is
#: general, from looking at 26 faces.
MOST_GROWTH = 0.75
#: The lip gives way whole up to so far from the red, where border and white roll come to lie, and
#: not at all from there on, mm.
_BAND_MM = (6.0, 16.0)
#: Landmarks of the border of the red and of the free edge across from each.
_LINES = [(0, 13), (37, 82), (39, 81), (40, 80)]
_LINES += [(mirror_points([a])[0], mirror_points([b])[0]) for a, b in _LINES[1:]]
#: The red, once around: its border from the right corner to the left one, and the edge back.
_RED = [61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 310, 311, 312, 13, 82, 81, 80]


def red_left(
    face: FaceLandmarks, deformation: Deformation, nodes: Float32Array
) -> Float32Array | None:
    """Return what is left of a plan at the upper lip so that its red is not stretched too far.

    Parameters
    ----------
    face : FaceLandmarks
    deformation : Deformation
        The end of its bands counts, so that the share is the same at every value.
    nodes : (n, 2) float32 array
        Pixels.

    Returns
    -------
    (n,) float32 array or None
        1 far from the lip; None where nothing has to give way.
    """
    growth = _growth(face, deformation)
    if growth <= MOST_GROWTH:
        return None
    least = np.float32(MOST_GROWTH / growth)
    red = face.points[_RED, :2]
    far = -polygon_distance(nodes, red) * np.float32(face.scale.mm_per_px)
    return np.asarray(least + (1.0 - least) * smoothstep(far, *_BAND_MM), np.float32)


def _growth(face: FaceLandmarks, deformation: Deformation) -> float:
    """By which share of its height the red grows at most where a plan raises its border."""
    planned = [each.planned for each in deformation.effects]
    with_edge = raising_lip_edge(planned)
    border = set(ANATOMICAL_GROUPS["vermilion_upper_border"].points)
    effects = [
        effect_displacement(at_end(item), face)
        for item in planned
        if item not in with_edge and border & item.effect.landmarks.keys()
    ]
    grown = [_grown(face, effects, *line) for line in _LINES] if effects else [0.0]
    return max(grown)


def _grown(face: FaceLandmarks, effects: list[EffectDisplacement], border: int, edge: int) -> float:
    """By which share of their distance two landmarks draw apart in the photo."""
    way = face.points[border, :2] - face.points[edge, :2]
    height = max(float(np.hypot(*way)), 1e-6)
    apart = 0.0
    for effect in effects:
        moved = face.project(effect.vectors)[:, :2] @ way / height**2
        apart += float(moved[effect.landmarks == border].sum())
        apart -= float(moved[effect.landmarks == edge].sum())
    return apart
