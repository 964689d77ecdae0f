"""SurgicalScore, as its authors' public script computes it, in its version 5.

It is reported as it is defined, so that figures can be compared, and beside it direction and
magnitude by registration (:mod:`landmarkdiff.evaluation.geometry`), because the definition has
faults: its morphometry comes from landmarks that are found again in the prediction, and the
landmark network sees between 6 and 89 % of what was moved; one of its five numbers of the nose is
in degrees beside ratios of about 0.01, so the cosine is that angle's alone; its text calls E an
SSIM, and its script measures LPIPS; and its script, its text and its ablation each take something
else for D.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from landmarkdiff.arrays import FloatArray

__all__ = [
    "LEAST_IDENTITY",
    "OUTSIDE_TOLERANCE",
    "SURGICAL_SCORE_VERSION",
    "Edit",
    "SurgicalScore",
    "direction_and_magnitude",
    "inside_term",
    "outside_term",
    "surgical_score",
]

#: Which of its authors' definitions this is.
SURGICAL_SCORE_VERSION = "5"
#: Weights of the terms A to E.
WEIGHTS = (0.40, 0.30, 0.15, 0.10, 0.05)
#: A prediction that changes nothing is set to this.
PASSTHROUGH = 0.30
#: A prediction whose ArcFace similarity to its photo is below this gets 0.
LEAST_IDENTITY = 0.65
#: A case in which the photo itself comes closer to the top than this is not scored.
LEAST_ROOM = 0.25
#: An overshoot costs more than falling short by the same factor.
OVERSHOOT, SHORTFALL = 1.5, 1.0
#: LPIPS outside of the mask that uses up the whole of E, by procedure, and for all others.
OUTSIDE_TOLERANCE: Mapping[str, float] = MappingProxyType(
    {"rhinoplasty": 0.06, "blepharoplasty": 0.05, "rhytidectomy": 0.04}
)
_OUTSIDE_TOLERANCE = 0.06
#: Keeps quotients of lengths apart from 0 / 0; an edit shorter than this is none.
_LEAST = 1e-6


@dataclass(frozen=True)
class Edit:
    """What a picture makes of a photo.

    Attributes
    ----------
    lpips_inside : float
        LPIPS to the target on the mask's box at 256 x 256 pixels.
    realism : float
        D, 0 to 1.
    lpips_outside : float
        LPIPS to the photo, both black inside of the mask.
    """

    lpips_inside: float
    realism: float
    lpips_outside: float = 0.0


@dataclass(frozen=True)
class SurgicalScore:
    """The score with its terms.

    Attributes
    ----------
    value : float or None
        At most 1; None where the case is invalid.
    terms : tuple of float
        A to E, 0 to 1: direction, magnitude, likeness inside the mask, realism, likeness outside.
    raw, raw_of_photo : float
        Weighted sums of the terms of the prediction, and of the photo taken for one.
    version : str
    """

    value: float | None
    terms: tuple[float, ...]
    raw: float
    raw_of_photo: float
    version: str = SURGICAL_SCORE_VERSION


def direction_and_magnitude(done: FloatArray, wanted: FloatArray) -> tuple[float, float]:
    """Return the terms A and B of two changes of the same (n,) numbers.

    A is (1 + cos) / 2 of their angle. B is exp(-1.5 ln r) for a change r times too large and
    exp(-ln(1 / r)) for one too small. Both are 0 where nothing was done.

    Examples
    --------
    >>> wanted = np.array([0.0, 2.0, 0.0])
    >>> [round(term, 4) for term in direction_and_magnitude(2.0 * wanted, wanted)]
    [1.0, 0.3536]
    """
    long, right = float(np.linalg.norm(done)), float(np.linalg.norm(wanted))
    if long < _LEAST:
        return 0.0, 0.0
    cosine = float(np.clip(done @ wanted / (long * right + _LEAST), -1.0, 1.0))
    ratio = math.log((long + _LEAST) / (right + _LEAST))
    fit = math.exp(-OVERSHOOT * max(0.0, ratio) - SHORTFALL * max(0.0, -ratio))
    return (1.0 + cosine) / 2.0, fit


def surgical_score(
    done: FloatArray,
    wanted: FloatArray,
    prediction: Edit,
    photo: Edit,
    *,
    identity: float,
    procedure: str,
) -> SurgicalScore:
    """Return the score of a prediction.

    Parameters
    ----------
    done, wanted : (5,) float64 arrays
        Change of the morphometry from the photo to the prediction, and to the target.
    prediction, photo : Edit
        Of the prediction, and of the photo taken for one.
    identity : float
        ArcFace similarity of prediction and photo.
    procedure : str
        Decides how much may change outside of the mask.

    Returns
    -------
    SurgicalScore

    Examples
    --------
    >>> still, wanted = np.zeros(5), np.full(5, 0.1)
    >>> photo = Edit(lpips_inside=0.2, realism=0.9)
    >>> untouched = surgical_score(
    ...     still, wanted, photo, photo, identity=1.0, procedure="rhinoplasty"
    ... )
    >>> round(untouched.value, 6)
    0.3
    """
    terms = _terms(*direction_and_magnitude(done, wanted), prediction, procedure)
    own = _terms(0.0, 0.0, photo, procedure)
    raw, raw_of_photo = _raw(terms), _raw(own)
    room = 1.0 - raw_of_photo
    value = None
    if room >= LEAST_ROOM:
        value = PASSTHROUGH + (1.0 - PASSTHROUGH) * (raw - raw_of_photo) / room
        if identity < LEAST_IDENTITY:
            value = 0.0
    return SurgicalScore(value, terms, raw, raw_of_photo)


def inside_term(edit: Edit) -> float:
    """Return the term C, 0 to 1: how like the target the edit is inside of the mask."""
    return float(np.clip(1.0 - edit.lpips_inside, 0.0, 1.0))


def outside_term(edit: Edit, procedure: str) -> float:
    """Return the term E, 0 to 1: how like the photo the edit is outside of the mask."""
    tolerance = OUTSIDE_TOLERANCE.get(procedure, _OUTSIDE_TOLERANCE)
    return float(np.clip(1.0 - edit.lpips_outside / tolerance, 0.0, 1.0))


def _terms(direction: float, magnitude: float, edit: Edit, procedure: str) -> tuple[float, ...]:
    realism = float(np.clip(edit.realism, 0.0, 1.0))
    return direction, magnitude, inside_term(edit), realism, outside_term(edit, procedure)


def _raw(terms: tuple[float, ...]) -> float:
    return sum(weight * term for weight, term in zip(WEIGHTS, terms, strict=True))
