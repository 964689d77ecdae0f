"""Points of a profile that a hand has put where they belong."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from landmarkdiff.errors import ParameterError

__all__ = [
    "CREASE",
    "HAND_MM",
    "NO_CORRECTIONS",
    "OUTLINE_PLACES",
    "PROFILE_POINT_NAMES",
    "Place",
    "ProfileCorrections",
    "check_inside",
    "parse_profile_points",
]

Place = tuple[float, float]

#: Points on the contour, from the forehead down, with the point of the outline model that stands
#: for each: the head's own points on the model (a test compares them).
OUTLINE_PLACES: Mapping[str, int] = MappingProxyType(
    {
        "glabella": 13,
        "nasion": 19,
        "rhinion": 25,
        "pronasale": 33,
        "columella": 36,
        "subnasale": 39,
        "labrale_superius": 42,
        "stomion": 45,
        "labrale_inferius": 50,
        "sublabiale": 54,
        "pogonion": 56,
        "gnathion": 61,
        "menton": 63,
        "cervical_point": 77,
        "neck": 83,
    }
)
#: The one point that lies within the face.
CREASE = "alar_crease"
PROFILE_POINT_NAMES = (*OUTLINE_PLACES, CREASE)
#: One standard deviation of a point that a hand sets on a screen, along and across the contour
#: together, mm (general: what experts differ by on photographs of the face).
HAND_MM = 0.7
#: Words before a name that say of which profile it is, where a patient's photos show both.
_SIDES = {"left": "left_profile", "right": "right_profile"}


@dataclass(frozen=True)
class ProfileCorrections:
    """Where a surgeon puts points of a profile.

    Parameters
    ----------
    points : mapping of str to (float, float)
        Name to x and y, image frame, pixels. ``left:NAME`` and ``right:NAME`` are of the left
        or the right profile alone, where several photos are read; see
        :data:`PROFILE_POINT_NAMES`.

    Raises
    ------
    ParameterError
        No profile has a point of this name, or its place is not two numbers.

    Examples
    --------
    >>> corrections = ProfileCorrections({"pronasale": (120.0, 310.5), "right:nasion": (90, 240)})
    >>> corrections.of("left_profile")
    {'pronasale': (120.0, 310.5)}
    >>> ProfileCorrections({"pronasal": (1.0, 2.0)})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    landmarkdiff.errors.ParameterError: a profile has no such point (got pronasal); ...
    """

    points: Mapping[str, Place] = field(default_factory=dict)

    def __post_init__(self) -> None:
        checked = {str(name): _place(str(name), place) for name, place in self.points.items()}
        object.__setattr__(self, "points", MappingProxyType(checked))

    def __bool__(self) -> bool:
        return bool(self.points)

    def of(self, side: str) -> dict[str, Place]:
        """Return the points of one profile, in the order of :data:`PROFILE_POINT_NAMES`."""
        own = {
            name.rpartition(":")[2]: place
            for name, place in sorted(self.points.items(), key=lambda item: ":" in item[0])
            if ":" not in name or _SIDES[name.partition(":")[0]] == side
        }
        return {name: own[name] for name in PROFILE_POINT_NAMES if name in own}

    def to_dict(self) -> dict[str, list[float]]:
        """Return the points, ready for JSON."""
        return {name: list(place) for name, place in self.points.items()}


#: What a program takes where nobody has corrected anything.
NO_CORRECTIONS = ProfileCorrections()


def _place(name: str, place: object) -> Place:
    side, separator, own = name.rpartition(":")
    if own not in PROFILE_POINT_NAMES or (separator and side not in _SIDES):
        close = difflib.get_close_matches(own.lower(), PROFILE_POINT_NAMES, 1, 0.4)
        raise ParameterError(
            "unknown_profile_point", name=name, close=close[0] if close else PROFILE_POINT_NAMES[0],
            names=PROFILE_POINT_NAMES,
        )  # fmt: skip
    try:
        x, y = (float(part) for part in place)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        x = y = math.nan
    if isinstance(place, str) or not (math.isfinite(x) and math.isfinite(y)):
        raise ParameterError("profile_point_not_a_place", profile_point=own)
    return x, y


def parse_profile_points(words: Sequence[str]) -> ProfileCorrections:
    """Read ``NAME=X,Y`` pairs as a command line has them.

    >>> dict(parse_profile_points(["pronasale=120,310.5"]).points)
    {'pronasale': (120.0, 310.5)}
    """
    points: dict[str, Place] = {}
    for word in words:
        name, separator, text = word.partition("=")
        name, parts = name.strip(), text.split(",")
        try:
            place = [float(part) for part in parts]
        except ValueError:
            place = []
        if not separator or len(place) != 2 or name in points:
            raise ParameterError("profile_point_not_understood", word=word)
        points[name] = (place[0], place[1])
    return ProfileCorrections(points)


def check_inside(points: Mapping[str, Place], width: int, height: int) -> None:
    """Raise ParameterError where a point is not in a photo of this size."""
    for name, (x, y) in points.items():
        if not (0 <= x <= width - 1 and 0 <= y <= height - 1):
            raise ParameterError(
                "profile_point_outside",
                profile_point=name.rpartition(":")[2],
                x=x,
                y=y,
                width=width - 1,
                height=height - 1,
            )
