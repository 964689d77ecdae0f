"""Clinical cameras imitated: eight kinds of what a consulting room does to a photo.

Drawing the parameters and applying them are two steps, so that a pair can be made again. Source
and target are seen by the same camera: the same light, the same noise. What they have in common
outside the mask they keep in common.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import cv2
import numpy as np

from landmarkdiff.arguments import finite
from landmarkdiff.arrays import Float32Array, ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.synthetic.conditions import drawn_again
from landmarkdiff.synthetic.sample import Sample

__all__ = ["Augmentation", "Camera"]

#: Steps that find where a distorted lens shows a point; each leaves a tenth of the error.
_STEPS = 8


@dataclass(frozen=True)
class Camera:
    """The parameters of one pair; a kind that does not take part has its neutral value.

    Attributes
    ----------
    exposure : float
        Of the light, as a factor of the codes; neutral 1.
    slope : float
        By how much one side of the picture is lighter than its middle, a share.
    slope_deg : float
        Toward which side, degrees from the right, clockwise.
    temperature : float
        Red gains by this share and blue loses it; negative is cold light.
    green : float
        Green gains by this share: a fluorescent lamp.
    jpeg : int
        Quality, 1 to 100; neutral 0.
    noise : float
        Standard deviation, codes of 255.
    noise_seed : int
    barrel : float
        Of the lens: what is half a diagonal away from the middle lies nearer by this share.
    motion : float
        Length of the smear, shares of the picture's side.
    motion_deg : float
    vignette : float
        By how much the corners are darker, a share.
    """

    exposure: float = 1.0
    slope: float = 0.0
    slope_deg: float = 0.0
    temperature: float = 0.0
    green: float = 0.0
    jpeg: int = 0
    noise: float = 0.0
    noise_seed: int = 0
    barrel: float = 0.0
    motion: float = 0.0
    motion_deg: float = 0.0
    vignette: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters, ready for JSON; ``Camera(**parameters)`` is the same camera."""
        return asdict(self)

    def applied(self, sample: Sample, face: FaceLandmarks) -> Sample:
        """Return a pair as this camera sees it.

        Parameters
        ----------
        sample : Sample
        face : FaceLandmarks
            Of its target, from which a bent drawing is drawn again.
        """
        source, target, mask = sample.source, sample.target, sample.mask
        if self.barrel:
            places = _bent(target.shape[0], self.barrel)
            source, target, mask = (_seen(each, places) for each in (source, target, mask))
            side = target.shape[0]
            bent = replace(
                sample,
                points_source=_unbent(sample.points_source, side, self.barrel),
                points_target=_unbent(sample.points_target, side, self.barrel),
            )
            sample = drawn_again(bent, face)
        gain, noise = self._gain(target.shape[0]), self._noise(target.shape)
        source, target = (self._exposed(each, gain, noise) for each in (source, target))
        shared = (mask == 0.0).astype(np.uint8)
        source = np.asarray(cv2.copyTo(target, shared, source.copy()), np.uint8)
        return replace(sample, source=source, target=target, mask=mask)

    def _exposed(
        self, image: ImageArray, gain: Float32Array | None, noise: Float32Array | None
    ) -> ImageArray:
        """One picture in this light and through this sensor; the same for both of a pair."""
        seen: Any = image
        if self.motion:
            seen = cv2.filter2D(seen, -1, _smear(self.motion * image.shape[0], self.motion_deg))
        if gain is not None:
            kind = cv2.CV_8U if noise is None else cv2.CV_32F
            seen = cv2.multiply(seen, gain, dtype=kind)
        if noise is not None:
            seen = cv2.add(seen, noise, dtype=cv2.CV_8U)
        if self.jpeg:
            swapped = cv2.cvtColor(seen, cv2.COLOR_RGB2BGR)
            _, coded = cv2.imencode(".jpg", swapped, [cv2.IMWRITE_JPEG_QUALITY, self.jpeg])
            seen = cv2.imdecode(coded, cv2.IMREAD_COLOR_RGB)
        return np.asarray(seen, np.uint8)

    def _noise(self, shape: tuple[int, ...]) -> Float32Array | None:
        """What the sensor adds to the codes, (S, S, 3)."""
        if not self.noise:
            return None
        rng = np.random.Generator(np.random.SFC64(self.noise_seed))
        return rng.standard_normal(shape, np.float32) * np.float32(self.noise)

    def _gain(self, side: int) -> Float32Array | None:
        """What the codes are multiplied by, (S, S, 3): light, its colour, and the lens' corners."""
        if self == replace(Camera(), **{k: getattr(self, k) for k in _NOT_LIGHT}):
            return None
        x = np.linspace(-1.0, 1.0, side, dtype=np.float32)
        angle = np.radians(self.slope_deg)
        across, down = float(np.cos(angle)) * x[None, :], float(np.sin(angle)) * x[:, None]
        gain = self.exposure * (1.0 + self.slope * (across + down))
        gain *= 1.0 - (self.vignette / 2.0) * (x[None, :] ** 2 + x[:, None] ** 2)
        colour = (1.0 + self.temperature, 1.0 + self.green, 1.0 - self.temperature)
        return np.asarray(cv2.merge([gain * share for share in colour]), np.float32)


