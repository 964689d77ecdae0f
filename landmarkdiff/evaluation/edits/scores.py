"""All scores of one edit: a value, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray, ImageArray
from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import LandmarkDiffError, NoFaceError
from landmarkdiff.evaluation.edits.amplitude import (
    moved_amplitude,
    ssim_amplitude,
    wanted_amplitude,
)
from landmarkdiff.evaluation.edits.formulas import landmark_error, rectified_identity
from landmarkdiff.evaluation.edits.judge import MARKS, EditJudge
from landmarkdiff.evaluation.value import Score
from landmarkdiff.identity.networks import embedder
from landmarkdiff.landmarks import extract_landmarks
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.lato.tokenizer.points import landmarks_68

__all__ = ["NAMES", "Edit", "EditScores", "score_edit"]

#: Scores of an edit, in the order of reports.
NAMES = ("sc", "vq", "na", "ip_ssim", "ip_moved", "identity", "landmark_error")
_NO_JUDGE = "no judge: name the folder of a vision-language model"
_NO_FACE = "no face was found in the {}"


@dataclass(frozen=True, eq=False)
class Edit:
    """An edit and what was asked for.

    Attributes
    ----------
    name : str
    source, picture : (H, W, 3) uint8 array
        RGB: the photo, and what was made of it.
    target : (H, W, 3) uint8 array or None
        The picture that would have been right.
    points : (68, 2) array or None
        Landmarks that were given; None takes those of the target.
    seen : (68,) bool array or None
        Which of them; None is all.
    instruction : str
    """

    name: str
    source: ImageArray
    picture: ImageArray
    target: ImageArray | None
    points: FloatArray | None
    seen: BoolArray | None
    instruction: str


@dataclass(frozen=True)
class EditScores:
    """The scores of an edit by the names of :data:`NAMES`."""

    name: str
    scores: Mapping[str, Score]


def score_edit(
    edit: Edit, configuration: Configuration, judge: EditJudge | None = None
) -> EditScores:
    """Measure an edit.

    Parameters
    ----------
    edit : Edit
    configuration : Configuration
        Which recognition network compares the person: ArcFace in the paper, where the licence
        policy permits it.
    judge : callable, optional

    Returns
    -------
    EditScores
        ``ip_ssim`` is the paper's rectified identity, whose wanted amplitude is that of the
        target; ``ip_moved`` has both amplitudes from the landmarks' way.
    """
    source, made = _found(edit.source), _found(edit.picture)
    target = None if edit.target is None else _found(edit.target)
    wanted = edit.points
    if wanted is None and target is not None:
        wanted = _points(target)
    seen = np.ones(68, np.bool_) if edit.seen is None else edit.seen
    scores = _marks(edit, judge)
    scores["landmark_error"] = _error(edit, made, wanted, seen)
    scores["identity"] = alike = _alike(edit, configuration, source, made)
    scores |= _rectified(edit, alike, source, wanted, seen)
    return EditScores(edit.name, {name: scores[name] for name in NAMES})


def _found(picture: ImageArray) -> FaceLandmarks | None:
    try:
        return extract_landmarks(picture)
    except NoFaceError:
        return None


def _points(face: FaceLandmarks) -> FloatArray:
    return landmarks_68(face.points)[:, :2]


def _marks(edit: Edit, judge: EditJudge | None) -> dict[str, Score]:
    if judge is None:
        return {mark: Score.missing(_NO_JUDGE) for mark in MARKS}
    judged = judge(edit.source, edit.picture, edit.instruction)
    return {
        mark: Score.missing("the judge's answer has no such mark")
        if value is None
        else Score(value)
        for mark, value in zip(MARKS, (judged.sc, judged.vq, judged.na), strict=True)
    }


def _error(
    edit: Edit, made: FaceLandmarks | None, wanted: FloatArray | None, seen: BoolArray
) -> Score:
    if wanted is None:
        return Score.missing("there are no landmarks to compare with")
    if made is None:
        return Score.missing(_NO_FACE.format("edit"))
    height, width = edit.picture.shape[:2]
    return Score(landmark_error(_points(made), wanted, seen, (width, height)))


def _alike(
    edit: Edit,
    configuration: Configuration,
    source: FaceLandmarks | None,
    made: FaceLandmarks | None,
) -> Score:
    if source is None or made is None:
        return Score.missing(_NO_FACE.format("source" if source is None else "edit"))
    try:
        reader = embedder(configuration.identity.model, configuration)
    except LandmarkDiffError as error:
        return Score.missing(str(error))
    return Score(float(reader.embed(edit.source, source) @ reader.embed(edit.picture, made)))


def _rectified(
    edit: Edit,
    alike: Score,
    source: FaceLandmarks | None,
    wanted: FloatArray | None,
    seen: BoolArray,
) -> dict[str, Score]:
    """Rectified identity with the amplitude by structure and by movement."""
    if alike.value is None or alike.unavailable is not None:
        return dict.fromkeys(("ip_ssim", "ip_moved"), alike)
    found = {"ip_ssim": Score.missing("there is no target, so no amplitude that was asked for")}
    if edit.target is not None:
        amplitudes = [ssim_amplitude(edit.source, each) for each in (edit.target, edit.picture)]
        found["ip_ssim"] = Score(rectified_identity(alike.value, *amplitudes))
    if wanted is None or source is None:
        found["ip_moved"] = Score.missing("there are no landmarks that were asked for")
        return found
    own = _points(source)
    shown = moved_amplitude(edit.source, edit.picture, own, seen)
    asked = wanted_amplitude(own, wanted, seen)
    found["ip_moved"] = Score(rectified_identity(alike.value, asked, shown))
    return found
