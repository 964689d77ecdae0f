"""Profile photos of the CC0 head for tests: a hump, several skins, lights and backgrounds."""

from __future__ import annotations

from functools import cache

import numpy as np
from head_portraits import SKINS, Look, portrait
from numpy.typing import NDArray

from landmarkdiff.head.camera import HeadCamera
from landmarkdiff.head.model import head_model
from landmarkdiff.head.surface import HeadSurface

PX_PER_MM = 2.4
SIZE = (700, 600)
LIGHTS = ((-0.3, 0.5, 0.8), (0.8, 0.3, 0.4), (0.0, 1.0, 0.3))


@cache
def patient(seed: int = 3) -> HeadSurface:
    """A head with a hump."""
    model, rng = head_model(), np.random.default_rng(seed)
    shares = 0.5 * rng.normal(size=len(model.identity_names))
    shares[model.identity_names.index("nose/nose-hump-decr")] = -2.0
    return model.surface(shares)


def camera(yaw: float = -90.0, roll: float = 0.0, px_per_mm: float = PX_PER_MM) -> HeadCamera:
    """A camera at the patient's side."""
    side = -np.sign(yaw)
    share = px_per_mm / PX_PER_MM
    shift = np.array([SIZE[1] * (0.5 - 0.08 * side), SIZE[0] * 0.44]) * share
    return HeadCamera.turned(
        yaw, 0.0, roll, px_per_mm=px_per_mm, shift=shift + (share - 1) / 2, distance_mm=2000.0
    )


def texture(seed: int = 0) -> NDArray[np.uint8]:
    """A wall with grain: (H, W, 3)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    waves = 12 * np.sin(x / 9.0) + 9 * np.cos(y / 7.0)
    wall = np.array([150.0, 165.0, 180.0]) + waves[..., None] + rng.normal(0, 3, (*SIZE, 3))
    return np.clip(wall, 0, 255).astype(np.uint8)


@cache
def photo(
    yaw: float = -90.0,
    roll: float = 0.0,
    skin: int = 1,
    light: int = 0,
    textured: bool = False,
    px_per_mm: float = PX_PER_MM,
) -> NDArray[np.uint8]:
    """A profile photo: (H, W, 3) uint8 RGB."""
    background = texture() if textured else (120, 130, 140)
    look = Look(skin=SKINS[skin], light=LIGHTS[light], background=background)
    share = px_per_mm / PX_PER_MM
    size = (round(SIZE[0] * share), round(SIZE[1] * share))
    return portrait(head_model(), patient(), camera(yaw, roll, px_per_mm), look, size)
