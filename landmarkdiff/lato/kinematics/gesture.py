"""What of an expression and a turn of the head one photo can show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.lato.kinematics.expressions import expression_units
from landmarkdiff.lato.language.instruction import Expression, HeadTurn
from landmarkdiff.notices import Notice

__all__ = [
    "FARTHEST_DRAWN_DEG",
    "OPENING",
    "STRONGEST_DRAWN",
    "Drawable",
    "Gesture",
    "drawable",
    "mouth_is_closed",
]

#: From one photo a head is turned by no more than this about any axis, degrees: beyond it a side
#: comes into view that the photo does not show.
FARTHEST_DRAWN_DEG = 15.0
#: And an expression is drawn up to "normally": stronger ones fold skin and open the mouth.
STRONGEST_DRAWN = 0.67
#: Units that part the lips, or show what lies behind them.
OPENING = ("jawOpen", "mouthLowerDownLeft", "mouthLowerDownRight")
#: Lips that are nearer than this touch, mm; inner borders of the upper and of the lower lip.
_CLOSED_MM, _LIPS = 2.0, (13, 14)


@dataclass(frozen=True)
class Gesture:
    """An expression and a turn of the head, both from how the photo is.

    Attributes
    ----------
    expression : Expression or None
    turn : HeadTurn or None
    """

    expression: Expression | None = None
    turn: HeadTurn | None = None

    @property
    def still(self) -> bool:
        """Whether it asks for nothing."""
        shown = self.expression is not None and self.expression.strength > 0.0
        return not shown and self.turn in (None, HeadTurn())

    def then(self, later: Gesture) -> Gesture:
        """Return this gesture with what a later one says instead.

        Examples
        --------
        >>> smile = Gesture(expression=Expression("happy", 0.33))
        >>> smile.then(Gesture(turn=HeadTurn(yaw=5.0))).expression.name
        'happy'
        """
        return Gesture(later.expression or self.expression, later.turn or self.turn)

    def to_dict(self) -> dict[str, Any]:
        """Return the gesture as JSON-ready data."""
        return {
            "expression": None if self.expression is None else vars(self.expression).copy(),
            "pose": None if self.turn is None else vars(self.turn).copy(),
        }


@dataclass(frozen=True)
class Drawable:
    """What of a gesture is drawn.

    Attributes
    ----------
    asked, drawn : Gesture
    notices : tuple of Notice
        What is not, and why.
    """

    asked: Gesture
    drawn: Gesture
    notices: tuple[Notice, ...] = ()


def drawable(gesture: Gesture, face: FaceLandmarks, *, profile: bool = False) -> Drawable:
    """Tell what of a gesture one photo can show.

    Parameters
    ----------
    gesture : Gesture
    face : FaceLandmarks
        Of the photo.
    profile : bool
        Whether it is one from the side, which shows half of a face: nothing of it is drawn.

    Returns
    -------
    Drawable

    Examples
    --------
    >>> asked = Gesture(turn=HeadTurn(yaw=30.0))
    >>> drawable(asked, face).drawn.turn, drawable(asked, face).notices[0].code
    (None, 'gesture_turn_too_far')
    """
    if gesture.still:
        return Drawable(gesture, Gesture())
    if profile:
        return Drawable(gesture, Gesture(), (Notice.of("gesture_not_on_profile"),))
    notices: list[Notice] = []
    expression, turn = gesture.expression, gesture.turn
    if expression is not None and expression.strength > STRONGEST_DRAWN:
        notices.append(Notice.of("gesture_expression_capped"))
        expression = replace(expression, strength=STRONGEST_DRAWN)
    if expression is not None and expression.name == "neutral" and not mouth_is_closed(face):
        notices.append(Notice.of("gesture_mouth_stays_open"))
    if expression is not None and any(unit in expression_units(expression) for unit in OPENING):
        notices.append(Notice.of("gesture_mouth_stays_closed"))
    if turn is not None:
        farthest = max(abs(turn.yaw), abs(turn.pitch), abs(turn.roll))
        if farthest > FARTHEST_DRAWN_DEG:
            most = FARTHEST_DRAWN_DEG
            notices.append(Notice.of("gesture_turn_too_far", degrees=farthest, most=most))
            turn = None
        elif farthest:
            notices.append(Notice.of("gesture_turn_from_one_photo"))
    return Drawable(gesture, Gesture(expression, turn), tuple(notices))


def mouth_is_closed(face: FaceLandmarks) -> bool:
    """Tell whether the lips of a photo touch."""
    upper, lower = face.points[list(_LIPS), :2]
    return float(np.hypot(*(lower - upper))) * face.scale.mm_per_px < _CLOSED_MM
