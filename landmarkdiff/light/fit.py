"""The light of a photo, from its skin and the normals of the surface below it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray, ImageArray
from landmarkdiff.light.harmonics import COUNT, harmonic_rows, harmonics
from landmarkdiff.light.lamps import (
    GLOSSY,
    LAMP_MEAN,
    LEAST_SHARE,
    Gloss,
    Lamp,
    find_gloss,
    find_lamp,
)
from landmarkdiff.manipulation.shading import linear_light

__all__ = ["LUMINANCE", "LightFit", "fit_light"]

#: Share of each channel in luminance (ITU-R BT.709).
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
#: Rounds of reweighting, and how many robust standard deviations a residual may have before it
#: loses weight (Cauchy).
ROUNDS = 6
CAUCHY = 2.385
#: Ridge on the orders 1 and 2, a share of the number of pixels: a face shows half of all normals,
#: and on that half some harmonics can hardly be told apart.
RIDGE = 5e-3
#: Share of that ridge on order 1 alone, where no lamp stands beside the harmonics: those three are
#: well told apart, and a pull to zero takes from every change of light. A profile shows too few
#: normals for that.
FIRST = 0.5
#: The same on what a channel's light differs by from the others'. It is taken on where it explains
#: this share of what the shared shape leaves of the colours.
COLOUR_RIDGE = 1e-2
COLOURED = 0.2
#: A channel varies with the light by no less and no more than these shares of the luminance.
CONTRAST = (0.7, 1.4)
#: Matt light is never less than this share of its mean over the skin: in the dark a quotient
#: means nothing.
DARKEST = 0.12


@dataclass(frozen=True, eq=False)
class LightFit:
    """The light on a face.

    Attributes
    ----------
    coefficients : (3, 9) float64 array
        Linear light of red, green and blue skin for each harmonic of the normal; camera frame.
    lamp : Lamp or None
        What one lamp gives beside the harmonics.
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
    lamp: Lamp | None
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
        normals = np.asarray(normals, np.float64)
        rows = self.matt_rows(normals.reshape(-1, 3).T)
        return np.ascontiguousarray(rows.T).reshape(normals.shape)

    def matt_rows(self, normals: FloatArray) -> FloatArray:
        """Return the same on normals (3, n): (3, n)."""
        light = self.coefficients @ harmonic_rows(normals)
        if self.lamp is not None:
            light += self.lamp.at_rows(normals)
        return np.maximum(light, self.floor[:, None], out=light)

    def luminance(self, normals: FloatArray) -> FloatArray:
        """Return the luminance of all light on unit normals (..., 3): (...)."""
        light = np.asarray(self.matt(normals) @ LUMINANCE)
        return light if self.gloss is None else light + self.gloss.at(normals)

    @property
    def floor(self) -> FloatArray:
        """Least matt light of each channel: (3,)."""
        mean = self.coefficients[:, 0]
        if self.lamp is not None:
            mean = mean + LAMP_MEAN * self.lamp.strength
        return np.asarray(DARKEST * np.maximum(mean, 1e-4))


