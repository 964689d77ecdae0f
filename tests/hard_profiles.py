"""Profiles with something in the way: hands, arms, boxes, hair, beards and scarves, drawn.

The head is the CC0 one, of its own family or displaced out of it, with the true border of what is
rendered. Things are drawn over it or behind it, shaded by the same light as the head.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np
from head_portraits import SKINS, Look, portrait
from other_heads import other_head
from profile_photos import LIGHTS, texture

from landmarkdiff.arrays import BoolArray, FloatArray, ImageArray
from landmarkdiff.head.camera import HeadCamera
from landmarkdiff.head.model import head_model
from landmarkdiff.head.raster import rasterize

SIZE = (620, 560)
PX_PER_MM = 2.1
HAIR = (38, 28, 24)
CLOTH = (46, 60, 110)
#: A wall, a dark one, uneven light, a grain, and a room full of things.
BACKDROPS = ("plain", "dark", "uneven", "pattern", "room")


@dataclass(frozen=True, eq=False)
class HardProfile:
    """A picture with the truth about it.

    Attributes
    ----------
    image : (H, W, 3) uint8 array
        RGB.
    border : (n, 2) float64 array
        Of the head without what was drawn, image frame, pixels.
    head : (H, W) bool array
        Its pixels.
    named : mapping of str to (2,) float64 array
        The anatomical points, pixels.
    facing : int
        1 looks to the left of the picture, -1 to the right.
    skin : tuple of int
        RGB.
    light : (3,) float64 array
        Toward the light, camera frame.
    """

    image: ImageArray
    border: FloatArray
    head: BoolArray
    named: dict[str, FloatArray]
    facing: int
    skin: tuple[int, int, int]
    light: FloatArray

    def distance_mm(self, points: FloatArray) -> FloatArray:
        """Distance of points (m, 2) from the border, (m,), mm."""
        low, high = points.min(axis=0) - 40, points.max(axis=0) + 40
        near = self.border[((self.border > low) & (self.border < high)).all(axis=1)]
        near = near if len(near) else self.border
        return np.array([np.hypot(*(near - point).T).min() for point in points]) / PX_PER_MM

    def at(self, name: str, ahead: float = 0.0, up: float = 0.0) -> FloatArray:
        """A place so far ahead of a point and above it, mm: (2,), pixels."""
        return self.named[name] + PX_PER_MM * np.array([-self.facing * ahead, -up])


def _room(rng: np.random.Generator) -> ImageArray:
    height, width = SIZE
    wall = np.empty((height, width, 3), np.uint8)
    wall[:] = rng.integers(90, 200, 3)
    for _ in range(40):
        x, y = int(rng.integers(-60, width)), int(rng.integers(-60, height))
        w, h = rng.integers(30, 190, 2).tolist()
        colour = rng.integers(20, 240, 3).tolist()
        cv2.rectangle(wall, (x, y), (x + w, y + h), colour, -1)
    return cv2.GaussianBlur(wall, (0, 0), 3.0)


def backdrop(kind: str, rng: np.random.Generator, tone: tuple[int, int, int]) -> ImageArray:
    """One of ``BACKDROPS``, or a wall of the skin's tone, stripes, white, a window: uint8 RGB."""
    height, width = SIZE
    y, x = np.mgrid[0:height, 0:width]
    if kind == "room":
        return _room(rng)
    if kind == "pattern":
        return cv2.resize(texture(int(rng.integers(100))), (width, height))
    wall = np.ones((height, width, 3)) * rng.uniform((70, 95, 115), (130, 155, 190))
    if kind == "dark":
        wall = np.ones((height, width, 3)) * rng.uniform(15, 50, 3)
    if kind == "skin":
        wall = np.ones((height, width, 3)) * tone * rng.uniform(0.75, 1.05)
    if kind == "white":
        wall = np.ones((height, width, 3)) * rng.uniform(225, 250)
    if kind == "stripes":
        way = x * rng.uniform(-1, 1) + y * rng.uniform(-1, 1)
        wall += (45 * np.sign(np.sin(way / rng.uniform(4, 16))))[..., None]
    if kind == "window":
        middle = rng.uniform(0.2, 0.8, 2) * (width, height)
        glow = np.exp(-0.5 * (((x - middle[0]) / 130) ** 2 + ((y - middle[1]) / 170) ** 2))
        wall += 260 * glow[..., None]
    if kind == "uneven":
        wall *= (0.6 + 0.8 * (0.4 * x / width + 0.6 * y / height))[..., None]
    return np.clip(wall, 0, 255).astype(np.uint8)


