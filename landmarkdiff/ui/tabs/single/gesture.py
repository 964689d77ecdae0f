"""An expression and a turn of the head that words have asked for, drawn over the present plan."""

from __future__ import annotations

from dataclasses import dataclass

from landmarkdiff.generators import DEFAULT_MODE
from landmarkdiff.inference.gestures import drawable_on
from landmarkdiff.lato.kinematics.gesture import Gesture
from landmarkdiff.lato.language.gestures import gesture_in_words
from landmarkdiff.notices import Notice
from landmarkdiff.photo import encode_jpeg
from landmarkdiff.ui.server.ask import Answer, Job
from landmarkdiff.ui.tabs.tiles import over_label
from landmarkdiff.workflows.output.close_up import CloseUp, Region, pair_size
from landmarkdiff.workflows.settings import ConsultationSettings

__all__ = ["GestureAnswer", "draw_gesture"]

#: Of the pictures, as of two plans; and their longest side, pixels.
_JPEG_QUALITY = 92
_LONGEST = 1280


@dataclass(frozen=True)
class GestureAnswer(Answer):
    """The face before and after.

    Attributes
    ----------
    before, after : str
        Blobs, framed alike; the second is labelled. Empty where nothing of it can be drawn.
    label, label_place : str
        The word that is drawn into the second, and the style of the page's own that covers it,
        since the drawn one shrinks with the picture.
    caption : str
        What of the gesture is drawn.
    told : tuple of str
        What cannot be drawn, and why.
    """

    before: str
    after: str
    label: str
    label_place: str
    caption: str
    told: tuple[str, ...]


def draw_gesture(job: Job, settings: ConsultationSettings) -> GestureAnswer:
    """Draw the gesture of these settings on the simulation of their plan.

    The plan at hand and its picture stay.

    Raises
    ------
    NoPhotoError, LandmarkDiffError
    """
    settings = settings.model_copy(update={"mode": DEFAULT_MODE})
    prepared = job.consultation.prepared(settings, job.pause)
    asked = Gesture() if settings.gesture is None else settings.gesture.asked()
    with job.files("single.gesture") as put:
        possible = drawable_on(prepared, asked)
        if possible.drawn.still:
            return _nothing(job, possible.notices)
        job.progress(0, 1, "progress.generating")
        request = settings.request(job.services.configuration)
        pipeline = job.services.pipeline
        plan = request.simulate(pipeline, prepared, verify=False, pause=job.pause)
        job.pause()
        shown = pipeline.show(plan, asked, light=settings.light)
        notices = shown.notices[len(plan.notices) :]
        if shown.gesture is None:
            return _nothing(job, notices)
        region = Region.of(shown, aspect=None)
        size = pair_size(region, _LONGEST)
        close = CloseUp.of(shown, region, size, "bottom-right")
        before, after = (
            put(encode_jpeg(pixels, quality=_JPEG_QUALITY), "image/jpeg", f"{name}.jpg")
            for name, pixels in (("before", close.before), ("gesture", close.after))
        )
    drawn = gesture_in_words(possible.drawn.expression, possible.drawn.turn, job.texts)
    place = over_label(shown.label, size)
    told = _told(job, notices)
    return GestureAnswer(before, after, shown.label, place, ", ".join(drawn), told)


def _nothing(job: Job, notices: tuple[Notice, ...]) -> GestureAnswer:
    return GestureAnswer("", "", "", "", "", _told(job, notices))


def _told(job: Job, notices: tuple[Notice, ...]) -> tuple[str, ...]:
    return tuple(job.texts.notice(notice) for notice in notices)
