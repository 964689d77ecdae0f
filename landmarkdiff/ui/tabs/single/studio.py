"""Between the page and the workflows: photos in, live models, pictures and tables out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.errors import LandmarkDiffError, WorkCancelled
from landmarkdiff.generators import DEFAULT_MODE
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.photo import Photo, PhotoLimits, encode_jpeg
from landmarkdiff.workflows.consultation import Consultation
from landmarkdiff.workflows.output.archive import load_consultation
from landmarkdiff.workflows.settings import ConsultationSettings
from landmarkdiff.workflows.steps import simulation_steps

if TYPE_CHECKING:
    from landmarkdiff.ui.server.services import AppServices
    from landmarkdiff.ui.server.sessions import Progress, Session
    from landmarkdiff.ui.server.steps import Telling

__all__ = [
    "Checked",
    "NoPhotoError",
    "Studio",
    "consultation_of",
    "picture_blob",
    "replace_blobs",
]

#: Longest side of the photo in the first preview, pixels. The photo at its own size follows with
#: the first check, so that both sides of the divider are equally sharp.
DISPLAY_SIDE = 1280


class NoPhotoError(LandmarkDiffError):
    """A tab was used before a photo was there."""

    def __init__(self) -> None:
        super().__init__("there is no photo yet", fix="choose one in the first tab")


@dataclass(frozen=True)
class Checked:
    """A simulation that was checked, with its steps.

    Attributes
    ----------
    prediction : Prediction
    steps : tuple of (key, blob)
    sharper : str or None
        Blob of the photo at its own size, where the first preview's is smaller.
    """

    prediction: Prediction
    steps: tuple[tuple[str, str], ...]
    sharper: str | None


class Studio:
    """What the routes and the first tab do with a session's photo."""

    def __init__(self, services: AppServices) -> None:
        self._services = services

    def open_photo(
        self, session: Session, photo: Photo, settings: ConsultationSettings | None = None
    ) -> dict[str, Any]:
        """Find the face of a new photo and return what the page needs to show it.

        An earlier photo of the session is forgotten, unless this one holds no face.
        """
        pipeline = self._services.pipeline
        with ThreadPoolExecutor(1) as beside:
            display = beside.submit(lambda: encode_jpeg(_display(photo.pixels), quality=92))
            consultation = Consultation(pipeline, photo, settings)
            # The live model needs them next; meanwhile the picture for the page is made.
            consultation.prepared(consultation.settings).frames()
            shown = display.result()
        with session.lock:
            session.blobs.clear()
            session.state.clear()
            session.consultation = consultation
        return self._described(session, consultation, shown)

    def open_consultation(
        self, session: Session, data: bytearray, limits: PhotoLimits
    ) -> dict[str, Any]:
        """Open a saved consultation and return what :meth:`open_photo` does."""
        photo, settings = load_consultation(data, limits)
        asked = settings.mode
        refused = {mode.name for mode in self._services.modes if mode.refusal is not None}
        if asked in refused:  # saved where more can run; the plan itself is the same
            settings = settings.model_copy(update={"mode": DEFAULT_MODE})
        # One sentence now rather than a page that cannot be used.
        settings.request(self._services.configuration)
        return {**self.open_photo(session, photo, settings), "asked_mode": asked}

    def _described(
        self, session: Session, consultation: Consultation, shown: bytes
    ) -> dict[str, Any]:
        """Return the facts of a photo, ready for JSON."""
        photo = consultation.photo
        height, width = photo.pixels.shape[:2]
        return {
            "width": width,
            "height": height,
            "display": session.blobs.put(shown, "image/jpeg", "photo.jpg"),
            "face_count": consultation.prepared(consultation.settings).landmarks.face_count,
            "settings": consultation.settings.to_dict(),
            "stem": photo.stem,
        }

    def live_model(self, session: Session, settings: dict[str, Any]) -> bytes:
        """Return the live model of the session's photo, with the outline of the effects."""
        consultation = consultation_of(session)
        wanted = ConsultationSettings.from_dict(settings)
        model, outline = consultation.live_model(wanted)
        face = consultation.prepared(wanted).landmarks
        return model.encode(
            outline=[effect.to_dict() for effect in outline],
            face=face.face_index,
            box=[round(value, 1) for value in face.box],
            landmarks=np.round(face.points[:, :2], 2).tolist(),
            scale={
                "mm_per_px": face.scale.mm_per_px,
                "uncertainty": face.scale.relative_uncertainty,
                "source": face.scale.source,
            },
        )

    def refresh(
        self, session: Session, settings: dict[str, Any], progress: Progress | None = None
    ) -> tuple[Prediction, str]:
        """Warp at the photo's own resolution; return the result and its picture's blob.

        Whatever the mode of the settings: networks paint in :meth:`repaint`. The picture is not
        labelled: the page draws it under a label of its own.
        """
        consultation = consultation_of(session)
        wanted = ConsultationSettings.from_dict(settings)
        with session.lock:
            warp = wanted.model_copy(update={"mode": DEFAULT_MODE})
            prediction = consultation.simulate(warp, progress, verify=False)
            consultation.settings = wanted
            picture = picture_blob(session, prediction.image, "simulation.jpg", quality=95)
            replace_blobs(session, "single.picture", [picture])
        return prediction, picture

    def repaint(
        self, session: Session, wanted: ConsultationSettings, telling: Telling
    ) -> Prediction:
        """Let the network of the settings' mode paint, and keep its picture as the last one.

        Hold a turn of the painting gate. The session stays usable meanwhile.

        Raises
        ------
        ModeUnavailableError, WeightsError
            The mode cannot run here.
        WorkCancelled
            Another photo was opened, or another plan was simulated meanwhile.
        """
        pipeline = self._services.pipeline
        with session.lock:
            consultation = consultation_of(session)
            request = wanted.request(self._services.configuration)
            telling.progress(0, 1, "progress.landmarks")
            prepared = consultation.prepared(wanted)
            consultation.settings = wanted
        pause = partial(telling.progress, 0, 1, "progress.painting")
        prediction = request.simulate(pipeline, prepared, pause=pause, on_step=telling.on_step)
        with session.lock:
            pause()
            # Whatever else was simulated meanwhile has put its own settings there.
            if session.consultation is not consultation or consultation.settings is not wanted:
                raise WorkCancelled
            consultation.prediction = prediction
        return prediction

    def check(self, session: Session, progress: Progress | None = None) -> Checked:
        """Check the last picture against its plan, and draw the steps that led to it."""
        consultation = consultation_of(session)
        prediction = consultation.check(progress)
        if prediction is None:
            raise NoPhotoError
        steps = tuple(
            (step.key, picture_blob(session, step.pixels, f"{step.key}.jpg", quality=88))
            for step in simulation_steps(prediction)
        )
        replace_blobs(session, "single.steps", [blob for _, blob in steps])
        return Checked(prediction, steps, self._sharper(session, consultation))

    def _sharper(self, session: Session, consultation: Consultation) -> str | None:
        pixels = consultation.photo.pixels
        if max(pixels.shape[:2]) <= DISPLAY_SIDE:
            return None
        with session.lock:
            if "single.sharper" not in session.state:
                blob = picture_blob(session, pixels, "photo.jpg", quality=95)
                session.state["single.sharper"] = blob
            kept: str = session.state["single.sharper"]
        return kept


def replace_blobs(session: Session, place: str, blobs: list[str]) -> None:
    """Note which blobs a part of the page shows; those it showed before are forgotten."""
    for name in session.state.pop(place, ()):
        session.blobs.drop(name)
    session.state[place] = blobs


def consultation_of(session: Session) -> Consultation:
    """Return the session's consultation; NoPhotoError when there is none yet."""
    found = session.consultation
    if not isinstance(found, Consultation):
        raise NoPhotoError
    return found


def picture_blob(
    session: Session, pixels: NDArray[np.uint8], filename: str, *, quality: int
) -> str:
    """Keep a picture as JPEG for this page and return the name of the blob."""
    return session.blobs.put(encode_jpeg(pixels, quality=quality), "image/jpeg", filename)


def _display(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    share = min(1.0, DISPLAY_SIDE / max(height, width))
    if share == 1.0:
        return pixels
    size = (max(1, round(width * share)), max(1, round(height * share)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
