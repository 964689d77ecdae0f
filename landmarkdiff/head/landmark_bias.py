"""How far the landmark network lies from the surface, by the turn of the head.

Measured on drawn heads (``scripts/calibrate_landmarks.py``): in a turned face the network draws
hidden landmarks to where the faces that it knows have them.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.landmarks.topology import topology

__all__ = ["landmark_bias"]


def landmark_bias(yaw: float) -> tuple[FloatArray, FloatArray]:
    """Return bias and spread of the landmarks in a view.

    Parameters
    ----------
    yaw : float
        Degrees, positive toward the patient's left.

    Returns
    -------
    (478, 2) and (478,) float64 arrays
        Mean offset in the image plane (x right, y down) and standard deviation, mm.
    """
    yaws, bias, spread = _table()
    place = float(np.interp(abs(yaw), yaws, np.arange(len(yaws))))
    low = min(int(place), len(yaws) - 2)
    share = place - low
    offset = bias[low] * (1 - share) + bias[low + 1] * share
    width = spread[low] * (1 - share) + spread[low + 1] * share
    mirror = topology().mirror
    turned, wide = offset[mirror] * (-1.0, 1.0), width[mirror]
    if yaw < 0:
        return turned, wide
    if yaws[0] == 0.0 and place < 1.0:  # straight ahead both sides are alike
        half = (1.0 - place) / 2
        offset = offset * (1 - half) + turned * half
        width = width * (1 - half) + wide * half
    return offset, width


@cache
def _table() -> tuple[FloatArray, FloatArray, FloatArray]:
    file = resources.files(__package__).joinpath("landmark_bias.npz")
    with file.open("rb") as opened, np.load(opened) as held:
        return tuple(  # type: ignore[return-value]
            np.asarray(held[name], np.float64) for name in ("yaw", "bias_mm", "spread_mm")
        )
