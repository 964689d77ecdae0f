"""The check itself: similarities to the photo, threshold and verdict."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import WeightsError
from landmarkdiff.identity.networks import NETWORKS, embedder
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.types import ImageArray

__all__ = ["SMALLEST_FACE_PX", "IdentityCheck", "check_identity"]

#: Gives what was made for a key before, or makes it: ``PreparedFace.once``.
Cache = Callable[[Hashable, Callable[[], Any]], Any]
Verdict = Literal["passed", "flagged"]

#: A face with a smaller distance between the lateral canthi is not compared (pixels).
SMALLEST_FACE_PX = 24.0


@dataclass(frozen=True)
class IdentityCheck:
    """Similarity of pictures to the photo they were made from.

    Attributes
    ----------
    model : str
        Name of the network.
    similarity : mapping of str to float
        Cosine similarity to the photo by name of the picture (``raw``, ``composite``).
    threshold : float
        Similarity below which a picture is flagged.
    published_threshold : float
        See :class:`RecognitionNetwork`.
    verdict : {"passed", "flagged"} or None
        None when the check could not run.
    reason : str or None
        Why it could not run, or what was flagged.
    weights : mapping of str to str
        Name and SHA-256 of the file that took part.
    """

    model: str
    similarity: Mapping[str, float]
    threshold: float
    published_threshold: float
    verdict: Verdict | None
    reason: str | None = None
    weights: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the check as JSON-ready data."""
        similarity = {name: round(value, 4) for name, value in self.similarity.items()}
        return {
            "status": self.verdict or "not_run",
            "model": self.model,
            "similarity": min(similarity.values(), default=None),
            "similarity_raw": similarity.get("raw"),
            "similarity_composite": similarity.get("composite"),
            "threshold": self.threshold,
            "published_threshold": self.published_threshold,
            "verdict": self.verdict,
            "reason": self.reason,
        }


def check_identity(
    photo: ImageArray,
    photo_face: FaceLandmarks,
    pictures: Mapping[str, ImageArray],
    face: FaceLandmarks,
    configuration: Configuration,
    *,
    cache: Cache | None = None,
) -> IdentityCheck:
    """Compare pictures with the photo they were made from.

    Parameters
    ----------
    photo : (H, W, 3) uint8 array
        The upright photo, RGB.
    photo_face : FaceLandmarks
        The face in it.
    pictures : mapping of str to (H, W, 3) uint8 array
        What was made of it, by name: ``raw``, ``composite``.
    face : FaceLandmarks
        The face in the pictures: where the plan moved it.
    configuration : Configuration
    cache : callable, optional
        Keeps the photo's embedding for the next call: ``PreparedFace.once``.

    Returns
    -------
    IdentityCheck
        With the verdict None and the reason where the network is missing, broken or forbidden,
        or the face too small.
    """
    settings = configuration.identity
    network = NETWORKS[settings.model]
    threshold = network.threshold if settings.threshold is None else settings.threshold

    def answer(
        verdict: Verdict | None,
        reason: str | None,
        similarity: Mapping[str, float] = MappingProxyType({}),
        weights: Mapping[str, str] = MappingProxyType({}),
    ) -> IdentityCheck:
        published = network.published_threshold
        return IdentityCheck(
            network.name, similarity, threshold, published, verdict, reason, weights
        )

    if photo_face.interocular_px < SMALLEST_FACE_PX:
        return answer(
            None,
            f"the face is too small to be compared: {photo_face.interocular_px:.0f} pixels between "
            f"the eyes' outer corners, {SMALLEST_FACE_PX:.0f} or more are needed.",
        )
    try:
        reader = embedder(settings.model, configuration)
    except WeightsError as error:
        return answer(None, str(error))
    once = cache or _made_anew
    key = ("identity", network.name, reader.sha256)
    own = once(key, lambda: reader.embed(photo, photo_face))
    similarity = {
        name: float(np.clip(own @ reader.embed(picture, face), -1.0, 1.0))
        for name, picture in pictures.items()
    }
    below = [name for name, value in similarity.items() if value < threshold]
    return answer(
        "flagged" if below else "passed",
        f"below the threshold: {', '.join(below)}." if below else None,
        similarity,
        {reader.weights: reader.sha256},
    )


def _made_anew(_: Hashable, make: Callable[[], Any]) -> Any:
    """Keep nothing."""
    return make()
