"""A face brought to the square that restoration networks know, and a change brought back.

Only the difference that a network makes is carried back, so the photo's own finer texture
stays, and a network that changes nothing changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from landmarkdiff.arrays import Float32Array, FloatArray, ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.five_points import five_points
from landmarkdiff.manipulation.grid import smoothstep

__all__ = ["SIDE", "AlignedSquare"]


#: Side of the square, pixels.
SIDE = 512
#: Where the five points of a face lie in the square (x, y): the eye at the left of the picture
#: (the patient's right), the other eye, nose tip, and the corners of the mouth in the same
#: order. The mean of FFHQ faces, as CodeFormer's and GFPGAN's own programs align (facexlib).
TEMPLATE = np.array(
    [
        [192.98138, 239.94708],
        [318.90277, 240.1936],
        [256.63416, 314.01935],
        [201.26117, 371.41043],
        [313.08905, 371.15118],
    ]
)
#: Beside the edge of the square a change fades out over this many of its pixels.
EDGE = 32


@dataclass(frozen=True)
class AlignedSquare:
    """The upright square around one face.

    Attributes
    ----------
    to_photo : (2, 3) float64 array
        Pixels of the square to pixels of the photo, centres at whole numbers in both.
    """

    to_photo: FloatArray

    @classmethod
    def of(cls, face: FaceLandmarks) -> AlignedSquare:
        """Align a face by the similarity that fits its five points best (least squares)."""
        found = five_points(face)
        # In complex numbers a similarity is one product and one sum.
        goal, start = found @ (1, 1j), TEMPLATE @ (1, 1j)
        from_middle = start - start.mean()
        turn = np.vdot(from_middle, goal - goal.mean()) / np.vdot(from_middle, from_middle)
        shift = goal.mean() - turn * start.mean()
        return cls(
            np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])
        )

    @cached_property
    def pixel(self) -> float:
        """Side of a pixel of the square in pixels of the photo."""
        return float(np.hypot(*self.to_photo[:, 0]))

    def cut(self, picture: ImageArray) -> Float32Array:
        """Return the square of a picture (H, W, 3) uint8: (512, 512, 3) float32, 0 to 255.

        Averaged over area where the photo is finer; beyond the photo its border is mirrored.
        """
        corners = self.to_photo @ np.array([[0, SIDE, 0, SIDE], [0, 0, SIDE, SIDE], [1, 1, 1, 1]])
        margin = 3.0 * self.pixel + 2.0
        height, width = picture.shape[:2]
        first, last = corners.min(axis=1) - margin, corners.max(axis=1) + margin
        low = np.clip(np.floor(first), 0, (width - 1, height - 1)).astype(int)
        high = np.clip(np.ceil(last), low + 1, (width, height)).astype(int)
        part = picture[low[1] : high[1], low[0] : high[0]]
        factor = min(max(int(self.pixel), 1), *part.shape[:2])
        if factor > 1:
            across, down = part.shape[1] // factor, part.shape[0] // factor
            part = part[: down * factor, : across * factor]
            part = np.asarray(cv2.resize(part, (across, down), interpolation=cv2.INTER_AREA))
        origin = low + (factor - 1) / 2.0
        shrunk = np.column_stack([self.to_photo[:, :2], self.to_photo[:, 2] - origin]) / factor
        return np.asarray(
            cv2.warpAffine(
                part.astype(np.float32),
                shrunk,
                (SIDE, SIDE),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REFLECT_101,
            ),
            np.float32,
        )

    def carry_back(self, change: Float32Array, rows: slice, columns: slice) -> Float32Array:
        """Return a change of the square (512, 512, 3) over a rectangle of the photo: (h, w, 3).

        Zero beyond the square. Where the photo is coarser than the square, the change is
        averaged first.
        """
        away = np.minimum(np.arange(SIDE), np.arange(SIDE)[::-1]).astype(np.float32)
        fade = smoothstep(away, 0.0, float(EDGE))
        change = change * (fade * fade[:, None])[..., None]
        if self.pixel < 1.0:
            sigma = 0.5 * np.sqrt(self.pixel**-2 - 1.0)
            change = np.asarray(cv2.GaussianBlur(change, (0, 0), sigma), np.float32)
        placed = self.to_photo - np.array([[0.0, 0.0, columns.start], [0.0, 0.0, rows.start]])
        return np.asarray(
            cv2.warpAffine(
                change,
                placed,
                (columns.stop - columns.start, rows.stop - rows.start),
                flags=cv2.INTER_CUBIC,
                borderMode=cv2.BORDER_CONSTANT,
            ),
            np.float32,
        )
