"""The picture that follows the sliders: its live model, the warp at full size, its check."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landmarkdiff.generators import DEFAULT_MODE
from landmarkdiff.inference.merged_notices import merged_notices
from landmarkdiff.inference.photo_parts import begin_photo_parts
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.lato.language import plan_words
from landmarkdiff.manipulation.live_model import LiveModel
from landmarkdiff.photo import encode_jpeg
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.ask import Answer, Empty, Job, NoPhotoError
from landmarkdiff.ui.tabs.drawn_profile import contour_for_page, points_for_page
from landmarkdiff.ui.tabs.results import effect_rows, push_rows
from landmarkdiff.ui.tabs.single.photo import DISPLAY_SIDE
from landmarkdiff.ui.tabs.single.templates import TEMPLATES
from landmarkdiff.workflows.consultation import Consultation
from landmarkdiff.workflows.output.close_up import Region, changed_box
from landmarkdiff.workflows.settings import ConsultationSettings
from landmarkdiff.workflows.steps import simulation_steps

__all__ = ["CheckAnswer", "ModelAnswer", "WarpAnswer", "check", "geometry", "model", "warp"]

_UNSEEN_NOTICES = ("effect_seen_by_light", "effect_not_visible")
_BOX_KEYS = ("x", "y", "width", "height")


@dataclass(frozen=True)
class ModelAnswer(Answer):
    """Blob of the live model, see :mod:`landmarkdiff.manipulation.live_model`."""

    model: str


@dataclass(frozen=True)
class WarpAnswer(Answer):
    """The warp at the photo's own size.

    Attributes
    ----------
    picture : str
        Blob; not labelled, since the page draws it under ``label``.
    label : str
    values : dict of str to float
        Of every effect in the plan, by its key.
    """

    picture: str
    label: str
    values: dict[str, float]


@dataclass(frozen=True)
class CheckAnswer(Answer):
    """How much of its plan the last picture shows.

    Attributes
    ----------
    sentence : str
        What is shown, and why the rest is not.
    refusal : str
        That a painting was refused, so that this is the warp; empty where none was.
    results, steps : str
        HTML of the table and of the steps that led to the picture.
    sharper : str or None
        Blob of the photo at its own size, where the first preview's is smaller.
    """

    sentence: str
    refusal: str
    results: str
    steps: str
    sharper: str | None


def model(job: Job, settings: ConsultationSettings) -> ModelAnswer:
    """Make the live model of the photo for these settings, with the outline of the effects.

    What the page has set may lie beyond the bands of another scale or face, which it learns of by
    the outline: until then the model is that of the plan within them.
    """
    begin_photo_parts(job.consultation.prepared(settings, job.pause))
    return _model(job, settings)


def geometry(job: Job, settings: ConsultationSettings) -> ModelAnswer:
    """Make what of the live model does not wait for light, folds, and what lies behind lids.

    With it the untouched face of a new photo is there, and follows the sliders.
    """
    answer = _model(job, settings, whole=False)
    # Not before: on two cores they would take the time of what the page waits for.
    begin_photo_parts(job.consultation.prepared(settings))
    return answer


def _model(job: Job, settings: ConsultationSettings, *, whole: bool = True) -> ModelAnswer:
    consultation = job.consultation
    settings = consultation.within_bounds(settings)
    live, outline = consultation.live_model(settings, job.pause, whole=whole)
    job.pause()
    prepared = consultation.prepared(settings)
    face = prepared.landmarks
    data = live.encode(
        whole=whole,
        outline=[effect.to_dict() for effect in outline],
        face=face.face_index,
        boxes=_boxes(live, face),
        landmarks=np.round(face.points[:, :2], 2).tolist(),
        profile_points=points_for_page(prepared, job.texts),
        profile_contour=contour_for_page(prepared),
        scale={
            "mm_per_px": face.scale.mm_per_px,
            "uncertainty": face.scale.relative_uncertainty,
            "source": face.scale.source,
        },
    )
    with job.files("single.model") as put:
        return ModelAnswer(put(data, "application/octet-stream", "model.bin"))


def _boxes(live: LiveModel, face: FaceLandmarks) -> dict[str, dict[str, float]]:
    """What the page may frame, in pixels: the face, what the plan changes, and that with a margin.

    The last is what a close-up of the same plan shows.
    """
    changed = changed_box(live.grid, live.coverage) or face.box
    # Edges of pixels here; the page counts from the middle of the first pixel.
    region = Region.around(changed, face, aspect=None)
    boxes = {
        "face": face.box,
        "changed": (changed[0] - 0.5, changed[1] - 0.5, *changed[2:]),
        "region": (region.x - 0.5, region.y - 0.5, region.width, region.height),
    }
    return {
        name: {key: round(value, 1) for key, value in zip(_BOX_KEYS, box, strict=True)}
        for name, box in boxes.items()
    }


def warp(job: Job, settings: ConsultationSettings) -> WarpAnswer:
    """Warp at the photo's own size, whatever the mode: networks repaint when told to."""
    consultation = job.consultation
    with job.session.lock:
        job.pause()  # what this page asked for before may have taken long
        warped = settings.model_copy(update={"mode": DEFAULT_MODE})
        prediction = consultation.simulate(warped, job.progress, verify=False)
        consultation.settings = settings
        with job.files("single.warp") as put:
            data = encode_jpeg(prediction.image, quality=95)
            picture = put(data, "image/jpeg", "simulation.jpg")
    values = {item.key: item.value for item in prediction.plan.effects}
    return WarpAnswer(picture, prediction.label, values)


def check(job: Job, _question: Empty) -> CheckAnswer:
    """Check the last picture against its plan, and draw the steps that led to it."""
    consultation, texts = job.consultation, job.texts
    prediction = consultation.check(job.progress)
    if prediction is None:
        raise NoPhotoError
    pictures = {
        step.key: encode_jpeg(step.pixels, quality=88) for step in simulation_steps(prediction)
    }
    with job.files("single.steps") as put:
        steps = {key: put(data, "image/jpeg", f"{key}.jpg") for key, data in pictures.items()}
    return CheckAnswer(
        texts.notice(prediction.shown.notice),
        texts("paint.refused") if prediction.guard.refused else "",
        _results(consultation, prediction, texts),
        TEMPLATES.render("steps.html", texts, blobs=job.blobs, steps=steps),
        _sharper(job),
    )


def _results(consultation: Consultation, prediction: Prediction, texts: Texts) -> str:
    # What the sentence beside the picture has said is not said again.
    said = prediction.shown.unseen
    notices = [
        notice
        for notice in (*consultation.photo.notices, *prediction.notices)
        if notice.code not in _UNSEEN_NOTICES or notice.params["effect"] not in said
    ]
    return TEMPLATES.render(
        "results.html",
        texts,
        notices=[texts.notice(notice) for notice in merged_notices(notices)],
        plan=plan_words(prediction.plan, texts.language, digits=1),
        rows=effect_rows(prediction, texts),
        pushes=push_rows(prediction, texts),
        limits=[texts.data(limit) for limit in prediction.limits],
    )


def _sharper(job: Job) -> str | None:
    pixels = job.consultation.photo.pixels
    if max(pixels.shape[:2]) <= DISPLAY_SIDE:
        return None
    with job.session.lock:
        stored = job.session.blobs.in_slot("single.photo")
        if stored:
            return stored[0]
        with job.files("single.photo") as put:
            return put(encode_jpeg(pixels, quality=95), "image/jpeg", "photo.jpg")
