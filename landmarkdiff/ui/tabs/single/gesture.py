"""An expression and a turn of the head that words ask for, drawn over the present plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from landmarkdiff.generators import DEFAULT_MODE
from landmarkdiff.inference.gestures import drawable_on
from landmarkdiff.lato.kinematics.gesture import Gesture
from landmarkdiff.lato.language import understand
from landmarkdiff.lato.language.spelling import MOST_LETTERS
from landmarkdiff.notices import Notice
from landmarkdiff.photo import encode_jpeg
from landmarkdiff.ui.server.ask import Answer, Job, Question
from landmarkdiff.ui.tabs.tiles import over_label
from landmarkdiff.workflows.output.close_up import CloseUp, Region, pair_size
from landmarkdiff.workflows.settings import ConsultationSettings

__all__ = ["GestureAnswer", "GestureQuestion", "draw_gesture"]

#: Of the pictures, as of two plans; and their longest side, pixels.
_JPEG_QUALITY = 92
_LONGEST = 1280
_MOST_WORDS = 12


class GestureQuestion(Question):
    """Words in the language of the page, each changing the gesture before it, and the plan.

    Attributes
    ----------
    words : tuple of str
        The oldest first.
    settings : ConsultationSettings
    """

    words: tuple[Annotated[str, Field(max_length=MOST_LETTERS)], ...] = Field(
        min_length=1, max_length=_MOST_WORDS
    )
    settings: ConsultationSettings


@dataclass(frozen=True)
class GestureAnswer(Answer):
    """The face before and after.

    Attributes
    ----------
    before, after : str
        Blobs, framed alike; the second is labelled. Empty where nothing of it can be drawn.
    label_place : str
        Style of the page's own word over the drawn one, which shrinks with the picture.
    told : tuple of str
        What cannot be drawn, and why.
    """

    before: str
    after: str
    label_place: str
    told: tuple[str, ...]


def draw_gesture(job: Job, question: GestureQuestion) -> GestureAnswer:
    """Draw a gesture on the simulation of a plan; the plan at hand and its picture stay.

    Raises
    ------
    NoPhotoError, LandmarkDiffError
    """
    settings = question.settings.model_copy(update={"mode": DEFAULT_MODE})
    prepared = job.consultation.prepared(settings, job.pause)
    asked = Gesture()
    for words in question.words:
        said = understand(words, prepared.landmarks, language=job.texts.language)
        asked = asked.then(Gesture(said.expression, said.pose))
    with job.files("single.gesture") as put:
        possible = drawable_on(prepared, asked)
        if possible.drawn.still:
            return GestureAnswer("", "", "", _told(job, possible.notices))
        job.progress(0, 1, "progress.generating")
        request = settings.request(job.services.configuration)
        pipeline = job.services.pipeline
        plan = request.simulate(pipeline, prepared, verify=False, pause=job.pause)
        job.pause()
        shown = pipeline.show(plan, asked, light=settings.light)
        notices = shown.notices[len(plan.notices) :]
        if shown.gesture is None:
            return GestureAnswer("", "", "", _told(job, notices))
        region = Region.of(shown, aspect=None)
        size = pair_size(region, _LONGEST)
        close = CloseUp.of(shown, region, size, "bottom-right")
        before, after = (
            put(encode_jpeg(pixels, quality=_JPEG_QUALITY), "image/jpeg", f"{name}.jpg")
            for name, pixels in (("before", close.before), ("gesture", close.after))
        )
    return GestureAnswer(before, after, over_label(shown.label, size), _told(job, notices))


def _told(job: Job, notices: tuple[Notice, ...]) -> tuple[str, ...]:
    return tuple(job.texts.notice(notice) for notice in notices)
