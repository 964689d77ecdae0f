"""A new photo or a saved consultation: another case begins."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from pydantic import Field

from landmarkdiff.arrays import ImageArray
from landmarkdiff.generators import DEFAULT_MODE
from landmarkdiff.photo import Photo, encode_jpeg
from landmarkdiff.ui.server.ask import Answer, Empty, Job, Question
from landmarkdiff.ui.server.case import Case
from landmarkdiff.workflows.consultation import Consultation
from landmarkdiff.workflows.output.archive import load_consultation
from landmarkdiff.workflows.settings import MOST_PROFILE_POINTS, ConsultationSettings

__all__ = ["DISPLAY_SIDE", "PhotoAnswer", "PhotoQuestion", "open_consultation", "open_photo"]

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
    face_count : int
    settings : dict
        Of the consultation.
    stem : str
        Name of the photo's file, without its end.
    asked_mode : str
        The mode of a saved consultation, which may not run here.
    """

    width: int
    height: int
    display: str
    face_count: int
    settings: dict[str, Any]
    stem: str
    asked_mode: str


def open_photo(job: Job, question: PhotoQuestion) -> PhotoAnswer:
    """Find the face of a new photo.

    An earlier photo of the page is forgotten, unless this one holds no face.
    """
    settings = ConsultationSettings(profile_points=question.profile_points)
    return begin(job, job.photo(question.name), settings)


def open_consultation(job: Job, _question: Empty) -> PhotoAnswer:
    """Open a saved consultation."""
    photo, settings = load_consultation(job.upload, job.photo_limits)
    asked = settings.mode
    refused = {mode.name for mode in job.services.modes if mode.refusal is not None}
    if asked in refused:  # saved where more can run; the plan itself is the same
        settings = settings.model_copy(update={"mode": DEFAULT_MODE})
    # One sentence now rather than a page that cannot be used.
    settings.request(job.services.configuration)
    return begin(job, photo, settings, asked_mode=asked)


def begin(
    job: Job, photo: Photo, settings: ConsultationSettings | None = None, *, asked_mode: str = ""
) -> PhotoAnswer:
    """Find the face of a photo and begin a case with it."""
    pipeline = job.services.pipeline
    with ThreadPoolExecutor(1) as beside:
        display = beside.submit(lambda: encode_jpeg(_display(photo.pixels), quality=92))
        consultation = Consultation(pipeline, photo, settings)
        # The live model needs them next; meanwhile the picture for the page is made.
        consultation.prepared(consultation.settings).frames()
        shown = display.result()
    session = job.session
    with session.lock:
        session.begin(Case(consultation))
        blob = session.blobs.put(shown, "image/jpeg", "photo.jpg")
    height, width = photo.pixels.shape[:2]
    return PhotoAnswer(
        width,
        height,
        blob,
        consultation.prepared(consultation.settings).landmarks.face_count,
        consultation.settings.to_dict(),
        photo.stem,
        asked_mode or consultation.settings.mode,
    )


def _display(pixels: ImageArray) -> ImageArray:
    height, width = pixels.shape[:2]
    share = min(1.0, DISPLAY_SIDE / max(height, width))
    if share == 1.0:
        return pixels
    size = (max(1, round(width * share)), max(1, round(height * share)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
