"""What an edit by words gives: what was understood, and the simulation of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from landmarkdiff.arrays import ImageArray
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.lato.language import Instruction, understand
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.notices import Notice
from landmarkdiff.procedures.plan import SurgicalPlan

__all__ = ["Edited", "EditsByWords", "notices_of"]

#: Arguments of a simulation that say how a face is found.
_OF_FACE = ("passes", "face", "glasses")


@dataclass(frozen=True)
class Edited:
    """An edit by words.

    Attributes
    ----------
    instruction : Instruction
        What was understood, and what was not.
    prediction : Prediction or None
        The simulation of its plan; None where there is no plan.
    notices : tuple of Notice
        What was understood and is not drawn.
    """

    instruction: Instruction
    prediction: Prediction | None
    notices: tuple[Notice, ...]


def notices_of(instruction: Instruction) -> tuple[Notice, ...]:
    """Tell of what is understood and not drawn: expressions and turns of the head."""
    if instruction.expression is None and instruction.pose is None:
        return ()
    return (Notice.of("words_gestures_not_drawn"),)


class EditsByWords(ABC):
    """The part of a pipeline that reads words."""

    @abstractmethod
    def prepare(self, *arguments: Any, **options: Any) -> PreparedFace:
        """Find the face of a photo."""

    @abstractmethod
    def generate(self, *arguments: Any, **options: Any) -> Prediction:
        """Simulate a plan."""

    def edit(
        self,
        image: ImageArray | PreparedFace,
        words: str,
        *,
        language: str = "en",
        present: SurgicalPlan | None = None,
        unlock: bool = False,
        **options: Any,
    ) -> Edited:
        """Simulate what words say.

        Parameters
        ----------
        image : (H, W, 3) uint8 array or PreparedFace
        words : str
            Such as "rotate the tip 4 degrees"; left and right are the patient's.
        language : {"en", "de", "es", "fr", "pt", "zh"}
        present : SurgicalPlan, optional
            The plan that the words change, and may refer to.
        unlock : bool
            Allow values beyond the bands.
        **options
            Further arguments of ``generate`` beside those that make a plan.

        Returns
        -------
        Edited
            With a prediction where there is a plan.

        Raises
        ------
        NoFaceError, FaceUnusableError, ProcedureError, ParameterError
        """
        found = {name: options.pop(name) for name in _OF_FACE if name in options}
        prepared = image if isinstance(image, PreparedFace) else self.prepare(image, **found)
        instruction = understand(
            words, prepared.landmarks, language=language, present=present, unlock=unlock
        )
        prediction = None
        if instruction.plan is not None:
            prediction = self.generate(prepared, plan=instruction.plan, **options)
        return Edited(instruction, prediction, notices_of(instruction))
