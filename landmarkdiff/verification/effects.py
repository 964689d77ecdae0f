"""Effects measured in the picture, against their plan.

Every effect is followed through three stages: what was planned, what the displacement field
applies, and what dense registration of the finished picture with the photo achieves. All
three are read at the plan's landmarks by least squares over the effects' own displacement
vectors, so effects that share landmarks are told apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.deformation import Deformation
from landmarkdiff.manipulation.motion import EffectDisplacement, effect_displacement
from landmarkdiff.numerics import symmetric_inverse
from landmarkdiff.verification.effect_check import MIN_VISIBLE_SHARE, EffectCheck, EffectLimit
from landmarkdiff.verification.hindrances import UNSEEN, not_carried
from landmarkdiff.verification.registration import Registration, landmark_weights

__all__ = [
    "LIMITED_BELOW",
    "AppliedEffects",
    "applied_effects",
    "check_effects",
    "read_achieved",
]


#: A share below this counts as limited, and is reported.
LIMITED_BELOW = 0.99
#: Residuals beyond this many robust standard deviations lose weight (Huber's constant).
HUBER = 1.345
#: Floor of the registration noise, pixels of the resampled region.
REGISTRATION_NOISE_PX = 0.05
#: What all landmarks of an effect are read off by together, pixels of the photo: of 648 effects on
#: 10 photos of 0.7 and 1.4 mm a pixel half were off by 0.035, and 95 of 100 by at most 0.15.
COMMON_ERROR_PX = 0.07


@dataclass(frozen=True)
class AppliedEffects:
    """What the displacement field does to each effect.

    Attributes
    ----------
    ratios : (n,) float64 array
        Applied displacement as a share of the planned one, from the field and the 3-D target.
    factors : (n,) float64 array
        The share that the limiters leave.
    visible : (n,) float64 array
        Share of the displacement that lies in the picture plane of this view.
    shares : (n, 478) float64 array
        Share of its displacement by each effect that each landmark is given.
    """

    ratios: FloatArray
    factors: FloatArray
    visible: FloatArray
    shares: FloatArray


def applied_effects(
    deformation: Deformation,
    face: FaceLandmarks,
    shares: FloatArray,
    landed: FloatArray,
    visible: BoolArray,
) -> AppliedEffects:
    """Measure the effects in the displacement field.

    Parameters
    ----------
    deformation, face
        The planned displacements and the source landmarks.
    shares : (n, 478) array
        Share of its displacement by each of n effects that each landmark is given after all limits.
    landed : (478, 2) array
        Where the field brings the landmarks that carry an effect, pixels.
    visible : (478,) bool array
        Landmarks that face the camera.

    Returns
    -------
    AppliedEffects

    Examples
    --------
    >>> from landmarkdiff.manipulation.deformation import deform
    >>> from landmarkdiff.procedures.planning import make_plan
    >>> deformation = deform(make_plan("brow_lift", face, intensity=60), face)
    >>> landed = (face.points + face.project(deformation.displacement))[:, :2]
    >>> given, seen = np.ones((3, 478)), np.ones(478, bool)
    >>> applied = applied_effects(deformation, face, given, landed, seen)
    >>> applied.ratios.round(2).tolist()  # carried out in full
    [1.0, 1.0, 1.0]
    """
    planned = _vectors(deformation, face)
    carried_out = np.einsum("en,enk->nk", shares, deformation.parts)
    target = carried_out @ face.pose.rotation.T
    observed = target.copy()
    moved = (landed - face.points[:, :2]) * face.scale.mm_per_px * (1.0, -1.0)
    observed[visible, :2] = moved[visible]
    given = np.where(deformation.excluded, 0.0, shares)
    limited = np.zeros_like(target)
    for vectors, share in zip(planned, given, strict=True):
        limited += vectors * share[:, None]
    (ratios, factors), _ = _solve(planned, observed, limited)
    for index, effect in enumerate(deformation.effects):
        if not effect.landmarks.size:  # of a part that the mesh does not have
            ratios[index] = 0.0
    return AppliedEffects(
        ratios=ratios,
        factors=np.minimum(factors, 1.0),
        shares=given,
        visible=np.array([_visible_share(e, face, visible) for e in deformation.effects]),
    )


def check_effects(
    deformation: Deformation,
    applied: AppliedEffects,
    limits: Sequence[Sequence[EffectLimit]],
    labels: Sequence[str],
) -> tuple[EffectCheck, ...]:
    """Report every effect as it was planned and applied; nothing is achieved yet.

    Parameters
    ----------
    limits : sequence of sequences of EffectLimit
        What limits each effect.
    labels : sequence of str
        Name of each effect in the report.
    """
    return tuple(
        EffectCheck(
            name=labels[index],
            procedure=effect.planned.procedure,
            unit=effect.planned.effect.unit,
            planned=effect.planned.value,
            applied=effect.planned.value * float(applied.ratios[index]) + 0.0,
            visible=float(applied.visible[index]),
            achieved=None,
            reason="not_verified" if effect.landmarks.size else not_carried(effect.planned.effect),
            noise=None,
            in_band=effect.planned.in_band,
            limits=tuple(limits[index]),
            factor=float(applied.factors[index]),
        )
        for index, effect in enumerate(deformation.effects)
    )


def read_achieved(
    checks: Sequence[EffectCheck],
    deformation: Deformation,
    face: FaceLandmarks,
    applied: AppliedEffects,
    visible: BoolArray,
    registration: Registration | None,
) -> tuple[EffectCheck, ...]:
    """Return the checks with what the registered picture achieves.

    Parameters
    ----------
    checks : sequence of EffectCheck
        From :func:`check_effects`.
    visible : (478,) bool array
        Landmarks that can be read in the picture.
    registration : Registration or None
        From the photo to the finished picture; None where no effect shows.
    """
    seen = np.array([check.reason not in UNSEEN for check in checks], bool)
    if registration is None:
        ratios, noise = applied.ratios, np.zeros(len(checks))
    else:
        ratios, noise = _achieved(deformation, face, applied, visible, registration, seen)
    return tuple(
        check
        if not seen[index]
        else replace(check, reason="not_visible_in_this_view")
        if check.visible < MIN_VISIBLE_SHARE
        else replace(
            check,
            reason=None,
            achieved=check.planned * float(ratios[index]) * check.visible,
            noise=abs(check.planned) * check.visible * float(noise[index]),
        )
        for index, check in enumerate(checks)
    )


def _vectors(deformation: Deformation, face: FaceLandmarks) -> list[FloatArray]:
    """Planned displacement of each effect on all landmarks: (478, 3) camera frame, mm."""
    spread = []
    for effect in deformation.effects:
        vectors = np.zeros_like(deformation.displacement)
        vectors[effect.landmarks] = effect.vectors @ face.pose.rotation.T
        spread.append(vectors)
    return spread


def _solve(
    planned: Sequence[FloatArray], *observed: FloatArray
) -> tuple[list[FloatArray], FloatArray]:
    """Least-squares amount of each planned displacement in observed ones.

    Returns the amounts in each (an effect without displacement has amount 1) and the diagonal
    of the inverse normal matrix, which carries noise from the landmarks to the amounts.
    """
    amounts = [np.ones(len(planned)) for _ in observed]
    spread = np.zeros(len(planned))
    moved = [vectors.any(axis=1) for vectors in planned]
    active = [k for k, own in enumerate(moved) if np.count_nonzero(own)]
    if not active:
        return amounts, spread
    carrying = np.logical_or.reduce([moved[k] for k in active])
    system = np.stack([planned[k][carrying].ravel() for k in active], axis=1)
    normal = system.T @ system
    inverse = symmetric_inverse(normal)
    for own, seen in zip(amounts, observed, strict=True):
        own[active] = inverse @ (system.T @ seen[carrying].ravel())
    spread[active] = np.diag(inverse)
    return amounts, spread


def _solve_robustly(
    planned: Sequence[FloatArray], observed: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """As :func:`_solve`, with less weight for landmarks whose flow is off (Huber [1]_).

    On the outline of the face the flow may follow the background.

    .. [1] P. J. Huber, Robust estimation of a location parameter, Ann. Math. Stat. 35 (1964).
    """
    (amounts,), spread = _solve(planned, observed)
    for _ in range(4):
        rest = observed - sum((a * v for a, v in zip(amounts, planned, strict=True)), np.zeros(2))
        carrying = np.any([vectors.any(axis=1) for vectors in planned], axis=0)
        if not carrying.any():
            break
        distance = np.linalg.norm(rest, axis=1)
        deviation = max(1.4826 * float(np.median(distance[carrying])), 0.01)
        weight = np.minimum(1.0, HUBER * deviation / np.maximum(distance, 1e-12))[:, None]
        root = np.sqrt(weight)
        (amounts,), spread = _solve([root * vectors for vectors in planned], root * observed)
    return amounts, spread


def _visible_share(effect: EffectDisplacement, face: FaceLandmarks, visible: BoolArray) -> float:
    """Share of an effect's displacement that lies in the picture plane."""
    if effect.planned.value == 0.0:  # then its direction is that of its typical change
        typical = effect.planned.effect.band.typical
        effect = effect_displacement(effect.planned.model_copy(update={"value": typical}), face)
    seen = visible[effect.landmarks]
    camera = effect.vectors[seen] @ face.pose.rotation.T
    whole = float((camera**2).sum())
    return float(np.sqrt((camera[:, :2] ** 2).sum() / whole)) if whole > 0 else 0.0


