"""The paper's numbers of an edit: landmark error and rectified identity."""

from __future__ import annotations

import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray

__all__ = ["EPSILON", "landmark_error", "rectified_identity"]

#: Keeps the rectified identity finite where nothing was asked for.
EPSILON = 1e-6


def landmark_error(
    found: FloatArray, wanted: FloatArray, seen: BoolArray, size: tuple[int, int]
) -> float:
    """Return how far the landmarks of an edit are from those it was given (LaTo, tables 3 and 5).

    Parameters
    ----------
    found, wanted : (68, 2) array
        Pixels of the edit.
    seen : (68,) bool array
        Points that were given.
    size : (int, int)
        Width and height of the edit, pixels.

    Returns
    -------
    float
        Mean difference of a coordinate, in pixels of a picture whose longer side has 512: the
        paper says L1 and gives no more; its pictures have 512 pixels.

    Examples
    --------
    >>> points = np.zeros((68, 2))
    >>> landmark_error(points + (2.0, 4.0), points, np.ones(68, bool), (1024, 768))
    1.5
    """
    apart = np.abs(np.asarray(found)[seen] - np.asarray(wanted)[seen])
    return float(apart.mean() * 512.0 / max(size))


def rectified_identity(alike: float, wanted: float, shown: float) -> float:
    """Return how like the person an edit is that does what was asked (LaTo, equation 7).

    An edit that barely changes the photo is like it for free; what it falls short of, or goes
    beyond, is taken off.

    Parameters
    ----------
    alike : float
        Cosine similarity of the face to that of the source.
    wanted, shown : float
        Amplitude of the change that was asked for and of that which is seen, in one measure.

    Examples
    --------
    >>> round(rectified_identity(0.9, wanted=0.4, shown=0.2), 3)
    0.65
    >>> rectified_identity(0.9, wanted=0.4, shown=0.0)
    0.0
    """
    return float(max(0.0, alike - ((wanted - shown) / (wanted + EPSILON)) ** 2))
