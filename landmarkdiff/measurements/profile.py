"""Angles and ratios of a profile, from its named points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.data_files import parse_yaml
from landmarkdiff.measurements.types import Measurement, Norm, Unit
from landmarkdiff.notices import Reason

__all__ = ["PROFILE_MEASUREMENTS", "PROFILE_PREFIX", "ProfileMeasurement", "measure_profile"]

#: A name in a list of measurements begins with it, where the contour was measured.
PROFILE_PREFIX = "profile_"
Points = Mapping[str, FloatArray]


@dataclass(frozen=True)
class ProfileMeasurement:
    """One angle, ratio or distance of a profile.

    Attributes
    ----------
    name : str
    value : float or None
        In ``unit``; None where a point of it is not to be seen.
    unit : {"mm", "deg", "ratio"}
    uncertainty : float or None
        One standard deviation, from those of the points.
    norms : tuple of Norm
    """

    name: str
    value: float | None
    unit: Unit
    uncertainty: float | None
    norms: tuple[Norm, ...]

    @property
    def title(self) -> str:
        """Reading name."""
        return _words()[self.name].title

    def as_measurement(self) -> Measurement:
        """Return it as one of a list; its name tells it from the mesh's own estimate."""
        missing = None if self.value is not None else Reason("profile_point_not_seen")
        return Measurement(
            name=PROFILE_PREFIX + self.name,
            title=self.title,
            value=self.value,
            unit=self.unit,
            uncertainty=self.uncertainty,
            norms=self.norms,
            points=(),
            available=self.value is not None,
            reason=missing,
            region="profile",
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the measurement as JSON-ready data."""
        return {
            "value": None if self.value is None else round(self.value, 3),
            "unit": self.unit,
            "uncertainty": None if self.uncertainty is None else round(self.uncertainty, 3),
            "norms": [norm.to_dict() for norm in self.norms],
        }


def _between(first: FloatArray, corner: FloatArray, second: FloatArray) -> float:
    """Angle at a corner, degrees."""
    a, b = first - corner, second - corner
    cross = a[0] * b[1] - a[1] * b[0]
    return float(np.degrees(np.arctan2(abs(cross), a @ b)))


def _angle(first: str, corner: str, second: str) -> Callable[[Points], float]:
    return lambda p: _between(p[first], p[corner], p[second])


def _bend(first: str, corner: str, second: str) -> Callable[[Points], float]:
    return lambda p: 180.0 - _between(p[first], p[corner], p[second])


def _goode(p: Points) -> float:
    """Way of the tip before the line from the nasion to the alar crease, over nasion to tip."""
    line = p["alar_crease"] - p["nasion"]
    tip = p["pronasale"] - p["nasion"]
    cross = line[0] * tip[1] - line[1] * tip[0]
    return float(abs(cross) / np.hypot(*line) / np.hypot(*tip))


def _before_aesthetic_line(lip: str) -> Callable[[Points], float]:
    """Way of a lip before the line from the tip of the nose to the chin (Ricketts), mm."""

    def distance(p: Points) -> float:
        line = p["pogonion"] - p["pronasale"]
        away = p[lip] - p["pronasale"]
        return float((away[0] * -line[1] + away[1] * line[0]) / np.hypot(*line))

    return distance


def _z_angle(p: Points) -> float:
    """Angle of the line from the chin to the lip that stands out more, against the horizontal."""
    lips = [p["labrale_superius"], p["labrale_inferius"]]
    ways = [lip - p["pogonion"] for lip in lips]
    most = max(ways, key=lambda way: way[0] / way[1])
    return float(np.degrees(np.arctan2(most[1], most[0])))


@dataclass(frozen=True)
class _Definition:
    unit: Unit
    points: tuple[str, ...]
    formula: Callable[[Points], float]


#: Every measurement of a profile by its name.
PROFILE_MEASUREMENTS: Mapping[str, _Definition] = {
    "nasofrontal_angle": _Definition(
        "deg",
        ("glabella", "nasion", "rhinion"),
        _angle("glabella", "nasion", "rhinion"),
    ),
    "nasolabial_angle": _Definition(
        "deg",
        ("columella", "subnasale", "labrale_superius"),
        _angle("columella", "subnasale", "labrale_superius"),
    ),
    "nasofacial_angle": _Definition(
        "deg",
        ("pronasale", "nasion", "pogonion"),
        _angle("pronasale", "nasion", "pogonion"),
    ),
    "mentolabial_angle": _Definition(
        "deg",
        ("labrale_inferius", "sublabiale", "pogonion"),
        _angle("labrale_inferius", "sublabiale", "pogonion"),
    ),
    "goode_ratio": _Definition("ratio", ("nasion", "pronasale", "alar_crease"), _goode),
    "upper_lip_to_e_line": _Definition(
        "mm",
        ("pronasale", "pogonion", "labrale_superius"),
        _before_aesthetic_line("labrale_superius"),
    ),
    "lower_lip_to_e_line": _Definition(
        "mm",
        ("pronasale", "pogonion", "labrale_inferius"),
        _before_aesthetic_line("labrale_inferius"),
    ),
    "z_angle": _Definition(
        "deg",
        ("pogonion", "labrale_superius", "labrale_inferius"),
        _z_angle,
    ),
    "cervicomental_angle": _Definition(
        "deg",
        ("menton", "cervical_point", "neck"),
        _angle("menton", "cervical_point", "neck"),
    ),
    "facial_convexity": _Definition(
        "deg",
        ("glabella", "subnasale", "pogonion"),
        _bend("glabella", "subnasale", "pogonion"),
    ),
    "facial_convexity_with_nose": _Definition(
        "deg",
        ("glabella", "pronasale", "pogonion"),
        _bend("glabella", "pronasale", "pogonion"),
    ),
}


def measure_profile(
    points: Points, uncertainty_mm: Mapping[str, float]
) -> dict[str, ProfileMeasurement]:
    """Measure a profile.

    Parameters
    ----------
    points : mapping of str to (2,) float64 array
        Named points, forward and up in the head's own frame, mm.
    uncertainty_mm : mapping of str to float
        One standard deviation of each.

    Returns
    -------
    dict of str to ProfileMeasurement
        Every one of :data:`PROFILE_MEASUREMENTS`.

    Examples
    --------
    >>> places = {
    ...     "labrale_inferius": np.array([2.0, 20.0]),
    ...     "sublabiale": np.array([0.0, 10.0]),
    ...     "pogonion": np.array([2.0, 0.0]),
    ... }
    >>> found = measure_profile(places, dict.fromkeys(places, 0.5))
    >>> round(found["mentolabial_angle"].value), found["nasofrontal_angle"].value
    (157, None)
    """
    return {
        name: _measured(name, definition, points, uncertainty_mm)
        for name, definition in PROFILE_MEASUREMENTS.items()
    }


def _measured(
    name: str, definition: _Definition, points: Points, spread: Mapping[str, float]
) -> ProfileMeasurement:
    if any(point not in points for point in definition.points):
        return ProfileMeasurement(name, None, definition.unit, None, _words()[name].norms)
    value = definition.formula(points)
    square = 0.0
    for point in definition.points:
        for axis in range(2):
            step = np.zeros(2)
            step[axis] = spread[point] / np.sqrt(2.0)
            moved = {**points, point: points[point] + step}
            square += (definition.formula(moved) - value) ** 2
    return ProfileMeasurement(
        name, value, definition.unit, float(np.sqrt(square)), _words()[name].norms
    )


@dataclass(frozen=True)
class _Words:
    title: str
    norms: tuple[Norm, ...]


@cache
def _words() -> Mapping[str, _Words]:
    """Title and norms of each measurement, from ``profile_definitions.yaml``."""
    text = files(__package__).joinpath("profile_definitions.yaml").read_text("utf-8")
    return {
        name.removeprefix(PROFILE_PREFIX): _Words(
            entry["title"],
            tuple(Norm(**{"mean": None, "sd": None, **norm}) for norm in entry["norms"]),
        )
        for name, entry in parse_yaml(text).items()
    }
