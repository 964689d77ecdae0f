"""Formulas on face-frame points: batches of (N, k, 3) millimetres in, (N,) values out.

Face frame: x toward the patient's left, y up, z toward the camera. *Coronal* drops z, as a
frontal photo does; *sagittal* drops x, as a profile photo does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

__all__ = ["FORMULAS", "Formula"]

FloatArray = NDArray[np.float64]
Formula = Callable[[FloatArray], FloatArray]


def _length(vectors: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt((vectors * vectors).sum(axis=-1)))


def coronal_distance(p: FloatArray) -> FloatArray:
    """Distance between points 0 and 1 in the coronal plane, mm."""
    return _length(p[:, 1, :2] - p[:, 0, :2])


def distance_ratio(p: FloatArray) -> FloatArray:
    """Coronal distance 0-1 divided by coronal distance 2-3."""
    return coronal_distance(p[:, 0:2]) / coronal_distance(p[:, 2:4])


FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {function.__name__: function for function in (coronal_distance, distance_ratio)}
)
