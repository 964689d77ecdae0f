"""A photo from after the operation beside the plan: compared, shown, handed out."""

from __future__ import annotations

from dataclasses import dataclass

from landmarkdiff.arrays import ImageArray
from landmarkdiff.photo import Photo, encode_jpeg
from landmarkdiff.ui.server.ask import Answer, Empty, FileAnswer, Job, NoPhotoError, Question
from landmarkdiff.ui.server.blobs import Put
from landmarkdiff.ui.tabs.single.templates import TEMPLATES
from landmarkdiff.workflows.outcome_handout import OutcomeFormat, OutcomeHandout
from landmarkdiff.workflows.output.handout import HandoutCrop, Paper
from landmarkdiff.workflows.postoperative import OutcomeReading

__all__ = [
    "OutcomeAnswer",
    "OutcomeFileQuestion",
    "OutcomeQuestion",
    "compare",
    "compare_again",
    "forget",
    "outcome_file",
]

_QUALITY = 90
_CROPS: tuple[HandoutCrop, ...] = ("region", "face")
_MEDIA_TYPES = {"png": "image/png", "pdf": "application/pdf"}


class OutcomeQuestion(Question):
    """The later photo by the name of its file."""

    name: str = ""


class OutcomeFileQuestion(Question):
    """Which file.

    Attributes
    ----------
    format : {"png", "pdf"}
    crop : {"region", "face"}
        What the plan changes, or the face.
    paper : {"a4", "letter"}
    """

    format: OutcomeFormat
    crop: HandoutCrop = "region"
    paper: Paper = "a4"


@dataclass(frozen=True)
class OutcomeAnswer(Answer):
    """What the page shows of a result beside its plan.

    Attributes
    ----------
    region, face : dict of {"before", "simulated", "result"} to str
        Blobs of one framing each; without a label, since the page draws one over them.
    label : str
        What stands on the simulation.
    results : str
        HTML: what was read.
    """

    region: dict[str, str]
    face: dict[str, str]
    label: str
    results: str


def compare(job: Job, question: OutcomeQuestion) -> OutcomeAnswer:
    """Lay a later photo beside the last simulation and keep it with the consultation.

    Raises
    ------
    NoPhotoError, LandmarkDiffError
        Then the later photo that was there before is kept.
    """
    consultation = job.consultation
    if consultation.prediction is None:
        raise NoPhotoError
    job.progress(0, 1, "progress.reading")
    return _answer(job, job.photo(question.name))


def compare_again(job: Job, _question: Empty) -> OutcomeAnswer:
    """Lay the later photo that is kept beside the last simulation.

    Raises
    ------
    NoPhotoError, LandmarkDiffError
    """
    later = job.consultation.later
    if later is None:
        raise NoPhotoError
    return _answer(job, later)


def forget(job: Job, _question: Empty) -> Answer:
    """Let the later photo go."""
    with job.files("single.outcome"):
        job.consultation.forget_later()
    return Answer()


def outcome_file(job: Job, question: OutcomeFileQuestion) -> FileAnswer:
    """Make a file of the result beside its plan.

    Raises
    ------
    NoPhotoError, LandmarkDiffError
    """
    consultation, format = job.consultation, question.format
    job.progress(0, 1, "progress.writing")
    reading = consultation.outcome
    # Another plan may have been simulated since.
    if reading is None or reading.simulated is not consultation.prediction:
        if consultation.later is None:
            raise NoPhotoError
        reading = _read(job, consultation.later)
    handout = OutcomeHandout(reading, consultation.photo, job.texts, question.crop)
    data = handout.encode(format, paper=question.paper)
    name = f"{consultation.photo.stem}-plan-and-result.{format}"
    return FileAnswer(job.session.blobs.put(data, _MEDIA_TYPES[format], name), name)


def _read(job: Job, later: Photo) -> OutcomeReading:
    job.progress(0, 1, "progress.outcome")
    with job.session.lock:
        reading = job.consultation.compare(later, job.pause)
    if reading is None:
        raise NoPhotoError
    return reading


def _answer(job: Job, later: Photo) -> OutcomeAnswer:
    reading = _read(job, later)
    shown = OutcomeHandout(reading, job.consultation.photo, job.texts)
    crops = {
        crop: OutcomeHandout(reading, job.consultation.photo, job.texts, crop).pictures(
            labelled=False
        )
        for crop in _CROPS
    }
    with job.files("single.outcome") as put:
        region, face = (
            {
                name: _stored(put, getattr(crops[crop], name), f"{crop}-{name}.jpg")
                for name in ("before", "simulated", "result")
            }
            for crop in _CROPS
        )
    html = TEMPLATES.render(
        "outcome.html",
        job.texts,
        notices=[job.texts.notice(one) for one in (*later.notices, *reading.notices)],
        rows=shown.rows,
        remarks=shown.remarks[len(reading.notices) :],
    )
    return OutcomeAnswer(region, face, reading.simulated.label, html)


def _stored(put: Put, pixels: ImageArray, name: str) -> str:
    return put(encode_jpeg(pixels, quality=_QUALITY), "image/jpeg", name)
