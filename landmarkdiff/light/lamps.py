"""Lights that nine harmonics cannot hold: the gloss of skin, and the edge of a lamp's light."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from landmarkdiff.arrays import FloatArray

__all__ = ["GLOSSY", "LAMP_MEAN", "LEAST_SHARE", "Gloss", "Lamp", "find_gloss", "find_lamp"]

#: Sharpness of the gloss of skin that is tried: exponents of Blinn's half vector, each twice the
#: one before.
EXPONENTS = (6.0, 12.0, 24.0, 48.0)
#: Cells that are worked on at a time: their table stays in the processor's cache.
BLOCK = 512
#: Normals whose x and y differ by less than this are alike; of the directions that they name, so
#: many are compared on all cells.
BIN, NEAREST = 0.05, 8
#: Directions that are tried lie this far apart, degrees, up to the second from the camera's.
TRIED_DEG, WIDEST_DEG = 9.0, 54.0
#: Lamps are tried up to so many degrees from the camera: beside the harmonics, which hold all that
#: is even over the edge, a lamp and one straight opposite are the same.
WIDEST_LAMP_DEG = 90.0
#: A lamp is taken on where it explains this share of what the harmonics leave, on about so many
#: cells; of its strength this is the mean over all normals.
LAMP, LAMP_CELLS, LAMP_MEAN = 0.08, 800, 0.25
#: A gloss is taken on where it explains this share of what the matt light leaves.
GLOSSY = 0.1
#: And neither a gloss nor a second colour is taken on that makes less than this share of the light:
#: what harmonics cannot follow looks alike.
LEAST_SHARE = 0.1


@dataclass(frozen=True, eq=False)
class Gloss:
    """Light that shines from the surface of the skin itself, and has the lamp's colour.

    Attributes
    ----------
    direction : (3,) float64 array
        Half way between lamp and camera, camera frame, unit.
    exponent : float
    strength : float
        Linear light where the normal is that direction; white is 1.
    """

    direction: FloatArray
    exponent: float
    strength: float

    def at(self, normals: FloatArray) -> FloatArray:
        """Return the linear light on unit normals (..., 3): (...)."""
        return self._of(np.asarray(normals @ self.direction))

    def at_rows(self, normals: FloatArray) -> FloatArray:
        """Return the same on normals (3, n): (n,)."""
        return self._of(np.asarray(self.direction @ normals))

    def _of(self, facing: FloatArray) -> FloatArray:
        return np.asarray(self.strength * np.maximum(facing, 0.0) ** self.exponent)


@dataclass(frozen=True, eq=False)
class Lamp:
    """Light of one far lamp on matt skin: it ends where the skin turns away from the lamp.

    Attributes
    ----------
    direction : (3,) float64 array
        Toward the lamp, camera frame, unit.
    strength : (3,) float64 array
        Linear light of red, green and blue skin that faces it.
    """

    direction: FloatArray
    strength: FloatArray

    def at_rows(self, normals: FloatArray) -> FloatArray:
        """Return its light on unit normals (3, n): (3, n)."""
        facing = np.maximum(self.direction @ normals, 0.0)
        return np.asarray(np.multiply.outer(self.strength, facing))


def find_lamp(
    columns: FloatArray, weight: FloatArray, normals: FloatArray, light: FloatArray
) -> FloatArray | None:
    """Return the direction (3,) to the lamp that explains most of what harmonics leave.

    None where none does. Each is judged by what its light has that no harmonic could take over.

    Parameters
    ----------
    columns : (n, 9) float64 array
        The harmonics of some cells.
    weight : (n,) float64 array
    normals : (n, 3) float64 array
        Unit, camera frame.
    light : (n,) float64 array
        Linear.
    """
    every = slice(None, None, max(1, len(light) // LAMP_CELLS))
    root = np.sqrt(weight[every])
    own, _ = np.linalg.qr(columns[every] * root[:, None])
    left = root * light[every]
    left -= own @ (own.T @ left)
    most = LAMP * float(left @ left)
    # What is left has nothing of the harmonics, so that only the squares need be rid of them.
    products = (np.column_stack([left, own]).T * root).astype(np.float32)
    facing, weights = normals[every].astype(np.float32), weight[every].astype(np.float32)

    def best(tried: FloatArray) -> FloatArray | None:
        nonlocal most
        lobes = np.maximum(facing @ tried.T.astype(np.float32), 0.0)
        along, *held = products @ lobes
        squares = weights @ np.square(lobes, out=lobes) - np.square(held).sum(axis=0)
        explained = np.maximum(along, 0.0) ** 2 / np.maximum(squares, 1e-6 * len(left))
        place = int(explained.argmax())
        if explained[place] <= most:
            return None
        most = float(explained[place])
        return np.asarray(tried[place])

    coarse = best(_tried(WIDEST_LAMP_DEG))
    if coarse is None:
        return None
    fine = best(_around(coarse))
    return coarse if fine is None else fine


def find_gloss(left: FloatArray, normals: FloatArray, level: float, least: float) -> Gloss | None:
    """Return the gloss that explains most of what matt light (n, 3) leaves; None where none does.

    It is white, and the matt light of skin is not: so all three channels tell it.
    """
    white = left.mean(axis=1)
    tried = _tried(WIDEST_DEG)
    # Alike normals together tell which directions are worth all cells.
    alike, counts, light = _binned(normals, white)
    rough, _ = _explained(alike, counts, light, tried, 0.9 * LEAST_SHARE * level)
    tried = tried[np.sort(np.argpartition(rough.max(axis=0), -NEAREST)[-NEAREST:])]
    every = np.ones(len(normals))
    explained, strength = _explained(normals, every, white, tried, LEAST_SHARE * level)
    number, place = np.unravel_index(int(explained.argmax()), explained.shape)
    if explained[number, place] <= least * float((left**2).sum()):
        return None
    return Gloss(tried[place], EXPONENTS[number], float(strength[number, place]))


def _binned(normals: FloatArray, light: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean normals (k, 3) of those that are alike, how many they are, and the sum of their light.

    Unit normals (n, 3) that look at the camera, and light (n,).
    """
    across, down = np.floor((normals[:, :2].T + 1.0) / BIN).astype(np.intp)
    place = across * int(2.0 / BIN + 1.0) + down
    counts = np.bincount(place)
    used = np.flatnonzero(counts)
    found = np.asarray(counts[used], np.float64)
    sums = np.stack([np.bincount(place, each)[used] for each in (*normals.T, light)])
    return sums[:3].T / found[:, None], found, sums[3]


