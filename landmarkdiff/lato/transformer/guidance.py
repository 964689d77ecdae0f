"""How far a step of the denoising follows the words and the landmarks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from landmarkdiff.lato.transformer.flux import LandmarkTokens

__all__ = ["Guidance", "guided"]

#: Gives the velocity with the words or with none, and with landmarks.
Branch = Callable[[bool, LandmarkTokens], Tensor]


@dataclass(frozen=True)
class Guidance:
    """Weights of the two conditions; 1 is what the model gives by itself.

    Attributes
    ----------
    words, landmarks : float
        The paper uses 4 for the landmarks (LaTo, table 5: more follows the landmarks still closer
        and looks less natural).
    """

    words: float = 4.0
    landmarks: float = 4.0


def guided(branch: Branch, landmarks: LandmarkTokens, guidance: Guidance) -> Tensor:
    """Return the velocity of a step.

    It starts from neither condition, goes on by the words' weight to the words alone, and from
    there by the landmarks' weight to both. Branches whose weight is 0 are not asked for, so that
    weights of 1 cost one call.

    Parameters
    ----------
    branch : callable
        ``branch(with_words, landmarks)``: the model's velocity.
    landmarks : LandmarkTokens
    guidance : Guidance

    Returns
    -------
    tensor
    """
    words, places = guidance.words, guidance.landmarks
    free = landmarks.without()
    shares = ((True, landmarks, places), (True, free, words - places), (False, free, 1.0 - words))
    return sum(
        share * branch(with_words, given) for with_words, given, share in shares if share != 0.0
    )
