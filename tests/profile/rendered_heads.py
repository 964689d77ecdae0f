"""The embedded head, shaded and seen from any side, with the true border of what is seen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from other_heads import other_head

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.head.camera import HeadCamera
from landmarkdiff.head.model import head_model
from landmarkdiff.head.raster import rasterize

#: Drawn pixels per pixel of the picture, each way.
SUPERSAMPLING = 3
SIZE = (620, 760)
PX_PER_MM = 2.2
#: From very light to very dark.
TONES = ((244, 214, 196), (208, 160, 130), (128, 84, 58), (54, 36, 28))
#: Toward the light, camera frame: x right, y up, z toward the camera.
LIGHTS = ((-0.3, 0.5, 0.8), (0.8, 0.3, 0.4), (-0.9, 0.2, 0.3), (0.0, 1.0, 0.3))


@dataclass(frozen=True)
class RenderedHead:
    """A picture with the truth about it.

    Attributes
    ----------
    image : (H, W, 3) uint8 array
        RGB.
    border : (n, 2) float64 array
        Border of the head, image frame, pixels.
    """

    image: ImageArray
    border: FloatArray

    def distance_mm(self, points: FloatArray) -> FloatArray:
        """Distance of points (m, 2) from the border, (m,), mm."""
        parts = [np.hypot(*(self.border[None] - part[:, None]).transpose(2, 0, 1)).min(axis=1)
                 for part in np.array_split(points, 1 + len(points) // 50)]  # fmt: skip
        return np.concatenate(parts) / PX_PER_MM


def backdrop(kind: str, rng: np.random.Generator) -> FloatArray:
    """A wall, a wall in uneven light, or a pattern: (H, W, 3), 0 to 255."""
    width, height = SIZE
    wall = np.ones((height, width, 3)) * rng.uniform((60, 90, 110), (120, 150, 190))
    y, x = np.mgrid[0:height, 0:width]
    if kind == "uneven":
        wall *= (0.6 + 0.8 * (0.4 * x / width + 0.6 * y / height))[..., None]
    if kind == "pattern":
        coarse = rng.normal(0, 1, (height // 8, width // 8)).astype(np.float32)
        wall *= 1 + 0.15 * cv2.resize(coarse, SIZE, interpolation=cv2.INTER_CUBIC)[..., None]
    return np.clip(wall, 0, 255)


@cache
def render_head(
    seed: int,
    yaw: float,
    roll: float = 0.0,
    tone: int = 1,
    light: int = 0,
    kind: str = "plain",
    strength: float | None = None,
    fine: int = SUPERSAMPLING,
) -> RenderedHead:
    """Render a random head of the model, or one that it does not hold.

    Parameters
    ----------
    seed : int
        Of its shape and of the noise.
    yaw, roll : float
        Degrees, signs as in ``Pose``.
    tone, light : int
        Of ``TONES`` and ``LIGHTS``.
    kind : {"plain", "uneven", "pattern"}
        Of the backdrop.
    strength : float, optional
        How far the head lies from the model, see ``other_head``.
    fine : int
        Drawn pixels per pixel; 1 where the border is not measured, which takes a sixth of the time.
    """
    model, rng = head_model(), np.random.default_rng(seed)
    surface = model.surface(0.8 * rng.normal(size=len(model.identity_names)))
    if strength is not None:
        surface = other_head(seed, strength)
    topology = surface.topology
    width, height = SIZE
    shift = (np.array([0.5 + 0.13 * np.sin(np.radians(yaw)), 0.5]) * SIZE + 0.5) * fine
    camera = HeadCamera.turned(
        yaw, 0.0, roll,
        px_per_mm=PX_PER_MM * fine, shift=shift - 0.5, distance_mm=1800.0,
    )  # fmt: skip
    seen = camera.project(surface.vertices)
    raster = rasterize(seen[:, :2], seen[:, 2], topology.triangles, height * fine, width * fine)
    colour = np.tile(np.array(TONES[tone]) / 255.0, (len(surface.vertices), 1))
    for part in ("upper_lip", "lower_lip"):
        colour[topology.parts[part]] *= (1.0, 0.75, 0.78)
    for part in ("left_eye", "right_eye"):
        colour[topology.parts[part]] = 0.75
    way = np.array(LIGHTS[light]) / np.linalg.norm(LIGHTS[light])
    shade = 0.4 + 0.75 * np.clip((surface.normals @ camera.rotation.T) @ way, 0, None)
    linear = np.clip(colour**2.2 * shade[:, None], 0, 1)
    skin = raster.interpolate(topology.triangles, 255 * linear ** (1 / 2.2))
    covered = raster.covered.astype(np.float64)
    small = cv2.resize(skin, SIZE, interpolation=cv2.INTER_AREA)
    share = cv2.resize(covered, SIZE, interpolation=cv2.INTER_AREA)
    image = small + backdrop(kind, rng) * (1 - share[..., None])
    image = cv2.GaussianBlur(image, (0, 0), 0.6) + rng.normal(0, 2.0, image.shape)
    borders, _ = cv2.findContours(
        raster.covered.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    longest = max(borders, key=len)[:, 0].astype(np.float64)
    return RenderedHead(np.clip(image, 0, 255).astype(np.uint8), (longest + 0.5) / fine - 0.5)
