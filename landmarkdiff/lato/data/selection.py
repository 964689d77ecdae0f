"""Which two photos teach an edit: one person, a change that words can say, and no copy.

The published pipeline drops pairs that are too alike (copies) and those that are too unlike (two
people), and generated pictures whose head is not turned as it was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.landmarks.face import Pose
from landmarkdiff.lato.data.face_state import FaceState, pose_error, same_face, turn_between
from landmarkdiff.lato.data.instructions import said_strength, said_turn
from landmarkdiff.lato.language.instruction import Expression, HeadTurn

__all__ = ["PAIR_FAULTS", "Change", "PairFault", "PairPhoto", "PairRules", "change_between"]

#: Why two photos make no pair.
PairFault = Literal[
    "other_person",
    "not_compared",
    "expression_unclear",
    "expression_disagrees",
    "pose_disagrees",
    "too_far",
    "nothing_to_say",
    "copied",
]
PAIR_FAULTS: tuple[PairFault, ...] = get_args(PairFault)


@dataclass(frozen=True)
class PairRules:
    """Limits of what makes a pair.

    Attributes
    ----------
    least_similarity : float
        Cosine similarity of two embeddings of one person: SFace's published threshold.
    most_similarity : float
        From which two faces are one picture, whatever the words say.
    most_pose_error_deg : float
        Between the turn that is measured and the one that is said, over pitch and yaw.
    most_turn_deg : float
        That words of training ask for; the published poses lie within 30.
    least_move : float
        Root mean square way of the 68 points, shares of the eye distance, below which nothing has
        moved: twice the spread of the landmark network in one photo.
    """

    least_similarity: float = 0.363
    most_similarity: float = 0.999
    most_pose_error_deg: float = 5.0
    most_turn_deg: float = 60.0
    least_move: float = 0.012


@dataclass(frozen=True, eq=False)
class PairPhoto:
    """What of a photo is looked at before it makes a pair.

    Attributes
    ----------
    points : (68, 2) float64 array
        Shares of the eye distance.
    pose : Pose
    read : Expression or None
        Of :func:`~landmarkdiff.lato.data.face_state.read_expression`.
    embedding : (n,) array or None
        Unit length; None where the face cannot be compared.
    stated : FaceState or None
        What somebody says that the photo shows.
    blendshapes : mapping of str to float
        Of the landmark network.
    """

    points: FloatArray
    pose: Pose
    read: Expression | None
    embedding: FloatArray | None
    stated: FaceState | None = None
    blendshapes: Mapping[str, float] = field(default_factory=dict)

    @property
    def expression(self) -> Expression | None:
        """Return the expression that words go by: what is stated, or else what is read."""
        return self.read if self.stated is None else self.stated.expression


@dataclass(frozen=True)
class Change:
    """What leads from one photo to another.

    Attributes
    ----------
    expression : Expression or None
        Of the second photo; None where it stays.
    turn : HeadTurn
        In whole degrees.
    similarity : float
        Of the two faces.
    pose_error_deg : float
        Between the turn and what is measured.
    """

    expression: Expression | None
    turn: HeadTurn
    similarity: float
    pose_error_deg: float


def change_between(first: PairPhoto, second: PairPhoto, rules: PairRules) -> Change | PairFault:
    """Return what leads from one photo to another, or why they make no pair."""
    if first.embedding is None or second.embedding is None:
        return "not_compared"
    similarity = float(np.clip(first.embedding @ second.embedding, -1.0, 1.0))
    if similarity < rules.least_similarity:
        return "other_person"
    if _moved(first.points, second.points) < rules.least_move:
        return "copied"
    unread = first.expression is None or second.expression is None
    if unread and not same_face(first.blendshapes, second.blendshapes):
        return "expression_unclear"
    if not (_agrees(first) and _agrees(second)):
        return "expression_disagrees"
    measured = turn_between(first.pose, second.pose)
    asked = measured
    if first.stated is not None and second.stated is not None:
        asked = turn_between(first.stated.pose, second.stated.pose)
    turn = said_turn(asked)
    error = pose_error(measured, turn)
    if error > rules.most_pose_error_deg:
        return "pose_disagrees"
    if max(abs(turn.yaw), abs(turn.pitch), abs(turn.roll)) > rules.most_turn_deg:
        return "too_far"
    same = unread or _said(first.expression) == _said(second.expression)
    if same and turn == HeadTurn():
        return "nothing_to_say"
    if similarity > rules.most_similarity:
        return "copied"
    return Change(None if same else second.expression, turn, similarity, error)


def _said(expression: Expression | None) -> tuple[str, str]:
    """Return an expression as words say it."""
    if expression is None:
        return "", ""
    neutral = expression.name == "neutral"
    return expression.name, "" if neutral else said_strength(expression.strength)


def _agrees(photo: PairPhoto) -> bool:
    """Whether what is read does not contradict what is stated.

    A face that is read as none of the seven contradicts nothing, and one that is read as at rest
    contradicts a strong expression alone.
    """
    if photo.stated is None or photo.read is None:
        return True
    stated = photo.stated.expression
    if photo.read.name == stated.name:
        return True
    return photo.read.name == "neutral" and _said(stated)[1] != "strong"


def _moved(first: FloatArray, second: FloatArray) -> float:
    """Return the root mean square way of the points between two photos, without their places."""
    centred = first - first.mean(axis=0), second - second.mean(axis=0)
    return float(np.sqrt(np.mean(np.sum((centred[0] - centred[1]) ** 2, axis=1))))