_NOT_LIGHT = ("jpeg", "noise", "noise_seed", "barrel", "motion", "motion_deg")


@dataclass(frozen=True)
class Augmentation:
    """How far the cameras of a set go; each kind takes part with one probability.

    Attributes
    ----------
    probability : float
        Of each kind in each pair, 0 to 1.
    light : float
        Exposure changes by up to this share, and is uneven by up to half of it.
    temperature, green : float
        Largest shares.
    jpeg : int
        Lowest quality.
    noise : float
        Largest standard deviation, codes of 255.
    barrel : float
        Largest distortion, a share.
    motion : float
        Longest smear, shares of the picture's side.
    vignette : float
        Largest darkening of the corners, a share.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> Augmentation(probability=0.0).draw(rng, 512) == Camera()
    True
    """

    probability: float = 0.3
    light: float = 0.35
    temperature: float = 0.12
    green: float = 0.08
    jpeg: int = 55
    noise: float = 8.0
    barrel: float = 0.06
    motion: float = 0.008
    vignette: float = 0.35

    def __post_init__(self) -> None:
        for name, most in _MOST.items():
            finite(name, getattr(self, name), 1 if name == "jpeg" else 0.0, most)

    def draw(self, rng: np.random.Generator, side: int) -> Camera:
        """Draw the camera of one pair; as many random numbers are taken whatever takes part.

        Parameters
        ----------
        rng : numpy.random.Generator
        side : int
            Of the picture, pixels: a smear shorter than two of them is none.
        """
        on = rng.random(8) < self.probability
        size = rng.uniform(-1.0, 1.0, 8)
        angles = rng.uniform(0.0, 360.0, 2)
        seed = int(rng.integers(2**32))
        length = float(abs(size[6]) * self.motion)
        smeared = bool(on[6] and length * side >= 2.0)
        return Camera(
            exposure=float(1.0 + size[0] * self.light) if on[0] else 1.0,
            slope=float(abs(size[0]) * self.light / 2.0) if on[0] else 0.0,
            slope_deg=float(angles[0]) if on[0] else 0.0,
            temperature=float(size[1] * self.temperature) if on[1] else 0.0,
            green=float(abs(size[2]) * self.green) if on[2] else 0.0,
            jpeg=round(95 - abs(size[3]) * (95 - self.jpeg)) if on[3] else 0,
            noise=float(abs(size[4]) * self.noise) if on[4] else 0.0,
            noise_seed=seed if on[4] else 0,
            barrel=float(abs(size[5]) * self.barrel) if on[5] else 0.0,
            motion=length if smeared else 0.0,
            motion_deg=float(angles[1]) if smeared else 0.0,
            vignette=float(abs(size[7]) * self.vignette) if on[7] else 0.0,
        )


_MOST = {
    "probability": 1.0,
    "light": 0.9,
    "temperature": 0.5,
    "green": 0.5,
    "jpeg": 95,
    "noise": 64.0,
    "barrel": 0.2,
    "motion": 0.1,
    "vignette": 0.9,
}


def _bent(side: int, barrel: float) -> Float32Array:
    """Where each pixel of the bent picture lies in the straight one, (S, S, 2) pixels."""
    middle = (side - 1) / 2.0
    x = (np.arange(side, dtype=np.float32) - middle) / np.float32(middle * np.sqrt(2.0))
    away = 1.0 + np.float32(barrel) * (x[None, :] ** 2 + x[:, None] ** 2)
    scale = np.float32(middle * np.sqrt(2.0) / (1.0 + barrel))  # the corners stay corners
    places = np.empty((side, side, 2), np.float32)
    places[..., 0] = x[None, :] * away * scale + middle
    places[..., 1] = x[:, None] * away * scale + middle
    return places


def _unbent(points: Float32Array, side: int, barrel: float) -> Float32Array:
    """Where points (n, 2) of the straight picture are seen in the bent one."""
    middle = (side - 1) / 2.0
    reach = middle * np.sqrt(2.0)
    straight = (points.astype(np.float64) - middle) / reach * (1.0 + barrel)
    seen = straight.copy()
    for _ in range(_STEPS):
        seen = straight / (1.0 + barrel * (seen**2).sum(axis=1, keepdims=True))
    return np.asarray(seen * reach + middle, np.float32)


def _seen(image: Any, places: Float32Array) -> Any:
    border = cv2.BORDER_REPLICATE
    return cv2.remap(image, places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=border)


def _smear(length: float, degrees: float) -> Float32Array:
    """Kernel of a straight smear of a length, pixels; its sum is 1."""
    reach = int(np.ceil(length / 2.0))
    side = 2 * reach + 1
    fine = np.zeros((8 * side, 8 * side), np.float32)
    half = 4.0 * length * np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    middle = 4.0 * side
    start, end = np.rint(middle - half).astype(int), np.rint(middle + half).astype(int)
    cv2.line(fine, start.tolist(), end.tolist(), 1.0, 4)
    kernel = cv2.resize(fine, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(kernel / kernel.sum(), np.float32)
