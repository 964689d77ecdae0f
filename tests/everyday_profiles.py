"""Profiles as people come to be photographed: glasses, hats, collars, beards, a hand, a window.

Each kind on six skins, before nine walls (one of the skin's own colour, stripes, a window behind
the head), every third picture blurred by motion or saved as JPEG of quality 40.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
from hard_profiles import (
    PX_PER_MM,
    SIZE,
    HardProfile,
    bare,
    painted,
    rod,
    skin_like,
)
from head_portraits import SKINS

from landmarkdiff.arrays import FloatArray

#: Hair: black, brown, blond, grey.
HAIRS = ((24, 20, 18), (70, 48, 34), (176, 142, 98), (150, 148, 146))
#: Cloth: white, grey, navy, red, and a denim blue.
CLOTHS = ((232, 230, 226), (122, 124, 128), (34, 40, 72), (150, 34, 40), (86, 108, 142))
WALLS = ("plain", "skin", "dark", "stripes", "uneven", "window", "pattern", "room", "white")

Rng = np.random.Generator


def _pick(rng: Rng, choices: tuple[tuple[int, int, int], ...]) -> FloatArray:
    return np.asarray(choices[int(rng.integers(len(choices)))], float)


def _polygon(
    photo: HardProfile, corners: list[FloatArray], colour: FloatArray, rng: Rng,
    share: float = 1.0, behind: bool = False,
) -> HardProfile:  # fmt: skip
    """A flat thing with these corners, pixels."""
    fine = 8
    mask = np.zeros((SIZE[0], SIZE[1]), np.uint8)
    cv2.fillPoly(mask, [np.rint(np.array(corners) * fine).astype(np.int32)], 1, cv2.LINE_8, 3)
    inside = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    outside = cv2.distanceTransform(1 - mask, cv2.DIST_L2, 5)
    laid = painted(photo, inside - outside, None, colour, rng, behind)
    if share < 1.0:
        mixed = photo.image + share * (laid.image.astype(np.float64) - photo.image)
        laid = replace(laid, image=np.clip(mixed + 0.5, 0, 255).astype(np.uint8))
    return laid


def _tufts(
    photo: HardProfile, names: tuple[str, ...], rng: Rng, colour: FloatArray,
    length: tuple[float, float], inward: float, down: float, count: int = 50, thick: float = 0.9,
) -> HardProfile:  # fmt: skip
    """Hair that stands off the skin along the way between points."""
    places = np.array([photo.named[name] for name in names])
    for share in np.linspace(0, len(places) - 1, count):
        k = min(int(share), len(places) - 2)
        place = places[k] + (share - k) * (places[k + 1] - places[k])
        root = place + PX_PER_MM * np.array([photo.facing * rng.uniform(0, inward), 0.0])
        long = PX_PER_MM * rng.uniform(*length)
        tip = place + long * np.array([-photo.facing * np.sqrt(1 - down**2), down])
        photo = rod(photo, root, tip, PX_PER_MM * thick, colour * rng.uniform(0.8, 1.2), rng)
    return photo


def fist(photo: HardProfile, rng: Rng) -> HardProfile:
    """A hand under the chin, four knuckles and the forearm."""
    colour = skin_like(photo.skin, rng)
    ahead, up = rng.uniform(-4, 6), rng.uniform(-14, -2)
    elbow = photo.at("menton", rng.uniform(-30, 30), -160.0)
    photo = rod(photo, photo.at("menton", ahead - 12, up - 14), elbow, 24 * PX_PER_MM, colour, rng)
    for knuckle in range(4):
        start = photo.at("menton", ahead - 16 * knuckle, up)
        end = start + PX_PER_MM * np.array([photo.facing * 3.0, 18.0])
        photo = rod(photo, start, end, 8.5 * PX_PER_MM, colour * rng.uniform(0.95, 1.03), rng)
    return photo


def chin_mask(photo: HardProfile, rng: Rng) -> HardProfile:
    """A mask worn under or over the chin, with its band to the ear."""
    colour = _pick(rng, ((198, 220, 232), (236, 236, 234), (28, 28, 30), (160, 190, 220)))
    top = str(rng.choice(["pogonion", "menton", "sublabiale"]))
    corners = [
        photo.at(top, 3.5, 2), photo.at("menton", 4, -6), photo.at("menton", -18, -16),
        photo.at("menton", -45, -6), photo.at(top, -40, 12),
    ]  # fmt: skip
    photo = _polygon(photo, corners, colour, rng)
    ear = photo.at("tragus") if "tragus" in photo.named else photo.at("pronasale", -110, 5)
    return rod(photo, corners[3], ear, 1.4 * PX_PER_MM, colour, rng)


def fringe(photo: HardProfile, rng: Rng) -> HardProfile:
    """Hair of any colour down to the brow or over the root of the nose."""
    colour, deep = _pick(rng, HAIRS), rng.uniform(-8, 16)
    for _ in range(70):
        start = photo.at("glabella", rng.uniform(-35, -5), rng.uniform(32, 55))
        end = photo.at("nasion", rng.uniform(-14, 4), deep + rng.uniform(-6, 4))
        photo = rod(photo, start, end, rng.uniform(0.4, 1.3) * PX_PER_MM,
                    colour * rng.uniform(0.7, 1.25), rng)  # fmt: skip
    return photo


def microphone(photo: HardProfile, rng: Rng) -> HardProfile:
    """A microphone before the mouth, held or on a headset."""
    colour = _pick(rng, ((26, 26, 28), (90, 90, 94), (190, 30, 36)))
    head = photo.at("stomion", rng.uniform(2, 9), rng.uniform(-14, 6))
    radius = PX_PER_MM * rng.uniform(7, 20)
    if rng.uniform() < 0.5:
        hold = head + PX_PER_MM * np.array([-photo.facing * rng.uniform(20, 70), 110.0])
        photo = rod(photo, head, hold, 0.55 * radius, colour * 0.8, rng)
    else:
        photo = rod(photo, head, photo.at("pronasale", -110, 10), 1.6 * PX_PER_MM, colour, rng)
        radius = min(radius, 9 * PX_PER_MM)
    return rod(photo, head, head + 1.0, radius, colour, rng)


def glasses(photo: HardProfile, rng: Rng) -> HardProfile:
    """Temple, lens and bridge, before the nose's root and the cheek."""
    colour = _pick(rng, ((20, 18, 18), (96, 60, 34), (176, 160, 120), (150, 40, 50)))
    thick = PX_PER_MM * rng.uniform(0.7, 2.2)
    ahead = rng.uniform(-6, 5)
    top, low = photo.at("nasion", ahead, 4), photo.at("nasion", ahead - 2, -32)
    back = photo.at("nasion", ahead - 12, -14)
    if rng.uniform() < 0.7:
        tint, share = ((40, 40, 44), 0.75) if rng.uniform() < 0.4 else ((190, 205, 215), 0.25)
        photo = _polygon(photo, [top, low, back], np.array(tint, float), rng, share)
    photo = rod(photo, top, low, thick, colour, rng)
    photo = rod(photo, top, photo.at("nasion", -112, -4), thick, colour, rng)
    return rod(photo, top, photo.at("nasion", -1, -4), thick, colour, rng)


