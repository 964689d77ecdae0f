"""What a model makes of words, beside what the grammar makes of them.

The grammar decides. A model writes clauses of the same grammar and no plan, no point and no number
of surgery of its own; what it reads otherwise is said and not followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from landmarkdiff.arrays import ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.lato.language.instruction import HeadTurn, Instruction
from landmarkdiff.lato.language.spelling import MOST_LETTERS
from landmarkdiff.lato.language.understanding import understand
from landmarkdiff.lato.predictor.answer import PointAnswer, PointFault, faults_of, smoothed
from landmarkdiff.lato.predictor.grammar import CANVAS, clause_grammar, points_grammar
from landmarkdiff.lato.tokenizer.points import landmarks_68
from landmarkdiff.notices import Notice
from landmarkdiff.procedures.plan import SurgicalPlan

__all__ = ["Answers", "ModelReading", "PredictedPoints", "predict_points", "read_with_model"]

_LANGUAGES = {
    "en": "English", "de": "German", "es": "Spanish", "fr": "French", "pt": "Portuguese",
    "zh": "Chinese",
}  # fmt: skip
_CLAUSES = """The picture shows the face of a patient. Say the instruction again in short {language}
clauses: each names one part of the face or the head, what is done with it, and by how much. Left
and right are the patient's. Add nothing and leave nothing out.
Instruction: {words}"""
_POINTS = """The picture shows a face on a canvas of {side} by {side} pixels, x to the right, y
down. Its 68 landmarks of the iBUG markup are {points}.
Instruction: {words}
Answer as JSON in four stages: state, the expression and pose in the picture; motions, what the
instruction is taken apart into; rigid and muscles, the turn of the head in degrees with its shift
in pixels, and the facial muscles with their shares; points, the 68 landmarks afterwards."""


class Answers(Protocol):
    """A model that answers a question about a picture with a text of a grammar."""

    def answer(self, picture: ImageArray, question: str, grammar: str) -> str:
        """Return the text."""


@dataclass(frozen=True)
class ModelReading:
    """What a model made of words.

    Attributes
    ----------
    words : str
        Its clauses.
    instruction : Instruction
        What the grammar reads in them.
    agrees : bool
        Whether they mean what the words themselves were understood to mean.
    """

    words: str
    instruction: Instruction
    agrees: bool

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Say that the model reads it otherwise."""
        return () if self.agrees else (Notice.of("words_model_differs", words=self.words),)

    def to_dict(self) -> dict[str, Any]:
        """Return the reading as JSON-ready data."""
        return {
            "words": self.words,
            "agrees": self.agrees,
            "understood": self.instruction.to_dict(),
        }


def read_with_model(
    model: Answers,
    picture: ImageArray,
    heard: Instruction,
    face: FaceLandmarks,
    *,
    present: SurgicalPlan | None = None,
    unlock: bool = False,
) -> ModelReading:
    """Let a model read words, and compare it with what was understood of them.

    Parameters
    ----------
    model : Answers
    picture : (H, W, 3) uint8 array
        The face, RGB.
    heard : Instruction
        What the grammar understood.
    face : FaceLandmarks
    present, unlock
        As the words were understood with.

    Returns
    -------
    ModelReading
    """
    language = heard.language
    question = _CLAUSES.format(language=_LANGUAGES[language], words=heard.words)
    clauses = model.answer(picture, question, clause_grammar(language)).strip()
    clauses = clauses[:MOST_LETTERS]  # of one that repeats itself no more can be read
    if not clauses:
        return ModelReading("", Instruction("", language), agrees=not _says(heard))
    read = understand(clauses, face, language=language, present=present, unlock=unlock)
    return ModelReading(clauses, read, agrees=_meaning(read) == _meaning(heard))


def _says(heard: Instruction) -> bool:
    return bool(heard.plan or heard.expression or heard.pose)


def _meaning(heard: Instruction) -> tuple[Any, ...]:
    plan = None if heard.plan is None else heard.plan.to_dict()
    return plan, heard.expression, heard.pose


@dataclass(frozen=True, eq=False)
class PredictedPoints:
    """The 68 points that a model predicts, and whether a head can look so.

    Attributes
    ----------
    answer : PointAnswer
        In its four stages.
    points : (68, 2) float64 array or None
        Smoothed, pixels of the canvas; None where there is a fault: the points that kinematics
        gives are taken then.
    faults : tuple of str
    """

    answer: PointAnswer
    points: Any
    faults: tuple[PointFault, ...]


def predict_points(
    model: Answers, picture: ImageArray, face: FaceLandmarks, heard: Instruction
) -> PredictedPoints:
    """Let a model predict the points of a face after an expression and a turn of the head.

    Surgery has no part in it: 68 whole pixels cannot carry its millimetres.

    Parameters
    ----------
    model : Answers
    picture : (512, 512, 3) uint8 array
        The canvas, RGB.
    face : FaceLandmarks
        In the canvas.
    heard : Instruction
        What the grammar understood; its pose is what the points are held to.

    Returns
    -------
    PredictedPoints

    Raises
    ------
    ValueError
        The picture is no canvas, or the answer cannot be read.
    """
    if picture.shape != (CANVAS, CANVAS, 3):
        raise ValueError(f"a canvas is {CANVAS} pixels wide and high: {picture.shape}")
    source = landmarks_68(face.points)[:, :2]
    listed = ", ".join(f"[{x:.0f},{y:.0f}]" for x, y in source)
    question = _POINTS.format(side=CANVAS, points=listed, words=heard.words)
    answer = PointAnswer.parse(model.answer(picture, question, points_grammar()))
    if len(answer.points) != len(source):
        return PredictedPoints(answer, None, ("count",))
    points = smoothed(answer.points, source)
    faults = faults_of(points, face, heard.pose or HeadTurn())
    return PredictedPoints(answer, None if faults else points, faults)
