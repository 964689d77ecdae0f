"""The light of a photo, from its skin and the normals of the surface below it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray, ImageArray
from landmarkdiff.light.harmonics import COUNT, harmonic_rows, harmonics
from landmarkdiff.manipulation.shading import linear_light

__all__ = ["Gloss", "LightFit", "fit_light"]

#: Share of each channel in luminance (ITU-R BT.709).
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
#: Rounds of reweighting, and how many robust standard deviations a residual may have before it
#: loses weight (Cauchy).
ROUNDS = 6
CAUCHY = 2.385
#: Ridge on the orders 1 and 2, a share of the number of pixels: a face shows half of all normals,
#: and on that half some harmonics can hardly be told apart.
RIDGE = 5e-3
#: The same on what a channel's light differs by from the others'. It is taken on where it explains
#: this share of what the shared shape leaves of the colours.
COLOUR_RIDGE = 1e-2
COLOURED = 0.2
#: Sharpness of the gloss of skin that is tried: exponents of Blinn's half vector, each twice the
#: one before.
EXPONENTS = (6.0, 12.0, 24.0, 48.0)
#: Cells that are worked on at a time: their table stays in the processor's cache.
BLOCK = 256
#: Directions that are tried lie this far apart, degrees, up to the second from the camera's.
TRIED_DEG, WIDEST_DEG = 9.0, 54.0
#: A gloss is taken on where it explains this share of what the matt light leaves.
GLOSSY = 0.1
#: And neither a gloss nor a second colour is taken on that makes less than this share of the light:
#: what harmonics cannot follow looks alike.
LEAST_SHARE = 0.1
#: Matt light is never less than this share of its mean over the skin: in the dark a quotient
#: means nothing.
DARKEST = 0.12


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
class LightFit:
    """The light on a face.

    Attributes
    ----------
    coefficients : (3, 9) float64 array
        Linear light of red, green and blue skin for each harmonic of the normal; camera frame.
    gloss : Gloss or None
    explained : float
        Share of the variance of the skin's light that the fit explains, 0 to 1.
    residual : float
        Robust standard deviation of what it leaves, a share of the light.
    coloured : bool
        Whether the channels have light of different shapes: a second lamp of another colour.
    doubt : (9, 9) float64 array
        Inverse of the normal equations of one cell: how unsure the harmonics are.
    """

    coefficients: FloatArray
    gloss: Gloss | None
    explained: float
    residual: float
    coloured: bool
    doubt: FloatArray

    def leverage(self, normals: FloatArray) -> FloatArray:
        """Return how far the light on normals (..., 3) is carried beyond what was seen: (...).

        On the skin that was fitted its mean is below 9, the number of harmonics.
        """
        basis = harmonics(normals)
        return np.asarray(((basis @ self.doubt) * basis).sum(axis=-1))

    def matt(self, normals: FloatArray) -> FloatArray:
        """Return the matt light on unit normals (..., 3) of the camera frame: (..., 3)."""
        light = harmonics(normals) @ self.coefficients.T
        return np.maximum(light, self.floor)

    def matt_rows(self, normals: FloatArray) -> FloatArray:
        """Return the same on normals (3, n): (3, n)."""
        light = self.coefficients @ harmonic_rows(normals)
        return np.maximum(light, self.floor[:, None], out=light)

    @property
    def floor(self) -> FloatArray:
        """Least matt light of each channel: (3,)."""
        return np.asarray(DARKEST * np.maximum(self.coefficients[:, 0], 1e-4))


def fit_light(
    image: ImageArray, normals: FloatArray, skin: BoolArray, *, glossy: float = GLOSSY
) -> LightFit:
    """Fit the light of a photo to its skin.

    Nine harmonics for the luminance, whose shape all channels share unless a second light is
    coloured, and a gloss, by robust least squares on linear light.

    Parameters
    ----------
    image : (h, w, 3) uint8 array, RGB
        Coarse: pores and hairs are no light.
    normals : (h, w, 3) float64 array
        Unit normals of the surface, camera frame: x right, y up, z toward the camera.
    skin : (h, w) bool array
        Where skin is seen, neither clipped nor covered: nine cells and more.
    glossy : float
        Share of what the matt light leaves that a gloss has to explain to be taken on.

    Examples
    --------
    >>> x, y = np.meshgrid(np.linspace(-0.7, 0.7, 60), np.linspace(0.7, -0.7, 60))
    >>> normals = np.dstack([x, y, np.sqrt(1.0 - x**2 - y**2)])
    >>> lamp = 0.2 + 0.2 * np.clip(normals @ (0.6, 0.0, 0.8), 0.0, None)  # from the right
    >>> from landmarkdiff.manipulation.shading import coded
    >>> photo = coded(lamp[..., None] * np.array([1.0, 0.7, 0.5]))
    >>> fit = fit_light(photo, normals, np.ones((60, 60), bool))
    >>> round(fit.explained, 2), fit.gloss, fit.coloured
    (1.0, None, False)
    >>> fit.matt(np.array([[0.6, 0.0, 0.8], [-0.6, 0.0, 0.8]]))[:, 0].round(1).tolist()
    [0.4, 0.3]
    """
    light = np.asarray(linear_light()[image[skin]], np.float64)
    normals = normals[skin]
    basis = harmonics(normals)
    whole = light @ LUMINANCE
    level = max(float(np.median(whole)), 1e-4)
    colour = np.asarray(np.median(light / np.maximum(whole, 1e-6)[:, None], axis=0))
    gloss: Gloss | None = None
    shape, weight = _robust(basis, whole, level)
    for _ in range(2):
        left = light - np.multiply.outer(basis @ shape, colour)
        gloss = _glossy(left, normals, level, glossy)
        if gloss is None:
            break
        shape, weight = _robust(basis, whole - gloss.at(normals), level)
    shine = np.zeros(len(whole)) if gloss is None else gloss.at(normals)
    coefficients, coloured = _by_channel(light - shine[:, None], basis, shape, weight, colour)
    rest = whole - shine - basis @ shape
    spread = 1.4826 * float(np.median(np.abs(rest)))
    mean = np.average(whole, weights=weight)
    varied = float((weight * (whole - mean) ** 2).sum())
    explained = 1.0 - float((weight * rest**2).sum()) / varied if varied > 0 else 0.0
    system = (basis * weight[:, None]).T @ basis + np.diag(_held(len(basis), RIDGE))
    doubt = np.linalg.inv(system) * weight.sum()
    return LightFit(coefficients, gloss, max(explained, 0.0), spread / level, coloured, doubt)


def _robust(basis: FloatArray, light: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Least squares under Cauchy's weights: the coefficients (9,) and the weights."""
    weight = np.ones(len(light))
    for _ in range(ROUNDS):
        shape = _ridged(basis, light, weight, RIDGE)
        rest = light - basis @ shape
        spread = max(1.4826 * float(np.median(np.abs(rest))), 1e-3 * level)
        weight = 1.0 / (1.0 + (rest / (CAUCHY * spread)) ** 2)
    return shape, weight