def _lens(
    photo: HardProfile, centre: FloatArray, half: tuple[float, float], turn: float,
    frame: FloatArray, tint: FloatArray, share: float, rng: Rng, behind: bool = False,
) -> HardProfile:  # fmt: skip
    """A lens in its rim, seen obliquely: an ellipse of these halves, pixels."""
    y, x = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    own = ((x - centre[0]) + 1j * (y - centre[1])) * np.exp(-1j * turn)
    away = (1 - np.hypot(own.real / half[0], own.imag / half[1])) * min(half)
    laid = painted(photo, away, None, tint, rng, behind)
    mixed = photo.image + share * (laid.image.astype(np.float64) - photo.image)
    photo = replace(photo, image=np.clip(mixed + 0.5, 0, 255).astype(np.uint8))
    return painted(photo, 2.0 - np.abs(away), None, frame, rng, behind)


def spectacles(photo: HardProfile, rng: Rng) -> HardProfile:
    """Both lenses, the far one before the root of the nose, bridge and temple; some are dark."""
    frame = _pick(rng, ((20, 18, 18), (96, 60, 34), (176, 160, 120), (150, 40, 50), (40, 40, 60)))
    dark = rng.uniform() < 0.4
    tint = np.array((35, 35, 38) if dark else (200, 210, 218), float)
    share = rng.uniform(0.55, 0.9) if dark else rng.uniform(0.08, 0.25)
    high, wide, far = rng.uniform(15, 22), rng.uniform(3, 9), rng.uniform(1, 9)
    ahead, up = rng.uniform(-2, 5), rng.uniform(-14, -8)
    half, turn = (wide * PX_PER_MM, high * PX_PER_MM), photo.facing * rng.uniform(-0.12, 0.2)
    for forward, behind in ((ahead + far, True), (ahead - 9 - wide, False)):
        centre = photo.at("nasion", forward, up)
        photo = _lens(photo, centre, half, turn, frame, tint, share, rng, behind)
    bridge = [photo.at("nasion", ahead + at, up + 0.5 * high) for at in (-9, far - 0.7 * wide)]
    photo = rod(photo, bridge[0], bridge[1], 1.5, frame, rng)
    start = photo.at("nasion", ahead - 9 - 1.9 * wide, up + high * rng.uniform(0.4, 0.8))
    end = photo.at("nasion", -rng.uniform(95, 112), up + high * rng.uniform(0.2, 0.9))
    return rod(photo, start, end, PX_PER_MM * rng.uniform(0.7, 3), frame, rng)


