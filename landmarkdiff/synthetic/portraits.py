"""Portraits of the CC0 head: skin, brows, lips, eyes, light, background, no photo of anybody."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import BoolArray, FloatArray, ImageArray, IndexArray
from landmarkdiff.head.camera import HeadCamera
from landmarkdiff.head.model import HeadModel
from landmarkdiff.head.raster import rasterize
from landmarkdiff.head.surface import HeadSurface

__all__ = ["SKINS", "Look", "portrait"]

#: Skin from very light to very dark, sRGB.
SKINS = (
    (236, 200, 180),
    (224, 178, 150),
    (198, 145, 112),
    (160, 110, 80),
    (112, 74, 54),
    (70, 46, 36),
)
#: Radius of the iris (visible diameter of adults 11.7 mm) and of the pupil in a lit room, mm.
IRIS_MM, PUPIL_MM = 5.85, 2.1
#: Landmarks along the brows, the patient's right and left.
_BROWS = ((70, 63, 105, 66, 107), (300, 293, 334, 296, 336))
#: What the parts of a head are drawn as.
_SKIN, _LIPS, _LEFT_EYE, _RIGHT_EYE, _TEETH, _INSIDE = range(6)


@dataclass(frozen=True)
class Look:
    """How a head is drawn.

    Attributes
    ----------
    skin, hair, iris : (3,) int
        sRGB.
    light : (3,) float
        Toward the lamp, camera frame.
    ambient : float
        Share of the light that comes from everywhere.
    shine, sharpness : float
        Gloss of the skin in linear light, and its exponent.
    background : (H, W, 3) uint8 array or (3,) int
        A picture or one colour, RGB.
    noise : float
        Of the sensor, standard deviation in codes.
    seed : int
        Of the spots of the skin, the hair and the noise.
    hairy : bool
    power : float or None
        By which light is coded. None: as sRGB is, which is straight near black; where light is
        compared, dark skin is drawn otherwise in a light that no reader of sRGB finds there.
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
    power: float | None = 2.2


_PLAIN = Look()


def portrait(
    model: HeadModel,
    surface: HeadSurface,
    camera: HeadCamera,
    look: Look = _PLAIN,
    size: tuple[int, int] = (768, 640),
) -> ImageArray:
    """Draw a head, twice oversampled.

    Parameters
    ----------
    model : HeadModel
        Whose average head the colours lie on.
    surface : HeadSurface
    camera : HeadCamera
        In pixels of the picture.
    look : Look
    size : (int, int)
        Height and width, pixels.

    Returns
    -------
    (H, W, 3) uint8 array
        RGB.
    """
    height, width = size[0] * 2, size[1] * 2
    topology = surface.topology
    seen = camera.project(surface.vertices)
    seen[:, :2] = seen[:, :2] * 2 + 0.5
    drawn = rasterize(seen[:, :2], seen[:, 2], topology.triangles, height, width)
    there = drawn.covered
    home = drawn.interpolate(topology.triangles, model.mean)  # where it is on the average head
    normal = drawn.interpolate(topology.triangles, surface.normals @ camera.rotation.T)[there]
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    colour = _albedo(model, drawn.triangle[there], home, there, look)
    light = np.array(look.light) / np.linalg.norm(look.light)
    shade = look.ambient * (0.75 + 0.25 * normal[:, 1]) + (1 - look.ambient) * np.clip(
        normal @ light, 0, None
    )
    linear = _linear(colour / 255.0, look.power) * (shade * 1.15)[:, None]
    half = light + np.array([0.0, 0.0, 1.0])
    half /= np.linalg.norm(half)
    if look.shine:
        linear += look.shine * (np.clip(normal @ half, 0, 1) ** look.sharpness)[:, None]
    picture = np.empty((height, width, 3), np.float32)
    if isinstance(look.background, tuple):
        picture[:] = look.background
    else:
        picture[:] = cv2.resize(look.background, (width, height), interpolation=cv2.INTER_AREA)
    picture[there] = 255.0 * _coded(np.clip(linear, 0, 1), look.power)
    small = cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA)
    noise = np.random.default_rng(look.seed).normal(0, look.noise, small.shape)
    noisy = np.asarray(small + noise, np.float32)
    return np.asarray(np.clip(noisy + 0.5, 0, 255), np.uint8)


def _linear(codes: FloatArray, power: float | None) -> FloatArray:
    """Linear light of codes between 0 and 1; IEC 61966-2-1 where no power is given."""
    if power is not None:
        return np.asarray(codes**power)
    return np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)


