"""Expression and pose in three dimensions: on the head's vertices and on the 478 landmarks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.head.model import HeadModel
from landmarkdiff.head.surface import HeadSurface
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.pose import fit_pose, rotation_from
from landmarkdiff.lato.kinematics.expressions import UNIT_NAMES, expression_units
from landmarkdiff.lato.kinematics.gesture import OPENING, Gesture, mouth_is_closed
from landmarkdiff.lato.language.instruction import Expression, HeadTurn
from landmarkdiff.manipulation.grid import smoothstep
from landmarkdiff.manipulation.on_head.plan import RIGID_PARTS

__all__ = [
    "PIVOT_MM",
    "expression_change",
    "expression_motion",
    "gesture_targets",
    "turn_between",
    "turned_places",
]

#: What a head turns about, face frame, mm: below and behind the eyes, in front of the joint with
#: the spine (which lies 20 mm farther back), so that the neck follows less.
PIVOT_MM = np.array([0.0, -45.0, -65.0])
#: A score below this is a face at rest (as in the fit of the head).
_AT_REST = 0.2
#: Units whose scores follow the shape of a face as much as its expression.
_UNSURE = (
    *("mouthPucker", "mouthFunnel", "mouthRoll", "mouthShrug", "mouthPress", "cheekPuff"),
    *("noseSneer", "eyeLook", "eyeBlink", "eyeSquint"),
    *("browDown", "browInnerUp", "browOuterUp"),  # of the average head at rest 0.5
)
#: Inner borders of both lips across from each other, upper before lower.
_ACROSS = ((13, 14), (82, 87), (312, 317), (81, 178), (311, 402), (80, 88), (310, 318))
_CORNERS = (78, 308)
#: Ridge of the nose, from the nasion to the tip; skin up to the first distance from it stays, and
#: from the second on is free, mm.
_RIDGE, _BONE_MM = (168, 6, 197, 195, 5, 4, 1), (5.0, 15.0)
#: A lower lip follows the upper one, and less so toward the chin: over this height, mm.
_FOLLOWS_MM = 18.0
#: So far behind the corners of the mouth the skin in front of the teeth reaches, mm.
_LIPS_DEEP_MM = 10.0


def expression_change(
    expression: Expression, face: FaceLandmarks, flags: ClinicalFlags | None = None
) -> dict[str, float]:
    """Return by how much each unit of the head is to change from how a photo shows it.

    A unit that the photo shows in part already gains the less; ``neutral`` takes away what is
    shown, of an open mouth nothing. What would open the mouth is left out: teeth are not invented.
    Of a palsied side nothing moves.

    Parameters
    ----------
    expression : Expression
    face : FaceLandmarks
        Of the photo, with its scores.
    flags : ClinicalFlags, optional

    Returns
    -------
    mapping of unit to change, -1 to 1
    """
    shown = {name: _shown(face.blendshapes, name) for name in UNIT_NAMES}
    if expression.name == "neutral":
        closed = mouth_is_closed(face)
        change = {
            name: -expression.strength * score
            for name, score in shown.items()
            if score and (closed or not name.startswith("mouth"))
        }
    else:
        units = expression_units(expression)
        change = {name: share * (1.0 - shown[name]) for name, share in units.items()}
    palsied = None
    if flags is not None and flags.bells_palsy and flags.bells_palsy_side is not None:
        palsied = flags.bells_palsy_side.capitalize()
    return {
        name: value
        for name, value in change.items()
        if name not in OPENING and (palsied is None or not name.endswith(palsied))
    }


def _shown(scores: Mapping[str, float], name: str) -> float:
    """How far a photo shows a unit, 0 to 1; 0 of those that cannot be told."""
    score = float(scores.get(name, 0.0))
    if score <= _AT_REST or name.startswith(_UNSURE):
        return 0.0
    return (score - _AT_REST) / (1.0 - _AT_REST)


def expression_motion(
    model: HeadModel, surface: HeadSurface, change: Mapping[str, float], *, closed: bool
) -> FloatArray:
    """Return how far an expression moves every vertex of a head.

    Parameters
    ----------
    model : HeadModel
    surface : HeadSurface
        The head that it moves.
    change : mapping of unit to change
        From :func:`expression_change`.
    closed : bool
        Whether the lips touch. They then go on touching: the lower lip follows the upper one.

    Returns
    -------
    (V, 3) float64 array
        Millimetres, face frame.
    """
    moved = np.zeros_like(surface.vertices)
    for name, value in change.items():
        moved += value * model.expression[model.expression_names.index(name)]
    moved *= _off_bone(model, surface)[:, None]
    if closed and change:
        moved += _lips_together(model, surface, moved)
    for part in RIGID_PARTS:
        moved[surface.topology.parts[part]] = 0.0
    return moved[surface.topology.twin]


def _off_bone(model: HeadModel, surface: HeadSurface) -> FloatArray:
    """How freely skin moves beside the ridge of the nose, which bone and cartilage hold: (V,)."""
    ridge = model.landmarks.points(surface.vertices)[list(_RIDGE)]
    along = np.concatenate([np.linspace(a, b, 5) for a, b in pairwise(ridge)])
    nearest = np.full(len(surface.vertices), np.inf)
    for place in along:
        np.minimum(nearest, np.linalg.norm(surface.vertices - place, axis=1), out=nearest)
    return np.asarray(smoothstep(nearest.astype(np.float32), *_BONE_MM), np.float64)


def _lips_together(model: HeadModel, surface: HeadSurface, moved: FloatArray) -> FloatArray:
    """What the lower lip moves besides, so that it stays with the upper one: (V, 3) mm."""
    upper, lower = np.array(_ACROSS).T
    at = model.landmarks.points(surface.vertices)
    own = model.landmarks.points(moved)
    order = np.argsort(at[upper, 0])
    upper, lower = upper[order], lower[order]
    right, left = np.sort(at[list(_CORNERS), 0])
    across = np.concatenate([[right], at[upper, 0], [left]])
    lacking = np.pad((own[upper] - own[lower])[:, 1:], ((1, 1), (0, 0)))
    line = np.concatenate([[at[_CORNERS[0], 1]], at[lower, 1], [at[_CORNERS[1], 1]]])
    x, y = surface.vertices[:, 0], surface.vertices[:, 1]
    below = np.interp(x, across, line) - y
    share = np.clip(1.0 - below / _FOLLOWS_MM, 0.0, 1.0) * (below > -1.0)
    share *= (
        (x > right) & (x < left) & (surface.vertices[:, 2] > at[list(_CORNERS), 2].min() - 10.0)
    )
    # What lies behind the lips is not seen, and upper lips reach down over lower ones.
    share[surface.topology.parts["upper_lip"]] = 0.0
    extra = np.zeros_like(moved)
    for axis, column in ((1, 0), (2, 1)):
        extra[:, axis] = share * np.interp(x, across, lacking[:, column])
    return extra


def turn_between(face: FaceLandmarks, turn: HeadTurn) -> FloatArray:
    """Return the rotation, camera frame, that adds a turn to the pose of a photo: (3, 3)."""
    pose = face.pose
    after = rotation_from(pose.yaw + turn.yaw, pose.pitch + turn.pitch, pose.roll + turn.roll)
    return np.asarray(after @ pose.rotation.T)


def turned_places(places_mm: FloatArray, face: FaceLandmarks, turn: HeadTurn) -> FloatArray:
    """Return where a turn of the head brings places.

    Parameters
    ----------
    places_mm : (..., 3) float64 array
        Camera frame, mm, from the origin of the face frame.
    face : FaceLandmarks
    turn : HeadTurn
        As of the pose's angles, which it adds to.

    Returns
    -------
    (..., 3) float64 array
        The same frame. All distances stay.
    """
    pivot = face.pose.rotation @ PIVOT_MM
    return np.asarray((places_mm - pivot) @ turn_between(face, turn).T + pivot)


def gesture_targets(
    face: FaceLandmarks, gesture: Gesture, expressed_mm: FloatArray | None = None
) -> FaceLandmarks:
    """Return where a gesture brings the 478 landmarks, in three dimensions.

    Parameters
    ----------
    face : FaceLandmarks
    gesture : Gesture
    expressed_mm : (478, 3) float64 array, optional
        How far its expression moves them, face frame, mm.

    Returns
    -------
    FaceLandmarks
        With the pose fitted to the new points. The scale stays.

    Examples
    --------
    >>> turned = gesture_targets(face, Gesture(turn=HeadTurn(yaw=10.0)))
    >>> round(turned.pose.yaw - face.pose.yaw, 6)
    10.0
    """
    points = face.points
    if expressed_mm is not None:
        points = points + face.project(expressed_mm)
    if gesture.turn is not None:
        mm = face.scale.mm_per_px
        flip = np.array([1.0, -1.0, -1.0])
        places = (points - face.origin_px) * flip * mm
        points = face.origin_px + turned_places(places, face, gesture.turn) * flip / mm
    return replace(face, points=points, pose=fit_pose(points))
