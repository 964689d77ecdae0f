"""Where measurements lie on a photo: the line of each, and the canons' lines, in its pixels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from landmarkdiff.arguments import checked, instance_of
from landmarkdiff.arrays import FloatArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.measurements.types import Measurement

__all__ = ["CanonLine", "MeasuredLine", "canon_lines", "measured_lines"]

#: Landmarks of the horizontal lines of the thirds: glabella, subnasale, menton. The hairline has
#: no landmark, so the upper third stays open.
_THIRDS = (9, 2, 152)
#: Landmarks of the vertical lines of the fifths, from the patient's right: outline of the face,
#: lateral and medial canthus, and the same of the left.
_FIFTHS = (234, 33, 133, 362, 263, 454)
#: How far the lines of the canons reach beyond the face, share of its width.
_BEYOND = 0.06


@dataclass(frozen=True, eq=False)
class MeasuredLine:
    """The line of a measurement.

    Attributes
    ----------
    number : int
        Place of the measurement in its list, from 1.
    measurement : Measurement
    path : (k, 2) float array
        Pixels of the photo; two points, or three of an angle.
    """

    number: int
    measurement: Measurement
    path: FloatArray

    @property
    def length(self) -> float:
        """Length along the path, pixels."""
        return float(np.linalg.norm(np.diff(self.path, axis=0), axis=1).sum())


@dataclass(frozen=True, eq=False)
class CanonLine:
    """A line of the thirds, the fifths or the midline: its two ends, pixels of the photo."""

    canon: str
    path: FloatArray


@checked(face=instance_of(FaceLandmarks))
def measured_lines(
    face: FaceLandmarks, measurements: Sequence[Measurement]
) -> tuple[MeasuredLine, ...]:
    """Return the lines of the available measurements that have a place on the face.

    A ratio of distances has two, unless the distances are measured by themselves.

    Examples
    --------
    >>> from landmarkdiff.measurements import measure
    >>> [line] = measured_lines(face, [measure(face, "alar_width")])
    >>> line.number, line.path.shape
    (1, (2, 2))
    """
    drawn: set[tuple[int, ...]] = {
        item.points for item in measurements if item.available and len(item.points) == 2
    }
    lines: list[MeasuredLine] = []
    for number, item in enumerate(measurements, start=1):
        if item.points and item.available and item.value is not None:
            lines += (MeasuredLine(number, item, path) for path in _paths(face, item, drawn))
    return tuple(lines)


def _paths(
    face: FaceLandmarks, item: Measurement, drawn: set[tuple[int, ...]]
) -> Iterator[FloatArray]:
    places = face.points[list(item.points), :2]
    if item.unit == "ratio":
        for half in (0, 2):
            if item.points[half : half + 2] not in drawn:
                yield places[half : half + 2]
    elif item.unit == "deg":
        yield places[:2] if item.name.startswith("canthal_tilt") else places
    elif len(places) > 2:
        yield _height(face, item)
    else:
        yield places


def _height(face: FaceLandmarks, item: Measurement) -> FloatArray:
    """Foot and head of a height above (or, of the lower lid, below) a landmark."""
    value = item.value or 0.0
    upward = -value if item.name.startswith("mrd2") else value
    foot = face.points[item.points[0], :2]
    if item.name.startswith("palpebral"):  # from the lower lid up, through the pupil
        foot = np.array([foot[0], face.points[list(item.points[4:]), 1].max()])
    return np.stack([foot, foot + face.project((0.0, upward, 0.0))[:2]])


@checked(face=instance_of(FaceLandmarks))
def canon_lines(face: FaceLandmarks) -> tuple[CanonLine, ...]:
    """Return the lines of the thirds, the fifths and the midline, square to the face.

    The midline is the middle of the lines of the fifths, so it does not follow a crooked nose.

    Examples
    --------
    >>> from collections import Counter
    >>> sorted(Counter(line.canon for line in canon_lines(face)).items())
    [('fifths', 6), ('midline', 1), ('thirds', 3)]
    """
    points = face.points[:, :2]
    right, down = (_unit(face.project(axis)[:2]) for axis in ((1.0, 0.0, 0.0), (0.0, -1.0, 0.0)))
    across, along = points @ right, points @ down
    room = _BEYOND * float(np.ptp(across))
    sides = (float(across.min()) - room, float(across.max()) + room)
    ends = (float(along.min()) - room, float(along.max()) + room)
    # The axes of a turned head are not square to each other in the picture: solve for both.
    back = np.linalg.inv(np.stack([right, down]))

    def line(canon: str, first: tuple[float, float], second: tuple[float, float]) -> CanonLine:
        return CanonLine(canon, np.array([back @ first, back @ second]))

    middle = float(across[list(_FIFTHS)].mean())
    return (
        *(line("thirds", (sides[0], along[p]), (sides[1], along[p])) for p in _THIRDS),
        *(line("fifths", (across[p], ends[0]), (across[p], ends[1])) for p in _FIFTHS),
        line("midline", (middle, ends[0]), (middle, ends[1])),
    )


def _unit(vector: FloatArray) -> FloatArray:
    return np.asarray(vector / np.hypot(*vector))
