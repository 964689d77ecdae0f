"""Before and after for the patient's hand: a picture, a loop, or a sheet at true size."""

from __future__ import annotations

from dataclasses import dataclass

from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.photo import encode_jpeg
from landmarkdiff.ui.server.ask import Answer, FileAnswer, Job, NoPhotoError, Question
from landmarkdiff.workflows.annotations import Annotations
from landmarkdiff.workflows.output.handout import Handout, HandoutCrop, HandoutFormat, Paper

__all__ = ["HandoutQuestion", "PrintAnswer", "PrintQuestion", "hand_out", "print_sheet"]

_MEDIA_TYPES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "pdf": "application/pdf",
    "gif": "image/gif",
    "webp": "image/webp",
}
_SUFFIXES = {"jpeg": "jpg"}
_QUALITY = 92


class PrintQuestion(Question):
    """What is shown, and on which paper.

    Attributes
    ----------
    crop : {"region", "face"}
        What the plan changes, or the face.
    mirrored : bool
        As in a mirror; the picture says so.
    paper : {"a4", "letter"}
        Of what is printed at true size.
    annotations : tuple of Annotation
        What is drawn over both pictures.
    """

    crop: HandoutCrop = "region"
    mirrored: bool = False
    paper: Paper = "a4"
    annotations: Annotations = ()


class HandoutQuestion(PrintQuestion):
    """The same, as a file.

    Attributes
    ----------
    format : {"png", "jpeg", "pdf", "gif", "webp"}
    """

    format: HandoutFormat


@dataclass(frozen=True)
class PrintAnswer(Answer):
    """A sheet at true size for the browser to print.

    Attributes
    ----------
    before, after : str
        Blobs; the second is labelled.
    beside : bool
        Both on one lying sheet; else each on a standing one.
    width : float
        Of each picture on paper, mm.
    bar : int
        Length of the scale bar on paper, mm.
    title : str
        What was simulated.
    scale : str
        What the bar is on the face.
    remarks : tuple of str
    """

    before: str
    after: str
    beside: bool
    width: float
    bar: int
    title: str
    scale: str
    remarks: tuple[str, ...]


def hand_out(job: Job, question: HandoutQuestion) -> FileAnswer:
    """Make before and after of the last simulation as one file.

    Raises
    ------
    NoPhotoError
    """
    handout = _handout(job, question)
    job.progress(0, 1, "progress.writing")
    data = handout.encode(question.format, paper=question.paper)
    kind = question.format
    parts = [
        job.consultation.photo.stem,
        "before-after",
        *(["mirrored"] if handout.mirrored else []),
    ]
    if kind == "pdf":
        parts.append(f"true-size-{question.paper}")
    name = f"{'-'.join(parts)}.{_SUFFIXES.get(kind, kind)}"
    return FileAnswer(job.session.blobs.put(data, _MEDIA_TYPES[kind], name), name)


def print_sheet(job: Job, question: PrintQuestion) -> PrintAnswer:
    """Cut before and after of the last simulation to paper at true size.

    Raises
    ------
    NoPhotoError
    """
    handout = _handout(job, question)
    job.progress(0, 1, "progress.writing")
    sheet = handout.sheet(question.paper)
    with job.files("single.print") as put:
        before, after = (
            put(encode_jpeg(pixels, quality=_QUALITY), "image/jpeg", "print.jpg")
            for pixels in (sheet.before, sheet.after)
        )
    places = sheet.layout
    return PrintAnswer(
        before=before,
        after=after,
        beside=places.beside,
        width=places.width,
        bar=sheet.bar,
        title=sheet.title,
        scale=sheet.scale_words(job.texts),
        remarks=sheet.remarks,
    )


def _handout(job: Job, question: PrintQuestion) -> Handout:
    consultation = job.consultation
    prediction: Prediction | None = consultation.prediction
    if prediction is None:
        raise NoPhotoError
    return Handout(
        prediction,
        consultation.photo,
        job.texts,
        question.crop,
        question.mirrored,
        question.annotations,
    )