def brim(photo: HardProfile, rng: Rng) -> HardProfile:
    """A hat or cap with a brim over the forehead."""
    colour = _pick(rng, CLOTHS)
    up = rng.uniform(4, 26)
    edge = photo.at("glabella", rng.uniform(30, 70), up + rng.uniform(-10, 8))
    corners = [
        edge, photo.at("glabella", -2, up), photo.at("glabella", -120, up + 12),
        photo.at("glabella", -130, 110), photo.at("glabella", -10, 95),
        photo.at("glabella", 3, up + 22),
    ]  # fmt: skip
    return _polygon(photo, corners, colour, rng)


def collar(photo: HardProfile, rng: Rng) -> HardProfile:
    """A stiff collar or a high neck, of cloth or of the skin's colour."""
    colour = skin_like(photo.skin, rng) if rng.uniform() < 0.3 else _pick(rng, CLOTHS)
    up, ahead = rng.uniform(-42, -4), rng.uniform(-24, 4)
    corners = [
        photo.at("menton", ahead, up), photo.at("menton", ahead + 10, up - 120),
        photo.at("menton", -170, up - 130), photo.at("menton", -120, up + 8),
    ]  # fmt: skip
    return _polygon(photo, corners, colour, rng)


def stubble(photo: HardProfile, rng: Rng) -> HardProfile:
    """A beard of some days: grain on the skin, half a millimetre long."""
    colour = _pick(rng, HAIRS)
    low = photo.named["subnasale"][1]
    y, x = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    nose = photo.named["menton"][0] + photo.facing * 75 * PX_PER_MM
    cheek = (y > low) & ((x - nose) * photo.facing < 0) & (y < photo.at("menton", 0, -8)[1])
    grain = cv2.GaussianBlur(rng.normal(0, 1, SIZE), (0, 0), 0.8)
    dark = (grain > 0.1) & cheek & photo.head
    image = photo.image.astype(np.float64)
    image += (0.5 * dark)[..., None] * (colour - image)
    photo = replace(photo, image=np.clip(image + 0.5, 0, 255).astype(np.uint8))
    names = ("sublabiale", "pogonion", "gnathion", "menton")
    return _tufts(photo, names, rng, colour, (0.2, 0.6), 2.0, 0.5, 60, 0.25)


def full_beard(photo: HardProfile, rng: Rng) -> HardProfile:
    """Hair of any colour from the cheek to under the chin, 5 to 25 mm long."""
    colour, long = _pick(rng, HAIRS), rng.uniform(5, 25)
    names = ("sublabiale", "pogonion", "gnathion", "menton")
    photo = _tufts(photo, names, rng, colour, (0.6 * long, long), 45, 0.75, 110, 1.5)
    return moustache(photo, rng, colour) if rng.uniform() < 0.6 else photo


def moustache(photo: HardProfile, rng: Rng, colour: FloatArray | None = None) -> HardProfile:
    """Hair on the upper lip, up to 5 mm thick."""
    colour = _pick(rng, HAIRS) if colour is None else colour
    thick = rng.uniform(1.5, 5)
    names = ("subnasale", "labrale_superius")
    return _tufts(photo, names, rng, colour, (0.5 * thick, thick), 22, 0.6, 45, 0.8)


