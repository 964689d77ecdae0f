"""The points that kinematics gives: the default, and the fallback of a model."""

from __future__ import annotations

from landmarkdiff.head.model import head_model
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.lato.kinematics.gesture import Gesture
from landmarkdiff.lato.kinematics.motion import gesture_targets
from landmarkdiff.lato.kinematics.picture import motion_of
from landmarkdiff.lato.language.instruction import Instruction
from landmarkdiff.light.surface import surface_in_photo
from landmarkdiff.manipulation.prepared import PreparedFace

__all__ = ["embedded_points"]


def embedded_points(prepared: PreparedFace, heard: Instruction) -> FaceLandmarks:
    """Return where an expression and a turn of the head bring the landmarks of a photo.

    Parameters
    ----------
    prepared : PreparedFace
    heard : Instruction
        Its expression and pose; surgery has no part in it.

    Returns
    -------
    FaceLandmarks
        478 points in the photo. Without a head that fits the photo the expression moves nothing.
    """
    face, expressed = prepared.landmarks, None
    if heard.expression is not None:
        surface = surface_in_photo(face)
        if surface.source == "head":
            moved = motion_of(heard.expression, prepared, surface, None)
            expressed = head_model().landmarks.points(moved)
    return gesture_targets(face, Gesture(heard.expression, heard.pose), expressed)
