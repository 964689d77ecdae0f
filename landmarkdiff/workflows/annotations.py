"""What is measured and drawn over a photo: distances, angles, pen strokes and notes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from landmarkdiff.texts import Texts

__all__ = [
    "MOST_ANNOTATIONS",
    "MOST_POINTS",
    "Angle",
    "Annotation",
    "Annotations",
    "Distance",
    "Note",
    "PenStroke",
    "check_annotations",
    "reading",
]

#: More than these hide the face. With all their points they take some 20 KB of the 64 that a
#: question of the page holds.
MOST_ANNOTATIONS = 30
MOST_POINTS = 1200
MOST_STROKE_POINTS = 120
MOST_NOTE_CHARACTERS = 80
#: No photo is larger, pixels a side.
_MOST_PX = 100_000.0

_Pixel = Annotated[float, Field(ge=0.0, le=_MOST_PX)]
#: A place of the upright photo, pixels.
Place = tuple[_Pixel, _Pixel]


class _Annotation(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Distance(_Annotation):
    """A line between two places, read in mm in the plane of the face.

    >>> Distance(points=((0, 0), (30, 40))).pixels
    50.0
    """

    kind: Literal["distance"] = "distance"
    points: tuple[Place, Place]

    @property
    def pixels(self) -> float:
        """Its length in the photo."""
        return math.dist(*self.points)


class Angle(_Annotation):
    """The angle in the picture at the second of three places.

    >>> Angle(points=((10, 0), (0, 0), (0, 10))).degrees
    90.0
    """

    kind: Literal["angle"] = "angle"
    points: tuple[Place, Place, Place]

    @property
    def degrees(self) -> float:
        """0 to 180."""
        first, vertex, second = self.points
        ax, ay = first[0] - vertex[0], first[1] - vertex[1]
        bx, by = second[0] - vertex[0], second[1] - vertex[1]
        return math.degrees(math.atan2(abs(ax * by - ay * bx), ax * bx + ay * by))


class PenStroke(_Annotation):
    """A line drawn freely."""

    kind: Literal["pen"] = "pen"
    points: tuple[Place, ...] = Field(min_length=2, max_length=MOST_STROKE_POINTS)


class Note(_Annotation):
    """A few words at a place."""

    kind: Literal["text"] = "text"
    points: tuple[Place]
    text: str = Field(min_length=1, max_length=MOST_NOTE_CHARACTERS)


Annotation = Annotated[Distance | Angle | PenStroke | Note, Field(discriminator="kind")]
Annotations = Annotated[tuple[Annotation, ...], Field(max_length=MOST_ANNOTATIONS)]


def check_annotations(annotations: Sequence[Annotation]) -> None:
    """Refuse more points than all of them together may have.

    Raises
    ------
    ValueError
    """
    count = sum(len(one.points) for one in annotations)
    if count > MOST_POINTS:
        raise ValueError(f"{count} points; together they may have {MOST_POINTS}")


def reading(
    annotation: Annotation, mm_per_px: float, relative_uncertainty: float, texts: Texts
) -> str:
    """Return what an annotation says beside its lines; empty where it is only drawn.

    Parameters
    ----------
    annotation : Annotation
    mm_per_px : float
        Scale of the photo.
    relative_uncertainty : float
        One standard deviation of that scale, as a share of it.
    texts : Texts

    Examples
    --------
    >>> line = Distance(points=((0, 0), (100, 0)))
    >>> reading(line, 0.2, 0.03, Texts.load("en"))
    '20.0 mm ± 0.6'
    """
    if isinstance(annotation, Distance):
        mm = annotation.pixels * mm_per_px
        error = texts.number(mm * relative_uncertainty)
        return texts("live.ruler_reading", mm=texts.number(mm), error=error)
    if isinstance(annotation, Angle):
        return texts("live.angle_reading", degrees=texts.number(annotation.degrees, 0))
    return annotation.text if isinstance(annotation, Note) else ""
