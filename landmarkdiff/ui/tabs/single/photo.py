"""A new photo: another case begins."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from pydantic import Field

from landmarkdiff.arrays import ImageArray
from landmarkdiff.photo import Photo, encode_jpeg
from landmarkdiff.ui.server.ask import Answer, Empty, Job, Question
from landmarkdiff.ui.server.case import Case
from landmarkdiff.workflows.consultation import Consultation
from landmarkdiff.workflows.plan_history import PlanHistory
from landmarkdiff.workflows.settings import MOST_PROFILE_POINTS, ConsultationSettings

__all__ = [
    "DISPLAY_SIDE",
    "PhotoAnswer",
    "PhotoQuestion",
    "begin",
    "open_photo",
    "resume",
]

#: Longest side of the photo in the first preview, pixels. The photo at its own size follows with
#: the first check, so that both sides of the divider are equally sharp.
DISPLAY_SIDE = 1280


class PhotoQuestion(Question):
    """A photo by the name of its file, with points of a profile that cannot be found in it."""

    name: str = ""
    profile_points: dict[str, tuple[float, float]] = Field(
        default_factory=dict, max_length=MOST_PROFILE_POINTS
    )


@dataclass(frozen=True)
class PhotoAnswer(Answer):
    """What the page needs to show a photo.

    Attributes
    ----------
    width, height : int
        Of the photo, pixels.
    display : str
        Blob of the picture for the first preview, JPEG.
    faces : tuple of (x, y, width, height)
        Boxes of all faces, pixels, in the order of the settings' ``face``.
    settings : dict
        Of the consultation.
    stem : str
        Name of the photo's file, without its end.
    asked_mode : str
        The mode of a saved consultation, which may not run here.
    later : bool
        Whether a photo from after the operation belongs to it.
    history : dict
        The steps of a saved consultation, and the plan that it keeps beside the present one.
    """

    width: int
    height: int
    display: str
    faces: tuple[tuple[float, float, float, float], ...]
    settings: dict[str, Any]
    stem: str
    asked_mode: str
    later: bool = False
    history: dict[str, Any] = field(default_factory=lambda: PlanHistory().to_dict())


def open_photo(job: Job, question: PhotoQuestion) -> PhotoAnswer:
    """Find the face of a new photo.

    An earlier photo of the page is forgotten, unless this one holds no face.
    """
    settings = ConsultationSettings.untouched(profile_points=question.profile_points)
    return begin(job, job.photo(question.name), settings)


def begin(
    job: Job,
    photo: Photo,
    settings: ConsultationSettings | None = None,
    *,
    asked_mode: str = "",
    later: Photo | None = None,
) -> PhotoAnswer:
    """Find the face of a photo and begin a case with it, and with a later one if there is one."""
    pipeline = job.services.pipeline
    with ThreadPoolExecutor(1) as beside:
        display = beside.submit(lambda: encode_jpeg(_display(photo.pixels), quality=92))
        consultation = Consultation(pipeline, photo, settings)
        # The live model needs them next; meanwhile the picture for the page is made.
        prepared = consultation.prepared(consultation.settings, job.pause)
        prepared.frames()
        consultation.later = later
        shown = display.result()
    session = job.session
    with session.lock:
        session.begin(Case(consultation))
        blob = session.blobs.put(shown, "image/jpeg", "photo.jpg")
    return _answer(consultation, blob, asked_mode)


def resume(job: Job, _question: Empty) -> PhotoAnswer:
    """Show the photo again to a page that has taken over the session of the last one.

    Raises
    ------
    NoPhotoError
    """
    consultation = job.consultation
    consultation.prepared(consultation.settings, job.pause)
    shown = encode_jpeg(_display(consultation.photo.pixels), quality=95)
    with job.files("single.display") as put:
        return _answer(consultation, put(shown, "image/jpeg", "photo.jpg"))


def _answer(consultation: Consultation, display: str, asked_mode: str = "") -> PhotoAnswer:
    photo, settings = consultation.photo, consultation.settings
    height, width = photo.pixels.shape[:2]
    found = consultation.prepared(settings).landmarks
    faces = [*found.others]
    faces.insert(found.face_index, found.box)
    return PhotoAnswer(
        width,
        height,
        display,
        tuple(faces),
        settings.to_dict(),
        photo.stem,
        asked_mode or settings.mode,
        consultation.later is not None,
    )


def _display(pixels: ImageArray) -> ImageArray:
    height, width = pixels.shape[:2]
    share = min(1.0, DISPLAY_SIDE / max(height, width))
    if share == 1.0:
        return pixels
    size = (max(1, round(width * share)), max(1, round(height * share)))
    if share <= 0.5 and width % 2 == height % 2 == 0:  # the mean over four pixels is quick
        half = cv2.resize(pixels, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        pixels = np.asarray(half, np.uint8)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
