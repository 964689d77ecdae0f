"""A plain backdrop: what its colours are everywhere, by the borders of the photo.

Clinics photograph before a wall or a curtain. Where the borders tell one smooth colour, what
differs from it is the person; the silhouette network alone is unsure of bald heads and of heads
without shoulders.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import FloatArray
from landmarkdiff.numerics import summed
from landmarkdiff.profile.windows import PhotoPyramid

__all__ = ["Backdrop", "plain_backdrop"]

#: Pixels per longer side that the backdrop is read at.
_PIXELS = 160
#: Shares of the photo that are its border: at the top, and at both sides of the upper part.
_TOP, _SIDE, _UPPER = 0.08, 0.05, 0.6
_ROUNDS = 5
#: A backdrop is plain where so much of the border lies within three spreads of one smooth colour,
#: and the spread is below this (LAB units).
_LEAST_SHARE, _MOST_SPREAD = 0.65, 4.0
_LEAST_SPREAD = 1.0
#: Difference of colour that counts half, LAB units, and its part that grows with the spread.
_HALF, _HALF_PER_SPREAD = 3.5, 2.0
#: A head's shadow on a wall leaves at least so much of its colour.
_DEEPEST_SHADE = 0.7


@dataclass(frozen=True, eq=False)
class Backdrop:
    """Smooth colours of a backdrop.

    Attributes
    ----------
    coefficients : (6, 3) float64 array
        Of 1, x, y, x squared, x y, y squared for each LAB channel; x and y in longer sides of the
        photo.
    spread : float
        Standard deviation about it, LAB units.
    longer : float
        Longer side of the photo, pixels.
    """

    coefficients: FloatArray
    spread: float
    longer: float

    def foreign(self, lab: NDArray[np.float32], x: FloatArray, y: FloatArray) -> FloatArray:
        """How surely pixels are not the backdrop, 0 to 1, (h, w).

        Parameters
        ----------
        lab : (h, w, 3) float32 array
        x, y : (w,) and (h,) float64 arrays
            Their places in the photo, pixels.
        """
        across, down = x / self.longer, (y / self.longer)[:, None]
        square = np.zeros(lab.shape[:2])
        for channel, (level, *slopes) in enumerate(self.coefficients.T):
            by_x, by_y, by_xx, by_xy, by_yy = slopes
            expected = (level + by_y * down + by_yy * down * down) + (by_x + by_xy * down) * across
            square += (lab[..., channel] - expected - by_xx * across * across) ** 2
        ratio = square / (_HALF + _HALF_PER_SPREAD * self.spread) ** 2
        return np.asarray(ratio / (1.0 + ratio))

    def beside_shade(self, lab: NDArray[np.float32], places: FloatArray) -> FloatArray:
        """What colours have beside those of the backdrop and of a shade that lies on it.

        Parameters
        ----------
        lab : (..., 3) float32 array
        places : (..., 2) float64 array
            Where they are in the photo, pixels.

        Returns
        -------
        (..., 3) float64 array
            LAB units.
        """
        x, y = places[..., 0] / self.longer, places[..., 1] / self.longer
        expected = _terms(x, y) @ self.coefficients
        power = np.maximum(summed(expected**2), 1.0)
        shade = np.clip(summed(lab * expected) / power, _DEEPEST_SHADE, 1.0)
        return np.asarray(lab - shade[..., None] * expected)


def plain_backdrop(pyramid: PhotoPyramid) -> Backdrop | None:
    """Return the backdrop of a photo, or None where it is not plain.

    Parameters
    ----------
    pyramid : PhotoPyramid
    """
    height, width = pyramid.photo.shape[:2]
    longer = float(max(height, width))
    level, _, _ = pyramid.matching(longer / _PIXELS)
    lab = cv2.cvtColor(level.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    rows, columns = lab.shape[:2]
    y, x = np.mgrid[0:rows, 0:columns]
    border = y < _TOP * rows
    border |= (y < _UPPER * rows) & ((x < _SIDE * columns) | (x >= (1 - _SIDE) * columns))
    terms = _terms(
        (x[border] + 0.5) / columns * width / longer, (y[border] + 0.5) / rows * height / longer
    )
    colours = lab[border].astype(np.float64)
    weights = np.ones(len(colours))
    spread = np.inf
    coefficients = np.zeros((6, 3))
    away = np.zeros(len(colours))
    for _ in range(_ROUNDS):
        weighted = terms * weights[:, None]
        normal = weighted.T @ terms + 1e-3 * np.diag([0.0, 1, 1, 1, 1, 1])
        coefficients = np.linalg.solve(normal, weighted.T @ colours)
        away = np.sqrt(((colours - terms @ coefficients) ** 2).sum(axis=1))
        spread = max(float(np.median(away)), _LEAST_SPREAD)
        weights = 1.0 / (1.0 + (away / (2.0 * spread)) ** 2)
    if spread > _MOST_SPREAD or (away < 3.0 * spread).mean() < _LEAST_SHARE:
        return None
    return Backdrop(coefficients, spread, longer)


def _terms(x: FloatArray, y: FloatArray) -> FloatArray:
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