def _explained(
    normals: FloatArray, counts: FloatArray, light: FloatArray, tried: FloatArray, weakest: float
) -> tuple[FloatArray, FloatArray]:
    """What a gloss of each exponent and direction explains of light, and its strength: (4, d) each.

    0 where it is weaker than the weakest.

    Parameters
    ----------
    normals : (n, 3) float64 array
    counts, light : (n,) float64 arrays
        How many cells have each normal, and the sum of their light.
    tried : (d, 3) float64 array
    weakest : float
    """
    toward = tried.T.astype(np.float32)
    summed = np.stack([light, counts]).astype(np.float32)
    sums = np.zeros((len(EXPONENTS) + 1, 2, len(tried)))
    for start in range(0, len(normals), BLOCK):
        own = slice(start, start + BLOCK)
        facing = np.maximum(normals[own].astype(np.float32) @ toward, 0.0)
        lobes = facing * facing
        lobes *= facing
        lobes *= lobes  # the first exponent is the sixth power
        sums[0] += summed[:, own] @ lobes
        for number in range(len(EXPONENTS)):
            lobes *= lobes  # each exponent is twice the one before
            sums[number + 1] += summed[:, own] @ lobes
    squares = np.maximum(sums[1:, 1], 1e-9)
    strength = np.maximum(sums[:-1, 0], 0.0) / squares
    return np.where(strength < weakest, 0.0, 3.0 * strength * strength * squares), strength


@cache
def _tried(widest_deg: float) -> FloatArray:
    """Directions around the camera's, up to so far from it, (n, 3) unit."""
    found = [np.array([0.0, 0.0, 1.0])]
    for tilt in np.radians(np.arange(TRIED_DEG, widest_deg + 1e-6, TRIED_DEG)):
        count = max(6, round(2 * np.pi * np.sin(tilt) / np.radians(TRIED_DEG)))
        for around in 2 * np.pi * np.arange(count) / count:
            x, y = np.sin(tilt) * np.cos(around), np.sin(tilt) * np.sin(around)
            found.append(np.array([x, y, np.cos(tilt)]))
    return np.array(found)


def _around(direction: FloatArray) -> FloatArray:
    """Directions up to half a step of those that are tried away from one of them: (n, 3) unit."""
    across = np.cross(direction, np.eye(3)[int(np.abs(direction).argmin())])
    across /= np.linalg.norm(across)
    down = np.cross(direction, across)
    steps = np.tan(np.radians(TRIED_DEG)) * np.array([-0.5, -0.25, 0.0, 0.25, 0.5])
    found = [direction + x * across + y * down for x in steps for y in steps]
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))
