"""Live hints for the camera: what the patient should do so that a photo shows the view.

A hint is a code with numbers, for the table of texts (``guide.<code>``). Left and right are the
patient's. What cannot be measured is not promised: a three-quarter view is steered by what the
mesh reads there (36 to 42 degrees for a true 45), and of a profile only its side and that it is
one are seen, by the detector's own six points.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.landmarks.coarse import Glance, glance, glanced_landmarks
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.workflows.view_reading import glance_networks
from landmarkdiff.workflows.views import ExpectedView

__all__ = ["GUIDE_CODES", "Guidance", "guide", "hint_for"]

#: Every code, and the numbers its sentence has.
GUIDE_CODES: Mapping[str, tuple[str, ...]] = {
    "no_face": (),
    "too_far": (),
    "too_close": (),
    "cut": (),
    "turn_left": ("degrees",),
    "turn_right": ("degrees",),
    "further_left": ("degrees",),
    "further_right": ("degrees",),
    "back_left": ("degrees",),
    "back_right": ("degrees",),
    "profile_left": (),
    "profile_right": (),
    "profile_unseen": (),
    "tilt_left": ("degrees",),
    "tilt_right": ("degrees",),
    "chin_up": (),
    "chin_down": (),
    "good": (),
    "good_profile": (),
}

#: Height of the mesh (brows to chin) as a share of the frame's. Standard portraits have 0.37 to
#: 0.46; below the first the face has too few pixels, above the second hair or chin are cut.
_FAR_BELOW, _CLOSE_ABOVE = 0.28, 0.66
#: The same for the width, in frames that stand upright.
_NARROW_BELOW, _WIDE_ABOVE = 0.30, 0.80
#: A face that reaches so near to the border (shares of the frame) is cut, or soon will be.
_BORDER = 0.01
#: Reading of the mesh at a true 45 degrees, and how much more truly turned the head is.
_OBLIQUE_READING, _TRUE_PER_READING = 39.5, 1.14
#: Within these degrees the turn is good enough; a photo is accepted in a wider range.
_FRONTAL_WITHIN, _OBLIQUE_WITHIN = 7.0, 8.5
#: A head turned by more than this is said to be turned already.
_TURNED_DEG = 10.0
_TILT_WITHIN, _TILT_WITHIN_OBLIQUE = 6.0, 8.0
#: The mesh of a head held level reads -9 to 12 degrees (22 people).
_CHIN_WITHIN = 16.0
#: A face that the mesh gives up on is turned about so far.
_UNREADABLE_YAW = 70.0
#: The detector's box over the mesh's height.
_BOX_TO_MESH = 1.1
_STEP_DEG = 5


@dataclass(frozen=True)
class Guidance:
    """One hint.

    Attributes
    ----------
    code : str
        Key of :data:`GUIDE_CODES`.
    params : mapping of str to float
        Numbers for the sentence.
    ok : bool
        The photo can be taken now.
    yaw : float or None
        What is read of the head's turn, degrees, for a gauge; None where nothing is.
    """

    code: str
    params: Mapping[str, float] = field(default_factory=dict)
    ok: bool = False
    yaw: float | None = None

    @property
    def key(self) -> str:
        """Key of the sentence in the table of texts."""
        return f"guide.{self.code}"

    def to_dict(self) -> dict[str, Any]:
        """Return the hint, ready for JSON."""
        return {"code": self.code, "params": dict(self.params), "ok": self.ok, "yaw": self.yaw}


def hint_for(pixels: NDArray[np.uint8], expected: ExpectedView) -> Guidance:
    """Look at a frame of the camera and say what to do.

    One glance of the detector and one pass of the landmark network: 5 to 10 ms on two cores for
    frames up to 640 pixels, 4 ms when there is no face.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
        RGB, not mirrored.
    expected : ExpectedView

    Examples
    --------
    >>> from landmarkdiff.workflows.views import EXPECTED_VIEWS
    >>> frontal = next(view for view in EXPECTED_VIEWS if view.name == "frontal")
    >>> hint_for(portrait, frontal).code
    'good'
    """
    networks = glance_networks()
    seen = glance(networks, pixels)
    if seen is None:
        return guide(None, expected)
    return guide(glanced_landmarks(networks, pixels, seen), expected, seen, pixels.shape[:2])


def guide(
    face: FaceLandmarks | None,
    expected: ExpectedView,
    seen: Glance | None = None,
    size: tuple[int, ...] | None = None,
) -> Guidance:
    """Say what the patient should do next.

    Parameters
    ----------
    face : FaceLandmarks or None
        From one pass; None where the mesh found no face.
    expected : ExpectedView
    seen : Glance, optional
        What the detector saw; without it a profile cannot be told from a head half turned.
    size : tuple of int, optional
        Height and width of the frame, pixels; needed only without ``face``.

    Returns
    -------
    Guidance
        The most important hint: first that there is a whole face of a fit size, then its turn,
        tilt and chin.
    """
    if face is not None and seen is not None and seen.contradicts(face.pose.yaw):
        face = None
    if expected.profile:
        return _to_profile(face, expected, seen, size)
    if face is None:
        return _unread(expected, seen)
    yaw = face.pose.yaw
    code = _framing(face.box, (face.image_height, face.image_width))
    if code is not None:
        return Guidance(code, yaw=yaw)
    target = np.sign(expected.yaw) * _OBLIQUE_READING
    within = _OBLIQUE_WITHIN if target else _FRONTAL_WITHIN
    if abs(yaw - target) > within:
        return _turn(yaw, float(target))
    return _posture(face, oblique=bool(target))


def _to_profile(
    face: FaceLandmarks | None,
    expected: ExpectedView,
    seen: Glance | None,
    size: tuple[int, ...] | None,
) -> Guidance:
    """Steer to a profile: the side is known, the degrees are not."""
    if face is not None:
        size = (face.image_height, face.image_width)
    if seen is None and face is None:
        return Guidance("profile_unseen")
    yaw = face.pose.yaw if face is not None else seen.yaw if seen is not None else None
    if seen is None or not seen.in_profile or seen.turn * expected.yaw < 0:
        side = "left" if expected.yaw > 0 else "right"
        return Guidance(f"profile_{side}", yaw=yaw)
    code = None if size is None else _framing(_mesh_box(seen), size)
    if code is not None:
        return Guidance(code, yaw=yaw)
    return Guidance("good_profile", ok=True, yaw=yaw)


def _unread(expected: ExpectedView, seen: Glance | None) -> Guidance:
    """A face that the mesh cannot read: turned too far, or none at all."""
    if seen is None or abs(seen.yaw) < _TURNED_DEG:
        return Guidance("no_face")
    yaw = float(np.copysign(_UNREADABLE_YAW, seen.turn)) / _TRUE_PER_READING
    turn = _turn(yaw, float(np.sign(expected.yaw)) * _OBLIQUE_READING)
    return Guidance(turn.code, turn.params, yaw=seen.yaw)


def _mesh_box(seen: Glance) -> tuple[float, float, float, float]:
    x, y, width, height = seen.box
    return x, y - (_BOX_TO_MESH - 1.0) * height, width, _BOX_TO_MESH * height


def _framing(box: tuple[float, float, float, float], size: tuple[int, ...]) -> str | None:
    """Whether the face is too large, cut or too small; in this order, for nearness cuts too."""
    x, y, width, height = box
    tall, wide = float(size[0]), float(size[1])
    if height > _CLOSE_ABOVE * tall or width > _WIDE_ABOVE * wide:
        return "too_close"
    beyond = (x + width > (1 - _BORDER) * wide) or (y + height > (1 - _BORDER) * tall)
    if beyond or x < _BORDER * wide or y < _BORDER * tall:
        return "cut"
    if height < _FAR_BELOW * tall and width < _NARROW_BELOW * wide:
        return "too_far"
    return None


def _turn(yaw: float, target: float) -> Guidance:
    """The way from one reading of the yaw to another; positive is to the patient's left."""
    way = target - yaw
    side = "left" if way > 0 else "right"
    degrees = max(_STEP_DEG, _STEP_DEG * round(abs(way) * _TRUE_PER_READING / _STEP_DEG))
    kind = "turn"
    if abs(yaw) > _TURNED_DEG:
        outward = yaw * way > 0
        crossing = yaw * target < 0
        kind = "further" if outward else "turn" if crossing else "back"
    return Guidance(f"{kind}_{side}", {"degrees": degrees}, yaw=yaw)


def _posture(face: FaceLandmarks, *, oblique: bool) -> Guidance:
    """Tilt and chin of a head that is turned right."""
    pose = face.pose
    if abs(pose.roll) > (_TILT_WITHIN_OBLIQUE if oblique else _TILT_WITHIN):
        # Roll is positive when the head leans to the patient's left shoulder.
        side = "right" if pose.roll > 0 else "left"
        return Guidance(f"tilt_{side}", {"degrees": round(abs(pose.roll))}, yaw=pose.yaw)
    if abs(pose.pitch) > _CHIN_WITHIN:
        return Guidance("chin_down" if pose.pitch > 0 else "chin_up", yaw=pose.yaw)
    return Guidance("good", ok=True, yaw=pose.yaw)
