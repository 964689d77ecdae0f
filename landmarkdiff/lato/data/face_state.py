"""What a face does in a photo, its expression and pose, and how two photos of it differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray
from landmarkdiff.data_files import parse_yaml
from landmarkdiff.landmarks.face import Pose
from landmarkdiff.lato.kinematics.expressions import UNIT_NAMES
from landmarkdiff.lato.language.instruction import Expression, HeadTurn

__all__ = ["FaceState", "pose_error", "read_expression", "rest_of", "same_face", "turn_between"]

#: Below this share of an expression a face is at rest.
LEAST_STRENGTH = 0.2
#: Cosine between what is seen and what an expression looks like; below it is none of the seven.
LEAST_LIKENESS = 0.5
#: Blendshapes of a face at rest differ from each other by less than this in all.
MOST_AT_REST = 0.4
#: And those of two photos with one expression by less than this.
MOST_ALIKE = 0.3
#: So many photos of a person say what the face is like at rest.
LEAST_FOR_REST = 4


@dataclass(frozen=True)
class FaceState:
    """An expression and a pose.

    Attributes
    ----------
    expression : Expression
    pose : HeadTurn
        From a frontal, upright head, degrees.
    """

    expression: Expression
    pose: HeadTurn

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        pose = self.pose
        return {
            "expression": self.expression.name,
            "strength": self.expression.strength,
            "yaw": pose.yaw,
            "pitch": pose.pitch,
            "roll": pose.roll,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> FaceState:
        """Return what ``to_dict`` has written."""
        pose = HeadTurn(float(data["yaw"]), float(data["pitch"]), float(data["roll"]))
        return cls(Expression(data["expression"], float(data["strength"])), pose)


def turn_between(first: HeadTurn | Pose, second: HeadTurn | Pose) -> HeadTurn:
    """Return how far a head is turned from one photo to another, each angle for itself."""
    return HeadTurn(
        float(second.yaw - first.yaw),
        float(second.pitch - first.pitch),
        float(second.roll - first.roll),
    )


def pose_error(measured: HeadTurn, asked: HeadTurn) -> float:
    """Return the distance of two turns over pitch and yaw, degrees: the published filter.

    >>> pose_error(HeadTurn(yaw=13.0, pitch=4.0), HeadTurn(yaw=10.0))
    5.0
    """
    return float(np.hypot(measured.yaw - asked.yaw, measured.pitch - asked.pitch))


def _scores(blendshapes: Mapping[str, float]) -> FloatArray:
    return np.array([float(blendshapes.get(name, 0.0)) for name in UNIT_NAMES])


def rest_of(
    photos: Sequence[Mapping[str, float]], at_rest: Sequence[Mapping[str, float]] = ()
) -> FloatArray | None:
    """Return what the blendshapes of a person are at rest: (52,), or None where that is not known.

    The network sees a full lower lip as a pout and heavy lids as a squint, so that a face is
    compared with itself: the median of the person's photos, which are mostly at rest or in each
    expression seldom. Fewer than four photos do not tell: of thirteen neutral faces of people that
    were compared with a face of zeros, none was read as neutral and five as another expression.

    Parameters
    ----------
    photos : sequence of mapping of str to float
        Blendshapes of all of the person's photos.
    at_rest : sequence of mapping of str to float
        Of those that are known to show the face at rest; they are taken where there are any.
    """
    if at_rest:
        return np.asarray(np.median([_scores(photo) for photo in at_rest], axis=0))
    if len(photos) < LEAST_FOR_REST:
        return None
    return np.asarray(np.median([_scores(photo) for photo in photos], axis=0))


@cache
def _responses() -> Mapping[str, FloatArray]:
    """What the network's blendshapes change by in each expression, (52,)."""
    text = resources.files("landmarkdiff.lato.data").joinpath("blendshapes.yaml")
    data = parse_yaml(text.read_text(encoding="utf-8"))
    return {name: _scores(table) for name, table in data["full"].items()}


def same_face(first: Mapping[str, float], second: Mapping[str, float]) -> bool:
    """Tell whether two photos of a person show one expression, whichever it is."""
    apart = np.where(_used(), _scores(first) - _scores(second), 0.0)
    return float(np.linalg.norm(apart)) < MOST_ALIKE


def _used() -> BoolArray:
    """Return which blendshapes any expression changes: (52,)."""
    return np.asarray(np.any([full != 0.0 for full in _responses().values()], axis=0))


def read_expression(blendshapes: Mapping[str, float], rest: FloatArray | None) -> Expression | None:
    """Read the expression of a face.

    What the blendshapes differ by from the face at rest is compared with what they differ by on
    the CC0 head in each expression (``blendshapes.yaml``): the direction says which, the length how
    strong.

    Parameters
    ----------
    blendshapes : mapping of str to float
        Of the landmark network, 0 to 1.
    rest : (52,) array or None
        Of :func:`rest_of`.

    Returns
    -------
    Expression or None
        ``neutral`` where the face is at rest, None where it is none of the seven or nobody knows
        how the face is at rest.
    """
    if rest is None:
        return None
    seen = np.where(_used(), _scores(blendshapes) - rest, 0.0)
    size = float(np.linalg.norm(seen))
    found: list[tuple[float, float, str]] = []
    for name, full in _responses().items():
        length = float(np.linalg.norm(full))
        along = float(seen @ full) / length
        found.append((along / max(size, 1e-9), along / length, name))
    likeness, strength, name = max(found)
    if strength < LEAST_STRENGTH and size < MOST_AT_REST:
        return Expression("neutral", 1.0)
    if likeness < LEAST_LIKENESS:
        return None
    return Expression(name, min(strength, 1.0))  # type: ignore[arg-type]  # of the file
