"""Landmarks of another person on this one's face: the movement crosses over, the shape does not."""

from __future__ import annotations

import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray
from landmarkdiff.errors import ParameterError

__all__ = ["cross_identity"]

#: Points by which faces are laid over each other: brows, bridge, corners of the eyes. They move
#: least with the mouth.
_STEADY = (*range(17, 31), 36, 39, 42, 45)


def cross_identity(
    own: FloatArray,
    driver: FloatArray,
    seen: BoolArray,
    driver_at_rest: FloatArray | None = None,
) -> FloatArray:
    """Return where this person's landmarks are when their face does what the driver's does.

    Parameters
    ----------
    own : (68, 2) array
        This person's landmarks, pixels of their photo.
    driver : (68, 2) array
        The other person's, pixels of theirs.
    seen : (68,) bool array
        Points that are known of all the faces.
    driver_at_rest : (68, 2) array, optional
        The other person before the movement. With it the movement alone crosses over, by what it
        is of the driver's size; without it the driver's points are laid over this face by turn,
        size and shift, and bring the driver's shape with them.

    Returns
    -------
    (68, 2) float64 array
        Pixels of this person's photo; NaN where a point is not seen.

    Raises
    ------
    ParameterError
        Too few points are seen to lay the faces over each other.
    """
    steady = np.array([number for number in _STEADY if seen[number]], np.intp)
    if len(steady) < 3:
        raise ParameterError("edit_points_missing", count=len(steady), least=3)
    rest = driver if driver_at_rest is None else driver_at_rest
    turn, start, end = _similarity(rest[steady], own[steady])
    if driver_at_rest is None:
        found = (driver - start) @ turn + end
    else:
        found = own + (driver - driver_at_rest) @ turn
    return np.asarray(np.where(seen[:, None], found, np.nan), np.float64)


def _similarity(rows: FloatArray, onto: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Turn with size (right-multiplied), and the middles before and after, by least squares."""
    start, end = rows.mean(axis=0), onto.mean(axis=0)
    one, two = rows - start, onto - end
    size = max(float(np.square(one).sum()), 1e-12)
    along = float((one * two).sum()) / size
    across = float((one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]).sum()) / size
    return np.array([[along, across], [-across, along]]), start, end
