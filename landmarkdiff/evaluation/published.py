"""SurgicalScore of a pair, and its terms, as far as its networks are there."""

from __future__ import annotations

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray, ImageArray
from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.evaluation.morphometry import MORPHOMETRY
from landmarkdiff.evaluation.networks import Networks
from landmarkdiff.evaluation.pictures import INSIDE_FROM
from landmarkdiff.evaluation.surgical_score import (
    Edit,
    direction_and_magnitude,
    inside_term,
    outside_term,
    surgical_score,
)
from landmarkdiff.evaluation.value import Pair, Score
from landmarkdiff.identity.networks import embedder
from landmarkdiff.landmarks.face import FaceLandmarks

__all__ = ["surgical_scores"]

#: LPIPS inside is measured on the mask's box and this many pixels around it, at this size.
_AROUND_PX, _BOX_PX = 5, 256
#: A mask of fewer pixels is none.
_LEAST_PIXELS = 100
_TERMS = ("a", "b", "c", "d", "e")


def surgical_scores(
    pair: Pair,
    networks: Networks,
    photo: FaceLandmarks | None,
    prediction: FaceLandmarks | None,
    target: FaceLandmarks | None,
) -> dict[str, Score]:
    """Return SurgicalScore and its terms A to E, each with a value or why it has none.

    Parameters
    ----------
    pair : Pair
    networks : Networks
        LPIPS, and the realism that its authors measure otherwise; the ArcFace network is that of
        the catalogue, where the licence policy permits it.
    photo, prediction, target : FaceLandmarks or None
        The faces that were found.
    """
    procedure = pair.facts.get("procedure") or (pair.plan.name if pair.plan else "")
    terms: dict[str, Score] = {}
    changes = _changes(procedure, photo, prediction, target)
    if isinstance(changes, str):
        terms |= {term: Score.missing(changes) for term in "ab"}
    else:
        found = direction_and_magnitude(*changes)
        terms |= {term: Score(value) for term, value in zip("ab", found, strict=True)}
    edits = _edits(pair, networks)
    no_realism = "its authors take face-quality networks for D; none was handed in"
    if isinstance(edits, str):
        terms |= {term: Score.missing(edits) for term in "ce"}
    else:
        terms["c"] = Score(inside_term(edits[0]))
        terms["e"] = Score(outside_term(edits[0], procedure))
    terms["d"] = (
        Score.missing(no_realism)
        if networks.realism is None
        else Score(float(np.clip(networks.realism(pair.prediction), 0.0, 1.0)))
    )
    lacking = next((terms[term] for term in _TERMS if terms[term].value is None), None)
    scores = {f"surgical_score_{term}": terms[term] for term in _TERMS}
    if lacking is not None or isinstance(changes, str) or isinstance(edits, str):
        return {"surgical_score": lacking or terms["a"], **scores}
    whole = _whole(pair, networks, changes, edits, procedure, photo, prediction)
    return {"surgical_score": whole, **scores}


def _whole(
    pair: Pair,
    networks: Networks,
    changes: tuple[FloatArray, FloatArray],
    edits: tuple[Edit, Edit],
    procedure: str,
    photo: FaceLandmarks | None,
    prediction: FaceLandmarks | None,
) -> Score:
    """Return the score from its terms and the gate of identity."""
    if photo is None or prediction is None or pair.source is None:
        raise ValueError("a change of the face without two faces")
    try:
        reader = embedder("arcface", networks.pipeline.configuration)
    except LandmarkDiffError as error:
        return Score.missing(str(error))
    alike = float(reader.embed(pair.source, photo) @ reader.embed(pair.prediction, prediction))
    found = surgical_score(*changes, *edits, identity=alike, procedure=procedure)
    if found.value is None:
        return Score.missing("the photo itself comes too close to the top for this score")
    return Score(found.value)


def _changes(
    procedure: str,
    photo: FaceLandmarks | None,
    prediction: FaceLandmarks | None,
    target: FaceLandmarks | None,
) -> tuple[FloatArray, FloatArray] | str:
    """Return the change of the morphometry that was made and the one that was wanted, or why."""
    if procedure not in MORPHOMETRY:
        return f"it is defined for {', '.join(MORPHOMETRY)} only"
    if photo is None or prediction is None or target is None:
        return "it needs a face in each of photo, prediction and target"
    measure = MORPHOMETRY[procedure]
    own, made, wanted = (measure(face.points[:, :2]) for face in (photo, prediction, target))
    return made - own, wanted - own


def _edits(pair: Pair, networks: Networks) -> tuple[Edit, Edit] | str:
    """Return what prediction and photo are as edits of the photo, or why that is not known."""
    if networks.lpips is None:
        return networks.no_lpips or "LPIPS was not loaded"
    if pair.source is None or pair.target is None or pair.mask is None:
        return "it needs photo, target and mask"
    inside = pair.mask > INSIDE_FROM
    if inside.sum() < _LEAST_PIXELS or (~inside).sum() < _LEAST_PIXELS:
        return f"the mask leaves fewer than {_LEAST_PIXELS} pixels inside or outside"
    lpips, realism = networks.lpips, networks.realism
    black = np.where(inside[..., None], 0, pair.source).astype(np.uint8)
    right = _box(pair.target, inside)

    def edit(picture: ImageArray) -> Edit:
        outside = np.where(inside[..., None], 0, picture).astype(np.uint8)
        return Edit(
            lpips_inside=lpips.distance(_box(picture, inside), right),
            realism=0.0 if realism is None else realism(picture),
            lpips_outside=lpips.distance(outside, black),
        )

    return edit(pair.prediction), edit(pair.source)


def _box(picture: ImageArray, inside: BoolArray) -> ImageArray:
    """Return the mask's box with what is around it, (256, 256, 3)."""
    rows, columns = np.nonzero(inside)
    height, width = inside.shape
    top, bottom = max(0, rows.min() - _AROUND_PX), min(height, rows.max() + _AROUND_PX)
    left, right = max(0, columns.min() - _AROUND_PX), min(width, columns.max() + _AROUND_PX)
    return np.asarray(cv2.resize(picture[top:bottom, left:right], (_BOX_PX, _BOX_PX)), np.uint8)
