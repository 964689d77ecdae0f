"""What is measured, and what a measurement is: a value with its n, or why there is none.

Nothing here has a default value that could pass for a measurement: a score without a value says
why, and with which command what is missing is got.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

from landmarkdiff.arrays import Float32Array, FloatArray, ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.procedures.plan import SurgicalPlan

__all__ = ["METRICS", "Better", "EffectScore", "Metric", "Pair", "PairScores", "Score"]

Better = Literal["higher", "lower", "one", "none"]


@dataclass(frozen=True)
class Metric:
    """One metric: what its number means.

    Attributes
    ----------
    name : str
    unit : str
        Of the number; empty where it has none.
    better : {"higher", "lower", "one", "none"}
        Which way is better; ``one``: 1 is right, ``none``: the number is a fact, not a merit.
    target : float or None
        What the project set itself to reach.
    per : {"pair", "set"}
        Whether it is measured of one pair or of a whole set.
    """

    name: str
    unit: str
    better: Better
    target: float | None
    per: Literal["pair", "set"]


def _catalogue() -> Mapping[str, Metric]:
    pictures = (
        Metric("ssim", "", "higher", 0.80, "pair"),
        Metric("psnr", "dB", "higher", None, "pair"),
        Metric("flip", "", "lower", None, "pair"),
        Metric("lpips", "", "lower", 0.15, "pair"),
        Metric("nme", "", "lower", 0.05, "pair"),
    )
    # Targets were set for whole pictures; a part of one has none.
    parts = ("inside", "outside")
    found = [
        each
        for whole in pictures
        for each in (whole, *(replace(whole, name=f"{whole.name}_{p}", target=None) for p in parts))
    ]
    found += [
        Metric("identity", "", "higher", 0.85, "pair"),
        Metric("identity_raw", "", "higher", None, "pair"),
        Metric("direction", "", "one", None, "pair"),
        Metric("magnitude", "", "one", None, "pair"),
        Metric("geometry_error", "mm", "lower", None, "pair"),
        Metric("landmark_gain", "", "none", None, "pair"),
        Metric("landmark_noise", "mm", "lower", None, "pair"),
        Metric("scale_uncertainty", "", "lower", None, "pair"),
        Metric("surgical_score", "", "higher", None, "pair"),
        *(Metric(f"surgical_score_{term}", "", "higher", None, "pair") for term in "abcde"),
        Metric("fid", "", "lower", 50.0, "set"),
        Metric("kid", "", "lower", None, "set"),
    ]
    return MappingProxyType({metric.name: metric for metric in found})


#: Every metric by its name, in the order of reports. The targets are those that the project set
#: itself for its first model: FID < 50, LPIPS < 0.15, SSIM > 0.80, NME < 0.05, identity > 0.85.
METRICS: Mapping[str, Metric] = _catalogue()


@dataclass(frozen=True)
class Score:
    """One number, or why there is none.

    Attributes
    ----------
    value : float or None
        In the unit of its metric; None where it could not be measured.
    n : int
        How many pairs it rests on.
    unavailable : str or None
        Why there is no value, with the command that gets what is missing.
    """

    value: float | None
    n: int = 1
    unavailable: str | None = None

    def __post_init__(self) -> None:
        if (self.value is None) != (self.unavailable is not None):
            raise ValueError("a score has a value, or a reason why it has none")

    @classmethod
    def missing(cls, why: str) -> Score:
        """Return the score of what could not be measured, and why."""
        return cls(None, 0, why)

    def to_dict(self) -> dict[str, Any]:
        """Return the score as JSON-ready data."""
        return {"value": self.value, "n": self.n, "unavailable": self.unavailable}


@dataclass(frozen=True, eq=False)
class Pair:
    """One case: a prediction and what it is compared with.

    Attributes
    ----------
    name : str
        Unique in its set.
    person : str
        Who is in it; pairs of one person are not independent.
    prediction : (H, W, 3) uint8 array, RGB
    target : (H, W, 3) uint8 array or None
        The picture that would have been right.
    source : (H, W, 3) uint8 array or None
        The photo that the prediction was made from.
    mask : (H, W) float32 array in [0, 1] or None
        Where the prediction may differ from the photo.
    plan : SurgicalPlan or None
        What was planned, for the millimetres of each effect.
    facts : mapping of str to str
        What it is sorted by: ``procedure``, ``view``, ``tone``, ``monk``, ``sex``, ``age``.
    raw : (H, W, 3) uint8 array or None
        What a network painted, before it was composed.
    flags : ClinicalFlags or None
        Those that the plan was carried out with.
    """

    name: str
    person: str
    prediction: ImageArray
    target: ImageArray | None = None
    source: ImageArray | None = None
    mask: Float32Array | None = None
    plan: SurgicalPlan | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    raw: ImageArray | None = None
    flags: ClinicalFlags | None = None


@dataclass(frozen=True)
class EffectScore:
    """One effect of a plan, read in the prediction by registration with its photo.

    Attributes
    ----------
    name : str
        As in reports; with its procedure where a plan has several.
    procedure : str
    unit : {"mm", "deg", "percent"}
        Of the numbers below.
    planned : float
        Value in the plan.
    shown : float
        What of it a picture of this view can show, after all limits: right is ``achieved`` equal
        to this.
    achieved : Score
        What the prediction shows.
    noise : float or None
        One standard deviation of ``achieved``.
    """

    name: str
    procedure: str
    unit: str
    planned: float
    shown: float
    achieved: Score
    noise: float | None = None


@dataclass(frozen=True, eq=False)
class PairScores:
    """All scores of one pair.

    Attributes
    ----------
    pair, person : str
    facts : mapping of str to str
        Those of the pair, with what was found of it: view and apparent tone.
    scores : mapping of str to Score
        By the names of :data:`METRICS`.
    undetected : bool
        Whether no face was found in the prediction: what needs one is counted, not scored.
    failures : tuple of str
        What is wrong with the pair, in words.
    effects : tuple of EffectScore
        Every effect of the plan; empty without plan and photo.
    displacement_error_mm : (478,) float64 array or None
        How far each landmark of the face lies from where it should, mm, NaN where it cannot be
        read: what a heat map is drawn from.
    """

    pair: str
    person: str
    facts: Mapping[str, str]
    scores: Mapping[str, Score]
    undetected: bool
    failures: tuple[str, ...] = ()
    effects: tuple[EffectScore, ...] = ()
    displacement_error_mm: FloatArray | None = None
