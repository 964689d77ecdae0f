"""Whether the eyes of a finished picture are those of the photo: pupil, iris and highlight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.eyes import EyeLayer
from landmarkdiff.manipulation.eyes.opening import opening_outline
from landmarkdiff.manipulation.field import DisplacementField
from landmarkdiff.manipulation.grid import polygon_distance

__all__ = ["MOST_SHIFT_MM", "MOST_STRETCH", "EyeCheck", "check_eyes"]

#: An eye is still when its pupil moves by no more than the first and neither it nor its highlight
#: changes its height by more than this share.
MOST_SHIFT_MM, MOST_STRETCH = 0.1, 0.01
_PUPILS = {"right": 468, "left": 473}
#: What is compared around the pupil, and how finely, mm.
_REACH_MM, _STEP_MM = 2.6, 0.1
#: As deep in the opening, before and after, is what both pictures show clear of lids and lashes,
#: mm; of the disc they have to show this share.
_SEEN_MM, _LEAST_SEEN = 1.0, 0.3
#: The pictures are smoothed by this before they are compared, mm.
_SMOOTH_MM = 0.2
_ROUNDS = 12
#: Grey levels by which they may differ without being told apart.
_LEAST_SCALE = 0.5
#: A highlight is brighter than the eye around it by so many levels.
_LEAST_HIGHLIGHT = 30.0


@dataclass(frozen=True)
class EyeCheck:
    """One eye of a finished picture against the photo.

    Attributes
    ----------
    side : {"right", "left"}
        The patient's.
    pupil_shift_mm : float
        How far the pupil and what is seen of the iris around it have moved, mm in the picture.
    pupil_height_ratio : float
        Height over width after, by that before.
    highlight_ratio : float or None
        Height of the highlight after, by that before; None where there is none, or a lid cuts it.
    """

    side: str
    pupil_shift_mm: float
    pupil_height_ratio: float
    highlight_ratio: float | None

    @property
    def still(self) -> bool:
        """Whether pupil and highlight are where they were, and as high."""
        heights = [self.pupil_height_ratio, self.highlight_ratio or 1.0]
        stretch = max(abs(each - 1.0) for each in heights)
        return self.pupil_shift_mm <= MOST_SHIFT_MM and stretch <= MOST_STRETCH

    def to_dict(self) -> dict[str, Any]:
        """Return the check as JSON-ready data."""
        ratio = self.highlight_ratio
        return {
            "pupil_shift_mm": round(self.pupil_shift_mm, 3),
            "pupil_height_ratio": round(self.pupil_height_ratio, 4),
            "highlight_ratio": None if ratio is None else round(ratio, 4),
            "still": self.still,
        }


def check_eyes(
    photo: ImageArray,
    finished: ImageArray,
    source: FaceLandmarks,
    layers: Sequence[EyeLayer],
    field: DisplacementField,
) -> tuple[EyeCheck, ...]:
    """Compare the eyes that lie behind lids that move.

    Parameters
    ----------
    photo, finished : (H, W, 3) uint8 array
        RGB.
    source : FaceLandmarks
        The face in the photo.
    layers : sequence of EyeLayer
    field : DisplacementField
        Of the skin: what it uncovers or covers of an eye is not compared.

    Returns
    -------
    tuple of EyeCheck
        None of eyes that show too little of themselves.

    Examples
    --------
    >>> from landmarkdiff.inference import LandmarkDiffPipeline
    >>> result = LandmarkDiffPipeline().generate(portrait, "blepharoplasty", 100)
    >>> [(eye.side, eye.still) for eye in result.check.eyes]
    [('right', True), ('left', True)]
    """
    checks = (_check(photo, finished, source, layer.side, field) for layer in layers)
    return tuple(check for check in checks if check is not None)


def _check(
    photo: ImageArray,
    finished: ImageArray,
    source: FaceLandmarks,
    side: str,
    field: DisplacementField,
) -> EyeCheck | None:
    px = 1.0 / source.scale.mm_per_px
    reach = np.arange(-_REACH_MM, _REACH_MM + _STEP_MM / 2, _STEP_MM)
    away = np.stack(np.meshgrid(reach, reach), axis=-1)
    places = source.points[_PUPILS[side], :2] + away * px
    flat = places.reshape(-1, 2)
    outline = opening_outline(source, side)
    depths = [
        polygon_distance(each.astype(np.float32), outline) / px
        for each in (flat, flat + field.at(flat))
    ]
    seen = (np.minimum(*depths) > _SEEN_MM).reshape(places.shape[:2])
    disc = np.hypot(*np.moveaxis(away, -1, 0)) < _REACH_MM
    seen &= disc
    if seen.sum() < _LEAST_SEEN * disc.sum():
        return None
    before, after = (_grey(image, places) for image in (photo, finished))
    motion = _affine(before, after, seen, away)
    if motion is None:
        return None
    return EyeCheck(
        side=side,
        pupil_shift_mm=float(np.hypot(*motion[2])),
        pupil_height_ratio=float((1.0 + motion[1, 1]) / (1.0 + motion[0, 0])),
        highlight_ratio=_highlight_ratio(before, after, seen),
    )


def _grey(image: ImageArray, places: FloatArray) -> Float32Array:
    """Grey levels at places (h, w, 2), pixels: (h, w) float32."""
    low = np.floor(places.min(axis=(0, 1))).astype(int) - 3
    high = np.ceil(places.max(axis=(0, 1))).astype(int) + 4
    low, high = np.maximum(low, 0), np.minimum(high, image.shape[1::-1])
    part = cv2.cvtColor(image[low[1] : high[1], low[0] : high[0]], cv2.COLOR_RGB2GRAY)
    x, y = np.moveaxis((places - low).astype(np.float32), -1, 0)
    found = cv2.remap(
        part.astype(np.float32),
        np.ascontiguousarray(x),
        np.ascontiguousarray(y),
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(found, np.float32)


def _affine(
    before: Float32Array, after: Float32Array, seen: BoolArray, away: FloatArray
) -> FloatArray | None:
    """Motion from one picture to the other where both are seen (Lucas and Kanade [1]_).

    Returns
    -------
    (3, 2) float64 array or None
        Of a point at (x, y) mm from the middle: ``(x, y, 1) @ motion`` mm. None where the eye is
        too plain to tell.

    References
    ----------
    .. [1] B. D. Lucas, T. Kanade, An iterative image registration technique, IJCAI 1981.
    """
    sigma = _SMOOTH_MM / _STEP_MM
    first = cv2.GaussianBlur(before, (0, 0), sigma).astype(np.float64)
    second = cv2.GaussianBlur(after, (0, 0), sigma).astype(np.float32)
    down, across = np.gradient(first, _STEP_MM)
    basis = np.concatenate([away, np.ones((*seen.shape, 1))], axis=2)
    columns = np.stack([across, down], axis=-1)[..., None, :] * basis[..., None]
    system = columns[seen].reshape(-1, 6)
    normal = system.T @ system
    if np.linalg.cond(normal) > 1e8:
        return None
    motion = np.zeros((3, 2))
    middle = _REACH_MM / _STEP_MM
    for _ in range(_ROUNDS):
        x, y = np.moveaxis((away + basis @ motion) / _STEP_MM + middle, -1, 0).astype(np.float32)
        shown = cv2.remap(
            second,
            np.ascontiguousarray(x),
            np.ascontiguousarray(y),
            cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        )
        rest = (first - shown)[seen]
        # The shadow of a lid moves over an eye that does not.
        scale = max(1.4826 * float(np.median(np.abs(rest))), _LEAST_SCALE)
        weight = 1.0 / (1.0 + (rest / (2.385 * scale)) ** 2)  # Cauchy's, 95 % efficient
        weighted = system * weight[:, None]
        step = np.linalg.solve(weighted.T @ system, weighted.T @ rest).reshape(3, 2)
        motion += step
        if np.abs(step).max() < 1e-4:
            break
    return motion


def _highlight_ratio(before: Float32Array, after: Float32Array, seen: BoolArray) -> float | None:
    """Height of the brightest highlight after, by that before, at the level of half its height."""
    usual, top = float(np.median(before[seen])), float(before[seen].max())
    if top - usual < _LEAST_HIGHLIGHT:
        return None
    level = 0.5 * (usual + top)
    bright = ((before > level) & seen).astype(np.uint8)
    _, labels = cv2.connectedComponents(bright)
    place = np.unravel_index(np.where(seen, before, -1.0).argmax(), before.shape)
    own = cv2.dilate((labels == labels[place]).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if not seen[own].all():  # a lid, or the end of the disc, cuts it
        return None
    heights = [_height(np.where(own, each - level, 0.0)) for each in (before, after)]
    return heights[1] / heights[0] if all(heights) else 0.0


def _height(weight: FloatArray) -> float:
    """Vertical deviation of what is positive in a weight, cells; 0 of nothing."""
    weight = np.clip(weight, 0.0, None)
    rows = np.arange(len(weight))
    share = weight.sum(axis=1) / max(float(weight.sum()), 1e-9)
    return float(np.sqrt((share * (rows - (share * rows).sum()) ** 2).sum()))
