"""Two plans on one photo, framed alike."""

from __future__ import annotations

from dataclasses import dataclass

from landmarkdiff.arrays import ImageArray
from landmarkdiff.generators import DEFAULT_MODE
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.photo import encode_jpeg
from landmarkdiff.ui.server.ask import Answer, Job, Question
from landmarkdiff.ui.server.blobs import Put
from landmarkdiff.ui.tabs.tiles import label_place, over_label
from landmarkdiff.workflows.output.close_up import CloseUp, Region, changed_box, pair_size
from landmarkdiff.workflows.output.pictures import FRAME_SIZE, labelled_tile
from landmarkdiff.workflows.settings import ConsultationSettings

__all__ = ["PlanPictures", "PlansAnswer", "PlansQuestion", "plans"]

#: Of a close-up, as in the comparison; and its longest side, pixels.
_JPEG_QUALITY = 92
_LONGEST = 1280


class PlansQuestion(Question):
    """Both plans."""

    a: ConsultationSettings
    b: ConsultationSettings


@dataclass(frozen=True)
class PlanPictures:
    """One plan in pictures, each labelled as a simulation.

    Attributes
    ----------
    close, whole : str
        Blobs of what either plan changes, and of the face.
    label, label_place, whole_place : str
        The word that is drawn into both, and the style of the page's own word that covers it in
        either, since the drawn one shrinks with the picture.
    """

    close: str
    whole: str
    label: str
    label_place: str
    whole_place: str


@dataclass(frozen=True)
class PlansAnswer(Answer):
    """Both plans in pictures."""

    a: PlanPictures
    b: PlanPictures


def plans(job: Job, question: PlansQuestion) -> PlansAnswer:
    """Warp the photo by either plan; the plan at hand and its picture stay what they are.

    Raises
    ------
    NoPhotoError, LandmarkDiffError
    """
    made = [_warped(job, settings) for settings in (question.a, question.b)]
    region = _region(made)
    size = pair_size(region, _LONGEST)
    with job.files("single.plans") as put:
        return PlansAnswer(*(_pictures(one, region, size, put) for one in made))


def _pictures(made: Prediction, region: Region, size: tuple[int, int], put: Put) -> PlanPictures:
    close = CloseUp.of(made, region, size)
    whole = labelled_tile(made.image, made, None, FRAME_SIZE)
    return PlanPictures(
        put(_jpeg(close.after), "image/jpeg", "plan.jpg"),
        put(_jpeg(whole), "image/jpeg", "face.jpg"),
        close.label,
        label_place(close.label_box, size),
        over_label(made.label, FRAME_SIZE),
    )


def _warped(job: Job, settings: ConsultationSettings) -> Prediction:
    job.progress(0, 1, "progress.generating")
    warped = settings.model_copy(update={"mode": DEFAULT_MODE})
    request = warped.request(job.services.configuration)
    prepared = job.consultation.prepared(warped, job.pause)
    return request.simulate(job.services.pipeline, prepared, verify=False, pause=job.pause)


def _region(predictions: list[Prediction]) -> Region:
    """What any of the plans changes, with the margin of a close-up."""
    face = predictions[0].source
    boxes = [changed_box(one.surgical_mask.grid, one.surgical_mask.coverage) for one in predictions]
    seen = [box for box in boxes if box is not None] or [face.box]
    left, top = (min(box[axis] for box in seen) for axis in (0, 1))
    right, bottom = (max(box[axis] + box[axis + 2] for box in seen) for axis in (0, 1))
    return Region.around((left, top, right - left, bottom - top), face, aspect=None)


def _jpeg(pixels: ImageArray) -> bytes:
    return encode_jpeg(pixels, quality=_JPEG_QUALITY)
