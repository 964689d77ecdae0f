"""Teeth and tongue as a rigid layer behind the lips.

As an eye behind its lids (:mod:`landmarkdiff.manipulation.eyes`): the skin is warped over the whole
opening, and what lies between the lips is put back behind it, unwarped. What a lip uncovers that
moves away is continued from what is seen beside it, over a small width.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray, ImageArray
from landmarkdiff.landmarks.face import LANDMARK_COUNT, FaceLandmarks
from landmarkdiff.landmarks.topology import LANDMARK_LINES, mirror_points
from landmarkdiff.manipulation.behind_lips import SEEN_MM, completed_mouth
from landmarkdiff.manipulation.eyes import EyeLayer, eye_layers, is_covered
from landmarkdiff.manipulation.eyes.opening import is_deep, ring_outline
from landmarkdiff.manipulation.limits import raising_lip_edge
from landmarkdiff.manipulation.mask import SurgicalMask
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.window import PhotoWindow, sampled
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
#: The corners in the ring of the inner lips: the patient's right one, then the left one.
_CORNERS = (0, 10)
#: The ring of the outer border of the lips, point for point beside that of the inner one.
_OUTER_LIPS = [
    *(61, 146, 91, 181, 84, 17, 314, 405, 321, 375),
    *(291, 409, 270, 269, 267, 0, 37, 39, 40, 185),
]
#: The edge of a lip lies between these distances from the landmarks toward its outer border, mm; it
#: is looked for in steps, smoothed along so many of them, in the photo smoothed by this, mm.
_EDGE_MM, _EDGE_STEP_MM, _SMOOTH, _CALM_MM = (-0.5, 2.0), 0.1, 7, 0.15
#: Where the colour of the lip is taken, shares of the way; teeth and gum differ from it by at least
#: this (CIELAB, chroma weighted), and by this share of what the opening does.
_BODY, _LEAST_APART, _APART_SHARE = (0.45, 0.55, 0.65), 9.0, 0.45
_CHROMA = np.array([1.0, 1.4, 1.4], np.float32)
_PAD = 4
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
    inner, outer = (
        ring_outline(face.points[points, :2], _CORNERS)
        for points in (list(LANDMARK_LINES["inner_lips"]), _OUTER_LIPS)
    )
    upper = slice(len(inner) // 2, None)
    inner[upper] = _lip_edge(pixels, inner[upper], outer[upper], face.scale.mm_per_px)
    return inner


def _lip_edge(pixels: ImageArray, inner: FloatArray, outer: FloatArray, mm: float) -> FloatArray:
    """Move the inner border of a lip, (n, 2), to where its colour begins toward the outer one."""
    low = np.maximum(np.floor(np.minimum(inner, outer).min(axis=0)).astype(int) - _PAD, 0)
    high = np.ceil(np.maximum(inner, outer).max(axis=0)).astype(int) + _PAD
    part = np.ascontiguousarray(pixels[low[1] : high[1], low[0] : high[0]])
    calm = cv2.GaussianBlur(part, (0, 0), max(_CALM_MM / mm, 0.4)).astype(np.float32)
    lab = cv2.cvtColor(calm / np.float32(255.0), cv2.COLOR_RGB2Lab) * _CHROMA
    way = outer - inner
    unit = way / np.maximum(np.hypot(*way.T)[:, None], 1e-6)
    steps = np.arange(-1.0, _EDGE_MM[1] + 0.5, _EDGE_STEP_MM)
    start = inner - low
    along = sampled(lab, start[:, None] + unit[:, None] * (steps / mm)[:, None])
    body = sampled(lab, start[:, None] + way[:, None] * np.array(_BODY)[:, None])
    apart = np.linalg.norm(along - np.median(body, axis=1)[:, None], axis=2)
    inside = apart[:, steps <= 0.5].max(axis=1)
    other = apart > np.maximum(_LEAST_APART, _APART_SHARE * inside)[:, None]
    last = np.where(other.any(axis=1), len(steps) - 1 - other[:, ::-1].argmax(axis=1), 10)
    thick = np.hypot(*way.T) * mm
    shift = np.clip(steps[last], _EDGE_MM[0], np.minimum(_EDGE_MM[1], _BODY[0] * thick))
    padded = np.pad(shift, _SMOOTH, mode="edge").astype(np.float32)[None]
    smooth = cv2.GaussianBlur(cv2.medianBlur(cv2.medianBlur(padded, 5), 5), (0, 0), 3.0)
    # The corners stay.
    ends = np.minimum(np.arange(len(inner)), np.arange(len(inner))[::-1]) / (_SMOOTH + 1.0)
    shift = smooth[0, _SMOOTH:-_SMOOTH] * np.clip(ends, 0.0, 1.0)
    return np.asarray(inner + unit * (shift / mm)[:, None], np.float64)


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
