"""The check itself: similarities to the photo, threshold and verdict."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from landmarkdiff.arrays import ImageArray
from landmarkdiff.configuration import Configuration, IdentitySettings
from landmarkdiff.errors import WeightsError
from landmarkdiff.identity.networks import NETWORKS, embedder
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.notices import Reason
from landmarkdiff.wording import Message

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
    threshold : float
        Similarity below which a picture is flagged.
    published_threshold : float
        See :class:`RecognitionNetwork`.
    verdict : {"passed", "flagged"} or None
        None when the check could not run.
    reason : Reason, error or None
        Why it could not run, or what was flagged.
    similarity_raw, similarity_composite : float or None
        Cosine similarity to the photo of what a network painted, and of the finished picture.
    raw_refused : bool
        Whether what the network painted is not shown, so that the verdict is not about it.
    weights : mapping of str to str
        Name and SHA-256 of the file that took part.
    """

    model: str
    threshold: float
    published_threshold: float
    verdict: Verdict | None = None
    reason: Message | None = None
    similarity_raw: float | None = None
    similarity_composite: float | None = None
    raw_refused: bool = False
    weights: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def not_run(cls, reason: Message | None, settings: IdentitySettings) -> IdentityCheck:
        """Return the check of a picture that was not compared with the photo."""
        network = NETWORKS[settings.model]
        threshold = network.threshold if settings.threshold is None else settings.threshold
        return cls(network.name, threshold, network.published_threshold, reason=reason)

    @property
    def similarity(self) -> float | None:
        """Least similarity of the pictures that the verdict is about."""
        raw = None if self.raw_refused else self.similarity_raw
        known = [value for value in (raw, self.similarity_composite) if value is not None]
        return min(known, default=None)

    @property
    def flagged(self) -> bool:
        """Whether a picture may no longer be like its photo."""
        return self.verdict == "flagged"

    def to_dict(self) -> dict[str, Any]:
        """Return the check as JSON-ready data."""
        similarity = {
            name: None if value is None else round(value, 4)
            for name, value in (
                ("similarity", self.similarity),
                ("similarity_raw", self.similarity_raw),
                ("similarity_composite", self.similarity_composite),
            )
        }
        return {
            "status": self.verdict or "not_run",
            "model": self.model,
            **similarity,
            "threshold": self.threshold,
            "published_threshold": self.published_threshold,
            "verdict": self.verdict,
            "reason": None if self.reason is None else str(self.reason),
        }


def check_identity(
    photo: ImageArray,
    photo_face: FaceLandmarks,
    face: FaceLandmarks,
    configuration: Configuration,
    *,
    raw: ImageArray | None = None,
    composite: ImageArray | None = None,
    cache: Cache | None = None,
) -> IdentityCheck:
    """Compare pictures with the photo they were made from.

    Parameters
    ----------
    photo : (H, W, 3) uint8 array
        The upright photo, RGB.
    photo_face : FaceLandmarks
        The face in it.
    raw, composite : (H, W, 3) uint8 array, optional
        What a network painted, and the finished picture.
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

    Examples
    --------
    >>> from landmarkdiff.configuration import Configuration
    >>> check = check_identity(portrait, face, face, Configuration(), composite=portrait)
    >>> check.model, check.verdict, round(check.similarity_composite, 3)
    ('sface', 'passed', 1.0)
    """
    settings = configuration.identity
    unknown = IdentityCheck.not_run(None, settings)
    if photo_face.interocular_px < SMALLEST_FACE_PX:
        sizes = {"pixels": photo_face.interocular_px, "least": SMALLEST_FACE_PX}
        return replace(unknown, reason=Reason("face_too_small", sizes))
    try:
        reader = embedder(settings.model, configuration)
    except WeightsError as error:
        return replace(unknown, reason=error)
    once = cache or _made_anew
    own = once(("identity", unknown.model, reader.sha256), lambda: reader.embed(photo, photo_face))
    similarity = {
        name: float(np.clip(own @ reader.embed(picture, face), -1.0, 1.0))
        for name, picture in (("raw", raw), ("composite", composite))
        if picture is not None
    }
    below = [name for name, value in similarity.items() if value < unknown.threshold]
    which = below[0] if len(below) == 1 else "both"
    return replace(
        unknown,
        verdict="flagged" if below else "passed",
        reason=Reason(f"below_threshold_{which}") if below else None,
        similarity_raw=similarity.get("raw"),
        similarity_composite=similarity.get("composite"),
        weights={reader.weights: reader.sha256},
    )


def _made_anew(_: Hashable, make: Callable[[], Any]) -> Any:
    """Keep nothing."""
    return make()
