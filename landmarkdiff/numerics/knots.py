"""What is known at a few values of an effect, and is linear between them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import FloatArray

__all__ = ["between_knots"]


def between_knots(knots: FloatArray, rows: NDArray[Any], value: float) -> FloatArray:
    """Return what the rows say at a value: linear between the knots, and beyond the outer two.

    Parameters
    ----------
    knots : (k,) float64 array
        Ascending, at least two; in the unit of the value.
    rows : (k, ...) array
        One entry for each knot.
    value : float

    Returns
    -------
    (...) float64 array

    Examples
    --------
    >>> between_knots(np.array([0.0, 2.0, 4.0]), np.array([0.0, 1.0, 5.0]), 3.0).item()
    3.0
    """
    after = min(max(int(knots.searchsorted(value)), 1), len(knots) - 1)
    share = (value - knots[after - 1]) / (knots[after] - knots[after - 1])
    return np.asarray(rows[after - 1] * (1.0 - share) + rows[after] * share, np.float64)
