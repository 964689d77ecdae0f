"""Photos of one head at known turns, as files: the rendered mesh."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from rendering import render

from landmarkdiff import weights
from landmarkdiff.landmarks import extract_landmarks
from landmarkdiff.photo import Photo, encode_png, read_photo

__all__ = ["VIEW_OF", "turned_head", "turned_photo"]

#: The view that a head turned by so many degrees shows.
VIEW_OF = {
    -80: "left_profile",
    -45: "left_three_quarter",
    0: "frontal",
    45: "right_three_quarter",
    80: "right_profile",
}


@cache
def _portrait() -> tuple[np.ndarray, np.ndarray]:
    picture = cv2.imread(str(weights.obtain("astronaut")), cv2.IMREAD_COLOR)
    pixels = np.ascontiguousarray(picture[..., ::-1])
    return pixels, extract_landmarks(pixels).points


@cache
def turned_head(yaw: float, size: int = 560) -> bytes:
    """A PNG of the head turned by ``yaw`` degrees, positive to the patient's left."""
    portrait, landmarks = _portrait()
    scale = 1.9 * size / 480
    return encode_png(render(portrait, landmarks, yaw=yaw, px_per_mm=scale, size=size).image)


def turned_photo(yaw: float, size: int = 560) -> Photo:
    """The same as a photo that was read."""
    return read_photo(turned_head(yaw, size))
