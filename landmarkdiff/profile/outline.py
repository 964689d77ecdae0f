"""A coarse model of the profile's outline, and its fit to a silhouette and to the photo's edges.

The model is the mean midsagittal line of a family of heads, from the hairline to the neck, with
the directions in which it varies most. It is laid over the picture from many starts at once, each
of which looks for the border of the silhouette along its own normals. It tells where a profile
is, which way it looks, its scale and its roll to a millimetre or two, and says where silhouette
and photo disagree; the exact line is found in :mod:`landmarkdiff.profile.edge`.

Its frame is that of a head that looks to the left: x right, y down, origin at the tip of the nose,
millimetres. Points are complex numbers here, so that a similarity is one factor and one summand.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import FloatArray
from landmarkdiff.numerics import summed
from landmarkdiff.profile.backdrop import Backdrop

__all__ = [
    "CORE",
    "ComplexArray",
    "OutlineFit",
    "OutlineModel",
    "Scene",
    "fit_outlines",
    "outline_model",
    "starts_at",
]

ComplexArray = NDArray[np.complex128]

#: Offsets that are looked at along each normal, and samples on each side of a border that are
#: compared; odd and even numbers so that a border can lie at zero.
_OFFSETS = 25
_HALF = 4
#: Standard deviations of what a fit may do to its start: log of the scale, radians.
_SCALE_SPREAD = 0.12
_ROLL_SPREAD = np.radians(10.0)
#: Standard deviation of a border of the silhouette, mm.
_BORDER_MM = 1.5
#: Variance in LAB below which two areas count as one colour.
_COLOUR_NOISE = 60.0
#: Points of the outline that judge a fit: glabella to the front of the neck; the ends hide
#: under hair and collars.
CORE = slice(7, 74)


@dataclass(frozen=True, eq=False)
class OutlineModel:
    """Mean outline and its modes.

    Attributes
    ----------
    mean : (n,) complex array
        Millimetres, from the hairline down to the neck, tip of the nose at zero.
    modes : (k, n) complex array
        One standard deviation each, zero at the tip.
    tip : int
        Index of the tip.
    """

    mean: ComplexArray
    modes: ComplexArray
    tip: int


@cache
def outline_model() -> OutlineModel:
    """Return the model of ``data/outline.json`` (made by ``scripts/make_profile_outline.py``)."""
    file = Path(__file__).with_name("data") / "outline.json"
    data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    mean, modes = np.array(data["mean_mm"]), np.array(data["modes_mm"])
    return OutlineModel(
        mean[:, 0] + 1j * mean[:, 1], modes[..., 0] + 1j * modes[..., 1], int(data["tip"])
    )


@dataclass(frozen=True, eq=False)
class Scene:
    """What outlines are laid over: a square of the photo with its silhouette.

    Attributes
    ----------
    mask : (n, n) float32 array
        Probability of a person, 0 to 1.
    lab : (n, n, 3) float32 array
        Slightly blurred; L 0 to 100.
    corner : (2,) float64 array
        Place of the square's corner in the photo, pixels (half a pixel before the first centre).
    step : float
        Photo pixels per pixel of the square.
    backdrop : Backdrop, optional
        Of a photo with a plain one.
    """

    mask: NDArray[np.float32]
    lab: NDArray[np.float32]
    corner: FloatArray
    step: float
    backdrop: Backdrop | None = None

    def to_photo(self, points: ComplexArray) -> FloatArray:
        """Carry places in the square to the photo: (..., 2), pixels."""
        pairs = np.stack([points.real, points.imag], axis=-1)
        return np.asarray((pairs + 0.5) * self.step + self.corner - 0.5)

    def from_photo(self, points: FloatArray) -> ComplexArray:
        """Carry places (..., 2) in the photo to the square."""
        own = (np.asarray(points, np.float64) + 0.5 - self.corner) / self.step - 0.5
        return np.asarray(own[..., 0] + 1j * own[..., 1])


@dataclass(frozen=True, eq=False)
class OutlineFit:
    """Outlines laid over a scene; arrays have one row for each.

    Attributes
    ----------
    facing : (b,) float64 array
        1 looks to the left, -1 to the right.
    factor : (b,) complex array
        Scale (square's pixels per mm) and roll, in the frame of a head that looks to the left.
    place : (b,) complex array
        Tip of the nose there; x is mirrored for a head that looks to the right.
    shape : (b, k) float64 array
        Standard deviations along the modes.
    first_scale : (b,) float64 array
        Scale of the start.
    offsets, strengths : (b, n) float64 arrays
        Distance of the border from the outline, outward, mm, and how clear it is, 0 to 1.
    """

    facing: FloatArray
    factor: ComplexArray
    place: ComplexArray
    shape: FloatArray
    first_scale: FloatArray
    offsets: FloatArray
    strengths: FloatArray

    def __len__(self) -> int:
        return len(self.facing)

    def chosen(self, index: Any) -> OutlineFit:
        """Return some of the outlines."""
        return OutlineFit(*(getattr(self, name)[index] for name in self.__dataclass_fields__))

    @property
    def outlines(self) -> ComplexArray:
        """Places of the outlines, (b, n), in the frame of a head that looks to the left."""
        model = outline_model()
        return self.factor[:, None] * (model.mean + self.shape @ model.modes) + self.place[:, None]

    def in_square(self, side: int) -> ComplexArray:
        """Places of the outlines in the square itself, (b, n)."""
        return _turned(self.outlines, self.facing, side)

    @property
    def quality(self) -> FloatArray:
        """How well each outline lies on a border, less what it had to be bent for it, (b,)."""
        near = self.strengths * np.exp(-0.5 * (self.offsets / 2.5) ** 2)
        stretch = np.log(np.abs(self.factor) / self.first_scale) / _SCALE_SPREAD
        tilt = np.angle(self.factor) / _ROLL_SPREAD
        bent = 0.004 * (self.shape**2).sum(axis=1) + 0.04 * stretch**2 + 0.03 * tilt**2
        return np.asarray(near[:, CORE].mean(axis=1) - bent)


def starts_at(
    scene: Scene, tips: FloatArray, facing: FloatArray, px_per_mm: FloatArray
) -> OutlineFit:
    """Return mean outlines with their tips at given places.

    Parameters
    ----------
    scene : Scene
    tips : (b, 2) float64 array
        Photo pixels.
    facing : (b,) float64 array
        1 to the left, -1 to the right.
    px_per_mm : (b,) float64 array
        Photo pixels per mm.
    """
    model = outline_model()
    count, points = len(tips), len(model.mean)
    facing = np.asarray(facing, np.float64)
    place = scene.from_photo(tips)
    side = scene.mask.shape[0]
    scale = np.asarray(px_per_mm, np.float64) / scene.step
    return OutlineFit(
        facing=facing,
        factor=scale.astype(np.complex128),
        place=_turned(place[:, None], facing, side)[:, 0],
        shape=np.zeros((count, len(model.modes))),
        first_scale=scale,
        offsets=np.zeros((count, points)),
        strengths=np.zeros((count, points)),
    )


def _turned(points: ComplexArray, facing: FloatArray, side: int) -> ComplexArray:
    """Mirror the rows of heads that look to the right, within the square."""
    mirrored = (side - 1) - points.real + 1j * points.imag
    return np.asarray(np.where(facing[:, None] > 0, points, mirrored))


def fit_outlines(
    scene: Scene, starts: OutlineFit, reaches_mm: tuple[float, ...], free_modes: tuple[int, ...]
) -> OutlineFit:
    """Move outlines onto the borders near them.

    Parameters
    ----------
    scene : Scene
    starts : OutlineFit
    reaches_mm : tuple of float
        For each round, how far along its normals an outline looks.
    free_modes : tuple of int
        For each round, how many modes may change.
    """
    fit = starts
    for reach, modes in zip(reaches_mm, free_modes, strict=True):
        fit = _look(scene, fit, reach)
        fit = _moved(fit, reach, modes)
    return _look(scene, fit, reaches_mm[-1])


def _normals(points: ComplexArray) -> ComplexArray:
    """Unit outward normals of outlines that look to the left, (b, n)."""
    along = np.gradient(points, axis=1)
    return np.asarray(1j * along / np.maximum(np.abs(along), 1e-9))


def _look(scene: Scene, fit: OutlineFit, reach: float) -> OutlineFit:
    """Find the clearest border along each normal."""
    points = fit.outlines
    steps = np.linspace(-reach, reach, _OFFSETS)
    away = (_normals(points) * np.abs(fit.factor)[:, None])[..., None] * steps
    side = scene.mask.shape[0]
    places = _turned((points[..., None] + away).reshape(len(fit), -1), fit.facing, side)
    inside = (places.real > 0) & (places.real < side - 1)
    inside &= (places.imag > 0) & (places.imag < side - 1)
    shape = (*points.shape, _OFFSETS)
    at = places.real.astype(np.float32), places.imag.astype(np.float32)
    values = [_sampled(field, at).reshape(*shape, -1) for field in (scene.mask, scene.lab)]
    clear = _clearness(values[0], values[1])
    clear *= inside.reshape(shape)[..., _HALF : _OFFSETS - _HALF + 1]
    middles = (steps[_HALF - 1 : _OFFSETS - _HALF] + steps[_HALF : _OFFSETS - _HALF + 1]) / 2
    best = (clear * np.exp(-0.5 * (middles / (0.6 * reach)) ** 2)).argmax(axis=-1)
    strengths = np.take_along_axis(clear, best[..., None], axis=-1)[..., 0]
    return replace(fit, offsets=middles[best], strengths=strengths.astype(np.float64))


def _sampled(
    field: NDArray[np.float32], at: tuple[NDArray[np.float32], NDArray[np.float32]]
) -> NDArray[np.float32]:
    return np.asarray(
        cv2.remap(field, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32
    )


def _clearness(mask: NDArray[np.float32], lab: NDArray[np.float32]) -> NDArray[np.float32]:
    """How clearly a person ends at each place along the normals, 0 to 1, (b, n, m).

    Half of it is the fall of the silhouette's probability, half of it the contrast of colour
    beyond the variation on either side, which counts little where the silhouette goes on.
    """
    sums = np.cumsum(np.concatenate([np.zeros_like(lab[..., :1, :]), lab], axis=2), axis=2)
    square = summed(lab**2)
    squares = np.cumsum(np.concatenate([np.zeros_like(square[..., :1]), square], axis=2), axis=2)
    flat = mask[..., 0]
    shares = np.cumsum(np.concatenate([np.zeros_like(flat[..., :1]), flat], axis=2), axis=2)
    last = _OFFSETS - _HALF + 1
    within, beyond = slice(_HALF, last), slice(2 * _HALF, _OFFSETS + 1)
    before = slice(0, last - _HALF)
    inner = (sums[..., within, :] - sums[..., before, :]) / _HALF
    outer = (sums[..., beyond, :] - sums[..., within, :]) / _HALF
    spread = (squares[..., beyond] - squares[..., before]) / _HALF
    spread = spread - summed(inner**2) - summed(outer**2)
    step = summed((inner - outer) ** 2)
    person_in = (shares[..., within] - shares[..., before]) / _HALF
    person_out = (shares[..., beyond] - shares[..., within]) / _HALF
    contrast = step / (step + np.maximum(spread, 0.0) + _COLOUR_NOISE)
    fall = np.clip(person_in - person_out, 0.0, 1.0)
    return np.asarray(0.5 * fall + 0.5 * contrast * (1.0 - 0.5 * person_out), np.float32)


def _moved(fit: OutlineFit, reach: float, modes: int) -> OutlineFit:
    """One step of weighted least squares, with priors, for all outlines together."""
    model = outline_model()
    points, scale = fit.outlines, np.abs(fit.factor)
    normals = _normals(points)
    shapes = fit.factor[:, None] * (model.mean + fit.shape @ model.modes)
    columns = [shapes, 1j * shapes, np.ones_like(points), 1j * np.ones_like(points)]
    columns += [fit.factor[:, None] * model.modes[k][None] for k in range(modes)]
    slopes = np.stack([(column.conj() * normals).real for column in columns], axis=-1)
    doubt = 1.0 + (fit.offsets / max(3.0, reach / 2.5)) ** 2
    weights = fit.strengths / doubt / (_BORDER_MM * scale[:, None]) ** 2
    target = fit.offsets * scale[:, None]
    prior = np.zeros(len(columns))
    prior[:2] = 1.0 / _SCALE_SPREAD**2, 1.0 / _ROLL_SPREAD**2
    prior[4:] = 3.0
    normal = np.einsum("bni,bn,bnj->bij", slopes, weights, slopes, optimize=True)
    normal += np.diag(prior) + 1e-6 * np.eye(len(columns))
    right = np.einsum("bni,bn,bn->bi", slopes, weights, target)
    right[:, 0] -= prior[0] * np.log(scale / fit.first_scale)
    right[:, 1] -= prior[1] * np.angle(fit.factor)
    right[:, 4:] -= prior[4:] * fit.shape[:, :modes]
    step = np.linalg.solve(normal, right[..., None])[..., 0]
    turn = np.exp(np.clip(step[:, 0], -0.2, 0.2) + 1j * np.clip(step[:, 1], -0.2, 0.2))
    shape = fit.shape.copy()
    shape[:, :modes] = np.clip(shape[:, :modes] + step[:, 4:], -3.0, 3.0)
    return replace(
        fit,
        factor=fit.factor * turn,
        place=fit.place + step[:, 2] + 1j * step[:, 3],
        shape=shape,
    )
