"""What MediaPipe's face detectors answer, decoded: boxes with six points, overlaps merged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import FloatArray

__all__ = ["Candidate", "grid_anchors", "read_candidates"]


#: Boxes with a lower score are no faces (MediaPipe's default).
MINIMUM_SCORE = 0.5
#: Boxes that overlap more than this are one face (MediaPipe's default).
OVERLAP = 0.3


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


def read_candidates(
    regressors: NDArray[np.float32],
    logits: NDArray[np.float32],
    anchors: FloatArray,
    pixels: int,
    minimum_score: float = MINIMUM_SCORE,
) -> list[Candidate]:
    """Decode a detector's answer.

    Parameters
    ----------
    regressors : (n, 16) array
        Of each anchor: centre, width and height of the box, and six points, pixels of the
        input, places relative to the anchor.
    logits : (n,) array
    anchors : (n, 2) array
        Shares of the side; of :func:`grid_anchors`.
    pixels : int
        Side of the detector's input.
    minimum_score : float
        0 to 1; boxes below it are no faces.

    Returns
    -------
    list of Candidate
        Best first.
    """
    scores = 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -100, 100)))
    keep = scores >= minimum_score
    if not keep.any():
        return []
    raw, scores = regressors[keep].astype(np.float64) / pixels, scores[keep]
    centre, half = raw[:, 0:2] + anchors[keep], raw[:, 2:4] / 2
    boxes = np.concatenate([centre - half, centre + half], axis=1)
    keypoints = raw[:, 4:].reshape(-1, 6, 2) + anchors[keep][:, None]
    return _merge(boxes, keypoints, scores)


def grid_anchors(pixels: int, grids: tuple[tuple[int, int], ...]) -> FloatArray:
    """Return the centres of a detector's anchors, in shares of the side.

    Parameters
    ----------
    pixels : int
        Side of the detector's input.
    grids : tuple of (int, int)
        Of each grid: stride in pixels, anchors per cell.

    Returns
    -------
    (n, 2) float64 array
    """
    found = []
    for stride, per_cell in grids:
        cells = pixels // stride
        ticks = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(ticks, ticks, indexing="ij")
        found.append(np.repeat(np.stack([x, y], axis=-1).reshape(-1, 2), per_cell, axis=0))
    return np.concatenate(found)


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
