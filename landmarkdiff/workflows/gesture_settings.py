"""An expression and a turn of the head as a step of a consultation holds them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from landmarkdiff.lato.kinematics.gesture import Gesture
from landmarkdiff.lato.language.instruction import Expression, ExpressionName, HeadTurn

__all__ = ["GestureSettings"]

#: A head that is turned further looks the other way, degrees.
_FARTHEST_DEG = 180.0
_Angle = Field(0.0, ge=-_FARTHEST_DEG, le=_FARTHEST_DEG)


class GestureSettings(BaseModel):
    """What is shown beside the plan, whatever the words were and in whichever language.

    Attributes
    ----------
    expression : str or None
        One of the seven.
    strength : float
        Of the expression, 0 to 1.
    yaw, pitch, roll : float
        Degrees, as of :class:`~landmarkdiff.lato.language.HeadTurn`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    expression: ExpressionName | None = None
    strength: float = Field(0.0, ge=0.0, le=1.0)
    yaw: float = _Angle
    pitch: float = _Angle
    roll: float = _Angle

    @classmethod
    def of(cls, gesture: Gesture) -> GestureSettings | None:
        """Return the settings of a gesture; None of one that asks for nothing."""
        if gesture.still:
            return None
        expression, turn = gesture.expression, gesture.turn or HeadTurn()
        return cls(
            expression=None if expression is None else expression.name,
            strength=0.0 if expression is None else expression.strength,
            yaw=turn.yaw,
            pitch=turn.pitch,
            roll=turn.roll,
        )

    def asked(self) -> Gesture:
        """Return the gesture.

        >>> GestureSettings(expression="happy", strength=0.33, yaw=5.0).asked().turn
        HeadTurn(yaw=5.0, pitch=0.0, roll=0.0)
        """
        expression, turn = None, HeadTurn(self.yaw, self.pitch, self.roll)
        if self.expression is not None:
            expression = Expression(self.expression, self.strength)
        return Gesture(expression, None if turn == HeadTurn() else turn)
