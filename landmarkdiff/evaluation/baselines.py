"""Predictions to beat: the warp, a network that sees nothing but the warp, and a morph."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from landmarkdiff.arrays import Float32Array, FloatArray, ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.errors import ParameterError
from landmarkdiff.inference import LandmarkDiffPipeline, Prediction, PreparedFace
from landmarkdiff.landmarks.face import FaceLandmarks, check_photo
from landmarkdiff.procedures.plan import SurgicalPlan

__all__ = ["BASELINES", "baseline", "morph"]

#: Modes of the pipeline that a trained network is compared with.
BASELINES: tuple[Literal["tps"], Literal["img2img"]] = ("tps", "img2img")
#: Points along each edge of the picture that stay where they are.
_EDGE_POINTS = 5


def baseline(
    name: str,
    pipeline: LandmarkDiffPipeline,
    photo: ImageArray | PreparedFace,
    plan: SurgicalPlan,
    *,
    seed: int = 0,
    flags: ClinicalFlags | None = None,
) -> Prediction:
    """Return what a baseline predicts for a plan.

    Parameters
    ----------
    name : {"tps", "img2img"}
        The warp of the plan; or the warp, repainted by Stable Diffusion without a ControlNet.
    pipeline : LandmarkDiffPipeline
    photo : (H, W, 3) uint8 array or PreparedFace
    plan : SurgicalPlan
    seed : int
    flags : ClinicalFlags, optional
        What is known of the patient; it limits a baseline as it limits what it stands beside.

    Raises
    ------
    ModeUnavailableError
        The weights of ``img2img`` are not here.
    ParameterError
        There is no such mode.
    """
    return pipeline.generate(
        photo, plan=plan, mode=name, seed=seed, clinical_flags=flags, verify=False
    )


def morph(
    source: ImageArray,
    target: ImageArray,
    source_face: FaceLandmarks,
    target_face: FaceLandmarks,
    *,
    share: float = 0.5,
) -> ImageArray:
    """Return what lies on the way from one picture to another: moved, then dissolved.

    Both are warped to landmarks in between, triangle by triangle, and mixed in proportion.

    Parameters
    ----------
    source, target : (H, W, 3) uint8 arrays of one size, RGB
    source_face, target_face : FaceLandmarks
        The faces in them.
    share : float
        How far on the way, 0 (the source) to 1 (the target).

    Returns
    -------
    (H, W, 3) uint8 array

    Raises
    ------
    ParameterError
        The pictures are not those of the faces, or the share is no share.

    Examples
    --------
    >>> bool((morph(portrait, 255 - portrait, face, face, share=0.0) == portrait).all())
    True
    """
    check_photo(source, source_face)
    check_photo(target, target_face)
    if not 0.0 <= share <= 1.0:
        raise ParameterError("out_of_range", quantity="share", value=share, low=0.0, high=1.0)
    if source.shape != target.shape:
        raise ParameterError(
            "photo_of_other_landmarks",
            shape=str(target.shape),
            dtype=str(target.dtype),
            expected=str(source.shape),
        )
    height, width = source.shape[:2]
    edge = _edge(width, height)
    own, other = (_points(face, edge) for face in (source_face, target_face))
    between = (1.0 - share) * own + share * other
    triangles = _triangles(between, width, height)
    parts = [
        _warped(picture, _map(between, places, triangles, width, height))
        for picture, places in ((source, own), (target, other))
    ]
    mixed = (1.0 - share) * parts[0] + share * parts[1]
    return np.asarray(np.clip(np.round(mixed), 0, 255), np.uint8)


def _edge(width: int, height: int) -> FloatArray:
    """Points along the edge of a picture, (n, 2) pixels."""
    x, y = np.linspace(0, width - 1, _EDGE_POINTS), np.linspace(0, height - 1, _EDGE_POINTS)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    outer = np.isin(grid[:, 0], x[[0, -1]]) | np.isin(grid[:, 1], y[[0, -1]])
    return np.asarray(grid[outer])


def _points(face: FaceLandmarks, edge: FloatArray) -> FloatArray:
    """Landmarks inside the picture, and its edge: (n, 2) pixels."""
    limits = (face.image_width - 1, face.image_height - 1)
    return np.concatenate([np.clip(face.points[:, :2], 0, limits), edge])


def _triangles(points: FloatArray, width: int, height: int) -> list[tuple[int, int, int]]:
    """Delaunay triangles of the points, as their numbers."""
    plane = cv2.Subdiv2D((-1, -1, width + 2, height + 2))
    numbers: dict[int, int] = {}
    for number, (x, y) in enumerate(points.astype(np.float32).tolist()):
        numbers.setdefault(plane.insert((x, y)), number)
    found = []
    for triangle in np.asarray(plane.getTriangleList()).reshape(-1, 3, 2):
        corners = [plane.locate((float(x), float(y)))[2] for x, y in triangle]
        if all(corner in numbers for corner in corners):
            first, second, third = (numbers[corner] for corner in corners)
            found.append((first, second, third))
    return found


def _map(
    places: FloatArray,
    origins: FloatArray,
    triangles: list[tuple[int, int, int]],
    width: int,
    height: int,
) -> Float32Array:
    """Where every pixel comes from when ``origins`` are moved to ``places``: (H, W, 2)."""
    columns, rows = np.meshgrid(np.arange(width), np.arange(height))
    found = np.stack([columns, rows], axis=-1).astype(np.float32)
    for corners in triangles:
        there, here = places[list(corners)], origins[list(corners)]
        low = np.floor(there.min(axis=0)).astype(int)
        high = np.ceil(there.max(axis=0)).astype(int) + 1
        box = (slice(low[1], high[1]), slice(low[0], high[0]))
        inside = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
        cv2.fillConvexPoly(inside, np.round(there - low).astype(np.int32), 1)
        own = inside[: found[box].shape[0], : found[box].shape[1]] > 0
        affine = cv2.getAffineTransform(there.astype(np.float32), here.astype(np.float32))
        pixels = np.stack([columns[box][own], rows[box][own]], axis=-1)
        linear, shift = affine[:, :2], affine[:, 2]
        found[box][own] = pixels @ linear.T + shift
    return found


def _warped(picture: ImageArray, origins: Float32Array) -> FloatArray:
    moved = cv2.remap(
        picture,
        origins[..., 0],
        origins[..., 1],
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(moved, np.float64)
