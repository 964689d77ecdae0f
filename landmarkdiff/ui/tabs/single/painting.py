"""Repainting the warp by a network: its three pictures, and how they were made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import WorkCancelled
from landmarkdiff.inference.painting_facts import PaintingFact
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.photo import encode_jpeg
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.ask import Answer, Job
from landmarkdiff.ui.server.blobs import Put
from landmarkdiff.ui.tabs.results import facts_of_painting
from landmarkdiff.workflows.output.pictures import FRAME_SIZE, labelled_tile
from landmarkdiff.workflows.settings import ConsultationSettings

__all__ = ["PaintedPicture", "PaintingAnswer", "painted_pixels", "repaint"]

_TILE_QUALITY = 92
_FULL_QUALITY = 95


@dataclass(frozen=True)
class PaintedPicture:
    """One picture of a painting.

    Attributes
    ----------
    key : {"warp", "raw", "final"}
    tile : str
        Blob of the labelled face.
    full : str
        Blob of the whole picture at the photo's size, without a label: the page draws it under
        one.
    title, hint, download : str
    """

    key: str
    tile: str
    full: str
    title: str = ""
    hint: str = ""
    download: str = ""


@dataclass(frozen=True)
class PaintingAnswer(Answer):
    """What the page shows of a painting.

    Attributes
    ----------
    pictures : tuple of PaintedPicture
        In the order in which they came about.
    refused : bool
    sentence : str
    label : str
    values : dict of str to float
        Of every effect in the plan, by its key.
    facts : tuple of PaintingFact
    """

    pictures: tuple[PaintedPicture, ...]
    refused: bool
    sentence: str
    label: str
    values: dict[str, float]
    facts: tuple[PaintingFact, ...]


def painted_pixels(prediction: Prediction) -> dict[str, ImageArray]:
    """Return the pictures of a painting by their keys, in the order in which they came about."""
    return {"warp": prediction.warped, "raw": prediction.raw, "final": prediction.image}


def repaint(job: Job, settings: ConsultationSettings) -> PaintingAnswer:
    """Let the network of the settings' mode paint, and keep its picture as the last one.

    The page stays usable meanwhile.

    Raises
    ------
    ModeUnavailableError, WeightsError
        The mode cannot run here.
    WorkCancelled
        Another photo was opened, or another plan was simulated meanwhile.
    """
    consultation = job.consultation
    with job.session.lock:
        request = settings.request(job.services.configuration)
        job.progress(0, 1, "progress.landmarks")
        prepared = consultation.prepared(settings, job.pause)
        consultation.settings = settings
    pause = partial(job.progress, 0, 1, "progress.painting")
    prediction = request.simulate(job.services.pipeline, prepared, pause=pause, on_step=job.on_step)
    with job.files("single.painting") as put:
        pause()
        # Whatever else was simulated meanwhile has put its own settings there.
        if consultation.settings is not settings:
            raise WorkCancelled
        consultation.prediction = prediction
        pictures = _store(put, prediction)
    return _describe(prediction, pictures, job.texts)


def _store(put: Put, prediction: Prediction) -> list[PaintedPicture]:
    """Store the pictures; the finished one of a refused painting is the warp."""
    stored: list[PaintedPicture] = []
    seen: list[tuple[ImageArray, PaintedPicture]] = []
    for key, pixels in painted_pixels(prediction).items():
        same = next((one for other, one in seen if other is pixels), None)
        if same is None:
            tile = labelled_tile(pixels, prediction, None, FRAME_SIZE)
            same = PaintedPicture(
                key,
                put(encode_jpeg(tile, quality=_TILE_QUALITY), "image/jpeg", f"{key}-face.jpg"),
                put(encode_jpeg(pixels, quality=_FULL_QUALITY), "image/jpeg", f"{key}.jpg"),
            )
            seen.append((pixels, same))
        stored.append(replace(same, key=key))
    return stored


def _describe(
    prediction: Prediction, pictures: list[PaintedPicture], texts: Texts
) -> PaintingAnswer:
    guard = prediction.guard
    if guard.refused:
        sentence = "paint.refused"
    else:
        sentence = "paint.nothing" if guard.verdict is None else "paint.accepted"
    hints = {} if guard.verdict == "passed" else {"final": "final_refused_hint"}
    return PaintingAnswer(
        tuple(
            replace(
                one,
                title=texts(f"paint.{one.key}"),
                hint=texts(f"paint.{hints.get(one.key, f'{one.key}_hint')}"),
                download=texts(f"download.{one.key}"),
            )
            for one in pictures
        ),
        guard.refused,
        texts(sentence),
        prediction.label,
        {item.key: item.value for item in prediction.plan.effects},
        facts_of_painting(prediction, texts),
    )