@cache
def bare(seed: int, kind: str | None = None, skin: int | None = None) -> HardProfile:
    """A profile at 75 to 94 degrees with nothing in the way; every second head is another's.

    ``kind`` and ``skin`` choose backdrop and skin, which otherwise come by turns.
    """
    rng = np.random.default_rng(1000 + seed)
    model = head_model()
    surface = model.surface(0.7 * rng.normal(size=len(model.identity_names)))
    if seed % 2:
        surface = other_head(seed, 0.6)
    side = 1 if rng.uniform() < 0.5 else -1
    yaw = -side * rng.uniform(75, 94)
    shift = np.array([SIZE[1] * (0.5 - 0.1 * side), SIZE[0] * 0.42])
    camera = HeadCamera.turned(
        yaw, rng.uniform(-6, 6), rng.uniform(-8, 8),
        px_per_mm=PX_PER_MM, shift=shift, distance_mm=2000.0,
    )  # fmt: skip
    tone = SKINS[seed % len(SKINS) if skin is None else skin]
    light = LIGHTS[int(rng.integers(len(LIGHTS)))]
    look = Look(
        skin=tone, light=light, seed=seed, hairy=bool(seed % 3),
        background=backdrop(kind or BACKDROPS[seed % len(BACKDROPS)], rng, tone),
    )  # fmt: skip
    image = portrait(model, surface, camera, look, SIZE)
    seen = camera.project(surface.vertices)
    fine = 3
    raster = rasterize(
        (seen[:, :2] + 0.5) * fine - 0.5, seen[:, 2], surface.topology.triangles,
        SIZE[0] * fine, SIZE[1] * fine,
    )  # fmt: skip
    shown = raster.covered.astype(np.uint8)
    borders, _ = cv2.findContours(shown, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    border = (max(borders, key=len)[:, 0].astype(np.float64) + 0.5) / fine - 0.5
    named = model.landmarks.anatomical(surface.vertices)
    return HardProfile(
        image=cv2.GaussianBlur(image, (0, 0), 0.6),
        border=border,
        head=cv2.resize(shown, SIZE[::-1], interpolation=cv2.INTER_AREA) > 0,
        named={name: camera.project(place)[:2] for name, place in named.items()},
        facing=side,
        skin=tone,
        light=np.array(light) / np.linalg.norm(light),
    )


def painted(
    photo: HardProfile,
    away: FloatArray,
    normal: FloatArray | None,
    colour: FloatArray,
    rng: np.random.Generator,
    behind: bool = False,
    window: tuple[slice, slice] = (slice(None), slice(None)),
) -> HardProfile:
    """Lay a thing over a window of the picture: ``away`` is the distance into it, pixels."""
    alpha = np.clip(away + 0.5, 0.0, 1.0)
    if behind:
        alpha *= ~photo.head[window]
    shade = np.ones(away.shape)
    if normal is not None:
        shade = 0.45 * (0.75 + 0.25 * normal[..., 1]) + 0.55 * np.clip(normal @ photo.light, 0, 1)
        shade *= 1.15
    paint = 255 * np.clip((colour / 255.0) ** 2.2 * shade[..., None], 0, 1) ** (1 / 2.2)
    grain = cv2.GaussianBlur(rng.normal(0, 6, away.shape), (0, 0), 2.0) + rng.normal(
        0, 2, away.shape
    )
    under = photo.image[window]
    laid = under + alpha[..., None] * (paint + grain[..., None] - under)
    image = photo.image.copy()
    image[window] = np.clip(laid + 0.5, 0, 255).astype(np.uint8)
    return replace(photo, image=image)


def rod(
    photo: HardProfile,
    start: FloatArray,
    end: FloatArray,
    radius: float,
    colour: tuple[int, int, int] | FloatArray,
    rng: np.random.Generator,
    behind: bool = False,
) -> HardProfile:
    """A rounded rod from one place to another, pixels: a finger, an arm, a strand."""
    low = np.floor(np.minimum(start, end) - radius - 2).astype(int)
    high = np.ceil(np.maximum(start, end) + radius + 3).astype(int)
    left, top = np.clip(low, 0, SIZE[::-1]).tolist()
    right, bottom = np.clip(high, 0, SIZE[::-1]).tolist()
    if left >= right or top >= bottom:
        return photo
    y, x = np.mgrid[top:bottom, left:right].astype(np.float64)
    way = end - start
    share = ((x - start[0]) * way[0] + (y - start[1]) * way[1]) / max(way @ way, 1e-9)
    share = np.clip(share, 0, 1)
    off = np.stack([x - start[0] - share * way[0], y - start[1] - share * way[1]], axis=2)
    far = np.hypot(off[..., 0], off[..., 1])
    flat = off / radius
    depth = np.sqrt(np.clip(1 - (flat**2).sum(axis=2), 0, 1))
    normal = np.stack([flat[..., 0], -flat[..., 1], depth], axis=2)
    window = slice(top, bottom), slice(left, right)
    return painted(photo, radius - far, normal, np.asarray(colour, float), rng, behind, window)


def skin_like(skin: tuple[int, int, int], rng: np.random.Generator) -> FloatArray:
    return np.clip(np.array(skin) * rng.uniform(0.92, 1.05), 0, 255)


def box(photo: HardProfile, rng: np.random.Generator) -> HardProfile:
    """A box of the skin's colour, held at chin, mouth or nose."""
    point = rng.choice(["pogonion", "stomion", "pronasale", "menton"])
    centre = photo.at(point, rng.uniform(-4, 8), rng.uniform(-8, 8))
    half = PX_PER_MM * rng.uniform(6, 20, 2)
    turn = rng.uniform(-0.5, 0.5)
    y, x = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    own = (x - centre[0]) + 1j * (y - centre[1])
    own = own * np.exp(-1j * turn)
    away = np.minimum(half[0] - np.abs(own.real), half[1] - np.abs(own.imag))
    return painted(photo, away, None, skin_like(photo.skin, rng), rng)


def hand(photo: HardProfile, rng: np.random.Generator) -> HardProfile:
    """Three or four fingers at chin or mouth, from below and ahead."""
    point = str(rng.choice(["pogonion", "labrale_inferius", "menton", "pogonion"]))
    colour = skin_like(photo.skin, rng)
    slant = rng.uniform(-0.3, 1.0)
    for finger in range(int(rng.integers(2, 5))):
        radius = PX_PER_MM * rng.uniform(6.5, 9)
        tip = photo.at(point, rng.uniform(-12, 2) + 3 * finger, 4 - 13 * finger)
        end = tip + PX_PER_MM * np.array([-photo.facing * 70.0, 70.0 * slant])
        photo = rod(photo, tip, end, radius, colour, rng)
    return photo


def arm(photo: HardProfile, rng: np.random.Generator) -> HardProfile:
    """An arm of the skin's colour before or behind chin and neck."""
    colour = skin_like(photo.skin, rng)
    start = photo.at("menton", rng.uniform(-10, 25), rng.uniform(-25, 5))
    end = start + PX_PER_MM * np.array([-photo.facing * rng.uniform(-20, 60), 140.0])
    return rod(photo, start, end, PX_PER_MM * rng.uniform(14, 24), colour, rng,
               behind=bool(rng.integers(2)))  # fmt: skip


def behind(photo: HardProfile, rng: np.random.Generator) -> HardProfile:
    """A thing of the skin's colour in the background, that touches the contour."""
    point = str(rng.choice(["pogonion", "menton", "subnasale", "sublabiale", "nasion"]))
    start = photo.at(point, rng.uniform(2, 8), rng.uniform(-8, 8))
    end = start + PX_PER_MM * rng.uniform(-14, 14, 2)
    return rod(photo, start, end, PX_PER_MM * rng.uniform(8, 16), skin_like(photo.skin, rng), rng,
               behind=True)  # fmt: skip


def strands(photo: HardProfile, rng: np.random.Generator) -> HardProfile:
    """Dark hair that falls over forehead, nose root or cheek and chin."""
    point = str(rng.choice(["glabella", "nasion", "pronasale", "pogonion"]))
    for _ in range(int(rng.integers(12, 40))):
        end = photo.at(point, rng.uniform(-12, 3), rng.uniform(-14, 8))
        start = photo.at("glabella", rng.uniform(-40, -10), rng.uniform(35, 60))
        colour = np.array(HAIR) * rng.uniform(0.6, 1.4)
        photo = rod(photo, start, end, PX_PER_MM * rng.uniform(0.3, 1.2), colour, rng)
    return photo


def blob(photo: HardProfile, rng: np.random.Generator) -> HardProfile:
    """A dark lock of hair in front of the contour."""
    point = str(rng.choice(["glabella", "pogonion", "nasion", "sublabiale", "pronasale"]))
    start = photo.at(point, rng.uniform(-8, 0), rng.uniform(-10, 10))
    end = start + PX_PER_MM * rng.uniform(-10, 10, 2)
    return rod(photo, start, end, PX_PER_MM * rng.uniform(4, 10), np.array(HAIR), rng)


def beard(photo: HardProfile, rng: np.random.Generator) -> HardProfile:
    """Dark tufts from below the lip to the neck that stand off the skin."""
    length = rng.uniform(2, 9)
    colour = np.array(HAIR) * rng.uniform(0.8, 1.6)
    names = ("sublabiale", "pogonion", "gnathion", "menton")
    places = np.array([photo.named[name] for name in names])
    for share in np.linspace(0, 3, 40):
        k = min(int(share), 2)
        place = places[k] + (share - k) * (places[k + 1] - places[k])
        root = place + PX_PER_MM * np.array([photo.facing * rng.uniform(0, 25), rng.uniform(-4, 4)])
        tip = place + PX_PER_MM * length * rng.uniform(0.6, 1.0) * np.array(
            [-photo.facing * 0.8, 0.6]
        )
        photo = rod(photo, root, tip, PX_PER_MM * 1.6, colour * rng.uniform(0.8, 1.2), rng)
    return photo


def scarf(photo: HardProfile, rng: np.random.Generator) -> HardProfile:
    """A scarf about the neck, up to chin or mouth: dark, coloured, or of the skin's colour."""
    colour = (np.array(HAIR), np.array(CLOTH), skin_like(photo.skin, rng))[int(rng.integers(3))]
    point = str(rng.choice(["menton", "pogonion", "stomion"]))
    for fold in range(3):
        start = photo.at(point, rng.uniform(0, 6), -12.0 - 18 * fold)
        end = start + PX_PER_MM * np.array([photo.facing * 130.0, 25.0])
        photo = rod(photo, start, end, PX_PER_MM * 13, colour * (1 - 0.08 * fold), rng)
    return photo


THINGS: dict[str, Callable[[HardProfile, np.random.Generator], HardProfile]] = {
    "box": box,
    "hand": hand,
    "arm": arm,
    "behind": behind,
    "strands": strands,
    "blob": blob,
    "beard": beard,
    "scarf": scarf,
}


@cache
def hard_profile(seed: int, thing: str | None = None) -> HardProfile:
    """The profile of a seed with one of ``THINGS`` in the way, or none."""
    photo = bare(seed)
    if thing is None:
        return photo
    number = list(THINGS).index(thing)
    return THINGS[thing](photo, np.random.default_rng(7000 + 100 * seed + number))
