"""Heads from the side, drawn from the outline model: every point of the contour is known."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.profile.outline import outline_model

#: Drawn pixels per pixel of the picture, each way.
SUPERSAMPLING = 8
SKIN = (206, 160, 134)
HAIR = (60, 44, 36)
BACKDROP = (92, 120, 150)


@dataclass(frozen=True)
class DrawnProfile:
    """A picture with the truth about it.

    Attributes
    ----------
    image : (H, W, 3) uint8 array
        RGB.
    contour : (n, 2) float64 array
        From the hairline down to the neck, image frame, pixels.
    px_per_mm : float
    """

    image: ImageArray
    contour: FloatArray
    px_per_mm: float

    def distance_mm(self, points: FloatArray) -> FloatArray:
        """Distance of points (m, 2) from the true contour, (m,), mm."""
        start, way = self.contour[:-1], np.diff(self.contour, axis=0)
        at = ((points[:, None] - start) * way).sum(axis=2) / (way**2).sum(axis=1)
        foot = start + np.clip(at, 0, 1)[..., None] * way
        return np.hypot(*np.moveaxis(points[:, None] - foot, 2, 0)).min(axis=1) / self.px_per_mm


def draw_profile(
    shape: tuple[float, ...] = (),
    *,
    left: bool = True,
    roll: float = 0.0,
    px_per_mm: float = 2.5,
    size: tuple[int, int] = (700, 900),
    skin: tuple[int, int, int] = SKIN,
    backdrop: tuple[int, int, int] = BACKDROP,
    hair_above_mm: float | None = 68.0,
    noise: float = 2.0,
    tip: tuple[float, float] = (0.26, 0.5),
) -> DrawnProfile:
    """Draw a head with one mode of the model after the other at ``shape`` standard deviations.

    Parameters
    ----------
    shape : tuple of float
    left : bool
        Whether it looks to the left.
    roll : float
        Degrees, clockwise as seen.
    px_per_mm : float
    size : tuple of int
        Width and height, pixels.
    skin, backdrop : tuple of int
        RGB.
    hair_above_mm : float, optional
        Height above the tip of the nose from which hair covers the head; None for none.
    noise : float
        Standard deviation.
    tip : tuple of float
        Place of the tip of the nose in a head that looks to the left, shares of the size.
    """
    model = outline_model()
    front = model.mean + np.array([*shape, *np.zeros(len(model.modes) - len(shape))]) @ model.modes
    turn = px_per_mm * np.exp(1j * np.radians(roll if left else -roll))
    width, height = size
    origin = tip[0] * width + 1j * tip[1] * height

    def placed(points: np.ndarray) -> FloatArray:
        pixels = points * turn + origin
        x = pixels.real if left else width - 1 - pixels.real
        return np.stack([x, pixels.imag], axis=1)

    crown = front[0] + np.array([12 - 14j, 50 - 35j, 105 - 35j, 150, 165 + 60j, 150 + 110j])
    nape = front[-1] + np.array([10 + 150j, 90 + 150j, 75.0])
    head = placed(np.concatenate([front, nape[:1], nape[1:], crown[::-1]]))
    canvas = np.empty((height * SUPERSAMPLING, width * SUPERSAMPLING, 3), np.uint8)
    canvas[:] = backdrop
    _fill(canvas, head, skin)
    if hair_above_mm is not None:
        above = front[front.imag < -hair_above_mm]
        _fill(canvas, placed(np.concatenate([above, [above[-1] + 60], crown[::-1]])), HAIR)
    image = cv2.resize(canvas, size, interpolation=cv2.INTER_AREA).astype(np.float64)
    rng = np.random.default_rng(7)
    image = cv2.GaussianBlur(image, (0, 0), 0.6) + rng.normal(0, noise, image.shape)
    return DrawnProfile(np.clip(image, 0, 255).astype(np.uint8), placed(front), px_per_mm)


def _fill(canvas: ImageArray, points: FloatArray, colour: tuple[int, int, int]) -> None:
    fine = np.rint(((points + 0.5) * SUPERSAMPLING - 0.5) * 16).astype(np.int32)
    cv2.fillPoly(canvas, [fine], colour, cv2.LINE_8, 4)
