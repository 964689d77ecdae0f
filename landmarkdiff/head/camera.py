"""How a photo sees a head: rotation, scale, shift, and the distance of the camera."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from landmarkdiff.arrays import FloatArray
from landmarkdiff.landmarks.pose import angles_of, rotation_from

__all__ = ["HeadCamera"]


@dataclass(frozen=True, eq=False)
class HeadCamera:
    """A camera that looks at a head.

    Attributes
    ----------
    rotation : (3, 3) float64 array
        Face frame to camera frame.
    px_per_mm : float
        Scale at the origin of the face frame.
    shift : (2,) float64 array
        Where the origin of the face frame lies in the image frame, pixels.
    distance_mm : float or None
        From the camera to that origin; None looks from far away (weak perspective).
    """

    rotation: FloatArray
    px_per_mm: float
    shift: FloatArray
    distance_mm: float | None = None

    @classmethod
    def turned(
        cls,
        yaw: float,
        pitch: float = 0.0,
        roll: float = 0.0,
        *,
        px_per_mm: float = 1.0,
        shift: ArrayLike = (0.0, 0.0),
        distance_mm: float | None = None,
    ) -> HeadCamera:
        """Return a camera by the angles of a pose, in degrees."""
        place = np.asarray(shift, np.float64)
        return cls(rotation_from(yaw, pitch, roll), px_per_mm, place, distance_mm)

    def mirrored(self, width: int = 1) -> HeadCamera:
        """Return the camera that sees the mirrored head in the mirrored photo of that width."""
        flip = np.array([-1.0, 1.0, 1.0])
        shift = np.array([width - 1 - self.shift[0], self.shift[1]])
        return replace(self, rotation=self.rotation * np.outer(flip, flip), shift=shift)

    @property
    def angles(self) -> tuple[float, float, float]:
        """Yaw, pitch and roll in degrees."""
        return angles_of(self.rotation)

    @property
    def sight(self) -> FloatArray:
        """Unit vector in the face frame from the head toward a far camera: (3,)."""
        return np.asarray(self.rotation[2])

    def project(self, points_mm: ArrayLike) -> FloatArray:
        """Return image-frame places of face-frame points, (..., 3) mm.

        Returns
        -------
        (..., 3) float64 array
            x and y in pixels; the third is the height toward the camera, in pixels of the scale.
        """
        seen = np.asarray(points_mm, np.float64) @ self.rotation.T
        scale: FloatArray | float = self.px_per_mm
        if self.distance_mm is not None:
            scale = self.px_per_mm * self.distance_mm / (self.distance_mm - seen[..., 2])
        out = np.empty_like(seen)
        out[..., 0] = self.shift[0] + seen[..., 0] * scale
        out[..., 1] = self.shift[1] - seen[..., 1] * scale
        out[..., 2] = seen[..., 2] * self.px_per_mm
        return out
