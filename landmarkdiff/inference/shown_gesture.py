"""An expression and a turn of the head as a finished picture shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from landmarkdiff.lato.kinematics.gesture import Gesture
from landmarkdiff.lato.kinematics.picture import GesturePicture
from landmarkdiff.lato.language.instruction import HeadTurn

__all__ = ["GestureRecord", "ShownGesture"]


@dataclass(frozen=True)
class GestureRecord:
    """What was asked for of a gesture, what was drawn, and what is read from the picture.

    Attributes
    ----------
    asked, drawn : Gesture
    turned : HeadTurn or None
        By how much the pose that is read from the picture differs from that of the photo, degrees;
        None where no face is found in it.
    scores : mapping of str to tuple of float
        The units of the expression that was drawn, as the network scores them in the photo and in
        the picture, 0 to 1.
    """

    asked: Gesture
    drawn: Gesture
    turned: HeadTurn | None
    scores: dict[str, tuple[float, float]]

    def to_dict(self) -> dict[str, Any]:
        """Return what ``result.json`` says of it."""
        turned = self.turned
        return {
            "asked": self.asked.to_dict(),
            "drawn": self.drawn.to_dict(),
            "measured": {
                "pose": None
                if turned is None
                else {name: round(value, 2) for name, value in vars(turned).items()},
                "expression": {
                    name: {"before": round(before, 3), "after": round(after, 3)}
                    for name, (before, after) in self.scores.items()
                },
            },
        }


@dataclass(frozen=True, eq=False)
class ShownGesture:
    """A gesture on the finished picture of a plan.

    Attributes
    ----------
    picture : GesturePicture
    record : GestureRecord
    """

    picture: GesturePicture
    record: GestureRecord
