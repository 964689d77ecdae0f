"""What hides the target of an effect, so that nothing can be measured there."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray
from landmarkdiff.clinical import KELOID_ZONES
from landmarkdiff.clinical.zones import zone_points
from landmarkdiff.covers import CoverFinding
from landmarkdiff.creases.find import Hidden
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.ears import EarCause
from landmarkdiff.manipulation.motion import EffectDisplacement, effect_displacement
from landmarkdiff.procedures.effect import Effect

__all__ = [
    "HINDRANCES",
    "LIPS_CLOSED",
    "NOT_ON_MESH",
    "UNSEEN",
    "UNSEEN_EARS",
    "Hindrance",
    "covered_zone",
    "hindrance_of",
    "nearest_zone",
    "not_carried",
]

Hindrance = Literal["lids_closed", "eye_hidden", "covered"]
HINDRANCES: tuple[Hindrance, ...] = ("lids_closed", "eye_hidden", "covered")
#: Reason of an effect that no landmark of a photo's mesh carries, as one of the ears.
NOT_ON_MESH = "not_on_mesh"
#: Reasons of an effect whose ear a photo does not show.
UNSEEN_EARS: tuple[EarCause, ...] = get_args(EarCause)
#: Reason of an effect that needs teeth, on closed lips.
LIPS_CLOSED = "lips_closed"
#: All reasons why nothing of an effect can be measured, whatever the view.
UNSEEN = (
    *HINDRANCES,
    *UNSEEN_EARS,
    NOT_ON_MESH,
    LIPS_CLOSED,
    *get_args(Hidden),
)
#: An effect is not measured where this share of its movement is hidden.
LEAST_HIDDEN = 0.3


def hindrance_of(effect: EffectDisplacement, covers: CoverFinding) -> Hindrance | None:
    """Return what hides the target of an effect; None where it can be seen.

    Parameters
    ----------
    effect : EffectDisplacement
    covers : CoverFinding
    """
    if covers.nothing:
        return None
    weight = _weight(effect, covers)
    whole = float(weight.sum())
    if whole <= 0.0:
        return None

    def hidden(marked: BoolArray) -> bool:
        return float(weight[marked[effect.landmarks]].sum()) >= LEAST_HIDDEN * whole

    if hidden(covers.lids("closed")):
        return "lids_closed"
    if hidden(covers.lids("hidden")):
        return "eye_hidden"
    return "covered" if hidden(covers.covered) else None


def not_carried(effect: Effect) -> str:
    """Return why no landmark of a face carries an effect."""
    return NOT_ON_MESH if effect.needs is None else LIPS_CLOSED


def covered_zone(effect: EffectDisplacement, covers: CoverFinding) -> str:
    """Return the zone of the face in which something lies on the target of an effect."""
    places = covers.face.points[:, :2]
    own = effect.landmarks[covers.covered[effect.landmarks]]
    own = own if own.size else effect.landmarks
    return nearest_zone(covers.face, places[own].mean(axis=0))


def nearest_zone(face: FaceLandmarks, place: FloatArray) -> str:
    """Return the zone of the face that is nearest to a place, (2,) pixels of its photo.

    Examples
    --------
    >>> nearest_zone(face, face.points[4, :2])
    'nose'
    """

    def away(zone: str) -> float:
        points = face.points[list(zone_points(zone).points), :2]
        return float(np.linalg.norm(points - place, axis=1).min())

    return min(KELOID_ZONES, key=away)


def _weight(effect: EffectDisplacement, covers: CoverFinding) -> np.ndarray:
    """How far the effect moves each of its landmarks, at its typical change if it is 0."""
    if effect.planned.value == 0.0:
        typical = effect.planned.effect.band.typical
        planned = effect.planned.model_copy(update={"value": typical})
        whole = effect_displacement(planned, covers.face)
        kept = np.isin(whole.landmarks, effect.landmarks)
        return np.asarray(np.linalg.norm(whole.vectors[kept], axis=1))
    return np.asarray(np.linalg.norm(effect.vectors, axis=1))
