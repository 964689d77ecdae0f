"""The square around the face that the network sees, and the way back into the photo.

A square of whole pixels of the photo, never a squashed photo; it may reach beyond the photo,
which is then continued by reflection. It depends on the photo's own landmarks and on the mask,
so every intensity of a procedure has the same square.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.errors import FaceUnusableError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.mask import SurgicalMask

__all__ = ["SquareCrop"]


#: The mesh ends at the hairline: this much of its height is added above, below, and this much
#: of its width on each side, which is about how portraits are cut in the training pictures.
ABOVE, BELOW, BESIDE = 0.30, 0.12, 0.22
#: Side of the square that shows the face alone, in sizes of the mesh.
FACE_ALONE = 1.3
#: Skin around the mask that the network sees and may not change, as a share of the mask's size.
CONTEXT = 0.15
_QUARTER_TURN = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


@dataclass(frozen=True)
class SquareCrop:
    """A square of the photo at the network's resolution.

    Attributes
    ----------
    x, y : int
        Its top-left pixel in the photo; negative where it reaches beyond.
    side : int
        Its side in pixels of the photo.
    resolution : int
        Its side in pixels of the network.
    turns : int
        Quarter turns, counter-clockwise, that bring a face lying on its side upright for the
        network; 0 to 3.
    """

    x: int
    y: int
    side: int
    resolution: int
    turns: int = 0

    @classmethod
    def around(cls, face: FaceLandmarks, mask: SurgicalMask | None, resolution: int) -> SquareCrop:
        """Choose the square of a face.

        Parameters
        ----------
        face : FaceLandmarks
            Landmarks of the photo itself, not the moved ones.
        mask : SurgicalMask or None
            All of it lies in the square, with some skin around.
        resolution : int
            Side of the square for the network, pixels.
        """
        turns = _turns(face)
        x, y, width, height = face.box
        wide, tall = (width, height) if turns % 2 == 0 else (height, width)
        # Above, left, below and right of the upright face, as they lie in the photo.
        upright = [ABOVE * tall, BESIDE * wide, BELOW * tall, BESIDE * wide]
        above, left_of, below, right_of = np.roll(upright, -turns).tolist()
        low = np.array([x - left_of, y - above])
        high = np.array([x + width + right_of, y + height + below])
        if mask is not None:
            grid = mask.grid
            context = CONTEXT * max(grid.width, grid.height)
            low = np.minimum(low, np.array([grid.x, grid.y]) - context)
            last = np.array([grid.x + grid.width - 1, grid.y + grid.height - 1])
            high = np.maximum(high, last + context)
        side = int(np.ceil((high - low).max())) + 1
        left, top = np.floor((low + high + 1 - side) / 2.0).astype(int).tolist()
        return cls(left, top, side, resolution, turns)

    @classmethod
    def of_face(cls, face: FaceLandmarks) -> SquareCrop:
        """Choose the square of the bare face, at the photo's own resolution."""
        x, y, width, height = face.box
        side = int(np.ceil(FACE_ALONE * max(width, height)))
        middle = np.array([x + width / 2.0, y + height / 2.0])
        left, top = np.floor(middle + (1 - side) / 2.0).astype(int)
        return cls(int(left), int(top), side, side, _turns(face))

    @property
    def pixel(self) -> float:
        """Side of a pixel of the network in pixels of the photo."""
        return self.side / self.resolution

    def to_network(self, image: ImageArray) -> ImageArray:
        """Return the square of a photo (H, W, 3) at the network's resolution: (N, N, 3) uint8."""
        window = self._window(image, cv2.BORDER_REFLECT_101)
        return np.ascontiguousarray(np.rot90(self._resized(window, self.resolution), self.turns))

    def mask_to_network(self, mask: SurgicalMask, block: int = 1) -> NDArray[np.bool_]:
        """Return where the network may paint: (N, N) bool.

        Parameters
        ----------
        mask : SurgicalMask
        block : int
            Side of a latent in pixels of the network. A whole block is painted if the mask is
            above zero anywhere in it.
        """
        window = self._window(mask.full(), cv2.BORDER_CONSTANT)
        # A pixel of the network takes part in its neighbours when the square is resized.
        touched = cv2.dilate((window > 0).astype(np.uint8), np.ones((3, 3), np.uint8))
        size = (self.resolution, self.resolution)
        way = cv2.INTER_AREA if self.side > self.resolution else cv2.INTER_LINEAR
        covered = np.rot90(cv2.resize(255 * touched, size, interpolation=way) > 0, self.turns)
        cells = self.resolution // block
        blocks = covered.reshape(cells, block, cells, block).any(axis=(1, 3))
        return blocks.repeat(block, axis=0).repeat(block, axis=1)

    def points_to_network(self, points: FloatArray) -> FloatArray:
        """Convert photo points (n, 2) to the network's pixels, centres to centres."""
        placed = (np.asarray(points, np.float64) + 0.5 - (self.x, self.y)) / self.pixel - 0.5
        for _ in range(self.turns):
            placed = np.stack([placed[..., 1], self.resolution - 1 - placed[..., 0]], axis=-1)
        return placed

    def points_to_photo(self, points: FloatArray) -> FloatArray:
        """Convert points (n, 2) in the network's pixels to photo points."""
        placed = np.asarray(points, np.float64)
        for _ in range(self.turns):
            placed = np.stack([self.resolution - 1 - placed[..., 1], placed[..., 0]], axis=-1)
        return np.asarray((placed + 0.5) * self.pixel - 0.5 + (self.x, self.y))

    def landmarks_to_network(self, face: FaceLandmarks) -> FaceLandmarks:
        """Return a face of the photo as a face of the network's square."""
        points = np.column_stack(
            [self.points_to_network(face.points[:, :2]), face.points[:, 2] / self.pixel]
        )
        noise = None if face.noise_px is None else face.noise_px / self.pixel
        roll = face.pose.roll - 90.0 * self.turns
        pose = replace(
            face.pose,
            # Exact numbers for a quarter turn in the image plane, y up.
            rotation=np.linalg.matrix_power(_QUARTER_TURN, self.turns) @ face.pose.rotation,
            roll=(roll + 180.0) % 360.0 - 180.0 if self.turns else roll,
            canonical_px_per_mm=face.pose.canonical_px_per_mm / self.pixel,
        )
        scale = replace(face.scale, mm_per_px=face.scale.mm_per_px * self.pixel)
        return replace(
            face,
            points=points,
            image_width=self.resolution,
            image_height=self.resolution,
            pose=pose,
            scale=scale,
            noise_px=noise,
        )

    def paste(self, picture: ImageArray, square: ImageArray) -> ImageArray:
        """Return the picture (H, W, 3) with the network's square (N, N, 3) in its place.

        Only the part inside the picture is used; Lanczos enlarges, area averages shrink.
        """
        pasted = picture.copy()
        top, bottom, left, right = self._inside(picture.shape)
        if top < bottom and left < right:
            native = self._resized(np.rot90(square, -self.turns), self.side)
            pasted[top:bottom, left:right] = native[
                top - self.y : bottom - self.y, left - self.x : right - self.x
            ]
        return pasted

    def _resized(self, image: ImageArray, side: int) -> ImageArray:
        image = np.ascontiguousarray(image)
        if side == image.shape[0]:
            return image
        way = cv2.INTER_AREA if side < image.shape[0] else cv2.INTER_LANCZOS4
        return np.asarray(cv2.resize(image, (side, side), interpolation=way), np.uint8)

    def _inside(self, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
        """Top, bottom, left and right of the part of the square inside a picture."""
        height, width = shape[:2]
        top, left = max(self.y, 0), max(self.x, 0)
        return top, min(self.y + self.side, height), left, min(self.x + self.side, width)

    def _window(self, image: ImageArray, border: int) -> ImageArray:
        """Cut the square out of a picture, which is continued beyond its edges."""
        top, bottom, left, right = self._inside(image.shape)
        if top >= bottom or left >= right:
            raise FaceUnusableError("face_outside_photo")
        part = image[top:bottom, left:right]
        above, beside = top - self.y, left - self.x
        below, right_of = self.y + self.side - bottom, self.x + self.side - right
        if not any((above, below, beside, right_of)):
            return part
        padded = cv2.copyMakeBorder(part, above, below, beside, right_of, border)
        return np.asarray(padded, np.uint8)


def _turns(face: FaceLandmarks) -> int:
    """Quarter turns, counter-clockwise, after which a face is at most 45 degrees from upright."""
    return round(face.pose.roll / 90.0) % 4
