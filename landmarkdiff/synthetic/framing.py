"""Two photos of a pair in one frame: what stood still between them stands still."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray, ImageArray
from landmarkdiff.landmarks.visibility import facing
from landmarkdiff.lato.tokenizer.points import MESH_POINTS, landmarks_68
from landmarkdiff.synthetic.record import PhotoRecord

__all__ = ["FramedPhoto", "framed_pair"]


@dataclass(frozen=True, eq=False)
class FramedPhoto:
    """One photo of a pair.

    Attributes
    ----------
    picture : (S, S, 3) uint8 array
    points : (68, 2) float64 array
        Pixels of the picture.
    seen : (68,) bool array
        In view and inside the picture.
    """

    picture: ImageArray
    points: FloatArray
    seen: BoolArray


def framed_pair(
    first: PhotoRecord, second: PhotoRecord, *, size: int | None = None
) -> tuple[FramedPhoto, FramedPhoto]:
    """Bring two photos into one frame.

    Photos of one scene are cut to the square that both hold, so that the wall behind a head that
    turns does not turn with it; others keep the square around their face.

    Parameters
    ----------
    first, second : PhotoRecord
    size : int, optional
        Side of the pictures, pixels; that of the first otherwise.

    Returns
    -------
    (FramedPhoto, FramedPhoto)
    """
    size = size or first.picture.shape[0]
    both = None
    if first.scene is not None and first.scene == second.scene:
        both = _shared(first.square, second.square)
    return _framed(first, both, size), _framed(second, both, size)


def _shared(
    first: tuple[int, int, int] | None, second: tuple[int, int, int] | None
) -> tuple[float, float, float] | None:
    """Return the largest square inside two squares, in the middle of what they share."""
    if first is None or second is None:
        return None
    low = np.maximum(first[:2], second[:2])
    high = np.minimum(np.add(first[:2], first[2]), np.add(second[:2], second[2]))
    side = float((high - low).min())
    if side < 0.5 * min(first[2], second[2]):
        return None
    x, y = ((low + high - side) / 2.0).tolist()
    return x, y, side


def _framed(
    record: PhotoRecord, square: tuple[float, float, float] | None, size: int
) -> FramedPhoto:
    side = record.picture.shape[0]
    x = y = 0.0
    span = float(side)
    if square is not None and record.square is not None:
        pixel = record.square[2] / side  # of the record, in pixels of the photo
        x, y = (square[0] - record.square[0]) / pixel, (square[1] - record.square[1]) / pixel
        span = square[2] / pixel
    # Cut at about its own scale, and reduced by areas after that.
    whole = max(size, round(span))
    scale = whole / span
    # Pixel centres lie at whole numbers.
    matrix = np.array(
        [[scale, 0.0, (0.5 - x) * scale - 0.5], [0.0, scale, (0.5 - y) * scale - 0.5]]
    )
    picture = record.picture
    if (x, y, scale) != (0.0, 0.0, 1.0):
        cut = cv2.warpAffine(
            picture, matrix, (whole, whole), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
        )
        picture = np.asarray(cut, np.uint8)
    if whole != size:
        small = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)
        picture = np.asarray(small, np.uint8)
    points = landmarks_68(record.face.points)[:, :2] * scale + matrix[:, 2]
    points = (points + 0.5) * (size / whole) - 0.5
    inside = ((points > -0.5) & (points < size - 0.5)).all(axis=1)
    return FramedPhoto(picture, points, facing(record.face)[MESH_POINTS] & inside)
