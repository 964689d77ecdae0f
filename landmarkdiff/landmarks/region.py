"""Views of a photo and regions in them: the geometry of cropping without copying.

A *view* is the photo as it is, mirrored, or turned by quarter turns; it exists only as a
matrix. A *region* is a turned square in a view. The networks' inputs are sampled straight
from the photo by the product of the two matrices, so a mirrored or turned photo is never
made and a large one never copied.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from landmarkdiff.arrays import FloatArray, ImageArray

__all__ = ["Region", "View", "sample"]


_HALF_PIXEL = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])


@dataclass(frozen=True)
class View:
    """A photo seen upright, turned or mirrored.

    Attributes
    ----------
    to_photo : (3, 3) float64 array
        View pixels to photo pixels (pixel centres at whole numbers in both).
    width, height : int
        Size of the view, pixels.
    turn : int
        Degrees by which the photo is turned counter-clockwise.
    mirrored : bool
    """

    to_photo: FloatArray
    width: int
    height: int
    turn: int = 0
    mirrored: bool = False

    @classmethod
    def turned(cls, width: int, height: int, degrees: int) -> View:
        """Return the view of a photo turned counter-clockwise by a multiple of 90 degrees."""
        right, bottom = width - 1.0, height - 1.0
        matrix = {
            0: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
            90: [[0, -1, right], [1, 0, 0], [0, 0, 1]],
            180: [[-1, 0, right], [0, -1, bottom], [0, 0, 1]],
            270: [[0, 1, 0], [-1, 0, bottom], [0, 0, 1]],
        }[degrees]
        size = (width, height) if degrees % 180 == 0 else (height, width)
        return cls(np.array(matrix, np.float64), *size, turn=degrees)

    def mirror(self) -> View:
        """Return the same view seen in a mirror (left and right exchanged)."""
        flip = np.array([[-1.0, 0, self.width - 1.0], [0, 1, 0], [0, 0, 1]])
        return replace(self, to_photo=self.to_photo @ flip, mirrored=not self.mirrored)

    def points_to_photo(self, points: FloatArray) -> FloatArray:
        """Carry view points (n, 3) to the photo; z is a length and stays."""
        carried = points.copy()
        carried[:, :2] = points[:, :2] @ self.to_photo[:2, :2].T + self.to_photo[:2, 2]
        return carried


@dataclass(frozen=True)
class Region:
    """A turned square: centre and side in view pixels, angle in radians, clockwise as seen."""

    x: float
    y: float
    size: float
    angle: float

    def matrix(self, pixels: int) -> FloatArray:
        """Return the (3, 3) matrix from a ``pixels`` wide crop to the view."""
        step = self.size / pixels
        cos, sin = np.cos(self.angle) * step, np.sin(self.angle) * step
        half = pixels / 2
        return np.array(
            [
                [cos, -sin, self.x - half * (cos - sin)],
                [sin, cos, self.y - half * (sin + cos)],
                [0.0, 0.0, 1.0],
            ]
        )

    def mirror(self, width: int) -> Region:
        """Return the region at the same place of the mirrored view (``width`` pixels wide)."""
        return replace(self, x=width - 1.0 - self.x, angle=-self.angle)

    def jittered(self, shift: tuple[float, float], scale: float, turn: float) -> Region:
        """Return the region moved in its own frame.

        Parameters
        ----------
        shift : tuple of float
            Along the region's own axes, as shares of its side (0 to 1).
        scale : float
            Factor on its side.
        turn : float
            Radians, clockwise.
        """
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        right, down = shift[0] * self.size, shift[1] * self.size
        return Region(
            self.x + float(cos * right - sin * down),
            self.y + float(sin * right + cos * down),
            self.size * scale,
            self.angle + turn,
        )


def sample(
    image: ImageArray,
    view: View,
    region: Region,
    pixels: int,
    *,
    replicate: bool,
    centred: bool = False,
) -> ImageArray:
    """Sample a region into a ``pixels`` x ``pixels`` crop, bilinearly, straight from the photo.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        The photo, RGB.
    view : View
    region : Region
        In the view's pixels.
    pixels : int
        Side of the crop.
    replicate : bool
        Beyond the photo's border: repeat its edge (True) or black (False).
    centred : bool
        Where crop pixel 0 samples: half a crop pixel inside the region (True), or on its
        corner (False), as MediaPipe does on the CPU. The networks were trained on centred
        crops: on the corner, landmarks come out half a crop pixel right of and below the
        face, 0.5 % of the inter-ocular distance each way.

    Returns
    -------
    (pixels, pixels, 3) uint8 array
    """
    matrix = view.to_photo @ region.matrix(pixels)
    if centred:
        matrix = matrix @ _HALF_PIXEL
    border = cv2.BORDER_REPLICATE if replicate else cv2.BORDER_CONSTANT
    crop = cv2.warpPerspective(
        image,
        matrix,
        (pixels, pixels),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=border,
    )
    return np.asarray(crop, np.uint8)
