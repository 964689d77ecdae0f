"""Portraits of the CC0 head, drawn at test time: skin, brows, lips, eyes, light, background."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.head.camera import HeadCamera
from landmarkdiff.head.model import HeadModel
from landmarkdiff.head.raster import rasterize
from landmarkdiff.head.surface import HeadSurface

#: Skin from very light to very dark, sRGB.
SKINS = (
    (236, 200, 180),
    (224, 178, 150),
    (198, 145, 112),
    (160, 110, 80),
    (112, 74, 54),
    (70, 46, 36),
)
IRIS_MM = 5.85


@dataclass(frozen=True)
class Look:
    """How a head is drawn: ``light`` is a direction in the camera frame, ``ambient`` a share.

    ``shine`` is the gloss of the skin in linear light, ``sharpness`` its exponent.
    """

    skin: tuple[int, int, int] = SKINS[1]
    hair: tuple[int, int, int] = (60, 42, 32)
    iris: tuple[int, int, int] = (86, 62, 42)
    light: tuple[float, float, float] = (0.3, 0.5, 0.8)
    ambient: float = 0.45
    shine: float = 0.06
    sharpness: float = 24.0
    background: NDArray[np.uint8] | tuple[int, int, int] = (120, 130, 140)
    noise: float = 2.0
    seed: int = 0
    hairy: bool = True
    extra: dict[str, float] = field(default_factory=dict)


def portrait(
    model: HeadModel,
    surface: HeadSurface,
    camera: HeadCamera,
    look: Look = Look(),
    size: tuple[int, int] = (768, 640),
) -> NDArray[np.uint8]:
    """Draw a head: (H, W, 3) uint8 RGB, twice oversampled."""
    height, width = size[0] * 2, size[1] * 2
    topology = surface.topology
    seen = camera.project(surface.vertices)
    seen[:, :2] = seen[:, :2] * 2 + 0.5
    drawn = rasterize(seen[:, :2], seen[:, 2], topology.triangles, height, width)
    home = drawn.interpolate(topology.triangles, model.mean)  # where it is on the average head
    normal = drawn.interpolate(topology.triangles, surface.normals @ camera.rotation.T)
    normal /= np.maximum(np.linalg.norm(normal, axis=2, keepdims=True), 1e-9)
    colour = _albedo(model, drawn.triangle, home, look)
    light = np.array(look.light) / np.linalg.norm(look.light)
    shade = look.ambient * (0.75 + 0.25 * normal[..., 1]) + (1 - look.ambient) * np.clip(
        normal @ light, 0, None
    )
    linear = (colour / 255.0) ** 2.2 * (shade * 1.15)[..., None]
    half = light + np.array([0.0, 0.0, 1.0])
    half /= np.linalg.norm(half)
    linear += look.shine * (np.clip(normal @ half, 0, 1) ** look.sharpness)[..., None]
    picture = 255.0 * np.clip(linear, 0, 1) ** (1 / 2.2)
    behind = np.empty((height, width, 3))
    if isinstance(look.background, tuple):
        behind[:] = look.background
    else:
        behind[:] = cv2.resize(look.background, (width, height), interpolation=cv2.INTER_AREA)
    picture = np.where(drawn.covered[..., None], picture, behind)
    small = cv2.resize(picture.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA)
    small += np.random.default_rng(look.seed).normal(0, look.noise, small.shape)
    return np.clip(small + 0.5, 0, 255).astype(np.uint8)


def _albedo(
    model: HeadModel, shown: NDArray[np.intp], home: NDArray[np.float64], look: Look
) -> NDArray[np.float64]:
    topology = model.topology
    colour = np.empty((*shown.shape, 3))
    colour[:] = look.skin
    rng = np.random.default_rng(look.seed)
    mottled = cv2.GaussianBlur(rng.normal(0, 1, (97, 89)).astype(np.float32), (0, 0), 1.2)
    x, y = home[..., 0].astype(np.float32) / 2 + 44, home[..., 1].astype(np.float32) / 2 + 48
    colour *= (
        1
        + 0.05
        * cv2.remap(mottled, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)[..., None]
    )
    part = _triangle_parts(model)[np.maximum(shown, 0)]
    lips = part == 1
    colour[lips] = colour[lips] * (0.86, 0.62, 0.62)
    # Brows: arcs above the lids on the average head.
    points = model.landmarks.points(model.mean)
    for rows in ((70, 63, 105, 66, 107), (300, 293, 334, 296, 336)):
        arc = points[list(rows)]
        along = np.clip(home[..., 0], arc[:, 0].min(), arc[:, 0].max())
        order = np.argsort(arc[:, 0])
        height = np.interp(along, arc[order, 0], arc[order, 1]) - 2.5
        inside = (home[..., 0] - along == 0) & (home[..., 2] > 0) & (part == 0)
        thick = np.exp(-(((home[..., 1] - height) / 2.6) ** 2)) * inside
        colour += (np.array(look.hair) - colour) * (0.85 * thick)[..., None]
    if look.hairy:
        top = points[10]
        hair = ((home[..., 1] - top[1]) + 0.5 * (home[..., 2] - top[2]) + 55 < 0) | (
            home[..., 1] > top[1] + 8
        )
        back = (home[..., 2] < -75 + 0.35 * home[..., 1]) | (home[..., 1] > top[1] + 8)
        hair = back & (part == 0) & (home[..., 1] > -70)
        strands = rng.normal(0, 0.12, (64, 64)).astype(np.float32)
        strands = cv2.remap(strands, np.abs(x) % 63, np.abs(y) % 63, cv2.INTER_LINEAR)
        colour[hair] = np.array(look.hair) * (1 + strands[hair])[:, None]
    for name, number in (("left_eye", 2), ("right_eye", 3)):
        eye = model.mean[topology.parts[name]]
        centre = eye.mean(axis=0)
        away = np.linalg.norm((home - centre)[..., :2], axis=2)
        own = part == number
        white = own & (away > IRIS_MM)
        colour[white] = (232, 226, 220)
        colour[own & (away <= IRIS_MM)] = look.iris
        colour[own & (away <= 2.1)] = (12, 10, 10)
    colour[part == 4] = (225, 215, 200)
    colour[part == 5] = (110, 50, 50)
    return np.clip(colour, 0, 255)


def _triangle_parts(model: HeadModel) -> NDArray[np.intp]:
    """0 skin, 1 lips, 2 and 3 eyes, 4 teeth, 5 inside of the mouth."""
    topology = model.topology
    kind = np.zeros(len(topology.triangles), np.intp)
    kind[topology.triangles_of("inside", "tongue")] = 5
    kind[topology.triangles_of("upper_lip", "lower_lip")] = 1
    for number, names in (
        (2, ("left_eye",)),
        (3, ("right_eye",)),
        (4, ("upper_teeth", "lower_teeth")),
    ):
        kind[topology.triangles_of(*names)] = number
    return kind
