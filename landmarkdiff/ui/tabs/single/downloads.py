"""Files that a surgeon asks for: picture, plan, report, consultation. Made only then."""

from __future__ import annotations

import datetime
import gc
from typing import Literal

from landmarkdiff.errors import ParameterError
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.photo import draw_label, encode_png
from landmarkdiff.ui.server.ask import FileAnswer, Job, NoPhotoError, Question
from landmarkdiff.ui.tabs.single.painting import painted_pixels
from landmarkdiff.workflows.annotations import Annotations
from landmarkdiff.workflows.consultation import Consultation
from landmarkdiff.workflows.output.archive import SUFFIX, save_consultation
from landmarkdiff.workflows.output.records import manifest
from landmarkdiff.workflows.plan_history import PlanHistory

__all__ = ["DownloadQuestion", "download", "saved_file"]


class DownloadQuestion(Question):
    """Which file.

    Attributes
    ----------
    file : str
        ``picture`` is the last result; ``warp``, ``raw`` and ``final`` are those of a painting.
    patient, surgeon : str
        Go into the report and nowhere else.
    history : PlanHistory
    annotations : tuple of Annotation or None
        Both go into the file of the consultation; None leaves those of its settings.
    """

    file: Literal["picture", "warp", "raw", "final", "plan", "report", "consultation"]
    patient: str = ""
    surgeon: str = ""
    history: PlanHistory = PlanHistory()
    annotations: Annotations | None = None


def download(job: Job, question: DownloadQuestion) -> FileAnswer:
    """Make a file of the consultation and keep it for the page.

    Raises
    ------
    NoPhotoError, ParameterError
    """
    consultation, file = job.consultation, question.file
    stem = consultation.photo.stem
    if file == "consultation":
        job.progress(0, 1, "progress.writing")
        data = saved_file(consultation, question.history, question.annotations)
        return _stored(job, data, "application/zip", f"{stem}{SUFFIX}")
    prediction = consultation.prediction
    if prediction is None:
        raise NoPhotoError
    if file == "plan":
        data = prediction.plan.to_json().encode()
        return _stored(job, data, "application/json", f"{stem}-plan.json")
    if file == "report":
        job.progress(0, 1, "progress.report")
        data = _report(job, prediction, question)
        return _stored(job, data, "application/pdf", f"{stem}-simulation.pdf")
    job.progress(0, 1, "progress.writing")
    if file == "picture":
        data = consultation.labelled_png(prediction)
        return _stored(job, data, "image/png", f"{stem}-simulation.png")
    data = _painted_png(prediction, consultation, file)
    return _stored(job, data, "image/png", f"{stem}-simulation-{file}.png")


def saved_file(
    consultation: Consultation, history: PlanHistory, annotations: Annotations | None
) -> bytes:
    """Return the file of a consultation with what the page has drawn over its photo.

    Drawing asks nothing of the server, so only the page knows all of it.
    """
    settings = consultation.settings
    if annotations is not None:
        settings = settings.model_copy(update={"annotations": annotations})
    return save_consultation(consultation.photo, settings, history, consultation.later)


def _report(job: Job, prediction: Prediction, question: DownloadQuestion) -> bytes:
    from landmarkdiff.report import ReportDetails, ReportView, write_report

    details = ReportDetails(
        date=datetime.date.today(),  # the clinic's own calendar day
        patient=question.patient.strip(),
        clinician=question.surgeon.strip(),
    )
    data = write_report([ReportView(prediction)], details, job.texts)
    # The layout's tables refer to each other in circles and hold the pictures meanwhile.
    gc.collect()
    return data


def _painted_png(prediction: Prediction, consultation: Consultation, file: str) -> bytes:
    """Return a picture of the last painting, labelled; its manifest says which one it is."""
    if not prediction.paints:
        raise ParameterError("painting_outdated")
    labelled, _ = draw_label(
        painted_pixels(prediction)[file],
        mask=prediction.changeable,
        text=prediction.label,
        within=prediction.source.surroundings,
    )
    record = {**manifest(prediction, consultation.photo), "picture": file}
    return encode_png(labelled, manifest=record)


def _stored(job: Job, data: bytes, media_type: str, filename: str) -> FileAnswer:
    return FileAnswer(job.session.blobs.put(data, media_type, filename), filename)
