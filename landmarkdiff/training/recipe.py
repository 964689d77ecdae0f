"""The recipe: setup, fit, validate, save."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import torch

from landmarkdiff.arrays import ImageArray
from landmarkdiff.training.batches import Pairs
from landmarkdiff.training.interruption import EndSignal, signals_noted
from landmarkdiff.training.pictures import validation_pictures
from landmarkdiff.training.repainting import REPAINTING
from landmarkdiff.training.run import Run
from landmarkdiff.training.task import Task
from landmarkdiff.training.validation import masked_error
from landmarkdiff.training.watching import Watcher

__all__ = ["Outcome", "fit", "train", "validate"]

#: Receives updates done, figures, and pictures of a validation.
Told = Callable[[int, dict[str, float], ImageArray | None], object]


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes
    ----------
    update : int
        Updates done, of all sessions together.
    loss, error : float or None
        The last loss, and the last error of validation inside the mask.
    status : int
        0 when the run is complete; otherwise the exit status that a signal asks for.
    """

    update: int
    loss: float | None
    error: float | None
    status: int = 0


def train(
    settings: Any,
    pairs: Pairs,
    judged: Pairs,
    resume: str | None = None,
    told: Callable[[int, dict[str, float]], object] = lambda update, figures: None,
    lineage: dict[str, Any] | None = None,
    task: Task = REPAINTING,
) -> Outcome:
    """Train, from the beginning or from a checkpoint, and write curve and checkpoints.

    Parameters
    ----------
    settings : RunSettings
        Of the task.
    pairs, judged : Pairs
        What it learns from, and what it is judged by.
    resume : str, optional
        ``latest`` or the path of a checkpoint.
    told : callable, optional
        Receives the number of updates and the figures of each.
    lineage : dict, optional
        Where the pairs are from, for the checkpoints.
    task : Task, optional
        What is trained: the repainting networks unless told otherwise.

    Raises
    ------
    LandmarkDiffError
    """
    with ExitStack() as stack:
        asked = stack.enter_context(signals_noted())
        run = Run(settings, pairs, judged, resume, lineage, task)
        if run.place.first:
            watcher = stack.enter_context(Watcher(run))

        def note(update: int, figures: dict[str, float], pictures: ImageArray | None) -> None:
            if run.place.first:
                watcher.add(update, figures, pictures)
                told(update, figures)

        outcome = fit(run, asked, note)
        run.place.wait()
    return outcome


def fit(run: Run, asked: EndSignal, told: Told) -> Outcome:
    """Make updates until the run is complete or a signal asks it to end.

    Parameters
    ----------
    run : Run
    asked : EndSignal
    told : callable
        Receives the number of updates, the figures of the last one, and the pictures of a
        validation.
    """
    settings, last = run.settings, run.settings.training.num_train_steps
    figures: dict[str, float] = {}
    passes = run.passes()
    while run.update < last:
        try:
            figures = run.step(passes)
        except torch.OutOfMemoryError:
            run.halve()
            passes = run.passes()
            continue
        pictures = None
        if run.update % settings.validation.every == 0 or run.update == last:
            figures |= validate(run)
            pictures = validation_pictures(run)
        told(run.update, figures, pictures)
        number = run.place.any(asked.number)
        if number or run.update == last or run.update % settings.checkpoints.every == 0:
            run.save()
        if number and run.update < last:
            asked.number = number
            return Outcome(run.update, figures.get("loss"), run.error, asked.status)
    return Outcome(run.update, figures.get("loss"), run.error)


def validate(run: Run) -> dict[str, float]:
    """Return the error inside the mask of the averaged weights, always on the same draws."""
    with run.judging():
        run.error, run.judged_at = masked_error(run), run.update
    return {"validation_error": run.error}