def _achieved(
    deformation: Deformation,
    face: FaceLandmarks,
    applied: AppliedEffects,
    visible: BoolArray,
    registration: Registration,
    seen: BoolArray,
) -> tuple[FloatArray, FloatArray]:
    """Amount of each effect in the registered picture, and its relative noise.

    The picture is read against what each landmark was given, so a limit that holds at some
    landmarks only (palsy, a vitiligo patch) does not look like an error of the picture.
    """
    count = len(deformation.effects)
    ratios, noise = np.zeros(count), np.zeros(count)
    if not count:
        return ratios, noise
    scale = face.scale.mm_per_px
    observed = registration.at(face.points[:, :2]) * scale * (1.0, -1.0)
    weight = landmark_weights(face, visible)
    given = weight * applied.shares
    own = zip(_vectors(deformation, face), given, strict=True)
    planned = [vectors[:, :2] * share[:, None] for vectors, share in own]
    observed = observed * weight[:, None]
    shown = (applied.visible >= MIN_VISIBLE_SHARE) & seen
    for index in np.flatnonzero(~shown):
        # What this view hardly shows cannot be measured in it, but it moves the picture a
        # little; that little is taken as applied.
        observed = observed - planned[index]
    chosen = [planned[index] for index in np.flatnonzero(shown)]
    amounts, spread = _solve_robustly(chosen, observed)
    carrying = np.any([v.any(axis=1) for v in chosen], axis=0) if chosen else visible & False
    rest = observed - sum((a * v for a, v in zip(amounts, chosen, strict=True)), np.zeros(2))
    freedom = max(1, 2 * int(carrying.sum()) - len(chosen))
    sigma = float(np.sqrt((rest[carrying] ** 2).sum() / freedom)) if carrying.any() else 0.0
    sigma = max(sigma, REGISTRATION_NOISE_PX / registration.zoom * scale)
    most = [max(float(np.hypot(*vectors.T).max()), 1e-9) for vectors in chosen]
    common = COMMON_ERROR_PX * scale / np.array(most)
    ratios[shown] = amounts * applied.ratios[shown]
    noise[shown] = np.hypot(sigma * np.sqrt(spread), common) * np.abs(applied.ratios[shown])
    return ratios, noise
