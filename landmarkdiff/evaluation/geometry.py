"""Did the prediction move what it should, which way and how far: by registration of the pictures.

Landmarks that are found again see between 6 and 89 % of a move, because the landmark network pulls
toward the faces it knows; dense registration sees it all (:mod:`landmarkdiff.verification`). So
both changes, the one that was made and the one that was wanted, are displacements of the skin at
the landmarks of the photo, in millimetres in the picture plane.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.evaluation.pictures import INSIDE_FROM
from landmarkdiff.evaluation.value import EffectScore, Score
from landmarkdiff.inference import LandmarkDiffPipeline, Prediction, PreparedFace
from landmarkdiff.inference.kinds import kind_of
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.visibility import facing
from landmarkdiff.manipulation.warp import WarpedPlan
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.verification import (
    Amplitude,
    effect_amplitudes,
    landmark_weights,
    plan_amplitude,
    register,
    register_picture,
)
from landmarkdiff.verification.effect_check import EffectCheck

__all__ = ["LEAST_MOVE_MM", "Geometry", "planned_geometry", "predict_plan", "target_geometry"]

#: A landmark that the target moves by less than this is not one that was meant, mm: four standard
#: deviations of the registration (0.05 mm).
LEAST_MOVE_MM = 0.2
#: Skin that moves by less than this has no direction, mm (root mean square): two of them.
STILL_MM = 0.1
#: Why an effect has no millimetres though this view shows it.
MIXED = "another effect of the plan moves the same skin the same way"
UNSEEN = "the skin shows too little of it"
UNSURE = "its landmarks disagree by a third of it and more"
#: One SD of an effect beyond this share of it says so: the teeth of an open mouth below a lip lift.
MOST_UNSURE = 0.35
#: What the metrics of a change of the skin are called.
NAMES = ("direction", "magnitude", "geometry_error")


@dataclass(frozen=True, eq=False)
class Geometry:
    """What a prediction does to the shape of the face, against what was wanted.

    Attributes
    ----------
    scores : mapping of str to Score
        ``direction``: cosine between the change that was made and the one that was wanted.
        ``magnitude``: share of the wanted change that was made, along it; 1 is right, and a
        change in the opposite direction is negative; of a plan it is read where the skin has
        something to see. ``geometry_error``: mean distance of the
        landmarks that should move from where they should be, mm.
    effects : tuple of EffectScore
    error_mm : (478,) float64 array
        That distance for every landmark that can be read; NaN for the others.
    """

    scores: dict[str, Score]
    effects: tuple[EffectScore, ...]
    error_mm: FloatArray


def predict_plan(
    pipeline: LandmarkDiffPipeline,
    prepared: PreparedFace,
    plan: SurgicalPlan,
    flags: ClinicalFlags | None,
) -> Prediction:
    """Return the plan carried out by the warp: what every prediction of it is read against."""
    return pipeline.generate(prepared, plan=plan, clinical_flags=flags, mode="tps", verify=False)


def planned_geometry(planned: Prediction, picture: ImageArray) -> Geometry:
    """Read a prediction against the plan that it was made for.

    Parameters
    ----------
    planned : Prediction
        The plan on the photo, from :func:`predict_plan`.
    picture : (H, W, 3) uint8 array, RGB
        The prediction, in the frame of the photo.

    Returns
    -------
    Geometry

    Examples
    --------
    >>> planned = LandmarkDiffPipeline().generate(portrait, "brow_lift", 60, verify=False)
    >>> read = planned_geometry(planned, planned.image)
    >>> abs(read.scores["magnitude"].value - 1.0) < 0.15
    True
    """
    face = planned.source
    warp = _as_the_picture(planned.warp, picture)
    registration = register_picture(planned.before, warp, picture)
    places = face.points[:, :2]
    wanted = _millimetres(planned.target.points[:, :2] - places, face)
    made = _millimetres(registration.at(places), face)
    covered = warp.readable & (warp.mask.at(places) > 0.0)
    weight = landmark_weights(face, covered) * wanted.any(axis=1)
    check = kind_of(planned.prepared).check_picture(planned.check, warp, picture)
    amplitudes: dict[int, Amplitude] = {}
    if isinstance(planned.prepared, PreparedFace):
        seen = planned.before, face, warp, picture, registration, weight
        amplitudes = effect_amplitudes(check, *seen)
    return _compared(
        made,
        wanted,
        weight,
        covered,
        tuple(
            _effect_score(effect, amplitudes.get(place))
            for place, effect in enumerate(check.effects)
        ),
        "the plan moves no landmark that this view shows",
        plan_amplitude(planned.before, face, warp, picture, registration, weight),
    )


def target_geometry(
    face: FaceLandmarks,
    source: ImageArray,
    target: ImageArray,
    picture: ImageArray,
    mask: Float32Array,
) -> Geometry:
    """Read a prediction against the picture that would have been right.

    Parameters
    ----------
    face : FaceLandmarks
        The face in the photo.
    source, target, picture : (H, W, 3) uint8 arrays, RGB
        Photo, target and prediction, all in the frame of the photo: photographs of two days are
        aligned first.
    mask : (H, W) float32 array in [0, 1]
        Only landmarks inside it count.

    Returns
    -------
    Geometry

    Examples
    --------
    >>> lower = np.roll(portrait, 4, axis=0)  # a target in which all lies 4 pixels lower
    >>> whole = np.ones(portrait.shape[:2], np.float32)
    >>> read = target_geometry(face, portrait, lower, np.roll(portrait, 8, axis=0), whole)
    >>> abs(read.scores["magnitude"].value - 2.0) < 0.3
    True
    """
    places = face.points[:, :2]
    x, y, width, height = (round(value) for value in face.box)
    made, wanted = (
        _millimetres(register(source, each, (x, y, width, height)).at(places), face)
        for each in (picture, target)
    )
    rows, columns = (
        np.clip(places[:, axis].round().astype(np.intp), 0, mask.shape[1 - axis] - 1)
        for axis in (1, 0)
    )
    readable = facing(face) & (mask[rows, columns] >= INSIDE_FROM)
    moved = readable & (np.linalg.norm(wanted, axis=1) >= LEAST_MOVE_MM)
    nothing = f"the target moves nothing inside of the mask by {LEAST_MOVE_MM:g} mm or more"
    return _compared(made, wanted, landmark_weights(face, moved), readable, (), nothing)


def _compared(
    made: FloatArray,
    wanted: FloatArray,
    weight: FloatArray,
    readable: BoolArray,
    effects: tuple[EffectScore, ...],
    nothing: str,
    amplitude: Amplitude | None = None,
) -> Geometry:
    """Compare displacements (478, 2) in mm, where ``weight`` says that they were wanted.

    An ``amplitude`` knows their share better than the displacements at the landmarks do.
    """
    apart = np.linalg.norm(made - wanted, axis=1)
    error_mm = np.where(readable, apart, np.nan)
    one, other = made * weight[:, None], wanted * weight[:, None]
    length, along = float(np.linalg.norm(other)), float((one * other).sum())
    if length == 0.0:
        return Geometry({name: Score.missing(nothing) for name in NAMES}, effects, error_mm)
    long = float(np.linalg.norm(one))
    still = long / float(np.linalg.norm(weight)) < STILL_MM
    scores = {
        "direction": Score.missing("nothing of what should move moves")
        if still
        else Score(along / (long * length)),
        "magnitude": Score(along / length**2) if amplitude is None else _magnitude(amplitude),
        "geometry_error": Score(float(np.average(apart, weights=weight))),
    }
    return Geometry(scores, effects, error_mm)


def _magnitude(amplitude: Amplitude) -> Score:
    if amplitude.value is None:
        return Score.missing("the skin moves too little, or the pictures have too little in common")
    return Score(amplitude.value)


def _millimetres(steps: FloatArray, face: FaceLandmarks) -> FloatArray:
    return np.asarray(steps * face.scale.mm_per_px * (1.0, -1.0))


def _as_the_picture(warp: WarpedPlan, picture: ImageArray) -> WarpedPlan:
    """Return the warp with the light and the folds of the picture: the plan's, or the photo's.

    A picture that was made elsewhere need not let the light follow the surface; what is not there
    must not be taken back before the pictures are registered.
    """
    if warp.shading is None and warp.softening is None:
        return warp
    bare = warp.warped if warp.softening is None else warp.softening.undone(warp.warped)
    bare = bare if warp.shading is None else warp.shading.undone(bare, warp.mask.coverage)
    region = warp.mask.full() > 0
    seen = picture[region].astype(np.int16)
    as_planned, as_bare = (
        int(np.abs(seen - each[region]).sum(dtype=np.int64)) for each in (warp.warped, bare)
    )
    return warp if as_planned <= as_bare else replace(warp, shading=None, softening=None)


def _effect_score(effect: EffectCheck, amplitude: Amplitude | None) -> EffectScore:
    """Return an effect as the picture shows it: by its field, or by the flow where it has none."""
    shown, noise = effect.applied * effect.visible, effect.noise
    if effect.achieved is None:
        reason = (effect.reason or "unknown").replace("_", " ")
        achieved = Score.missing(f"not measured: {reason}")
    elif amplitude is None:
        achieved = Score(effect.achieved)
    elif amplitude.value is None:
        achieved = Score.missing("not measured: " + (MIXED if amplitude.mixed else UNSEEN))
    else:
        noise = max(noise or 0.0, abs(shown) * (amplitude.spread or 0.0))
        unsure = noise > MOST_UNSURE * abs(shown) * max(1.0, abs(amplitude.value))
        achieved = (
            Score.missing(f"not measured: {UNSURE}") if unsure else Score(shown * amplitude.value)
        )
    return EffectScore(
        name=effect.name,
        procedure=effect.procedure,
        unit=effect.unit,
        planned=effect.planned,
        shown=shown,
        achieved=achieved,
        noise=noise if achieved.value is not None else None,
    )
