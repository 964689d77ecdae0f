"""A photo and words in, what they mean and the simulation of it out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from landmarkdiff.arguments import checked, instance_of, path_like, plain_text, truth
from landmarkdiff.errors import ProcedureError
from landmarkdiff.generators import OnStep
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.inference.editing import notices_of
from landmarkdiff.lato.language import Instruction, understand
from landmarkdiff.lato.language.lexicon import lexicon
from landmarkdiff.notices import Notice, Reason
from landmarkdiff.workflows.opening import open_photo
from landmarkdiff.workflows.request import SimulationRequest
from landmarkdiff.workflows.single import PreviewFiles, preview_opened

__all__ = ["EditFiles", "edit"]


@dataclass(frozen=True)
class EditFiles:
    """What words were understood to mean, and the preview of it on disk.

    Attributes
    ----------
    instruction : Instruction
    files : PreviewFiles or None
        None of a dry run.
    notices : tuple of Notice
        What was understood and is not drawn.
    """

    instruction: Instruction
    files: PreviewFiles | None
    notices: tuple[Notice, ...]


@checked(
    photo=path_like,
    words=plain_text,
    request=instance_of(SimulationRequest),
    out=path_like,
    language=plain_text,
    dry_run=truth,
)
def edit(
    photo: str | Path,
    words: str,
    request: SimulationRequest,
    out: str | Path,
    *,
    language: str = "en",
    dry_run: bool = False,
    pipeline: LandmarkDiffPipeline | None = None,
    on_step: OnStep | None = None,
) -> EditFiles:
    """Simulate on a photo what words say, and write the folder ``out/<photo stem>``.

    Parameters
    ----------
    photo : str or Path
    words : str
        What is to change, in ``language``.
    request : SimulationRequest
        How; its plan, where it has one, is what the words change.
    out : str or Path
    language : str
    dry_run : bool
        Only understand: nothing is simulated or written.
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
    opened = open_photo(
        photo,
        request,
        None if dry_run else out,
        pipeline=pipeline,
        on_step=on_step,
        simulated=not dry_run,
    )
    instruction = understand(
        words,
        opened.prepared.landmarks,
        language=language,
        present=request.plan,
        unlock=request.unlock,
    )
    notices = notices_of(instruction)
    if dry_run:
        return EditFiles(instruction, None, notices)
    if instruction.plan is None:
        raise ProcedureError("words_plan_nothing", words=words, problem=_why(instruction, notices))
    planned = replace(request, plan=instruction.plan, unlock=instruction.plan.unlocked)
    files = preview_opened(photo, opened, planned, out, on_step=on_step)
    return EditFiles(instruction, files, notices)


def _why(instruction: Instruction, notices: tuple[Notice, ...]) -> Reason | Notice:
    """Return the first reason why there is no plan."""
    for item in instruction.not_understood:
        return item.reason
    return next(iter((*instruction.conflicts, *notices)), Reason.of("words_without_part"))
