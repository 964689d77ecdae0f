"""Lightness and melanin colour of skin, and how much they change over a few millimetres.

Maps are (h, w) float32 over the cells of a :class:`~landmarkdiff.landmarks.face_crop.FaceCrop`.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["departure", "lightness_and_colours", "rises_along", "usual_difference"]

FloatMap = NDArray[np.float32]
Mask = NDArray[np.bool_]


def rises_along(
    channels: Sequence[FloatMap], field: FloatMap, mm_per_cell: float
) -> list[FloatMap]:
    """Return how much each channel rises over 3 mm along a field."""
    along = _differences(field, mm_per_cell)
    length = np.hypot(*along) + 1e-6
    steps = [_differences(channel, mm_per_cell) for channel in channels]
    return [np.asarray((x * along[0] + y * along[1]) / length, np.float32) for x, y in steps]


def usual_difference(channel: FloatMap, skin: Mask, mm_per_cell: float) -> float:
    """Return the median 3 mm difference on this person's skin, as standard deviation."""
    return 1.4826 * float(np.median(np.hypot(*_differences(channel, mm_per_cell))[skin]))


def _differences(channel: FloatMap, mm_per_cell: float) -> tuple[FloatMap, FloatMap]:
    half = round(1.5 / mm_per_cell)
    kernel = np.zeros((1, 2 * half + 1), np.float32)
    kernel[0, 0], kernel[0, -1] = -1.0, 1.0
    across, down = cv2.filter2D(channel, -1, kernel), cv2.filter2D(channel, -1, kernel.T)
    return np.asarray(across, np.float32), np.asarray(down, np.float32)


def lightness_and_colours(pixels: NDArray[np.uint8]) -> tuple[FloatMap, FloatMap, FloatMap]:
    """Return L*, ln(R/B) and ln R of linear light; ln(R/B) does not change with illumination."""
    calm = cv2.medianBlur(pixels, 3)
    lightness = cv2.cvtColor(calm.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[..., 0]
    # One hundredth keeps the noise of a dark blue channel from looking like colour.
    log_red, log_blue = _LOG_LINEAR[calm[..., 0]], _LOG_LINEAR[calm[..., 2]]
    colour = np.asarray(log_red - log_blue, np.float32)
    return np.asarray(lightness, np.float32), colour, np.asarray(log_red, np.float32)


def _log_linear() -> FloatMap:
    code = np.arange(256) / 255
    linear = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.log(linear + 0.01), np.float32)


_LOG_LINEAR = _log_linear()


def departure(
    values: FloatMap, cells: NDArray[np.float64], skin: Mask, mm_per_cell: float
) -> tuple[FloatMap, float]:
    """Return the departure from the person's smooth skin, and its robust spread.

    A polynomial of degree 4 over the face (illumination, and the slow change of colour from
    forehead to chin) is fitted with Tukey's biweight, so hair, patches and highlights do not
    bend it.
    """
    centre = cells[:468].mean(axis=0)
    x = (np.arange(skin.shape[1]) - centre[0]) * mm_per_cell / 60
    y = (np.arange(skin.shape[0]) - centre[1]) * mm_per_cell / 80
    across, down = np.vander(x, 5, increasing=True), np.vander(y, 5, increasing=True)
    powers = np.array([(i, j) for i in range(5) for j in range(5 - i)])
    rows, columns = (index[::11] for index in np.nonzero(skin))
    terms = across[columns][:, powers[:, 0]] * down[rows][:, powers[:, 1]]
    wanted = values[rows, columns].astype(np.float64)
    rest = wanted - np.median(wanted)
    coefficients = np.zeros(len(powers))
    for _ in range(8):
        limit = 4.0 * 1.4826 * np.median(np.abs(rest)) + 1e-6
        weighted = terms * (np.clip(1 - (rest / limit) ** 2, 0, None) ** 2)[:, None]
        normal = weighted.T @ terms + 1e-6 * np.eye(len(powers))
        coefficients = np.linalg.solve(normal, weighted.T @ wanted)
        rest = wanted - terms @ coefficients
    grid = np.zeros((5, 5))
    grid[powers[:, 1], powers[:, 0]] = coefficients
    smooth = (down @ grid @ across.T).astype(np.float32)
    return values - smooth, float(1.4826 * np.median(np.abs(rest)) + 1e-6)
