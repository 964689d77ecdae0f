"""The face behind a thing, continued from the skin beside it."""

from __future__ import annotations

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, IndexArray

__all__ = ["continued", "extended"]

#: Detail of the skin is what is finer than this (sigma, mm).
_DETAIL_MM = 0.6
#: What goes straight on is a mean over this at the border (sigma, mm).
_BORDER_MM = 0.25
#: The farther away, the wider a mean is taken along the border: by this per mm (sigma, mm); and of
#: the finest detail so many times what is usual goes on at most.
_SPREAD, _MOST_FINE = 0.7, 2.0
#: A Gaussian of this many cells is smooth enough to be worked out on half as many each way.
_WIDE_CELLS = 6.0
#: Detail of more than this many times what is usual is a mark or a hair, and does not go on.
_MOST_DETAIL = 3.0


def continued(pixels: Float32Array, known: BoolArray, cells_per_mm: float) -> Float32Array:
    """Return a picture in which what is not known goes on from what is known beside it.

    Light and colour go over from one side to the other (push and pull [1]_); the detail of the skin
    is that at the same distance beyond the border.

    Parameters
    ----------
    pixels : (rows, columns, 3) float32 array
    known : (rows, columns) bool array
        Some of it true.
    cells_per_mm : float

    Returns
    -------
    (rows, columns, 3) float32 array
        ``pixels`` where they are known.

    References
    ----------
    .. [1] S. Gortler et al., The Lumigraph, SIGGRAPH 1996.

    Examples
    --------
    >>> ramp = np.tile(np.arange(9, dtype=np.float32)[:, None, None] * 10, (1, 5, 3))
    >>> known = np.ones((9, 5), bool)
    >>> known[4] = False
    >>> holed = np.where(known[..., None], ramp, np.float32(0))
    >>> bool(abs(continued(holed, known, 1.0)[4] - 40).max() < 3.0)
    True
    """
    weight = known.astype(np.float32)
    sigma = _DETAIL_MM * cells_per_mm
    total = cv2.GaussianBlur(weight, (0, 0), sigma)
    mean = cv2.GaussianBlur(pixels * weight[..., None], (0, 0), sigma)
    mean = mean / np.maximum(total, np.float32(1e-4))[..., None]
    filled = _pulled(np.where(known[..., None], mean, np.float32(0.0)), weight)
    hidden, border = _nearest(known)
    beyond = np.clip(2 * border - hidden, 0, np.array(known.shape) - 1)
    row, column = beyond.T
    detail = pixels - mean
    most = _MOST_DETAIL * float(np.median(np.abs(detail[known])))
    detail = np.clip(detail, -most, most)[row, column] * known[row, column][:, None]
    result = pixels.copy()
    result[hidden[:, 0], hidden[:, 1]] = filled[hidden[:, 0], hidden[:, 1]] + detail
    return np.asarray(np.clip(result, 0.0, 255.0), np.float32)


