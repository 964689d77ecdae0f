"""The three networks inside MediaPipe's ``face_landmarker.task``, run on LiteRT.

Shapes, value ranges and the anchor layout are those of MediaPipe's face landmarker graph
(Apache-2.0): face detector 128 x 128 in [-1, 1], landmark network 256 x 256 in [0, 1],
expression network on 146 of the landmarks in pixels.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.landmarks.topology import topology

__all__ = ["DETECTOR_PIXELS", "LANDMARK_PIXELS", "Candidate", "FaceNetworks"]


DETECTOR_PIXELS = 128
LANDMARK_PIXELS = 256
#: Boxes with a lower score are no faces (MediaPipe's default).
MINIMUM_SCORE = 0.5
#: Boxes that overlap more than this are one face (MediaPipe's default).
OVERLAP = 0.3
#: (stride in pixels, anchors per cell) of the detector's two grids.
_GRIDS = ((8, 2), (16, 6))


@dataclass(frozen=True)
class Candidate:
    """One face seen by the detector, in shares of its input's side.

    Attributes
    ----------
    box : (4,) float64 array
        x and y of the top-left corner, x and y of the bottom-right corner.
    keypoints : (6, 2) float64 array
        Right eye, left eye, nose tip, mouth, right and left tragion.
    score : float
    """

    box: FloatArray
    keypoints: FloatArray
    score: float


class FaceNetworks:
    """The networks of one bundle, loaded once.

    Parameters
    ----------
    bundle : Path
        ``face_landmarker.task``.
    threads : int
        Threads of each network.

    Notes
    -----
    An interpreter keeps its tensors, so calls are serialised with a lock: one instance may be
    shared between threads.
    """

    def __init__(self, bundle: Path, threads: int = 2) -> None:
        with zipfile.ZipFile(bundle) as archive:
            models = {
                name: archive.read(f"{name}.tflite")
                for name in ("face_detector", "face_landmarks_detector", "face_blendshapes")
            }
        with _loading_lock, _quiet_start():
            self._detector = _Network(models["face_detector"], threads)
            self._landmarker = _Network(models["face_landmarks_detector"], threads)
            self._expression = _Network(models["face_blendshapes"], threads)
        self._lock = threading.Lock()

    def detect(self, crop: ImageArray) -> list[Candidate]:
        """Return the faces in a (128, 128, 3) uint8 RGB crop, overlapping boxes merged."""
        tensor = crop.astype(np.float32)[None] * (2 / 255) - 1
        with self._lock:
            outputs = self._detector(tensor)
        raw = outputs["regressors"][0].astype(np.float64)
        logits = np.clip(outputs["classificators"][0, :, 0].astype(np.float64), -100, 100)
        scores = 1 / (1 + np.exp(-logits))
        keep = scores >= MINIMUM_SCORE
        if not keep.any():
            return []
        raw, scores = raw[keep] / DETECTOR_PIXELS, scores[keep]
        anchors = _anchors()[keep]
        centre, half = raw[:, 0:2] + anchors, raw[:, 2:4] / 2
        boxes = np.concatenate([centre - half, centre + half], axis=1)
        keypoints = raw[:, 4:].reshape(-1, 6, 2) + anchors[:, None]
        return _merge(boxes, keypoints, scores)

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
    grids = []
    for stride, per_cell in _GRIDS:
        cells = DETECTOR_PIXELS // stride
        ticks = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(ticks, ticks, indexing="ij")
        grids.append(np.repeat(np.stack([x, y], axis=-1).reshape(-1, 2), per_cell, axis=0))
    return np.concatenate(grids)


def _merge(boxes: FloatArray, keypoints: FloatArray, scores: FloatArray) -> list[Candidate]:
    """Merge overlapping boxes into their score-weighted mean, best first."""
    left = np.argsort(-scores, kind="stable")
    merged = []
    while left.size:
        best = left[0]
        same = _overlap(boxes[best], boxes[left]) > OVERLAP
        same[0] = True
        group = left[same]
        weight = scores[group] / scores[group].sum()
        merged.append(
            Candidate(
                weight @ boxes[group],
                np.tensordot(weight, keypoints[group], axes=1),
                float(scores[best]),
            )
        )
        left = left[~same]
    return merged


def _overlap(box: FloatArray, others: FloatArray) -> FloatArray:
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[2:], others[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    areas = np.clip(others[:, 2:] - others[:, :2], 0, None).prod(axis=1)
    own = float(np.clip(box[2:] - box[:2], 0, None).prod())
    return np.asarray(shared / np.maximum(own + areas - shared, 1e-12))


class _Network:
    """One network; calls into it have to be serialised."""

    def __init__(self, model: bytes, threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(model_content=model, num_threads=threads)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        outputs = self._interpreter.get_output_details()
        self._outputs = {detail["name"]: detail["index"] for detail in outputs}

    def __call__(self, tensor: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Run the network; return a copy of each output by its name."""
        self._interpreter.set_tensor(self._input, tensor)
        self._interpreter.invoke()
        return {name: self._interpreter.get_tensor(at) for name, at in self._outputs.items()}


_loading_lock = threading.Lock()
_GREETING = b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU."


@contextmanager
def _quiet_start() -> Iterator[None]:
    """Keep LiteRT's one greeting off the standard error stream; pass everything else on.

    The library writes the line from C++ at the first delegate and offers no switch for it.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            caught.seek(0)
            rest = [line for line in caught if line.strip() != _GREETING]
            if rest:
                os.write(2, b"".join(rest))
