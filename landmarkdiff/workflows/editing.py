"""A photo and words in, what they mean and the simulation of it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from landmarkdiff.arguments import (
    checked,
    instance_of,
    optional,
    path_like,
    plain_text,
    truth,
)
from landmarkdiff.errors import ProcedureError
from landmarkdiff.generators import OnStep
from landmarkdiff.generators.crop import SquareCrop
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.inference.editing import EditHistory, edit_history
from landmarkdiff.inference.gestures import drawable_on, without_surgery
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.lato.language import Instruction
from landmarkdiff.lato.language.lexicon import lexicon
from landmarkdiff.lato.predictor import (
    ConstrainedModel,
    ModelReading,
    load_model,
    read_with_model,
)
from landmarkdiff.lato.predictor.grammar import CANVAS
from landmarkdiff.notices import Notice, Reason
from landmarkdiff.workflows.opening import OpenPhoto, open_photo
from landmarkdiff.workflows.request import SimulationRequest
from landmarkdiff.workflows.single import PreviewFiles, preview_opened

__all__ = ["EditFiles", "edit"]


@dataclass(frozen=True)
class EditFiles:
    """What words were understood to mean, and the preview of it on disk.

    Attributes
    ----------
    history : EditHistory
        Every step; the last one is drawn.
    files : PreviewFiles or None
        None of a dry run.
    notices : tuple of Notice
        What was understood and is not drawn.
    reading : ModelReading or None
        What a vision-language model makes of the words, where one was asked.
    """

    history: EditHistory
    files: PreviewFiles | None
    notices: tuple[Notice, ...]
    reading: ModelReading | None = None

    @property
    def instruction(self) -> Instruction:
        """What was understood of the last words."""
        return self.history.steps[-1].instruction


@checked(
    photo=path_like,
    request=instance_of(SimulationRequest),
    out=path_like,
    language=plain_text,
    dry_run=truth,
    predictor=optional(path_like),
)
def edit(
    photo: str | Path,
    words: str | Sequence[str],
    request: SimulationRequest,
    out: str | Path,
    *,
    language: str = "en",
    dry_run: bool = False,
    predictor: str | Path | None = None,
    pipeline: LandmarkDiffPipeline | None = None,
    on_step: OnStep | None = None,
) -> EditFiles:
    """Simulate on a photo what words say, and write the folder ``out/<photo stem>``.

    Parameters
    ----------
    photo : str or Path
    words : str or sequence of str
        What is to change, in ``language``; of several, each changes what those before it gave.
    request : SimulationRequest
        How; its plan, where it has one, is what the words change.
    out : str or Path
    language : str
    dry_run : bool
        Only understand: nothing is simulated or written.
    predictor : str or Path, optional
        Folder of a vision-language model that reads the words too; the grammar decides, and what
        the model reads otherwise is said.
    pipeline, on_step
        As in :func:`landmarkdiff.workflows.preview`.

    Returns
    -------
    EditFiles

    Raises
    ------
    LandmarkDiffError
        Then nothing was written: also where no plan was understood, and this is no dry run.
    """
    photo, out = Path(photo), Path(out)
    lexicon(language)
    model = None if predictor is None else load_model(Path(predictor))
    opened = open_photo(
        photo,
        request,
        None if dry_run else out,
        pipeline=pipeline,
        on_step=on_step,
        simulated=not dry_run,
    )
    history = edit_history(
        words,
        opened.prepared.landmarks,
        language=language,
        present=request.plan,
        unlock=request.unlock,
    )
    last = history.steps[-1]
    possible = drawable_on(opened.prepared, last.gesture)
    reading = None if model is None else _read_too(model, opened, history, request)
    if dry_run:
        return EditFiles(history, None, possible.notices, reading)
    plan = last.plan
    if plan is None:
        if possible.drawn.still:
            problem = _why(last.instruction, possible.notices)
            raise ProcedureError(
                "words_plan_nothing", words=last.instruction.words, problem=problem
            )
        plan = without_surgery()

    def shown(prediction: Prediction) -> Prediction:
        return opened.pipeline.show(prediction, last.gesture, light=request.light)

    planned = replace(request, plan=plan, unlock=plan.unlocked)
    files = preview_opened(photo, opened, planned, out, finish=shown, on_step=on_step)
    return EditFiles(history, files, possible.notices, reading)


def _read_too(
    model: ConstrainedModel, opened: OpenPhoto, history: EditHistory, request: SimulationRequest
) -> ModelReading:
    """Let a model read the last words beside the face that they are about."""
    face, steps = opened.prepared.landmarks, history.steps
    canvas = SquareCrop.around(face, None, CANVAS).to_network(opened.photo.pixels)
    present = steps[-2].plan if len(steps) > 1 else request.plan
    return read_with_model(
        model, canvas, steps[-1].instruction, face, present=present, unlock=request.unlock
    )


def _why(instruction: Instruction, notices: tuple[Notice, ...]) -> Reason | Notice:
    """Return the first reason why there is no plan."""
    for item in instruction.not_understood:
        return item.reason
    return next(iter((*instruction.conflicts, *notices)), Reason.of("words_without_part"))
