"""The head of the photo in three dimensions: what the page turns, and its files."""

from __future__ import annotations

from dataclasses import dataclass

from landmarkdiff.ui.server.ask import Answer, FileAnswer, Job, Question
from landmarkdiff.ui.tabs.heads import HeadFormat, head_blob, head_file
from landmarkdiff.workflows.settings import ConsultationSettings

__all__ = ["HeadAnswer", "HeadFileQuestion", "file_of_head", "head"]


@dataclass(frozen=True)
class HeadAnswer(Answer):
    """Blob of the head, see :mod:`landmarkdiff.head.payload`."""

    head: str


class HeadFileQuestion(Question):
    """Which file of the head, for which plan."""

    file: HeadFormat
    settings: ConsultationSettings


def head(job: Job, settings: ConsultationSettings) -> HeadAnswer:
    """Fit the head to the photo, where that is not done yet, and put the plan on it.

    Raises
    ------
    NoPhotoError, HeadFitError, WeightsError
    """
    job.progress(0, 1, "progress.head")
    simulation = job.consultation.head(settings, job.pause).simulation
    return HeadAnswer(head_blob(job, simulation, "single.head"))


def file_of_head(job: Job, question: HeadFileQuestion) -> FileAnswer:
    """Write the head with its plan for another program.

    Raises
    ------
    NoPhotoError, HeadFitError, WeightsError
    """
    job.progress(0, 1, "progress.writing")
    simulation = job.consultation.head(question.settings, job.pause).simulation
    return head_file(job, simulation, question.file, job.consultation.photo.stem)
