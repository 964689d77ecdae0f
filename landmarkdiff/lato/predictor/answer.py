"""An answer with 68 points: reading it, and whether a head can look so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.pose import angles_of
from landmarkdiff.lato.data.face_state import FaceState
from landmarkdiff.lato.language.instruction import HeadTurn
from landmarkdiff.lato.predictor.grammar import CANVAS
from landmarkdiff.lato.tokenizer.points import LINES_68, POINT_COUNT, landmarks_68

__all__ = ["LINES", "RIGID", "PointAnswer", "PointFault", "faults_of", "smoothed"]

#: Points of the skull, which no expression moves: bridge and base of the nose, canthi.
RIGID = (*range(27, 36), 36, 39, 42, 45)
#: Lines of the face in each of which neighbours move alike: jaw, brows, bridge and base of the
#: nose. Lids and lips may part.
LINES = tuple(line for line, closed in LINES_68 if not closed)
#: Points may lie so far outside the canvas, shares of its side: a chin that is lowered.
_BEYOND = 0.05
#: Neighbours of a line part by at most this share of their distance.
_MOST_PARTING = 0.6
#: The points of the skull fit a head that was turned as a whole, root mean square, shares of the
#: eye distance; and its size changes at most by this factor.
_MOST_MISFIT, _MOST_SCALE = 0.03, 1.25
#: The turn that the points show and the one that was asked for, degrees over yaw and pitch.
_MOST_TURN_ERROR = 10.0

PointFault = Literal[
    "count", "outside", "not_smooth", "nose_not_rigid", "size_changes", "turn_disagrees"
]
FAULTS: tuple[PointFault, ...] = get_args(PointFault)


@dataclass(frozen=True, eq=False)
class PointAnswer:
    """What a model answers, in its four stages.

    Attributes
    ----------
    state : FaceState
        What the face does in the photo.
    motions : tuple of str
        Into which motions the instruction is taken apart.
    rigid : HeadTurn
        How far the head turns, degrees.
    shift : (float, float)
        How far it moves to the right and down, pixels of the canvas.
    muscles : mapping of str to float
        Shares of the head's units of expression.
    points : (68, 2) float64 array
        Pixels of the canvas.
    """

    state: FaceState
    motions: tuple[str, ...]
    rigid: HeadTurn
    shift: tuple[float, float]
    muscles: Mapping[str, float]
    points: FloatArray

    @classmethod
    def parse(cls, text: str) -> PointAnswer:
        """Read an answer.

        Raises
        ------
        ValueError
            It is none: not JSON, a stage is missing, or a number is none.
        """
        try:
            data = json.loads(text)
            state, rigid = data["state"], data["rigid"]
            points = np.array(data["points"], np.float64)
            if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
                raise ValueError("points are pairs of numbers")
            return cls(
                FaceState.from_dict(state),
                tuple(map(str, data["motions"])),
                _turn(rigid),
                (float(rigid["right"]), float(rigid["down"])),
                {str(name): float(share) for name, share in data["muscles"].items()},
                points,
            )
        except (KeyError, TypeError, AttributeError) as failure:
            raise ValueError("a stage of the answer is missing") from failure


def _turn(data: Mapping[str, Any]) -> HeadTurn:
    return HeadTurn(float(data["yaw"]), float(data["pitch"]), float(data["roll"]))


def smoothed(points: FloatArray, source: FloatArray) -> FloatArray:
    """Return predicted points whose moves along the jaw and the brows are smooth.

    Whole pixels of a model make steps of a pixel; the ends of each line stay.

    Parameters
    ----------
    points, source : (68, 2) array
        Predicted points, and those of the photo, in one frame.
    """
    moves = np.asarray(points, np.float64) - source
    even = moves.copy()
    for line in LINES[:3]:
        inner = moves[list(line)]
        even[list(line)[1:-1]] = (inner[:-2] + 2.0 * inner[1:-1] + inner[2:]) / 4.0
    return np.asarray(source + even)


def faults_of(
    points: FloatArray, face: FaceLandmarks, turn: HeadTurn | None = None
) -> tuple[PointFault, ...]:
    """Tell why points cannot be those of a face after an edit; nothing where they can.

    Parameters
    ----------
    points : (n, 2) array
        Predicted, pixels of the canvas.
    face : FaceLandmarks
        Of the photo, brought to the canvas.
    turn : HeadTurn, optional
        How far the head is asked to turn.
    """
    if points.shape != (POINT_COUNT, 2):
        return ("count",)
    found: list[PointFault] = []
    beyond = _BEYOND * CANVAS
    if (points < -beyond).any() or (points > CANVAS + beyond).any():
        found.append("outside")
    source = landmarks_68(face.points)
    if not _is_smooth(points, source[:, :2]):
        found.append("not_smooth")
    rotation, scale, misfit = _seen_as(source[list(RIGID)], points[list(RIGID)])
    if misfit > _MOST_MISFIT * face.interocular_px:
        found.append("nose_not_rigid")
    if not 1.0 / _MOST_SCALE <= scale <= _MOST_SCALE:
        found.append("size_changes")
    if turn is not None:
        yaw, pitch, _ = angles_of(rotation @ face.pose.rotation)
        error = np.hypot(yaw - face.pose.yaw - turn.yaw, pitch - face.pose.pitch - turn.pitch)
        if error > _MOST_TURN_ERROR:
            found.append("turn_disagrees")
    return tuple(found)


def _is_smooth(points: FloatArray, source: FloatArray) -> bool:
    moves = points - source
    for line in LINES:
        rows = list(line)
        apart = np.linalg.norm(np.diff(moves[rows], axis=0), axis=1)
        length = np.linalg.norm(np.diff(source[rows], axis=0), axis=1)
        if (apart > _MOST_PARTING * np.maximum(length, 0.02 * CANVAS)).any():
            return False
    return True


def _seen_as(solid: FloatArray, seen: FloatArray) -> tuple[FloatArray, float, float]:
    """Return the turn, the scale and the misfit of points of a solid that is seen anew.

    Parameters
    ----------
    solid : (n, 3) array
        Image frame, pixels, z away from the camera.
    seen : (n, 2) array

    Returns
    -------
    rotation : (3, 3) array
        Of the camera frame, y up and z toward the camera.
    scale : float
    misfit : float
        Root mean square distance, pixels.
    """
    centred = (solid - solid.mean(axis=0)) * (1.0, -1.0, -1.0)
    target = (seen - seen.mean(axis=0)) * (1.0, -1.0)
    rows = np.linalg.lstsq(centred, target, rcond=None)[0].T  # (2, 3)
    # The nearest two rows of a scaled rotation.
    left, sizes, right = np.linalg.svd(rows, full_matrices=False)
    scale = float(sizes.mean())
    first, second = left @ right
    rotation = np.stack([first, second, np.cross(first, second)])
    shown = scale * centred @ rotation[:2].T
    misfit = float(np.sqrt(np.mean(np.sum((shown - target) ** 2, axis=1))))
    return rotation, scale, misfit