def _ridged(basis: FloatArray, light: FloatArray, weight: FloatArray, ridge: float) -> FloatArray:
    weighted = basis * weight[:, None]
    system = weighted.T @ basis
    return np.asarray(
        np.linalg.solve(system + np.diag(_held(len(light), ridge)), weighted.T @ light)
    )


def _held(count: int, ridge: float) -> FloatArray:
    """What pulls each harmonic to zero; the first is the mean light, which nothing does."""
    held = np.full(COUNT, ridge * count + 1e-9)
    held[0] = 1e-9
    return held


def _by_channel(
    light: FloatArray,
    basis: FloatArray,
    shape: FloatArray,
    weight: FloatArray,
    colour: FloatArray,
) -> tuple[FloatArray, bool]:
    """Coefficients (3, 9): the shared shape in the colour of the skin, or one for each channel."""
    shared = np.multiply.outer(colour, shape)
    rest = light - basis @ shared.T
    own = np.stack([_ridged(basis, each, weight, COLOUR_RIDGE) for each in rest.T])
    # A gain of the whole channel is the skin's colour, and no second light.
    own[:, 0] = 0.0
    before = float((weight[:, None] * rest**2).sum())
    after = float((weight[:, None] * (rest - basis @ own.T) ** 2).sum())
    size = float(np.sqrt(np.mean((basis @ own.T) ** 2)))
    if before - after > COLOURED * before and size > LEAST_SHARE * float(np.median(light)):
        return shared + own, True
    return shared, False


def _glossy(left: FloatArray, normals: FloatArray, level: float, least: float) -> Gloss | None:
    """The gloss that explains most of what matt light (n, 3) leaves; None where none does.

    It is white, and the matt light of skin is not: so all three channels tell it.
    """
    white = left.mean(axis=1)
    best, found = least * float((left**2).sum()), None
    tried = _tried()
    along, squares = np.zeros((2, len(EXPONENTS), len(tried)))
    for start in range(0, len(normals), BLOCK):
        own = slice(start, start + BLOCK)
        facing = np.maximum(normals[own] @ tried.T, 0.0)
        facing *= facing * facing
        lobes = np.multiply(facing, facing, out=facing)  # the first exponent is the sixth power
        for number in range(len(EXPONENTS)):
            along[number] += white[own] @ lobes
            lobes *= lobes  # each exponent is twice the one before
            squares[number] += lobes.sum(axis=0)
    for number, exponent in enumerate(EXPONENTS):
        square = np.maximum(squares[number], 1e-9)
        strength = np.maximum(along[number], 0.0) / square
        explained = 3.0 * strength * strength * square
        explained[strength < LEAST_SHARE * level] = 0.0
        place = int(explained.argmax())
        if explained[place] > best:
            best = float(explained[place])
            found = Gloss(tried[place], exponent, float(strength[place]))
    return found


@cache
def _tried() -> FloatArray:
    """Directions around the camera's, (n, 3) unit."""
    found = [np.array([0.0, 0.0, 1.0])]
    for tilt in np.radians(np.arange(TRIED_DEG, WIDEST_DEG + 1e-6, TRIED_DEG)):
        count = max(6, round(2 * np.pi * np.sin(tilt) / np.radians(TRIED_DEG)))
        for around in 2 * np.pi * np.arange(count) / count:
            x, y = np.sin(tilt) * np.cos(around), np.sin(tilt) * np.sin(around)
            found.append(np.array([x, y, np.cos(tilt)]))
    return np.array(found)
