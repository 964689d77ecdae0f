"""Where an edge of skin against skin runs within a contour: a thing behind the face has its colour.

An arm or a hand behind nose or chin has an outline as clear as the skin's, and no colour tells it
from the face. The face's own border then lies within, and is seen as a line on the skin: lit skin
on both of its sides, which nostrils, brows, lips and lids are not.
"""

from __future__ import annotations

import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray
from landmarkdiff.profile.edge import colours, outward_normals, resampled
from landmarkdiff.profile.windows import PhotoPyramid

__all__ = ["edge_within"]

#: So far within the contour, and at such steps, it is looked for, mm; beside it so far, mm, the
#: skin is looked at.
_FROM_MM, _TO_MM, _STEP_MM, _BESIDE_MM = 0.9, 7.0, 0.3, 0.9
#: Places along the contour, and the length of a line that is none of the face, mm.
_SPACING_MM, _LENGTH_MM = 0.35, 7.0
#: Change of colour along it, LAB units per mm, on the mean, each place counting at most so much:
#: on 36 bare rendered profiles none was above 22, and that at the far eye.
_CHANGE, _MOST_CHANGE = 26.0, 40.0
#: Points of the model between which no part of a face has such a line: the nose down to its tip,
#: and the chin. About columella and nostril the wing of the nose has one of its own.
_ASKED = ((13.0, 34.0), (54.0, 64.0))
#: Lit skin, shares of the lightness of the skin.
_LIT = (0.6, 1.4)


def edge_within(
    pyramid: PhotoPyramid,
    points: FloatArray,
    part: FloatArray,
    facing: int,
    px_per_mm: float,
    lightness: float,
) -> BoolArray:
    """Tell along which stretches of a contour a clear edge lies within it.

    Parameters
    ----------
    pyramid : PhotoPyramid
    points : (n, 2) float64 array
        The contour from the forehead down, pixels of the photo.
    part : (n,) float64 array
        Their places along the outline model.
    facing : int
        1 to the left, -1 to the right.
    px_per_mm : float
    lightness : float
        Of lit skin, CIELAB.

    Returns
    -------
    (n,) bool array
    """
    asked = np.zeros(len(points), np.bool_)
    for first, last in _ASKED:
        asked |= (part > first) & (part < last)
    line = resampled(points, _SPACING_MM * px_per_mm, px_per_mm)
    count = len(line)
    depth = np.arange(_FROM_MM - _STEP_MM, _TO_MM + 2 * _STEP_MM, _STEP_MM)
    within = outward_normals(line, facing)[:, None] * (depth * px_per_mm)[:, None]
    lab = colours(pyramid, line[:, None] - within, _STEP_MM * px_per_mm).astype(np.float64)
    change = np.sqrt(((lab[:, 2:] - lab[:, :-2]) ** 2).sum(axis=2)) / (2 * _STEP_MM)
    lit = (lab[..., 0] > _LIT[0] * lightness) & (lab[..., 0] < _LIT[1] * lightness)
    beside = round(_BESIDE_MM / _STEP_MM)
    both = np.zeros(change.shape, np.bool_)
    middle = slice(beside - 1, change.shape[1] - beside + 1)
    both[:, middle] = lit[:, : -2 * beside] & lit[:, 2 * beside :]
    own = np.linspace(0.0, 1.0, count)
    there = np.interp(own, np.linspace(0.0, 1.0, len(points)), asked.astype(np.float64)) > 0.5
    change = np.minimum(change, _MOST_CHANGE) * (both & there[:, None])
    length = min(round(_LENGTH_MM / _SPACING_MM), count)
    starts = np.arange(count - length + 1)
    total = change[starts]
    for step in range(1, length):
        wide = np.pad(total, ((0, 0), (1, 1)), constant_values=-np.inf)
        total = np.maximum.reduce([wide[:, :-2], wide[:, 1:-1], wide[:, 2:]])
        total = total + change[starts + step]
    clear = np.convolve(total.max(axis=1) > _CHANGE * length, np.ones(length)) > 0.5
    at = np.linspace(0.0, count - 1.0, len(points))
    return np.asarray(np.interp(at, np.arange(count), clear.astype(np.float64)) > 0.5)
