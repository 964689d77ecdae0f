"""All metrics of one pair. A value, or why there is none: never a default, never a substitute."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landmarkdiff.analysis import apparent_tone
from landmarkdiff.arrays import Float32Array, FloatArray, ImageArray
from landmarkdiff.errors import LandmarkDiffError, NoFaceError
from landmarkdiff.evaluation.faces import NO_MESH, identity_scores, landmark_gain, nme_scores
from landmarkdiff.evaluation.geometry import (
    NAMES,
    Geometry,
    planned_geometry,
    predict_plan,
    target_geometry,
)
from landmarkdiff.evaluation.networks import Networks
from landmarkdiff.evaluation.pictures import PARTS, Part, picture_scores
from landmarkdiff.evaluation.published import surgical_scores
from landmarkdiff.evaluation.value import METRICS, EffectScore, Pair, PairScores, Score
from landmarkdiff.identity.networks import NETWORKS
from landmarkdiff.inference import Prediction, PreparedFace
from landmarkdiff.landmarks import extract_landmarks
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.on_profile import PreparedProfile

__all__ = ["score_pair"]

#: A prediction that shows less or more than what was wanted by this share of it is a failure.
MOST_OFF = 0.5
_NO_TARGET = "there is no target picture"
_NO_SOURCE = "there is no photo that the prediction was made from"
_NO_MASK = "there is no mask, so there is no inside and no outside"


@dataclass(frozen=True)
class _Faces:
    """The faces of a pair, where there are any.

    Attributes
    ----------
    photo : PreparedFace or None
        The photo with its face.
    prediction, target : FaceLandmarks or None
    """

    photo: PreparedFace | None
    prediction: FaceLandmarks | None
    target: FaceLandmarks | None

    @property
    def of_photo(self) -> FaceLandmarks | None:
        """The face in the photo."""
        return None if self.photo is None else self.photo.landmarks

    @property
    def profile(self) -> bool:
        """Whether the photo is a profile, which the face mesh does not read."""
        return isinstance(self.photo, PreparedProfile)


def score_pair(pair: Pair, networks: Networks) -> PairScores:
    """Measure everything of a pair that can be measured.

    Parameters
    ----------
    pair : Pair
        All its pictures of one size, in one frame; the prediction is scored even if its face is
        not found, but nothing that needs one.
    networks : Networks

    Returns
    -------
    PairScores
        With a score for every metric of a pair in :data:`METRICS`.
    """
    scores: dict[str, Score] = {}
    misfits = _other_sizes(pair)
    if misfits:
        why = "pictures of different sizes are not compared: " + ", ".join(misfits)
        scores = {name: Score.missing(why) for name in _pair_metrics()}
        return PairScores(pair.name, pair.person, dict(pair.facts), scores, False, (why,))
    faces = _faces(pair, networks)
    undetected = faces.prediction is None and not faces.profile
    scores |= _picture_scores(pair, networks)
    geometry, planned, why = _geometry(pair, networks, faces)
    scores |= {name: Score.missing(why) for name in NAMES} if geometry is None else geometry.scores
    scores |= _face_scores(pair, networks, faces, planned)
    scores |= surgical_scores(pair, networks, faces.of_photo, faces.prediction, faces.target)
    return PairScores(
        pair=pair.name,
        person=pair.person,
        facts=_facts(pair, faces),
        scores={name: scores[name] for name in _pair_metrics()},
        undetected=undetected,
        failures=_failures(scores, undetected, networks),
        effects=_effects(geometry),
        displacement_error_mm=_displacement_error(geometry),
    )


def _pair_metrics() -> list[str]:
    return [name for name, metric in METRICS.items() if metric.per == "pair"]


def _other_sizes(pair: Pair) -> list[str]:
    """Say which pictures have another size than the prediction."""
    height, width = pair.prediction.shape[:2]
    others = {"target": pair.target, "photo": pair.source, "mask": pair.mask, "raw": pair.raw}
    misfits = [
        f"the {name} is {each.shape[1]} x {each.shape[0]} pixels"
        for name, each in others.items()
        if each is not None and each.shape[:2] != (height, width)
    ]
    return [f"the prediction is {width} x {height} pixels", *misfits] if misfits else []


def _faces(pair: Pair, networks: Networks) -> _Faces:
    photo = None
    if pair.source is not None:
        try:
            photo = networks.pipeline.prepare(pair.source, passes=networks.passes)
        except LandmarkDiffError:  # then what needs it says that no face was found in the photo
            photo = None
    if isinstance(photo, PreparedProfile):
        return _Faces(photo, None, None)
    return _Faces(
        photo, _found(pair.prediction, networks.passes), _found(pair.target, networks.passes)
    )


def _found(picture: ImageArray | None, passes: int) -> FaceLandmarks | None:
    if picture is None:
        return None
    try:
        return extract_landmarks(picture, passes=passes)
    except NoFaceError:
        return None


def _picture_scores(pair: Pair, networks: Networks) -> dict[str, Score]:
    """SSIM, PSNR, FLIP and LPIPS of the whole and its parts."""
    scores: dict[str, Score] = {}
    for part in PARTS:
        reference, mask, why = _compared_with(pair, part)
        end = "" if part == "whole" else f"_{part}"
        if reference is None or mask is None:
            found = {name: Score.missing(why) for name in ("ssim", "psnr", "flip", "lpips")}
        else:
            found = picture_scores(pair.prediction, reference, mask, part)
            found["lpips"] = _lpips(pair.prediction, reference, mask, part, networks)
        scores |= {name + end: score for name, score in found.items()}
    return scores


def _compared_with(pair: Pair, part: Part) -> tuple[ImageArray | None, Float32Array | None, str]:
    """Return what a part is compared with, the mask, and what is missing."""
    if part == "whole":
        return pair.target, np.ones(pair.prediction.shape[:2], np.float32), _NO_TARGET
    if pair.mask is None:
        return None, None, _NO_MASK
    reference = pair.target
    if reference is None and part == "outside":
        reference = pair.source  # outside of the mask the photo itself is what is right
    return reference, pair.mask, _NO_TARGET


def _lpips(
    prediction: ImageArray,
    reference: ImageArray,
    mask: Float32Array,
    part: Part,
    networks: Networks,
) -> Score:
    if networks.lpips is None:
        return Score.missing(networks.no_lpips or "LPIPS was not loaded")
    from landmarkdiff.evaluation.perceptual import lpips_score

    return lpips_score(networks.lpips, prediction, reference, mask, part)


def _geometry(
    pair: Pair, networks: Networks, faces: _Faces
) -> tuple[Geometry | None, Prediction | None, str]:
    """Read the prediction against its plan, or else its target; with the plan carried out."""
    if pair.source is None:
        return None, None, _NO_SOURCE
    if faces.photo is None:
        return None, None, "no face was found in the photo"
    if pair.plan is not None:
        try:
            planned = predict_plan(networks.pipeline, faces.photo, pair.plan, pair.flags)
        except LandmarkDiffError as error:
            return None, None, f"the photo cannot carry the plan: {error}"
        return planned_geometry(planned, pair.prediction), planned, ""
    if pair.target is None:
        return None, None, "there is neither a plan nor a target picture"
    mask = pair.mask if pair.mask is not None else np.ones(pair.source.shape[:2], np.float32)
    face = faces.photo.landmarks
    return target_geometry(face, pair.source, pair.target, pair.prediction, mask), None, ""


def _face_scores(
    pair: Pair, networks: Networks, faces: _Faces, planned: Prediction | None
) -> dict[str, Score]:
    """NME, identity, and how well the face of the photo can be read."""
    scores = nme_scores(pair, faces.prediction, faces.target, profile=faces.profile)
    if planned is None:
        gain = Score.missing("there is no photo with a plan, so no move that is known")
    elif faces.profile:
        gain = Score.missing(NO_MESH)
    else:
        gain = landmark_gain(planned, networks.passes)
    scores["landmark_gain"] = gain
    reference, face = pair.source, faces.of_photo
    if reference is None:
        reference, face = pair.target, faces.target
    scores |= identity_scores(
        reference, face, pair, faces.prediction, networks, profile=faces.profile
    )
    own = faces.of_photo
    scores["landmark_noise"] = (
        Score.missing("no face was found in the photo, or by a single pass only")
        if own is None or own.noise_px is None
        else Score(float(own.noise_px.mean()) * own.scale.mm_per_px)
    )
    scores["scale_uncertainty"] = (
        Score.missing("no face was found in the photo")
        if own is None
        else Score(own.scale.relative_uncertainty)
    )
    return scores


def _facts(pair: Pair, faces: _Faces) -> dict[str, str]:
    """Return what the pair is sorted by: what was given, and what can be seen."""
    facts = dict(pair.facts)
    face = faces.of_photo or faces.prediction
    if face is None:
        return facts
    facts.setdefault("view", face.pose.view)
    if pair.plan is not None:
        facts.setdefault("procedure", pair.plan.name)
    picture = pair.source if faces.photo is not None else pair.prediction
    if "tone" not in facts and not faces.profile and picture is not None:
        band = apparent_tone(picture, face).band
        if band is not None:
            facts["tone"] = band
    return facts


def _failures(scores: dict[str, Score], undetected: bool, networks: Networks) -> tuple[str, ...]:
    found = []
    if undetected:
        found.append("no face was found in the prediction")
    direction = scores["direction"].value
    if direction is not None and direction < 0.0:
        found.append(f"the skin moves the wrong way: direction {direction:.2f}")
    magnitude = scores["magnitude"].value
    if magnitude is not None and abs(magnitude - 1.0) > MOST_OFF:
        found.append(f"{magnitude:.0%} of the wanted change is seen")
    settings = networks.pipeline.configuration.identity
    network = NETWORKS[settings.model]
    least = network.threshold if settings.threshold is None else settings.threshold
    identity = scores["identity"].value
    if identity is not None and identity < least:
        found.append(f"another person to {network.name}: {identity:.2f}, least {least:.2f}")
    return tuple(found)


def _effects(geometry: Geometry | None) -> tuple[EffectScore, ...]:
    return () if geometry is None else geometry.effects


def _displacement_error(geometry: Geometry | None) -> FloatArray | None:
    return None if geometry is None else geometry.error_mm
