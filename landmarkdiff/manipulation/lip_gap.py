"""What lies between lips that are hardly parted stays where it is.

The landmarks of both lips lie on the lower one there, and a line of teeth or of the dark of the
mouth above them would be drawn up with the upper lip as if it were its red.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray
from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS
from landmarkdiff.landmarks.upper_lip import upper_lip_lines
from landmarkdiff.manipulation.grid import smoothstep
from landmarkdiff.manipulation.limits import raising_lip_edge
from landmarkdiff.manipulation.lip_edge import lip_edges, upper_inner_lip
from landmarkdiff.manipulation.mouth import mouth_layer
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.procedures.plan import PlannedEffect, SurgicalPlan

__all__ = ["LipGap", "lip_gap", "still_edge", "with_still_gap"]

#: The dark between the lips has at most this share of the lightness (CIELAB) of the red, and
#: reaches so far from the landmarks at most, mm.
_DARK, _MOST_MM = 0.7, 4.0
#: The line between closed lips is as high as the first, and stretched with them; from the second on
#: all of it is a gap, mm.
_CLOSED_MM = (0.4, 1.0)
#: The edge is held at every so many-th point of its outline.
_EVERY = 3


@dataclass(frozen=True, eq=False)
class LipGap:
    """The gap between lips that are hardly parted.

    Attributes
    ----------
    edge : (n, 2) float64 array
        Points of the free edge of the upper lip where a gap lies below it, pixels.
    shares : mapping of int to float
        For landmarks of the free edge, how much of the way from there to the border of the red is
        gap; those with none are left out.
    """

    edge: FloatArray = field(default_factory=lambda: np.empty((0, 2)))
    shares: Mapping[int, float] = field(default_factory=dict)


def lip_gap(prepared: PreparedFace) -> LipGap:
    """Return the gap between the lips of a photo, made once.

    Empty where the lips are closed, or the mouth is so wide open that what lies behind them is a
    layer of its own.

    Parameters
    ----------
    prepared : PreparedFace
    """
    gap: LipGap = prepared.once("lip_gap", lambda: _found(prepared))
    return gap


def _found(prepared: PreparedFace) -> LipGap:
    face, pixels = prepared.landmarks, prepared.image
    inner = upper_inner_lip(face)
    size = np.array(pixels.shape[1::-1])
    if mouth_layer(prepared) is not None or (inner < 0).any() or (inner > size - 1).any():
        return LipGap()
    if prepared.covers().things is not None:
        return LipGap()
    way = lip_edges(pixels, face, _MOST_MM, _dark)[1] - inner
    height = np.hypot(*way.T) * face.scale.mm_per_px
    upward = (way @ face.project([0.0, 1.0, 0.0])[:2]) > 0
    way *= (smoothstep(height.astype(np.float32), *_CLOSED_MM) * upward)[:, None]
    parted = np.hypot(*way.T) * face.scale.mm_per_px > 0.5 * _CLOSED_MM[0]
    shares = {}
    for border, _, edge in upper_lip_lines():
        start, end = face.points[[edge, border], :2]
        nearest = int(np.hypot(*(inner - start).T).argmin())
        if parted[nearest]:
            red = max(float(np.hypot(*(end - start))), 1e-6)
            shares[edge] = float(np.hypot(*way[nearest])) / red
    return LipGap((inner + way)[parted][::_EVERY], shares)


def _dark(along: Float32Array, lip: Float32Array, steps: FloatArray) -> BoolArray:
    """The dark between lips, and what is seen below it: a ``BehindLip``."""
    del steps  # dark is dark wherever it lies
    return np.asarray(along[..., 0] < _DARK * lip[:, None, 0], np.bool_)


def still_edge(prepared: PreparedFace, moved: FloatArray) -> FloatArray:
    """Return points of the free edge that a plan holds where the photo shows it: (n, 2) pixels.

    Parameters
    ----------
    prepared : PreparedFace
    moved : (478, k) float64 array
        How far the plan moves the landmarks at the end of its bands; one that moves the edge of the
        lip, as jaws do, holds none of it.
    """
    gap = lip_gap(prepared)
    edge = [line.edge for line in upper_lip_lines()]
    return gap.edge[:0] if moved[edge].any() else gap.edge


def with_still_gap(prepared: PreparedFace, plan: SurgicalPlan) -> SurgicalPlan:
    """Return a plan whose red follows its border evenly from the edge that the photo shows.

    Parameters
    ----------
    prepared : PreparedFace
    plan : SurgicalPlan
    """
    with_edge = raising_lip_edge(plan.effects)
    border = set(ANATOMICAL_GROUPS["vermilion_upper_border"].points)
    unrolled = [
        item
        for item in plan.effects
        if item not in with_edge and border & item.effect.landmarks.keys() and item.effect.follow
    ]
    if not unrolled or not lip_gap(prepared).shares:
        return plan
    shares = lip_gap(prepared).shares
    return plan.model_copy(
        update={
            "effects": tuple(
                _unrolled(each, shares) if each in unrolled else each for each in plan.effects
            )
        }
    )


def _unrolled(item: PlannedEffect, shares: Mapping[int, float]) -> PlannedEffect:
    """The effect whose red moves by its distance from the edge that is seen."""
    effect = item.effect
    follow = dict(effect.follow)
    for border, red, edge in upper_lip_lines():
        whole, gap = effect.landmarks.get(border, 0.0), shares.get(edge, 0.0)
        if not whole or not gap:
            continue
        for point in red:
            if point in follow:
                follow[point] = whole * max(0.0, (follow[point] / whole - gap) / (1.0 - gap))
    return item.model_copy(update={"effect": effect.model_copy(update={"follow": follow})})
