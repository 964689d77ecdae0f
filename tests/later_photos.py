"""Photos as they are taken another day: another framing, light and grain."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["SCALE", "SHIFT", "TURN", "taken_later"]

#: Degrees, share, pixels: how the camera stood otherwise on the second day.
TURN, SCALE, SHIFT = 4.0, 1.15, (24.0, -17.0)


def taken_later(pixels: NDArray[np.uint8], *, dimmer: bool = True) -> NDArray[np.uint8]:
    """The same head in another framing, light and grain."""
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), TURN, SCALE)
    matrix[:, 2] += SHIFT
    seen = cv2.warpAffine(
        pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    ).astype(np.float64)
    if dimmer:
        seen = 0.86 * seen + (10.0, 3.0, -4.0)
        seen += np.random.default_rng(3).normal(0.0, 2.0, seen.shape)
    return np.clip(np.rint(seen), 0, 255).astype(np.uint8)