def long_hair(photo: HardProfile, rng: Rng) -> HardProfile:
    """Hair of any colour over ear, cheek and jaw, down to the shoulder."""
    colour, ahead = _pick(rng, HAIRS), rng.uniform(-45, -4)
    for _ in range(90):
        start = photo.at("glabella", rng.uniform(-90, -25), rng.uniform(35, 70))
        middle = photo.at("subnasale", ahead + rng.uniform(-60, -12), rng.uniform(-10, 20))
        end = photo.at("menton", ahead + rng.uniform(-70, 12), rng.uniform(-90, -30))
        tone, wide = colour * rng.uniform(0.7, 1.25), PX_PER_MM * rng.uniform(0.8, 2.0)
        photo = rod(rod(photo, start, middle, wide, tone, rng), middle, end, wide, tone, rng)
    return photo


def second_person(photo: HardProfile, rng: Rng) -> HardProfile:
    """Somebody else behind: skin, and clothes below, beside chin and neck or before the face."""
    tone = _pick(rng, SKINS) if rng.uniform() < 0.5 else skin_like(photo.skin, rng)
    middle = photo.at("stomion", rng.uniform(28, 70), rng.uniform(-90, 20))
    chest = middle + PX_PER_MM * np.array([0.0, 170.0])
    photo = rod(photo, chest, chest + 40.0, 70 * PX_PER_MM, _pick(rng, CLOTHS), rng, behind=True)
    photo = rod(
        photo, middle, middle + np.array([0.0, 50 * PX_PER_MM]), 45 * PX_PER_MM, tone, rng, True
    )
    top = middle - PX_PER_MM * np.array([0.0, 40.0])
    return rod(photo, top, top - 8.0, 44 * PX_PER_MM, _pick(rng, HAIRS), rng, behind=True)


def phone(photo: HardProfile, rng: Rng) -> HardProfile:
    """A telephone or a cup with the fingers that hold it, before lips and chin."""
    colour, ahead = _pick(rng, CLOTHS), rng.uniform(-6, 6)
    up = rng.uniform(-18, 4)
    corners = [
        photo.at("stomion", ahead, up + 18), photo.at("stomion", ahead + 45, up + 22),
        photo.at("stomion", ahead + 40, up - 60), photo.at("stomion", ahead + 4, up - 60),
    ]  # fmt: skip
    photo = _polygon(photo, corners, colour, rng)
    for finger in range(3):
        start = photo.at("stomion", ahead + 4, up - 10 - 17 * finger)
        end = start + PX_PER_MM * np.array([-photo.facing * 40.0, 6.0])
        photo = rod(photo, start, end, 8 * PX_PER_MM, skin_like(photo.skin, rng), rng)
    return photo


EVERYDAY: dict[str, Callable[[HardProfile, Rng], HardProfile]] = {
    "fist": fist,
    "mask": chin_mask,
    "fringe": fringe,
    "microphone": microphone,
    "glasses": glasses,
    "brim": brim,
    "collar": collar,
    "stubble": stubble,
    "full beard": full_beard,
    "moustache": moustache,
    "long hair": long_hair,
    "second person": second_person,
    "phone": phone,
}


def _spoilt(photo: HardProfile, number: int, rng: Rng) -> HardProfile:
    """Every third picture blurred by motion, the next saved as JPEG of quality 40."""
    image = photo.image
    if number % 3 == 1:
        length, angle = int(rng.integers(3, 8)), rng.uniform(0, np.pi)
        kernel = np.zeros((9, 9), np.float32)
        way = 0.5 * length * np.array([np.cos(angle), np.sin(angle)])
        ends = [np.rint((4 + sign * way) * 16).astype(int).tolist() for sign in (-1, 1)]
        cv2.line(kernel, ends[0], ends[1], 1.0, 1, cv2.LINE_AA, 4)
        image = cv2.filter2D(image, -1, kernel / kernel.sum())
    if number % 3 == 2:
        _, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 40])
        image = np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])
    return replace(photo, image=image)


@cache
def everyday_profile(seed: int, thing: str | None = None) -> HardProfile:
    """The profile of a seed with one of ``EVERYDAY``, or nothing, before one of ``WALLS``."""
    number = 0 if thing is None else 1 + list(EVERYDAY).index(thing)
    rng = np.random.default_rng(90000 + 100 * seed + number)
    photo = bare(seed, WALLS[(seed + 2 * number) % len(WALLS)], (seed + number) % len(SKINS))
    if thing is not None:
        photo = EVERYDAY[thing](photo, rng)
    return _spoilt(photo, seed + number, rng)
