"""Two plans on one photo, framed alike."""

from __future__ import annotations

from dataclasses import dataclass

from landmarkdiff.arrays import ImageArray
from landmarkdiff.generators import DEFAULT_MODE
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.photo import encode_jpeg
from landmarkdiff.ui.server.ask import Answer, Job, Question
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
    """

    close: str
    whole: str


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
        shown = [
            PlanPictures(
                put(_jpeg(CloseUp.of(one, region, size).after), "image/jpeg", "plan.jpg"),
                put(
                    _jpeg(labelled_tile(one.image, one, None, FRAME_SIZE)), "image/jpeg", "face.jpg"
                ),
            )
            for one in made
        ]
    return PlansAnswer(*shown)


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
