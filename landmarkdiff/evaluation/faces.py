"""What is measured of the face in a picture: landmarks found again, and whose face it is."""

from __future__ import annotations

import numpy as np

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import NoFaceError
from landmarkdiff.evaluation.geometry import LEAST_MOVE_MM
from landmarkdiff.evaluation.networks import Networks
from landmarkdiff.evaluation.pictures import INSIDE_FROM, OUTSIDE_BELOW
from landmarkdiff.evaluation.value import Pair, Score
from landmarkdiff.identity import check_identity
from landmarkdiff.inference import Prediction
from landmarkdiff.landmarks import extract_landmarks
from landmarkdiff.landmarks.face import FaceLandmarks

__all__ = ["NO_MESH", "identity_scores", "landmark_gain", "nme_scores"]

#: Said of what needs landmarks of the mesh.
NO_MESH = "the face mesh does not read a profile"
_UNDETECTED = "no face was found in the prediction"
_NO_TARGET_FACE = "there is no target picture, or no face in it"


def nme_scores(
    pair: Pair,
    prediction: FaceLandmarks | None,
    target: FaceLandmarks | None,
    *,
    profile: bool = False,
) -> dict[str, Score]:
    """Return the normalised mean error of the landmarks, whole, inside the mask and outside it.

    The mean distance between the landmarks that are found in prediction and target, as a share of
    the distance between the target's lateral canthi (33 and 263).

    Parameters
    ----------
    pair : Pair
    prediction, target : FaceLandmarks or None
        The faces that were found.
    profile : bool
        Whether the photo is a profile.
    """
    names = ("nme", "nme_inside", "nme_outside")
    if profile:
        return {name: Score.missing(NO_MESH) for name in names}
    if target is None or prediction is None:
        why = _NO_TARGET_FACE if target is None else _UNDETECTED
        return {name: Score.missing(why) for name in names}
    places = target.points[:, :2]
    apart = np.linalg.norm(prediction.points[:, :2] - places, axis=1) / target.interocular_px
    scores = {"nme": Score(float(apart.mean()))}
    if pair.mask is None:
        why = "there is no mask, so there is no inside and no outside"
        return scores | {name: Score.missing(why) for name in names[1:]}
    height, width = pair.mask.shape
    columns, rows = np.clip(places.round().astype(np.intp), 0, (width - 1, height - 1)).T
    covered = pair.mask[rows, columns]
    for name, own in (("inside", covered >= INSIDE_FROM), ("outside", covered < OUTSIDE_BELOW)):
        scores[f"nme_{name}"] = (
            Score(float(apart[own].mean()))
            if own.any()
            else Score.missing(f"no landmark lies {name} of the mask")
        )
    return scores


def landmark_gain(planned: Prediction, passes: int) -> Score:
    """Return how much of a move that is known the landmark network sees in this face.

    The plan is carried out by the warp, whose landmarks are known, and its picture is searched
    again. Below 1 the network pulls toward the faces it knows, and NME is too small by as much.

    Parameters
    ----------
    planned : Prediction
        The plan on the photo, by the warp.
    passes : int
        Averaged passes of the landmark network.

    Examples
    --------
    >>> from landmarkdiff.inference import LandmarkDiffPipeline
    >>> planned = LandmarkDiffPipeline().generate(portrait, "rhinoplasty", 60, verify=False)
    >>> 0.0 < landmark_gain(planned, 8).value < 1.2
    True
    """
    places = planned.source.points[:, :2]
    step = (planned.target.points[:, :2] - places) * planned.warp.readable[:, None]
    length = float((step**2).sum())
    moved = int(np.count_nonzero(step.any(axis=1)))
    if np.sqrt(length / max(moved, 1)) * planned.source.scale.mm_per_px < LEAST_MOVE_MM:
        # The noise of the landmarks would be all of it.
        return Score.missing(f"this view shows less than {LEAST_MOVE_MM:g} mm of the plan")
    try:
        found = extract_landmarks(planned.warped, passes=passes)
    except NoFaceError:
        return Score.missing("no face was found in the warp of the plan")
    return Score(float(((found.points[:, :2] - places) * step).sum()) / length)


def identity_scores(
    reference: ImageArray | None,
    reference_face: FaceLandmarks | None,
    pair: Pair,
    face: FaceLandmarks | None,
    networks: Networks,
    *,
    profile: bool = False,
) -> dict[str, Score]:
    """Return the similarity of the prediction, and of what a network painted, to the person.

    Parameters
    ----------
    reference : (H, W, 3) uint8 array or None
        The photo, or else the target.
    reference_face, face : FaceLandmarks or None
        The faces in it and in the prediction.
    pair : Pair
    networks : Networks
        The recognition network is that of its pipeline's configuration.
    profile : bool
        Whether the photo is a profile.
    """
    names = ("identity", "identity_raw")
    why = None
    if profile:
        why = "the recognition network does not compare profiles"
    elif reference is None or reference_face is None:
        why = "there is no other picture of the person, or no face in it"
    elif face is None:
        why = _UNDETECTED
    if why is not None or reference is None or reference_face is None or face is None:
        return {name: Score.missing(why or _UNDETECTED) for name in names}
    check = check_identity(
        reference,
        reference_face,
        face,
        networks.pipeline.configuration,
        raw=pair.raw,
        composite=pair.prediction,
    )
    if check.verdict is None:
        return {name: Score.missing(str(check.reason)) for name in names}
    found = dict(zip(names, (check.similarity_composite, check.similarity_raw), strict=True))
    return {
        name: Score.missing("what the network painted was not handed in")
        if value is None
        else Score(value)
        for name, value in found.items()
    }