def extended(pixels: Float32Array, known: BoolArray, cells_per_mm: float) -> Float32Array:
    """Return a picture in which what is known goes straight on where it is not.

    So tooth goes on as tooth and gum as gum; the farther from what is known, the less is said of
    what lies beside each other. The finest detail is mirrored at the border.

    Parameters
    ----------
    pixels : (rows, columns, 3) float32 array
    known : (rows, columns) bool array
        Some of it true.
    cells_per_mm : float

    Returns
    -------
    (rows, columns, 3) float32 array
        ``pixels`` where they are known.

    Examples
    --------
    >>> row = np.arange(6, dtype=np.float32)[None, :, None] * np.ones((4, 1, 3), np.float32)
    >>> known = np.tile(np.arange(6) < 3, (4, 1))
    >>> extended(row, known, 1.0)[0, 3:, 0].round().astype(int).tolist()
    [2, 2, 2]
    """
    weight = known.astype(np.float32)
    sigma = _BORDER_MM * cells_per_mm
    mean = _mean(pixels, weight, sigma)
    hidden, border = _nearest(known)
    row, column = hidden.T
    far = pixels.copy()
    far[row, column] = mean[border[:, 0], border[:, 1]]
    away = np.hypot(*(hidden - border).T) / cells_per_mm
    even = _mean(far, 1.0 - weight, sigma)[row, column]
    before = _BORDER_MM
    while before < _SPREAD * away.max(initial=0.0):
        wide = _mean(far, 1.0 - weight, 2.0 * before * cells_per_mm)[row, column]
        part = np.clip(np.log2(np.maximum(_SPREAD * away / before, 1.0)), 0.0, 1.0)[:, None]
        even, before = np.asarray(even + part * (wide - even), np.float32), 2.0 * before
    detail = pixels - mean
    most = _MOST_FINE * np.median(np.abs(detail[known]), axis=0)
    beyond = np.clip(2 * border - hidden, 0, np.array(known.shape) - 1)
    fine = np.clip(detail[beyond[:, 0], beyond[:, 1]], -most, most)
    fine *= known[beyond[:, 0], beyond[:, 1]][:, None]
    result = pixels.copy()
    result[row, column] = even + fine
    return np.asarray(np.clip(result, 0.0, 255.0), np.float32)


def _mean(pixels: Float32Array, weight: Float32Array, sigma: float) -> Float32Array:
    """Weighted Gaussian mean of a picture (rows, columns, 3); a wide one on fewer cells."""
    mass = np.dstack([pixels * weight[..., None], weight])
    rows, columns = weight.shape
    fewer = 2 ** max(0, int(np.log2(sigma / _WIDE_CELLS)))
    if fewer == 1:
        mass = cv2.GaussianBlur(mass, (0, 0), sigma)
    else:
        size = -(-columns // fewer), -(-rows // fewer)
        few = cv2.resize(mass, size, interpolation=cv2.INTER_AREA)
        # The mean over a large cell, and the line from one to the next, have a width of their own.
        own = float(np.sqrt((sigma / fewer) ** 2 - 0.25))
        few = cv2.GaussianBlur(few, (0, 0), own)
        mass = cv2.resize(few, (columns, rows), interpolation=cv2.INTER_LINEAR)
    return np.asarray(mass[..., :3] / np.maximum(mass[..., 3:], np.float32(1e-4)), np.float32)


def _nearest(known: BoolArray) -> tuple[IndexArray, IndexArray]:
    """Rows and columns (n, 2) of the cells that are not known, and of the nearest that are."""
    _, label = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    rows, columns = np.nonzero(known)
    place = np.zeros((int(label.max()) + 1, 2), np.intp)
    place[label[rows, columns]] = np.stack([rows, columns], axis=1)
    hidden = np.argwhere(~known)
    return hidden, place[label[hidden[:, 0], hidden[:, 1]]]


def _pulled(values: Float32Array, weight: Float32Array) -> Float32Array:
    """Fill values (rows, columns, 3) where the weight is 0 from ever coarser means of the rest."""
    rows, columns = weight.shape
    if weight.all() or min(rows, columns) < 2:
        mean = (values * weight[..., None]).sum(axis=(0, 1)) / max(float(weight.sum()), 1e-6)
        return np.where(weight[..., None] > 0, values, mean).astype(np.float32)
    size = ((columns + 1) // 2, (rows + 1) // 2)
    some = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    means = cv2.resize(values * weight[..., None], size, interpolation=cv2.INTER_AREA)
    means = means / np.maximum(some, np.float32(1e-6))[..., None]
    coarse = _pulled(np.asarray(means, np.float32), (some > 0).astype(np.float32))
    large = cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_LINEAR)
    result = np.where(weight[..., None] > 0, values, large).astype(np.float32)
    # The steps of the coarser picture are evened out between what is known.
    for _ in range(2):
        smooth = cv2.blur(result, (3, 3))
        result = np.where(weight[..., None] > 0, values, smooth).astype(np.float32)
    return result
