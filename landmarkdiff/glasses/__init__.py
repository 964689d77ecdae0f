"""Find a spectacle frame and where it lies, so that a warp can keep it rigid.

The photo is resampled once into a small *eye band* (:mod:`landmarkdiff.glasses.band`). There a
frame is a ridge: darker or lighter than the skin on both sides of it (an edge, such as a shadow
or the rim of a vitiligo patch, is not). A frame is worn where three parts are there, each tested
by itself: the bridge across the nose below the brows, and a lens rim around either eye that goes
on below the lid and at the temple (:mod:`landmarkdiff.glasses.rims`), where no brow is. Where
only some are, the finding says "possibly", and the surgeon decides.

On 46 photos of bare faces of all skin tones the weakest part reached at most two thirds of what a
frame needs. Rimless lenses without a visible bridge are missed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arguments import checked, instance_of, rgb_image, truth
from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import ParameterError
from landmarkdiff.glasses.band import BAND_PX, band_matrix, eye_area, eye_band, to_band
from landmarkdiff.glasses.frame import frame_mask
from landmarkdiff.glasses.ridges import RidgePath, follow_ridge
from landmarkdiff.glasses.rims import RimStrength, oriented_ridges, rim_strength
from landmarkdiff.landmarks.face import FaceLandmarks, check_photo
from landmarkdiff.landmarks.face_crop import FaceMap

__all__ = [
    "GLASSES_CHOICES",
    "GlassesChoice",
    "GlassesFinding",
    "Worn",
    "check_glasses",
    "detect_glasses",
]

FloatArray = NDArray[np.float32]

#: What the surgeon says: worn, not worn, or what the photo shows.
GlassesChoice = Literal["auto", "yes", "no"]
GLASSES_CHOICES: tuple[GlassesChoice, ...] = get_args(GlassesChoice)
Worn = Literal["yes", "possibly", "no"]

#: Contrast that each part of a frame has, CIELAB units.
LEAST_BRIDGE = 2.3
LEAST_RIM = 2.7
#: A half-rim frame has no rim below, so its bridge and what is above have to be plainer.
HALF_RIM_BRIDGE = 4.2
HALF_RIM_ABOVE = 5.0
#: Share of that contrast which makes a part possible.
POSSIBLE_SHARE = 0.8
#: A bridge weaker than this is none, and the rims need not be looked for.
NO_BRIDGE = 1.2

_BRIDGE_X = np.arange(-7.0, 7.01, 1.0)
#: Ridges are looked for between these heights (units), of which the texture is taken too.
_BRIDGE_REACH = (-18.0, 16.0)
#: The bridge lies between these heights, units from the line of the eyes, and below the brows.
_BRIDGE_TOP, _BRIDGE_BOTTOM = -18.0, 13.0
#: Inner ends of the lower borders of the brows (patient's right, left).
_BROW_ENDS = (55, 285)
#: Beyond this yaw only the rim of the eye nearer to the camera is judged.
_NEAR_EYE_YAW_DEG = 25.0


@dataclass(frozen=True)
class GlassesFinding:
    """Whether a spectacle frame is worn, and where.

    Attributes
    ----------
    worn : {"yes", "possibly", "no"}
        "yes" with a bridge and a rim on both sides, "possibly" with some of it.
    score : float
        The weakest part of the frame over what it needs: 1 and more is a frame.
    band_mask : (234, 432) float32 array or None
        Share of frame in each pixel of the eye band, 0 to 1, dilated by about a millimetre;
        None where no frame is possible and none was asked for.
    band_to_image : (2, 3) float64 array
        Eye band pixels to photo pixels.
    """

    worn: Worn
    score: float
    band_mask: FloatArray | None = field(default=None, repr=False)
    band_to_image: NDArray[np.float64] = field(default_factory=lambda: np.zeros((2, 3)), repr=False)

    @property
    def present(self) -> bool:
        """Whether a frame is worn for sure."""
        return self.worn == "yes"

    @property
    def map(self) -> FaceMap | None:
        """The frame over the photo (1 inside)."""
        return None if self.band_mask is None else FaceMap(self.band_mask, self.band_to_image)

    def frame_mask(self, box: tuple[int, int, int, int]) -> FloatArray:
        """Return the frame inside a box of the photo.

        Parameters
        ----------
        box : tuple of int
            x, y, width, height in photo pixels.

        Returns
        -------
        (height, width) float32 array
            0 to 1; zeros without a frame.
        """
        x, y, width, height = box
        if self.band_mask is None:
            return np.zeros((height, width), np.float32)
        matrix = self.band_to_image.copy()
        matrix[:, 2] -= (x, y)
        return np.asarray(
            cv2.warpAffine(self.band_mask, matrix, (width, height), flags=cv2.INTER_LINEAR),
            dtype=np.float32,
        )


def check_glasses(choice: str) -> GlassesChoice:
    """Return what the surgeon says of the glasses; ParameterError when it is no such word.

    Examples
    --------
    >>> check_glasses("no")
    'no'
    """
    for known in GLASSES_CHOICES:
        if choice == known:
            return known
    raise ParameterError("unknown_glasses_choice", value=choice, choices=GLASSES_CHOICES)


@checked(pixels=rgb_image, face=instance_of(FaceLandmarks), asked=truth)
def detect_glasses(
    pixels: ImageArray, face: FaceLandmarks, *, asked: bool = False
) -> GlassesFinding:
    """Look for a spectacle frame.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
        RGB.
    face : FaceLandmarks
    asked : bool
        The surgeon says that a frame is worn: draw what fits best, however faint it is.

    Returns
    -------
    GlassesFinding

    Examples
    --------
    >>> detect_glasses(portrait, face).worn
    'yes'
    """
    check_photo(pixels, face)
    to_image = band_matrix(face)
    band = eye_band(pixels, to_image)
    anchors = to_band(face.points[[168, 6, 33, 133, 362, 263, *_BROW_ENDS], :2], to_image)
    middle = anchors[:2].mean(axis=0)
    level = float(anchors[2:6, 1].mean())
    area = eye_area(face, to_image)
    brows = float(anchors[6:, 1].min())
    bridge = _bridge(band, middle, level, brows)
    worn, score = _judged(band, area, bridge, float(middle[0]), level, face.pose.yaw)
    if worn == "no" and not asked:
        return GlassesFinding(worn, score, None, to_image)
    # The outline is fitted on the band and on its mirror, so that a mirrored photo has the
    # mirrored frame.
    mask = frame_mask(band, bridge, float(middle[0]), level, area)
    mirrored = np.ascontiguousarray(band[:, ::-1])
    twin_middle = middle * np.array([-1.0, 1.0], np.float32)
    twin_bridge = _bridge(mirrored, twin_middle, level, brows)
    twin_area = np.ascontiguousarray(area[:, ::-1])
    twin = frame_mask(mirrored, twin_bridge, float(twin_middle[0]), level, twin_area)
    mask = np.maximum(mask, twin[:, ::-1])
    return GlassesFinding(worn, score, mask, to_image)


def _judged(
    band: FloatArray,
    area: NDArray[np.uint8],
    bridge: RidgePath,
    middle_x: float,
    level: float,
    yaw: float,
) -> tuple[Worn, float]:
    """Whether a frame is worn, and the weakest of its parts over what it needs."""
    if bridge.strength < NO_BRIDGE:
        return "no", max(0.0, bridge.strength / LEAST_BRIDGE)
    sides: tuple[int, ...] = (-1, 1)
    if abs(yaw) > _NEAR_EYE_YAW_DEG:
        # Turned to the patient's left (positive yaw) the camera sees the right eye.
        sides = (-1,) if yaw > 0 else (1,)
    ridges = oriented_ridges(band, area)
    rims = [rim_strength(ridges, middle_x, level, side) for side in sides]
    score = max(_full_rims(bridge, rims), _half_rims(bridge, rims))
    if score >= 1.0:
        return "yes", score
    return ("possibly" if score >= POSSIBLE_SHARE else "no"), score


def _full_rims(bridge: RidgePath, rims: list[RimStrength]) -> float:
    """The weakest part of a frame with whole rims, over what it needs."""
    return min(bridge.strength / LEAST_BRIDGE, *(rim.below / LEAST_RIM for rim in rims))


def _half_rims(bridge: RidgePath, rims: list[RimStrength]) -> float:
    """The weakest part of a frame without lower rims, over what it needs."""
    return min(bridge.strength / HALF_RIM_BRIDGE, *(rim.above / HALF_RIM_ABOVE for rim in rims))


def _bridge(band: FloatArray, middle: FloatArray, level: float, brows: float) -> RidgePath:
    """Follow the strongest ridge across the nasal root that lies below the brows."""
    top, bottom = max(level + _BRIDGE_TOP, min(brows, level)), level + _BRIDGE_BOTTOM
    bridge = follow_ridge(band, *_bridge_grid(middle, *_BRIDGE_REACH))
    if top <= bridge.points[:, 1].min() and bridge.points[:, 1].max() <= bottom:
        return bridge
    return follow_ridge(band, *_bridge_grid(middle, top, bottom))


def _bridge_grid(middle: FloatArray, top: float, bottom: float) -> tuple[FloatArray, FloatArray]:
    """Rows down the nasal root, columns across it."""
    x, y = np.meshgrid(_BRIDGE_X + middle[0], np.arange(top, bottom, 1.0 / BAND_PX))
    return x.astype(np.float32), y.astype(np.float32)
