"""Where a photo shows the person and where what is behind."""

from __future__ import annotations

import threading
from functools import cache

import cv2
import numpy as np

from landmarkdiff.arrays import Float32Array, FloatArray, ImageArray
from landmarkdiff.profile.contour import Silhouette
from landmarkdiff.profile.networks import SILHOUETTE_PIXELS, ProfileNetworks
from landmarkdiff.profile.windows import PhotoPyramid, Window
from landmarkdiff.weights import read

__all__ = ["person_around"]

#: The window that the network sees is this much larger than the head: it expects shoulders.
_ROOM = 1.7
_LOCK = threading.Lock()


def person_around(photo: ImageArray, places: FloatArray) -> Silhouette:
    """Return the probability of a person in the square around a head.

    Parameters
    ----------
    photo : (H, W, 3) uint8 array
        RGB.
    places : (n, 2) float64 array
        Of the head, image frame, pixels.

    Raises
    ------
    WeightsMissingError, WeightsCorruptError, WeightsError
        As of :func:`landmarkdiff.weights.obtain`.
    """
    low, high = places.min(axis=0), places.max(axis=0)
    side = _ROOM * float((high - low).max())
    x, y = (low + high) / 2
    window = Window(float(x), float(y), side)
    pyramid = PhotoPyramid(photo)
    with _LOCK:
        networks = _networks()
    plain = networks.silhouette(pyramid.sample(window, SILHOUETTE_PIXELS))
    mirrored = networks.silhouette(pyramid.sample(window.mirror(), SILHOUETTE_PIXELS))
    mask = np.asarray((plain + mirrored[:, ::-1]) / 2, np.float32)
    step = side / SILHOUETTE_PIXELS
    corner = np.array([x, y]) - side / 2 + step / 2
    return Silhouette(_one_piece(mask), corner, step)


def _one_piece(mask: Float32Array) -> Float32Array:
    """Keep the person in the middle: another one in the window is not this head."""
    _, pieces, sizes, _ = cv2.connectedComponentsWithStats((mask > 0.5).astype(np.uint8))
    middle = pieces[mask.shape[0] // 2, mask.shape[1] // 2]
    if middle == 0:
        middle = int(sizes[1:, cv2.CC_STAT_AREA].argmax()) + 1 if len(sizes) > 1 else 0
    other = (pieces != middle) & (pieces != 0)
    return np.asarray(np.where(other, 0.0, mask), np.float32)


@cache
def _networks() -> ProfileNetworks:
    return ProfileNetworks(read("face_detection_full_range"), read("selfie_segmentation"))
