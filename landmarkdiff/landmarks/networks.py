"""The three networks inside MediaPipe's ``face_landmarker.task``, run on LiteRT.

Shapes, value ranges and the anchor layout are those of MediaPipe's face landmarker graph
(Apache-2.0): face detector 128 x 128 in [-1, 1], landmark network 256 x 256 in [0, 1],
expression network on 146 of the landmarks in pixels.
"""

from __future__ import annotations

import io
import threading
import zipfile
from functools import cache

import numpy as np

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.landmarks.candidates import Candidate, grid_anchors, read_candidates
from landmarkdiff.landmarks.topology import topology
from landmarkdiff.runtime.litert import LiteNetwork, loading

__all__ = ["DETECTOR_PIXELS", "LANDMARK_PIXELS", "FaceNetworks"]


DETECTOR_PIXELS = 128
LANDMARK_PIXELS = 256
#: (stride in pixels, anchors per cell) of the detector's two grids.
_GRIDS = ((8, 2), (16, 6))


class FaceNetworks:
    """The networks of one bundle, loaded once.

    Parameters
    ----------
    bundle : bytes
        ``face_landmarker.task``.
    threads : int
        Threads of each network.

    Notes
    -----
    An interpreter keeps its tensors, so calls are serialised with a lock: one instance may be
    shared between threads.
    """

    def __init__(self, bundle: bytes, threads: int = 2) -> None:
        with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
            models = {
                name: archive.read(f"{name}.tflite")
                for name in ("face_detector", "face_landmarks_detector", "face_blendshapes")
            }
        with loading():
            self._detector = LiteNetwork(models["face_detector"], threads)
            self._landmarker = LiteNetwork(models["face_landmarks_detector"], threads)
            self._expression = LiteNetwork(models["face_blendshapes"], threads)
        self._lock = threading.Lock()

    def detect(self, crop: ImageArray) -> list[Candidate]:
        """Return the faces in a (128, 128, 3) uint8 RGB crop, overlapping boxes merged."""
        tensor = crop.astype(np.float32)[None] * (2 / 255) - 1
        with self._lock:
            outputs = self._detector(tensor)
        return read_candidates(
            outputs["regressors"][0],
            outputs["classificators"][0, :, 0],
            _anchors(),
            DETECTOR_PIXELS,
        )

    def landmarks(self, crop: ImageArray) -> tuple[FloatArray, float]:
        """Return (478, 3) landmarks in crop pixels and the presence probability.

        Parameters
        ----------
        crop : (256, 256, 3) uint8 array
            RGB.
        """
        tensor = crop.astype(np.float32)[None] * (1 / 255)
        with self._lock:
            outputs = self._landmarker(tensor)
        points = outputs["Identity"].reshape(478, 3).astype(np.float64)
        logit = float(outputs["Identity_1"].reshape(-1)[0])
        return points, float(1 / (1 + np.exp(-logit)))

    def blendshapes(self, points: FloatArray) -> dict[str, float]:
        """Return MediaPipe's 52 expression scores of (478, 3) landmarks in photo pixels."""
        shape = topology()
        tensor = points[shape.blendshape_points, :2].astype(np.float32)[None]
        with self._lock:
            outputs = self._expression(tensor)
        scores = next(iter(outputs.values())).reshape(-1)
        return {
            name: float(score) for name, score in zip(shape.blendshape_names, scores, strict=True)
        }


@cache
def _anchors() -> FloatArray:
    """Centres of the detector's 896 anchors, in shares of the side."""
    return grid_anchors(DETECTOR_PIXELS, _GRIDS)
