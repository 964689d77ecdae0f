"""What a measurement is: a value with its unit, its uncertainty and the norms beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from landmarkdiff.notices import Reason

__all__ = ["Measurement", "Norm", "NormStatus", "Region", "Standing", "Unit"]

Unit = Literal["mm", "deg", "ratio", "percent"]
NormStatus = Literal["found", "general"]
#: The headings that measurements stand under, in their order.
Region = Literal["eyes", "nose", "lips", "face", "symmetry", "profile"]
#: Where a value lies to a range; "uncertain" where its own error does not let it be told.
Standing = Literal["below", "within", "above", "uncertain"]


@dataclass(frozen=True)
class Norm:
    """Distribution of a measurement in one population.

    Attributes
    ----------
    population : str
        Whom the numbers describe, or ``"textbook ideal"`` for a canon that most people do not
        meet.
    mean, sd : float or None
        Mean and standard deviation, in the measurement's unit; ``sd`` is None where the source
        gives none.
    source : str
        Where the numbers were read.
    status : {"found", "general"}
        ``found``: read in the source named; ``general``: textbook knowledge.
    low, high : float or None
        Range, where the source gives a range; otherwise mean -/+ 2 SD when there is an SD.
    """

    population: str
    mean: float | None
    sd: float | None
    source: str
    status: NormStatus
    low: float | None = None
    high: float | None = None

    @property
    def band(self) -> tuple[float, float] | None:
        """The published range, else mean -/+ 2 SD, else None."""
        if self.low is not None and self.high is not None:
            return self.low, self.high
        if self.mean is not None and self.sd is not None:
            return self.mean - 2 * self.sd, self.mean + 2 * self.sd
        return None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, ready for JSON."""
        return {
            "population": self.population,
            "mean": self.mean,
            "sd": self.sd,
            "low": self.low,
            "high": self.high,
            "source": self.source,
            "status": self.status,
        }


@dataclass(frozen=True)
class Measurement:
    """One measured distance, angle or ratio.

    Attributes
    ----------
    name, title : str
        Identifier and reading name.
    value : float or None
        In ``unit``; None when ``available`` is False.
    unit : {"mm", "deg", "ratio", "percent"}
    uncertainty : float or None
        One standard deviation in the same unit: scale, landmark noise, pose and the measured
        placement error of the mesh, in quadrature.
    norms : tuple of Norm
        Distributions by population, never one canon.
    points : tuple of int
        Landmarks used, in drawing order.
    available : bool
        False when this view, or this photo, does not allow the measurement.
    reason : Reason or None
        Why it is not available.
    note : str or None
        What the reader should know beside the value.
    region : {"eyes", "nose", "lips", "face", "symmetry", "profile"}
        The heading that it stands under.
    reliable : bool
        False where the value hardly follows the face, or is one of the lips in a smile: it is laid
        on no range.
    """

    name: str
    title: str
    value: float | None
    unit: Unit
    uncertainty: float | None
    norms: tuple[Norm, ...]
    points: tuple[int, ...]
    available: bool = True
    reason: Reason | None = None
    note: str | None = None
    region: Region = "face"
    reliable: bool = True

    def standing(self, norm: Norm) -> Standing | None:
        """Where the value lies to a range, or None where there is no value or no range.

        A value is within, below or above only with the whole of one standard deviation on
        either side of it; otherwise, and where it is not reliable, that is uncertain.

        Examples
        --------
        >>> norm = Norm("adults", None, None, "textbook", "general", low=27.0, high=32.0)
        >>> Measurement("w", "Width", 29.5, "mm", 2.0, (norm,), ()).standing(norm)
        'within'
        >>> Measurement("w", "Width", 27.5, "mm", 2.0, (norm,), ()).standing(norm)
        'uncertain'
        """
        if self.value is None or norm.band is None:
            return None
        low, high = norm.band
        spread = self.uncertainty or 0.0
        if not self.reliable:
            return "uncertain"
        if self.value + spread < low:
            return "below"
        if self.value - spread > high:
            return "above"
        return (
            "within" if low <= self.value - spread and self.value + spread <= high else "uncertain"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, ready for JSON."""
        return {
            "name": self.name,
            "title": self.title,
            "region": self.region,
            "value": self.value,
            "unit": self.unit,
            "uncertainty": self.uncertainty,
            "norms": [norm.to_dict() for norm in self.norms],
            "points": list(self.points),
            "available": self.available,
            "reason": self.reason and self.reason.text,
            "note": self.note,
            "reliable": self.reliable,
        }
