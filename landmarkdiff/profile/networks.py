"""The two networks that a profile needs, run on LiteRT: full-range face detector and silhouette.

Shapes, value ranges and the anchor layout are those of MediaPipe's graphs (Apache-2.0): face
detection 192 x 192 in [-1, 1] with one anchor for every cell of stride 4, selfie segmentation
256 x 256 in [0, 1].
"""

from __future__ import annotations

import threading
from functools import cache

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.landmarks.candidates import Candidate, grid_anchors, read_candidates
from landmarkdiff.runtime.litert import LiteNetwork, loading

__all__ = ["DETECTOR_PIXELS", "SILHOUETTE_PIXELS", "ProfileNetworks"]


DETECTOR_PIXELS = 192
SILHOUETTE_PIXELS = 256
#: (stride in pixels, anchors per cell) of the detector's one grid: 48 x 48 = 2,304 anchors.
_GRIDS = ((4, 1),)


class ProfileNetworks:
    """Face detector and silhouette, loaded once.

    Parameters
    ----------
    detector : bytes
        Content of ``face_detection_full_range_sparse.tflite``.
    silhouette : bytes
        Content of ``selfie_segmentation.tflite``.
    threads : int
        Threads of each network.

    Notes
    -----
    An interpreter keeps its tensors, so calls are serialised with a lock: one instance may be
    shared between threads.
    """

    def __init__(self, detector: bytes, silhouette: bytes, threads: int = 2) -> None:
        with loading():
            self._detector = LiteNetwork(detector, threads)
            self._silhouette = LiteNetwork(silhouette, threads)
        self._lock = threading.Lock()

    def faces(self, crop: ImageArray, minimum_score: float) -> list[Candidate]:
        """Return the faces in a (192, 192, 3) uint8 RGB crop, best first.

        Parameters
        ----------
        crop : (192, 192, 3) uint8 array
            RGB.
        minimum_score : float
            0 to 1; boxes below it are no faces.
        """
        tensor = crop.astype(np.float32)[None] * (2 / 255) - 1
        with self._lock:
            outputs = self._detector(tensor)
        found = {array.shape[-1]: array for array in outputs.values()}
        return read_candidates(
            found[16][0], found[1][0, :, 0], _anchors(), DETECTOR_PIXELS, minimum_score
        )

    def silhouette(self, crop: ImageArray) -> NDArray[np.float32]:
        """Return the (256, 256) probability in [0, 1] of a person in an equally large RGB crop."""
        tensor = crop.astype(np.float32)[None] * (1 / 255)
        with self._lock:
            outputs = self._silhouette(tensor)
        (mask,) = outputs.values()
        return np.asarray(mask[0, :, :, 0])


@cache
def _anchors() -> FloatArray:
    """Centres of the detector's 2,304 anchors, in shares of the side."""
    return grid_anchors(DETECTOR_PIXELS, _GRIDS)
