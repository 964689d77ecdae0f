"""How deep a fold is: what its own shadow takes off the logarithm of the light, across it.

The skin beside a fold is lit alike on a few millimetres, and the fold is a valley in that light.
Its depth is what a closing by the widest fold fills up: the level of the lower one of its two
shoulders, less the light itself. So nothing is brighter than the skin beside it when the valley is
filled by any share, a step from light to dark is no fold, and the same closing finds in a valley
that was filled by a share exactly what was left.
"""

from __future__ import annotations

import cv2
import numpy as np

from landmarkdiff.arrays import Float32Array
from landmarkdiff.creases.strip import STEP_MM

__all__ = ["NARROWEST_MM", "WIDEST_MM", "SkinOfStrip", "depth_across"]

#: A fold's shadow is as wide as this, mm: pores, fine hairs and single wrinkles are narrower, the
#: modelling of the cheek and the shadow of the nose are wider.
NARROWEST_MM, WIDEST_MM = 1.0, 8.0
#: A fold is the same over this length (standard deviation), mm: a mole or a hair is not.
_ALONG_MM = 2.5
#: Its light is smoothed over this across it (standard deviation), mm: half of the narrowest.
_ACROSS_MM = 0.5


def depth_across(light: Float32Array, known: Float32Array) -> Float32Array:
    """Return the depth of folds that run along a strip.

    Parameters
    ----------
    light : (rows, columns) float32 array
        Logarithm of linear light; rows are :data:`~landmarkdiff.creases.strip.STEP_MM` apart
        across the fold.
    known : (rows, columns) float32 array
        Where it is that of the skin, 0 to 1; what is not known takes the level of what is beside.

    Returns
    -------
    (rows, columns) float32 array
        In the same logarithm, 0 or more.

    Examples
    --------
    >>> across = np.arange(-12, 13)[:, None] * np.ones((1, 40))
    >>> light = (-0.2 * np.exp(-0.5 * (across * 0.5 / 1.5) ** 2)).astype(np.float32)
    >>> depth = depth_across(light, np.ones_like(light))
    >>> round(float(depth[12, 20]), 2), round(float(depth[0, 20]), 2)
    (0.18, 0.0)
    """
    return SkinOfStrip(known).depth(light)


class SkinOfStrip:
    """Where the light of a strip is that of the skin: for the depth of several lights there.

    Parameters
    ----------
    known : (rows, columns) float32 array
        As of :func:`depth_across`.
    """

    def __init__(self, known: Float32Array) -> None:
        self._known = known
        spread = _spread(known)
        self._weight = np.asarray(spread + 1e-4 * _spread(known, 4.0) + 1e-9, np.float32)
        self._share = np.minimum(spread, 1.0)

    def depth(self, light: Float32Array) -> Float32Array:
        """Return the depth of folds in a light (rows, columns), as :func:`depth_across` does."""
        smooth = self._smoothed(light)
        flat = smooth - _tilt(smooth, self._known)
        rows = round(WIDEST_MM / STEP_MM) + 1
        line = np.ones((rows, 1), np.uint8)
        # Beyond the strip there is no shoulder: the border must not close anything.
        filled = cv2.erode(
            cv2.dilate(flat, line, borderType=cv2.BORDER_CONSTANT, borderValue=-1e6),
            line,
            borderType=cv2.BORDER_CONSTANT,
            borderValue=1e6,
        )
        return np.asarray(np.maximum(filled - flat, 0.0) * self._share, np.float32)

    def _smoothed(self, light: Float32Array) -> Float32Array:
        """The light along and across, as far as it is known (normalised convolution)."""
        seen = light * self._known
        near = _spread(seen) + 1e-4 * _spread(seen, 4.0) + 1e-9 * light
        return np.asarray(near / self._weight, np.float32)


def _spread(values: Float32Array, wider: float = 1.0) -> Float32Array:
    return np.asarray(
        cv2.GaussianBlur(
            values,
            (0, 0),
            sigmaX=wider * _ALONG_MM / STEP_MM,
            sigmaY=wider * _ACROSS_MM / STEP_MM,
            borderType=cv2.BORDER_REPLICATE,
        ),
        np.float32,
    )


def _tilt(light: Float32Array, known: Float32Array) -> Float32Array:
    """The plane that lies on the strip's light across it: one slope for each column, smooth."""
    rows = len(light)
    across = (np.arange(rows, dtype=np.float32) - (rows - 1) / 2)[:, None] * np.float32(STEP_MM)
    weight = known + np.float32(1e-6)
    whole = weight.sum(axis=0)
    middle = (weight * across).sum(axis=0) / whole
    level = (weight * light).sum(axis=0) / whole
    apart = across - middle
    slope = (weight * apart * (light - level)).sum(axis=0) / (weight * apart**2).sum(axis=0)
    spread = 2.0 * _ALONG_MM / STEP_MM
    slope = cv2.GaussianBlur(
        slope[None].astype(np.float32), (0, 0), spread, borderType=cv2.BORDER_REPLICATE
    )
    return np.asarray(slope * across, np.float32)
