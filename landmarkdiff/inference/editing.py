"""What an edit by words gives: what was understood, and the simulation of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from landmarkdiff.arrays import ImageArray
from landmarkdiff.inference.gestures import drawable_on, with_gesture, without_surgery
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.lato.kinematics.gesture import Gesture
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.notices import Notice
from landmarkdiff.procedures.plan import SurgicalPlan

if TYPE_CHECKING:
    from landmarkdiff.lato.language import Instruction

__all__ = ["EditHistory", "EditResult", "EditStep", "EditsByWords", "edit_history"]

#: Arguments of a simulation that say how a face is found.
_OF_FACE = ("passes", "face", "glasses")


@dataclass(frozen=True)
class EditStep:
    """What is planned and asked for after some words.

    Attributes
    ----------
    instruction : Instruction
        What was understood of them, and what was not; its plan is what stands now.
    gesture : Gesture
        The expression and the turn of the head that stand now.
    """

    instruction: Instruction
    gesture: Gesture

    @property
    def plan(self) -> SurgicalPlan | None:
        """The plan that stands after it."""
        return self.instruction.plan


@dataclass(frozen=True)
class EditHistory:
    """A chain of edits that can be stepped through.

    Attributes
    ----------
    steps : tuple of EditStep
        The oldest first.
    place : int
        How many of them stand; 0 is the photo.

    Examples
    --------
    >>> history = edit_history(["rotate the tip 4 degrees", "smile slightly"], face)
    >>> history.present.gesture.expression.name, history.back().present.gesture.expression
    ('happy', None)
    >>> history.back().forward() == history
    True
    """

    steps: tuple[EditStep, ...] = ()
    place: int = 0

    @property
    def present(self) -> EditStep | None:
        """The step that stands; None at the photo."""
        return self.steps[self.place - 1] if self.place else None

    def back(self) -> EditHistory:
        """Return the history with the step that stands taken back; at the photo itself."""
        return replace(self, place=max(self.place - 1, 0))

    def forward(self) -> EditHistory:
        """Return the history with the next step standing again; at its end itself."""
        return replace(self, place=min(self.place + 1, len(self.steps)))

    def then(
        self,
        words: str,
        face: FaceLandmarks,
        *,
        language: str = "en",
        present: SurgicalPlan | None = None,
        unlock: bool = False,
    ) -> EditHistory:
        """Return the history with one step more, instead of those that were taken back.

        Parameters
        ----------
        words : str
        face : FaceLandmarks
        language : str
        present : SurgicalPlan, optional
            What stands at the photo.
        unlock : bool
            Allow values beyond the bands.

        Raises
        ------
        ParameterError
            There are no words, too many of them, or no such language.
        """
        before = self.present
        plan = present if before is None else before.plan
        # Here, because the grammar is loaded by whoever says something.
        from landmarkdiff.lato.language.understanding import understand

        instruction = understand(words, face, language=language, present=plan, unlock=unlock)
        said = Gesture(instruction.expression, instruction.pose)
        gesture = said if before is None else before.gesture.then(said)
        steps = (*self.steps[: self.place], EditStep(instruction, gesture))
        return EditHistory(steps, len(steps))


@dataclass(frozen=True)
class EditResult:
    """An edit by words.

    Attributes
    ----------
    history : EditHistory
        Every step; the last one is simulated.
    prediction : Prediction or None
        The simulation; None where there is neither a plan nor a gesture that can be drawn.
    notices : tuple of Notice
        What was understood and is not drawn.
    """

    history: EditHistory
    prediction: Prediction | None
    notices: tuple[Notice, ...]

    @property
    def instruction(self) -> Instruction:
        """What was understood of the last words, and what was not."""
        return self.history.steps[-1].instruction

    @property
    def gesture(self) -> Gesture:
        """The expression and the turn of the head that are asked for."""
        return self.history.steps[-1].gesture


def edit_history(
    words: str | Sequence[str],
    face: FaceLandmarks,
    *,
    language: str = "en",
    present: SurgicalPlan | None = None,
    unlock: bool = False,
) -> EditHistory:
    """Read words one after the other, each changing what the ones before it gave.

    Parameters
    ----------
    words : str or sequence of str
    face, language, present, unlock
        As of :meth:`EditHistory.then`.

    Raises
    ------
    ParameterError
        There are no words, too many of them, or no such language.
    """
    history = EditHistory()
    if isinstance(words, str) or not isinstance(words, Sequence):
        words = (words,)  # what is no text either is refused with the first
    for each in words or ("",):
        history = history.then(each, face, language=language, present=present, unlock=unlock)
    return history


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
        words: str | Sequence[str],
        *,
        language: str = "en",
        present: SurgicalPlan | None = None,
        unlock: bool = False,
        **options: Any,
    ) -> EditResult:
        """Simulate what words say: surgery, expression and turn of the head.

        Parameters
        ----------
        image : (H, W, 3) uint8 array or PreparedFace
        words : str or sequence of str
            Such as "rotate the tip 4 degrees"; left and right are the patient's. Of several, each
            changes what those before it gave.
        language : {"en", "de", "es", "fr", "pt", "zh"}
        present : SurgicalPlan, optional
            The plan that the words change, and may refer to.
        unlock : bool
            Allow values beyond the bands.
        **options
            Further arguments of ``generate`` beside those that make a plan.

        Returns
        -------
        EditResult
            With a prediction where there is a plan, or a gesture that one photo can show.

        Raises
        ------
        NoFaceError, FaceUnusableError, ProcedureError, ParameterError
        """
        found = {name: options.pop(name) for name in _OF_FACE if name in options}
        prepared = image if isinstance(image, PreparedFace) else self.prepare(image, **found)
        history = edit_history(
            words, prepared.landmarks, language=language, present=present, unlock=unlock
        )
        last = history.steps[-1]
        possible = drawable_on(prepared, last.gesture)
        plan = last.plan
        if plan is None and not possible.drawn.still:
            plan = without_surgery()
        prediction = None
        if plan is not None:
            prediction = self.generate(prepared, plan=plan, **options)
            light = bool(options.get("light", True))
            prediction = self.show(prediction, last.gesture, light=light)
        return EditResult(history, prediction, possible.notices)

    def show(self, prediction: Prediction, gesture: Gesture, *, light: bool = True) -> Prediction:
        """Return a prediction whose picture shows an expression and a turn of the head, too.

        Parameters
        ----------
        prediction : Prediction
        gesture : Gesture
            From how the photo is; what one photo cannot show is told in the notices.
        light : bool
            Let the light on the skin follow its surface.
        """
        return with_gesture(prediction, gesture, self.prepare, light=light)
