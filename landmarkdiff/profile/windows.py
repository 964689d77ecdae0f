"""Square windows of a photo, sampled from the level of a pyramid that fits their size."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from landmarkdiff.arrays import FloatArray, ImageArray

__all__ = ["PhotoPyramid", "Window"]


#: Levels end where the longer side is below this, pixels.
_SMALLEST = 128


@dataclass(frozen=True)
class Window:
    """An upright square of a photo.

    Attributes
    ----------
    x, y : float
        Centre, image frame, pixels.
    side : float
        Pixels.
    mirrored : bool
        Whether it is seen in a mirror (left and right exchanged).
    """

    x: float
    y: float
    side: float
    mirrored: bool = False

    def mirror(self) -> Window:
        """Return the same square, seen in a mirror."""
        return Window(self.x, self.y, self.side, not self.mirrored)

    def to_photo(self, shares: FloatArray) -> FloatArray:
        """Carry places (..., 2) in shares of the window's side to the photo's pixels."""
        own = np.asarray(shares, np.float64) - 0.5
        if self.mirrored:
            own = own * (-1.0, 1.0)
        return own * self.side + (self.x, self.y)


@dataclass(frozen=True, eq=False)
class PhotoPyramid:
    """A photo with its halves, quarters and so on, made when they are first asked for.

    Attributes
    ----------
    photo : (H, W, 3) uint8 array
        RGB.
    """

    photo: ImageArray

    @cached_property
    def _levels(self) -> list[ImageArray]:
        return [self.photo]

    def level(self, index: int) -> ImageArray:
        """Return the photo at ``1 / 2**index`` of its size, as far as there is one."""
        levels = self._levels
        while len(levels) <= index and max(levels[-1].shape[:2]) >= 2 * _SMALLEST:
            height, width = levels[-1].shape[:2]
            size = max(1, width // 2), max(1, height // 2)
            levels.append(np.asarray(cv2.resize(levels[-1], size, interpolation=cv2.INTER_AREA)))
        return levels[min(index, len(levels) - 1)]

    def matching(self, step: float) -> tuple[ImageArray, float, float]:
        """Return the level for samples ``step`` photo pixels apart.

        Returns
        -------
        level : (h, w, 3) uint8 array
            Its pixels are at most ``step``, and more than half of it, where there is one.
        across, down : float
            Level pixels per photo pixel.
        """
        level = self.level(max(0, int(np.floor(np.log2(max(step, 1.0)) + 1e-9))))
        return (
            level,
            level.shape[1] / self.photo.shape[1],
            level.shape[0] / self.photo.shape[0],
        )

    def sample(self, window: Window, pixels: int) -> ImageArray:
        """Return a window as a (pixels, pixels, 3) uint8 array, black beyond the border."""
        step = window.side / pixels
        level, across, down = self.matching(step)
        sign = -1.0 if window.mirrored else 1.0
        # From the crop's pixel centres to the level's.
        half = (pixels - 1) / 2
        a, d = sign * step * across, step * down
        matrix = np.array(
            [
                [a, 0.0, (window.x + 0.5) * across - 0.5 - a * half],
                [0.0, d, (window.y + 0.5) * down - 0.5 - d * half],
            ]
        )
        crop = cv2.warpAffine(
            level,
            matrix,
            (pixels, pixels),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
        )
        return np.asarray(crop, np.uint8)
