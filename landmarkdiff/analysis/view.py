"""The view: which side the camera sees, and how to turn the head for a standard photo."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from landmarkdiff.landmarks.face import FaceLandmarks, ViewClass
from landmarkdiff.notices import Notice

__all__ = ["FRONTAL_ROLL_DEG", "FRONTAL_YAW_DEG", "View", "describe_view"]

#: Limits of a standard frontal photo, degrees.
FRONTAL_YAW_DEG = 10.0
FRONTAL_ROLL_DEG = 5.0


@dataclass(frozen=True)
class View:
    """How the head is turned, and whether that is a standard view.

    Attributes
    ----------
    name : str
        ``frontal``, ``left_three_quarter``, ... ; the side is the patient's that is seen.
    yaw, pitch, roll : float
        Degrees, as in :class:`~landmarkdiff.landmarks.face.Pose`.
    eye_line : float
        Degrees by which the eye line falls toward the right of the image (0 is level).
    standard : bool or None
        For a frontal view: within 10 degrees of yaw and 5 of roll. None for the other views,
        whose standards this mesh cannot judge.
    """

    name: ViewClass
    yaw: float
    pitch: float
    roll: float
    eye_line: float
    standard: bool | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, ready for JSON."""
        return asdict(self)


def describe_view(face: FaceLandmarks) -> tuple[View, tuple[Notice, ...]]:
    """Classify the view and say which way to turn the head.

    Parameters
    ----------
    face : FaceLandmarks

    Returns
    -------
    View
    tuple of Notice
        ``turn_head`` and ``tilt_head`` where a frontal photo is out of its standard.
    """
    pose = face.pose
    right, left = face.points[33, :2], face.points[263, :2]
    eye_line = math.degrees(math.atan2(float(left[1] - right[1]), float(left[0] - right[0])))
    frontal = pose.view == "frontal"
    turned, tilted = abs(pose.yaw) > FRONTAL_YAW_DEG, abs(eye_line) > FRONTAL_ROLL_DEG
    notices = []
    if frontal and turned:
        # Positive yaw is turned to the patient's left.
        side = "right" if pose.yaw > 0 else "left"
        notices.append(Notice.of("turn_head", degrees=round(abs(pose.yaw)), side=side))
    if tilted and pose.view not in ("left_profile", "right_profile"):
        # The eye line falls toward the image's right when the head leans to the patient's left.
        side = "right" if eye_line > 0 else "left"
        notices.append(Notice.of("tilt_head", degrees=round(abs(eye_line)), side=side))
    view = View(
        name=pose.view,
        yaw=pose.yaw,
        pitch=pose.pitch,
        roll=pose.roll,
        eye_line=eye_line,
        standard=not (turned or tilted) if frontal else None,
    )
    return view, tuple(notices)
