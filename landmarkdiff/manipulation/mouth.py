"""Teeth and tongue as a rigid layer behind the lips.

As an eye behind its lids (:mod:`landmarkdiff.manipulation.eyes`): the skin is warped over the whole
opening, and what lies between the lips is put back behind it, unwarped. What a lip uncovers that
moves away is continued from what is seen beside it, over a small width.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray, ImageArray
from landmarkdiff.landmarks.face import LANDMARK_COUNT, FaceLandmarks
from landmarkdiff.landmarks.topology import mirror_points
from landmarkdiff.manipulation.behind_lips import SEEN_MM, completed_mouth
from landmarkdiff.manipulation.eyes import EyeLayer, eye_layers, is_covered
from landmarkdiff.manipulation.eyes.opening import is_deep
from landmarkdiff.manipulation.limits import raising_lip_edge
from landmarkdiff.manipulation.lip_edge import lip_edges, unlike_lip
from landmarkdiff.manipulation.mask import SurgicalMask
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.window import PhotoWindow
from landmarkdiff.procedures.plan import PlannedEffect, SurgicalPlan

__all__ = [
    "beside_teeth",
    "layers_behind",
    "mouth_layer",
    "mouth_outline",
    "still_between_lips",
    "uncovers_teeth",
    "with_lip_edge",
]

#: Size of a cell: no finer than the first, no coarser than the second, mm.
_CELL_MM = (0.15, 0.25)
#: What is kept around the opening, mm: further than a lip moves.
_AROUND_MM = 6.0
#: An opening lower than this shows too little of what lies behind the lips, mm.
LEAST_HEIGHT_MM = 3.0
#: The edge of a lip before teeth lies so far from its landmarks at most, mm.
_EDGE_MM = 2.0
#: Lines over the upper lip: for each landmark of its body that can carry its edge, the edge and the
#: share that the red takes on the way there, so that it unrolls evenly (as in a lip lift).
_RED = {
    12: {13: 1.0, 12: 0.7, 11: 0.34},
    38: {82: 1.0, 38: 0.72, 72: 0.36},
    41: {81: 1.0, 41: 0.74, 73: 0.39},
    42: {80: 1.0, 42: 0.75, 74: 0.4},
}
_RED |= {
    mirror_points([body])[0]: dict(zip(mirror_points(list(line)), line.values(), strict=True))
    for body, line in _RED.items()
}
#: Landmarks of both free edges across from each other, and how far apart they are where the middle
#: between them stays (mm): an edge that moves by what may be uncovered does not fold up to there.
_ACROSS = ((13, 14), (82, 87), (312, 317), (81, 178), (311, 402), (80, 88), (310, 318))
_WIDE_MM = 7.5
#: Middle of the inner border of the upper and of the lower lip.
_MIDDLES = (13, 14)


def mouth_outline(prepared: PreparedFace) -> FloatArray:
    """Return the outline of the opening between the lips, made once.

    The landmarks cut off the tops of visible teeth, by up to 2 mm; so the upper lip's edge is where
    its colour begins.

    Parameters
    ----------
    prepared : PreparedFace

    Returns
    -------
    (n, 2) float64 array
        Pixels, once around: smooth along each lip, with a corner at either end.
    """
    outline: FloatArray = prepared.once(
        "mouth_outline", lambda: _outline(prepared.image, prepared.landmarks)
    )
    return outline


def _outline(pixels: ImageArray, face: FaceLandmarks) -> FloatArray:
    lower, upper = lip_edges(pixels, face, _EDGE_MM, unlike_lip)
    return np.concatenate([lower, upper])


def mouth_layer(prepared: PreparedFace) -> EyeLayer | None:
    """Return what lies between the lips of a photo, made once.

    None where the mouth is closed or nearly so, something lies on it, or the edge of the photo cuts
    it: then nothing is put behind the lips.

    Parameters
    ----------
    prepared : PreparedFace
    """
    layer: EyeLayer | None = prepared.once("mouth", lambda: _made(prepared))
    return layer


def _made(prepared: PreparedFace) -> EyeLayer | None:
    face = prepared.landmarks
    mm = face.scale.mm_per_px
    upper, lower = face.points[list(_MIDDLES), :2]
    if float(np.hypot(*(lower - upper))) * mm < LEAST_HEIGHT_MM:
        return None
    outline = mouth_outline(prepared)
    size = np.array(prepared.image.shape[1::-1])
    things = prepared.covers().things
    if (outline < 0).any() or (outline > size - 1).any():
        return None
    if things is not None and is_covered(outline, things):
        return None
    return _taken_out(prepared.image, outline, mm)


def _taken_out(pixels: ImageArray, outline: FloatArray, mm: float) -> EyeLayer | None:
    margin = _AROUND_MM / mm
    step = float(np.clip(mm, *_CELL_MM)) / mm
    low, high = outline.min(axis=0) - margin, outline.max(axis=0) + margin
    window = PhotoWindow.between(low, high, step)
    if not is_deep(window, outline, mm, SEEN_MM):
        return None
    return EyeLayer(
        "mouth",
        window,
        outline,
        lambda: completed_mouth(pixels, outline, mm, window),
    )


def layers_behind(prepared: PreparedFace, mask: SurgicalMask) -> tuple[EyeLayer, ...]:
    """Return what lies behind the skin that a plan moves, made once: the eyes, and the mouth.

    Teeth that an effect moves are no layer: they move with the jaw, as one piece.

    Parameters
    ----------
    prepared : PreparedFace
    mask : SurgicalMask
        Of the plan.
    """

    def found() -> tuple[EyeLayer, ...]:
        mouth = None if mask.teeth is not None else mouth_layer(prepared)
        layers = (*eye_layers(prepared), *(() if mouth is None else (mouth,)))
        return tuple(layer for layer in layers if layer.is_within(mask))

    layers: tuple[EyeLayer, ...] = prepared.once(("layers", mask), found)
    return layers


def beside_teeth(layers: Sequence[EyeLayer]) -> BoolArray:
    """Return the landmarks at the free edge of an upper lip before teeth: (478,).

    They cannot be read in a picture: half of what is seen there is teeth, which stay.

    Parameters
    ----------
    layers : sequence of EyeLayer
        From :func:`layers_behind`.
    """
    marked = np.zeros(LANDMARK_COUNT, np.bool_)
    if any(layer.side == "mouth" for layer in layers):
        marked[[upper for upper, _ in _ACROSS]] = True
    return marked


def still_between_lips(prepared: PreparedFace, mask: SurgicalMask) -> FloatArray:
    """Return points amid a wide opening, behind which teeth lie, that stay: (n, 2) pixels.

    Nothing there is seen of the skin; without them the spline would swing beyond the lips.

    Parameters
    ----------
    prepared : PreparedFace
    mask : SurgicalMask
        Of the plan.
    """
    if mask.teeth is not None or mouth_layer(prepared) is None:
        return np.empty((0, 2))
    face = prepared.landmarks
    upper, lower = np.moveaxis(face.points[np.array(_ACROSS), :2], 1, 0)
    wide = np.hypot(*(lower - upper).T) * face.scale.mm_per_px > _WIDE_MM
    return np.asarray(((upper + lower) / 2.0)[wide])


def with_lip_edge(prepared: PreparedFace, plan: SurgicalPlan) -> SurgicalPlan:
    """Return a plan whose effects on the body of the upper lip take its free edge along.

    Where no teeth lie behind the lip, or an effect moves the teeth, the edge stays in the mesh: it
    would bend them.

    Parameters
    ----------
    prepared : PreparedFace
    plan : SurgicalPlan
    """
    raising = raising_lip_edge(plan.effects)
    if not raising or any(item.effect.carries_teeth for item in plan.effects):
        return plan
    if mouth_layer(prepared) is None:
        return plan
    return plan.model_copy(
        update={
            "effects": tuple(_with_edge(each) if each in raising else each for each in plan.effects)
        }
    )


def _with_edge(item: PlannedEffect) -> PlannedEffect:
    """The effect as it moves the edge: what it gave a landmark of the body, it gives the edge."""
    effect = item.effect
    red = {
        point: effect.landmarks[body] * part
        for body, line in _RED.items()
        if body in effect.landmarks
        for point, part in line.items()
    }
    own = {**effect.landmarks, **{each: red[each] for each in effect.landmarks.keys() & red.keys()}}
    follow = {each: part for each, part in red.items() if each not in own}
    shares = {"landmarks": own, "follow": {**effect.follow, **follow}}
    return item.model_copy(update={"effect": effect.model_copy(update=shares)})


def uncovers_teeth(prepared: PreparedFace, plan: SurgicalPlan, mask: SurgicalMask) -> bool:
    """Whether a plan raises the edge of an upper lip behind which teeth lie.

    Parameters
    ----------
    prepared : PreparedFace
    plan : SurgicalPlan
    mask : SurgicalMask
        Of the plan.
    """
    if mask.teeth is not None or mouth_layer(prepared) is None:
        return False
    return any(item.value > 0.0 for item in raising_lip_edge(plan.effects))
