"""Octaves of an image inside an irregular region, from a pyramid that ignores the rest.

In a plain pyramid every level is wider than the last, so what lies outside the region runs into
it. Here every Gaussian level [1]_ is divided by the same level of the region itself (normalised
convolution [2]_): a level knows only what is inside, up to the border, at any size.

References
----------
.. [1] Burt, Adelson: A multiresolution spline with application to image mosaics. ACM
   Transactions on Graphics 2(4), 217-236 (1983).
.. [2] Knutsson, Westin: Normalized and differential convolution. CVPR, 515-523 (1993).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import Float32Array

__all__ = ["RegionPyramid"]


#: A pixel of a level with less of the region than this counts as outside.
LEAST_COVERAGE = 1e-4


class RegionPyramid:
    """The levels of a region, for any number of images over it.

    Parameters
    ----------
    inside : (h, w) bool array
    levels : int
        How often the image is halved; less often where that leaves a single pixel.

    Attributes
    ----------
    depth : int
        How often it is halved.

    Examples
    --------
    A constant inside stays one on every level, whatever lies outside:

    >>> inside = np.zeros((5, 7), bool)
    >>> inside[1:4, 2:6] = True
    >>> pyramid = RegionPyramid(inside, 2)
    >>> level = pyramid.levels(np.where(inside, 8.0, -99.0).astype(np.float32))[2]
    >>> np.ptp(pyramid.enlarge(level, 2)[inside].round(3)).item()
    0.0
    """

    def __init__(self, inside: NDArray[np.bool_], levels: int) -> None:
        self._coverage = [inside.astype(np.float32)]
        while len(self._coverage) <= levels and max(self._coverage[-1].shape) > 1:
            self._coverage.append(_halved(self._coverage[-1]))
        self._enlarged = [
            np.maximum(_doubled(coarse, fine), np.float32(LEAST_COVERAGE))
            for fine, coarse in zip(self._coverage, self._coverage[1:], strict=False)
        ]

    @property
    def depth(self) -> int:
        """How often the region is halved."""
        return len(self._enlarged)

    def levels(self, values: Float32Array) -> list[Float32Array]:
        """Return the means of ``values`` (h, w) inside the region on every level, finest first."""
        sums = [values * self._coverage[0]]
        for _ in range(self.depth):
            sums.append(_halved(sums[-1]))
        return [
            np.asarray(total / np.maximum(coverage, LEAST_COVERAGE), np.float32)
            for total, coverage in zip(sums, self._coverage, strict=True)
        ]

    def enlarge(self, means: Float32Array, level: int) -> Float32Array:
        """Return the means of a level at full size: (h, w)."""
        for finer in range(level - 1, -1, -1):
            means = _doubled(means * self._coverage[finer + 1], self._coverage[finer])
            means /= self._enlarged[finer]
        return means


def _halved(values: Float32Array) -> Float32Array:
    return np.asarray(cv2.pyrDown(values), np.float32)


def _doubled(values: Float32Array, like: Float32Array) -> Float32Array:
    height, width = like.shape
    return np.asarray(cv2.pyrUp(values, dstsize=(width, height)), np.float32)