def fit_light(
    image: ImageArray,
    normals: FloatArray,
    skin: BoolArray,
    *,
    glossy: float | None = GLOSSY,
    lamps: bool = True,
) -> LightFit:
    """Fit the light of a photo to its skin.

    Nine harmonics for the luminance, and a lamp where its light is seen to end, whose shape all
    channels share unless a second light is coloured, and a gloss, by robust least squares on
    linear light.

    Parameters
    ----------
    image : (h, w, 3) uint8 array, RGB
        Coarse: pores and hairs are no light.
    normals : (h, w, 3) float64 array
        Unit normals of the surface, camera frame: x right, y up, z toward the camera.
    skin : (h, w) bool array
        Where skin is seen, neither clipped nor covered: nine cells and more.
    glossy : float or None
        Share of what the matt light leaves that a gloss has to explain to be taken on; None looks
        for none.
    lamps : bool
        Look for a lamp beside the harmonics.

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
    basis = harmonic_rows(normals.T).T
    whole = light @ LUMINANCE
    level = max(float(np.median(whole)), 1e-4)
    colour = np.asarray(np.median(light / np.maximum(whole, 1e-6)[:, None], axis=0))
    gloss: Gloss | None = None
    matt = _Matt.of(basis, normals, whole, level, lamps=lamps)
    for _ in range(2):
        left = light - np.multiply.outer(matt.light, colour)
        gloss = None if glossy is None else find_gloss(left, normals, level, glossy)
        if gloss is None:
            break
        matt = _Matt.of(basis, normals, whole - gloss.at(normals), level, lamps=lamps)
    shine = np.zeros(len(whole)) if gloss is None else gloss.at(normals)
    weight = matt.weight
    shared, coloured = _by_channel(light - shine[:, None], matt, weight, colour)
    lamp = None if matt.lamp is None else Lamp(matt.lamp, shared[:, COUNT])
    rest = whole - shine - matt.light
    spread = 1.4826 * float(np.median(np.abs(rest)))
    mean = np.average(whole, weights=weight)
    varied = float((weight * (whole - mean) ** 2).sum())
    explained = 1.0 - float((weight * rest**2).sum()) / varied if varied > 0 else 0.0
    system = (basis * weight[:, None]).T @ basis + np.diag(_held(len(basis), COUNT, RIDGE))
    doubt = np.linalg.inv(system) * weight.sum()
    return LightFit(
        shared[:, :COUNT], lamp, gloss, max(explained, 0.0), spread / level, coloured, doubt
    )


@dataclass(frozen=True, eq=False)
class _Matt:
    """Matt light of the luminance on some cells: nine harmonics, and a lamp where one is seen.

    Attributes
    ----------
    columns : (n, 9) or (n, 10) float64 array
        The harmonics, and how far each cell faces the lamp.
    shape : (9,) or (10,) float64 array
    weight : (n,) float64 array
    lamp : (3,) float64 array or None
        Toward it, unit.
    """

    columns: FloatArray
    shape: FloatArray
    weight: FloatArray
    lamp: FloatArray | None

    @property
    def light(self) -> FloatArray:
        """The fitted light of the cells: (n,)."""
        return np.asarray(self.columns @ self.shape)

    @classmethod
    def of(
        cls, basis: FloatArray, normals: FloatArray, light: FloatArray, level: float, *, lamps: bool
    ) -> _Matt:
        """Fit the harmonics (n, 9), then with the lamp that explains most of what they leave."""
        shape, weight = _robust(basis, light, level, FIRST if lamps else 1.0)
        plain = cls(basis, shape, weight, None)
        direction = find_lamp(basis, weight, normals, light) if lamps else None
        if direction is None:
            return plain
        columns = np.vstack([basis.T, np.maximum(normals @ direction, 0.0)]).T
        shape, weight = _robust(columns, light, level)
        if shape[COUNT] < LEAST_SHARE * level:
            return plain
        return cls(columns, shape, weight, direction)


def _robust(
    basis: FloatArray, light: FloatArray, level: float, first: float = 1.0
) -> tuple[FloatArray, FloatArray]:
    """Least squares under Cauchy's weights: the coefficients, (9,) or (10,), and the weights."""
    weight = np.ones(len(light))
    for _ in range(ROUNDS):
        shape = _ridged(basis, light, weight, RIDGE, first)
        rest = light - basis @ shape
        spread = max(1.4826 * float(np.median(np.abs(rest))), 1e-3 * level)
        weight = 1.0 / (1.0 + (rest / (CAUCHY * spread)) ** 2)
    return shape, weight


def _ridged(
    basis: FloatArray, light: FloatArray, weight: FloatArray, ridge: float, first: float = 1.0
) -> FloatArray:
    weighted = basis * weight[:, None]
    system = weighted.T @ basis
    held = _held(len(light), len(system), ridge, first)
    return np.asarray(np.linalg.solve(system + np.diag(held), weighted.T @ light))


def _held(count: int, columns: int, ridge: float, first: float = 1.0) -> FloatArray:
    """What pulls each column to zero; nothing does the first, the mean light, or a lamp.

    ``first`` is the share of the ridge that order 1 has.
    """
    held = np.full(columns, 1e-9)
    held[1:4] += first * ridge * count
    held[4:COUNT] += ridge * count
    return held


def _contrast(
    light: FloatArray, shared: FloatArray, weight: FloatArray, colour: FloatArray
) -> FloatArray:
    """How far each channel of light (n, 3) varies with the shared light (n,), a share of it: (3,).

    By robust least squares; together, as luminance, they vary as the shared light does. Dim skin
    is redder than bright skin: light that skin throws on skin has its colour twice.
    """
    off = shared - np.average(shared, weights=weight)
    found = np.ones(3)
    for channel in range(3):
        rest = light[:, channel] / colour[channel] - shared
        own = weight.copy()
        for _ in range(ROUNDS):
            middle = np.average(rest, weights=own)
            slope = float((own * off * (rest - middle)).sum() / max((own * off * off).sum(), 1e-12))
            left = rest - middle - slope * off
            spread = max(1.4826 * float(np.median(np.abs(left))), 1e-6)
            own = weight / (1.0 + (left / (CAUCHY * spread)) ** 2)
        found[channel] += slope
    share = LUMINANCE * colour
    return np.asarray(np.clip(found / (found @ share / share.sum()), *CONTRAST))


def _by_channel(
    light: FloatArray, matt: _Matt, weight: FloatArray, colour: FloatArray
) -> tuple[FloatArray, bool]:
    """Coefficients (3, 9 or 10): the shared shape in the colour of the skin, or own harmonics."""
    basis = matt.columns[:, :COUNT]
    shared = np.multiply.outer(colour, matt.shape)
    contrast = _contrast(light, matt.light, weight, colour)
    shared *= contrast[:, None]
    shared[:, 0] += colour * (1.0 - contrast) * np.average(matt.light, weights=weight)
    rest = light - matt.columns @ shared.T
    own = _ridged(basis, rest, weight, COLOUR_RIDGE).T
    # A gain of the whole channel is the skin's colour, and no second light.
    own[:, 0] = 0.0
    before = float((weight[:, None] * rest**2).sum())
    after = float((weight[:, None] * (rest - basis @ own.T) ** 2).sum())
    size = float(np.sqrt(np.mean((basis @ own.T) ** 2)))
    if before - after > COLOURED * before and size > LEAST_SHARE * float(np.median(light)):
        shared[:, :COUNT] += own
        return shared, True
    return shared, False
