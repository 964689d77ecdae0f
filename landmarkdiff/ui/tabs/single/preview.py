"""The picture that follows the sliders: its live model, the warp at full size, its check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from landmarkdiff.generators import DEFAULT_MODE
from landmarkdiff.inference import PreparedFace
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.inference.profile_facts import points_of
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.photo import encode_jpeg
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.ask import Answer, Empty, Job, NoPhotoError
from landmarkdiff.ui.tabs.results import effect_rows
from landmarkdiff.ui.tabs.single.photo import DISPLAY_SIDE
from landmarkdiff.ui.tabs.single.templates import TEMPLATES
from landmarkdiff.verification.hindrances import HINDRANCES
from landmarkdiff.workflows.consultation import Consultation, shows_its_plan
from landmarkdiff.workflows.settings import ConsultationSettings
from landmarkdiff.workflows.steps import simulation_steps

__all__ = ["CheckAnswer", "ModelAnswer", "WarpAnswer", "check", "model", "warp"]


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
    """Whether the last picture shows its plan.

    Attributes
    ----------
    sentence : str
    results, steps : str
        HTML of the table and of the steps that led to the picture.
    sharper : str or None
        Blob of the photo at its own size, where the first preview's is smaller.
    """

    sentence: str
    results: str
    steps: str
    sharper: str | None


def model(job: Job, settings: ConsultationSettings) -> ModelAnswer:
    """Make the live model of the photo for these settings, with the outline of the effects."""
    consultation = job.consultation
    live, outline = consultation.live_model(settings)
    prepared = consultation.prepared(settings)
    face = prepared.landmarks
    data = live.encode(
        outline=[effect.to_dict() for effect in outline],
        face=face.face_index,
        box=[round(value, 1) for value in face.box],
        landmarks=np.round(face.points[:, :2], 2).tolist(),
        profile_points=_profile_points(prepared, job.texts),
        profile_contour=_profile_contour(prepared),
        scale={
            "mm_per_px": face.scale.mm_per_px,
            "uncertainty": face.scale.relative_uncertainty,
            "source": face.scale.source,
        },
    )
    with job.files("single.model") as put:
        return ModelAnswer(put(data, "application/octet-stream", "model.bin"))


def _profile_points(prepared: PreparedFace, texts: Texts) -> list[dict[str, Any]] | None:
    """The named points of a profile as the page draws them; None of another photo."""
    if not isinstance(prepared, PreparedProfile):
        return None
    return [
        {
            "name": name,
            "title": texts.name_of("profile_point", name),
            "x": round(point.place[0], 2),
            "y": round(point.place[1], 2),
        }
        for name, point in points_of(prepared).items()
    ]


def _profile_contour(prepared: PreparedFace) -> list[list[float]] | None:
    """The contour of a profile as the page draws it, at most 400 points."""
    if not isinstance(prepared, PreparedProfile):
        return None
    points = prepared.contour.points
    contour: list[list[float]] = points[:: len(points) // 400 + 1].round(1).tolist()
    return contour


def warp(job: Job, settings: ConsultationSettings) -> WarpAnswer:
    """Warp at the photo's own size, whatever the mode: networks repaint when told to."""
    consultation = job.consultation
    with job.session.lock:
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
        texts(_verdict(prediction)),
        _results(consultation, prediction, texts),
        TEMPLATES.render("steps.html", texts, blobs=job.blobs, steps=steps),
        _sharper(job),
    )


def _verdict(prediction: Prediction) -> str:
    """Key of the sentence that says whether a picture shows its plan."""
    if prediction.guard.refused:
        return "paint.refused"
    if not shows_its_plan(prediction):
        return "check.differs"
    hidden = any(check.reason in HINDRANCES for check in prediction.effects)
    return "check.hidden" if hidden else "check.passed"


def _results(consultation: Consultation, prediction: Prediction, texts: Texts) -> str:
    notices = (*consultation.photo.notices, *prediction.notices)
    return TEMPLATES.render(
        "results.html",
        texts,
        notices=[texts.notice(notice) for notice in notices],
        rows=effect_rows(prediction, texts),
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
