"""The 68 points of the iBUG markup, taken from the mesh, and the frame that tokens live in.

The markup (Sagonas et al. 2013, 300-W) is what the landmark-tokenized transformer was published
with. Its order: the jaw from the patient's right ear to the left (0-16), right and left brow
(17-26), bridge and base of the nose (27-35), right and left eye (36-47), outer (48-59) and inner
lip line (60-67).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from landmarkdiff.arrays import FloatArray, IndexArray

__all__ = [
    "LINES_68",
    "MESH_POINTS",
    "MIRROR_68",
    "POINT_COUNT",
    "from_frame",
    "landmarks_68",
    "mirrored_68",
    "to_frame",
]

POINT_COUNT = 68

#: Points of the mesh in the order of the markup. Of its jaw the mesh has the outline of the face,
#: whose points keep their place on the skin when the head turns.
MESH_POINTS: IndexArray = np.array(
    [
        *(162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389),
        *(71, 63, 105, 66, 107, 336, 296, 334, 293, 301),
        *(168, 197, 5, 4, 75, 97, 2, 326, 305),
        *(33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380),
        *(61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181),
        *(78, 82, 13, 312, 308, 317, 14, 87),
    ],
    np.intp,
)

#: Lines of the markup in its order, and whether each is closed: jaw, brows, bridge and base of the
#: nose, eyes, outer and inner lip line.
LINES_68: tuple[tuple[range, bool], ...] = (
    *((range(17), False), (range(17, 22), False), (range(22, 27), False)),
    *((range(27, 31), False), (range(31, 36), False)),
    *((range(36, 42), True), (range(42, 48), True)),
    *((range(48, 60), True), (range(60, 68), True)),
)

#: Partner of each point on the other side of the face.
MIRROR_68: IndexArray = np.array(
    [
        *range(16, -1, -1),
        *range(26, 16, -1),
        *(27, 28, 29, 30, 35, 34, 33, 32, 31),
        *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),
        *(54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55),
        *(64, 63, 62, 61, 60, 67, 66, 65),
    ],
    np.intp,
)


def landmarks_68(mesh_points: ArrayLike) -> FloatArray:
    """Return the 68 points of a mesh.

    Parameters
    ----------
    mesh_points : (..., 478, d) array
        In any frame.

    Returns
    -------
    (..., 68, d) float64 array

    Raises
    ------
    ValueError
        There are not 478 points.
    """
    points = np.asarray(mesh_points, np.float64)
    if points.ndim < 2 or points.shape[-2] != 478:
        raise ValueError(f"478 points are expected, not an array of shape {points.shape}")
    return points[..., MESH_POINTS, :]


def to_frame(points: ArrayLike, width: float, height: float) -> FloatArray:
    """Bring points into the frame of tokens: the image's middle is 0, its longer side 2 long.

    Both axes have one scale, so that a face is not squeezed in a photo that is not square; in a
    square of 512 pixels the numbers are those of the published tokenizer, ``2 p / 512 - 1``.

    Parameters
    ----------
    points : (..., 2) array
        Image frame, pixels.
    width, height : float
        Of the image, pixels.

    Returns
    -------
    (..., 2) float64 array
        Between -1 and 1 inside the image.
    """
    middle = np.array([width, height]) / 2.0
    return np.asarray((np.asarray(points, np.float64) - middle) * (2.0 / max(width, height)))


def from_frame(points: ArrayLike, width: float, height: float) -> FloatArray:
    """Take points out of the frame of tokens into an image: the inverse of :func:`to_frame`."""
    middle = np.array([width, height]) / 2.0
    return np.asarray(np.asarray(points, np.float64) * (max(width, height) / 2.0) + middle)


def mirrored_68(points: ArrayLike) -> FloatArray:
    """Return the points of the mirrored face in the frame of tokens: (..., 68, 2)."""
    return np.asarray(np.asarray(points, np.float64)[..., MIRROR_68, :] * (-1.0, 1.0))
