"""What an instruction in words was understood to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from landmarkdiff.notices import Notice, Reason
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.texts import Texts

__all__ = ["Expression", "ExpressionName", "HeadTurn", "Instruction", "NotUnderstood"]

ExpressionName = Literal["happy", "sad", "angry", "surprised", "fearful", "disgusted", "neutral"]


@dataclass(frozen=True)
class Expression:
    """One of the seven expressions.

    Attributes
    ----------
    name : str
    strength : float
        From 0 to 1; ``slightly`` is a third of it, ``normally`` two thirds.
    """

    name: ExpressionName
    strength: float


@dataclass(frozen=True)
class HeadTurn:
    """How far the head is to be turned from where it is.

    Attributes
    ----------
    yaw, pitch, roll : float
        Degrees, signs as in :class:`landmarkdiff.landmarks.Pose`: toward the patient's left, up,
        and toward the patient's left shoulder are positive.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0


@dataclass(frozen=True)
class NotUnderstood:
    """A part of what was said that changes nothing.

    Attributes
    ----------
    words : str
        As they were said.
    reason : Reason
        Why.
    """

    words: str
    reason: Reason


@dataclass(frozen=True)
class Instruction:
    """What was understood of an instruction, and what was not.

    Attributes
    ----------
    words : str
        What was said.
    language : str
        In which language.
    plan : SurgicalPlan or None
        The present plan with what was said; None where there is neither.
    expression : Expression or None
    pose : HeadTurn or None
    echo : tuple of str
        What was understood, in the language of the words, one sentence each.
    not_understood : tuple of NotUnderstood
    conflicts : tuple of Notice
        What was understood and cannot be planned: two sides, a value beyond its band.
    """

    words: str
    language: str
    plan: SurgicalPlan | None = None
    expression: Expression | None = None
    pose: HeadTurn | None = None
    echo: tuple[str, ...] = ()
    not_understood: tuple[NotUnderstood, ...] = ()
    conflicts: tuple[Notice, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the instruction as JSON-ready data, its reasons in the language of the words."""
        texts = Texts.load(self.language)
        turn = self.pose
        return {
            "plan": None if self.plan is None else self.plan.to_dict(),
            "expression": None
            if self.expression is None
            else {"name": self.expression.name, "strength": self.expression.strength},
            "pose": None
            if turn is None
            else {"yaw": turn.yaw, "pitch": turn.pitch, "roll": turn.roll},
            "echo": list(self.echo),
            "not_understood": [
                {"words": item.words, "reason": texts.reason(item.reason)}
                for item in self.not_understood
            ],
            "conflicts": [texts.notice(notice) for notice in self.conflicts],
        }