def _coded(light: FloatArray, power: float | None) -> FloatArray:
    """The other way round."""
    if power is not None:
        return np.asarray(light ** (1 / power))
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def _albedo(
    model: HeadModel, shown: IndexArray, home: FloatArray, there: BoolArray, look: Look
) -> FloatArray:
    """Colours of the pixels that show the head, (n, 3): ``shown`` are their triangles.

    ``home`` (H, W, 3) is where each pixel of the picture lies on the average head, mm.
    """
    colour = np.empty((len(shown), 3))
    colour[:] = look.skin
    rng = np.random.default_rng(look.seed)
    mottled = cv2.GaussianBlur(rng.normal(0, 1, (97, 89)).astype(np.float32), (0, 0), 1.2)
    x, y = home[..., 0].astype(np.float32) / 2 + 44, home[..., 1].astype(np.float32) / 2 + 48
    spots = cv2.remap(mottled, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    colour *= 1 + 0.05 * spots[there][:, None]
    own = home[there]
    part = _triangle_parts(model)[shown]
    lips = part == _LIPS
    colour[lips] = colour[lips] * (0.86, 0.62, 0.62)
    _draw_brows(colour, model, own, part, look)
    if look.hairy:
        strands = rng.normal(0, 0.12, (64, 64)).astype(np.float32)
        drawn = cv2.remap(strands, np.abs(x) % 63, np.abs(y) % 63, cv2.INTER_LINEAR)
        _draw_hair(colour, model, own, part, np.asarray(drawn[there], np.float32), look)
    _draw_eyes(colour, model, own, part, look)
    colour[part == _TEETH] = (225, 215, 200)
    colour[part == _INSIDE] = (110, 50, 50)
    return np.clip(colour, 0, 255)


def _draw_brows(
    colour: FloatArray, model: HeadModel, home: FloatArray, part: IndexArray, look: Look
) -> None:
    """Arcs above the lids of the average head."""
    points = model.landmarks.points(model.mean)
    for rows in _BROWS:
        arc = points[list(rows)]
        along = np.clip(home[:, 0], arc[:, 0].min(), arc[:, 0].max())
        (inside,) = np.nonzero((home[:, 0] == along) & (home[:, 2] > 0) & (part == _SKIN))
        order = np.argsort(arc[:, 0])
        height = np.interp(along[inside], arc[order, 0], arc[order, 1]) - 2.5
        thick = np.exp(-(((home[inside, 1] - height) / 2.6) ** 2))
        colour[inside] += (np.array(look.hair) - colour[inside]) * (0.85 * thick)[:, None]


def _draw_hair(
    colour: FloatArray,
    model: HeadModel,
    home: FloatArray,
    part: IndexArray,
    strands: NDArray[np.float32],
    look: Look,
) -> None:
    """What lies above the forehead and behind the ears, down to the neck."""
    top = model.landmarks.points(model.mean)[10]
    back = (home[:, 2] < -75 + 0.35 * home[:, 1]) | (home[:, 1] > top[1] + 8)
    hair = back & (part == _SKIN) & (home[:, 1] > -70)
    colour[hair] = np.array(look.hair) * (1 + strands[hair])[:, None]


def _draw_eyes(
    colour: FloatArray, model: HeadModel, home: FloatArray, part: IndexArray, look: Look
) -> None:
    for name, number in (("left_eye", _LEFT_EYE), ("right_eye", _RIGHT_EYE)):
        (own,) = np.nonzero(part == number)
        centre = model.mean[model.topology.parts[name]].mean(axis=0)
        away = np.linalg.norm((home[own] - centre)[:, :2], axis=1)
        colour[own[away > IRIS_MM]] = (232, 226, 220)
        colour[own[away <= IRIS_MM]] = look.iris
        colour[own[away <= PUPIL_MM]] = (12, 10, 10)


def _triangle_parts(model: HeadModel) -> IndexArray:
    """As what each triangle is drawn."""
    topology = model.topology
    kind = np.full(len(topology.triangles), _SKIN, np.intp)
    kind[topology.triangles_of("inside", "tongue")] = _INSIDE
    kind[topology.triangles_of("upper_lip", "lower_lip")] = _LIPS
    for number, names in (
        (_LEFT_EYE, ("left_eye",)),
        (_RIGHT_EYE, ("right_eye",)),
        (_TEETH, ("upper_teeth", "lower_teeth")),
    ):
        kind[topology.triangles_of(*names)] = number
    return kind
