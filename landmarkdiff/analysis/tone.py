"""Apparent skin tone: the individual typology angle of skin patches, uncalibrated.

ITA = atan2(L* - 50, b*) in degrees (Chardin 1991), bands as in Del Bino 2013. It depends on
light and white balance as much as on the skin: a band is what the photo shows, not a diagnosis,
and a Fitzpatrick type set by the clinician stands above it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import cv2
import numpy as np

from landmarkdiff.analysis.skin import polygon_pixels
from landmarkdiff.arguments import checked, instance_of, optional, plain_text, rgb_image
from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import ParameterError
from landmarkdiff.landmarks.face import FaceLandmarks, check_photo
from landmarkdiff.landmarks.topology import mirror_points
from landmarkdiff.notices import Reason

__all__ = [
    "FITZPATRICK_TYPES",
    "SkinPatch",
    "SkinTone",
    "apparent_tone",
    "ita_degrees",
    "tone_band",
]

FitzpatrickType = Literal["I", "II", "III", "IV", "V", "VI"]

FITZPATRICK_TYPES: tuple[FitzpatrickType, ...] = ("I", "II", "III", "IV", "V", "VI")
#: Lower limit of each band but the last, degrees.
_BAND_LIMITS = (55.0, 41.0, 28.0, 10.0, -30.0)

_RIGHT_CHEEK = (117, 118, 101, 36, 205, 50)
_PATCHES: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "right_cheek": _RIGHT_CHEEK,
        "left_cheek": tuple(mirror_points(_RIGHT_CHEEK)),
        "forehead": (107, 9, 336, 337, 151, 108),
    }
)
#: Beyond this yaw the far cheek is too oblique.
_FAR_CHEEK_YAW_DEG = 25.0
#: Yellow-blue below this makes the angle a matter of noise or of coloured light.
_MINIMUM_B = 3.0
#: A patch whose lightness varies more (robust SD), or differs more from the cheeks, is hair,
#: shadow or a hat.
_MAXIMUM_SPREAD_L = 10.0
_MAXIMUM_FOREHEAD_DIFFERENCE_L = 22.0
_CLIPPED = 250
#: Share of the lightness range that counts: gloss is the more common fault, so more of the
#: bright end is trimmed than of the dark one.
_KEPT = (0.15, 0.55)
_MINIMUM_PIXELS = 40


@dataclass(frozen=True)
class SkinPatch:
    """One patch of skin.

    Attributes
    ----------
    name : str
        ``right_cheek``, ``left_cheek`` (the patient's) or ``forehead``.
    lab : tuple of float or None
        Median CIELAB (D65) after trimming gloss and shadow; None without usable pixels.
    ita : float or None
        Degrees; None when the patch was left out.
    reason : Reason or None
        Why it was left out.
    """

    name: str
    lab: tuple[float, float, float] | None
    ita: float | None
    reason: Reason | None = None


@dataclass(frozen=True)
class SkinTone:
    """Apparent tone, uncalibrated.

    Attributes
    ----------
    ita : float or None
        Median over the patches, degrees; None when no patch is usable.
    spread : float or None
        Largest minus smallest patch, degrees.
    band : str or None
        Fitzpatrick-like band of ``ita``, I to VI.
    fitzpatrick : str or None
        The clinician's type when given, else the band.
    source : {"photo", "clinician", "none"}
    patches : tuple of SkinPatch
    """

    ita: float | None
    spread: float | None
    band: FitzpatrickType | None
    fitzpatrick: FitzpatrickType | None
    source: Literal["photo", "clinician", "none"]
    patches: tuple[SkinPatch, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, ready for JSON."""
        return {
            "label": "apparent tone, uncalibrated",
            "ita": self.ita,
            "spread": self.spread,
            "band": self.band,
            "fitzpatrick": self.fitzpatrick,
            "source": self.source,
            "patches": [
                {
                    "name": p.name,
                    "lab": p.lab and list(p.lab),
                    "ita": p.ita,
                    "reason": p.reason and p.reason.text,
                }
                for p in self.patches
            ],
        }


def ita_degrees(lightness: float, b: float) -> float | None:
    """Individual typology angle, or None where b* is too small to carry one.

    Parameters
    ----------
    lightness, b : float
        CIELAB L* (0 to 100) and b*.

    Examples
    --------
    >>> round(ita_degrees(70.0, 20.0))
    45
    >>> ita_degrees(50.0, 0.0) is None
    True
    """
    if b < _MINIMUM_B:
        return None
    return float(np.degrees(np.arctan2(lightness - 50.0, b)))


def tone_band(ita: float) -> FitzpatrickType:
    """Fitzpatrick-like band of an ITA in degrees.

    Examples
    --------
    >>> tone_band(60.0), tone_band(20.0), tone_band(-45.0)
    ('I', 'IV', 'VI')
    """
    for limit, band in zip(_BAND_LIMITS, FITZPATRICK_TYPES, strict=False):
        if ita > limit:
            return band
    return FITZPATRICK_TYPES[-1]


@checked(
    pixels=rgb_image,
    face=instance_of(FaceLandmarks),
    fitzpatrick=optional(plain_text),
)
def apparent_tone(
    pixels: ImageArray, face: FaceLandmarks, *, fitzpatrick: str | None = None
) -> SkinTone:
    """Estimate the apparent tone from patches on cheeks and forehead.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
        RGB, sRGB.
    face : FaceLandmarks
    fitzpatrick : {"I", "II", "III", "IV", "V", "VI"}, optional
        The clinician's type; it stands.

    Returns
    -------
    SkinTone
        Individual typology angle in degrees, uncalibrated.

    Raises
    ------
    ParameterError
        When ``fitzpatrick`` is no such type.

    Examples
    --------
    >>> tone = apparent_tone(portrait, face)
    >>> print(f"{tone.ita:.0f} degrees, band {tone.band}")
    28 degrees, band III
    >>> apparent_tone(portrait, face, fitzpatrick="II").source
    'clinician'
    """
    check_photo(pixels, face)
    given = next((t for t in FITZPATRICK_TYPES if t == fitzpatrick), None)
    if fitzpatrick is not None and given is None:
        raise ParameterError(
            "unknown_fitzpatrick_type", value=fitzpatrick, types=list(FITZPATRICK_TYPES)
        )
    patches = _without_odd_forehead([_patch(pixels, face, name) for name in _PATCHES])
    angles = [patch.ita for patch in patches if patch.ita is not None]
    if not angles:
        return SkinTone(None, None, None, given, "clinician" if given else "none", patches)
    ita = float(np.median(angles))
    band = tone_band(ita)
    return SkinTone(
        ita=ita,
        spread=max(angles) - min(angles),
        band=band,
        fitzpatrick=given or band,
        source="clinician" if given else "photo",
        patches=patches,
    )


def _patch(pixels: ImageArray, face: FaceLandmarks, name: str) -> SkinPatch:
    """Measure one patch, highlights, shadows and stray hair trimmed."""
    turned_away = {"right_cheek": -face.pose.yaw, "left_cheek": face.pose.yaw}.get(name, 0.0)
    if turned_away > _FAR_CHEEK_YAW_DEG:
        return SkinPatch(name, None, None, Reason("patch_turned_away"))
    skin = polygon_pixels(pixels, face.points[list(_PATCHES[name]), :2])
    usable = skin[(skin.max(axis=1) < _CLIPPED) & (skin.max(axis=1) > 8)]
    if len(usable) < _MINIMUM_PIXELS:
        return SkinPatch(name, None, None, Reason("patch_pixels"))
    lab = cv2.cvtColor(usable[None].astype(np.float32) / 255.0, cv2.COLOR_RGB2Lab)[0]
    lightness = lab[:, 0]
    low, high = np.quantile(lightness, _KEPT)
    middle = np.median(lab[(lightness >= low) & (lightness <= high)], axis=0)
    measured = (float(middle[0]), float(middle[1]), float(middle[2]))
    spread = 1.4826 * float(np.median(np.abs(lightness - np.median(lightness))))
    if spread > _MAXIMUM_SPREAD_L:
        return SkinPatch(name, measured, None, Reason("patch_uneven"))
    ita = ita_degrees(measured[0], measured[2])
    reason = Reason("patch_without_yellow") if ita is None else None
    return SkinPatch(name, measured, ita, reason)


def _without_odd_forehead(patches: list[SkinPatch]) -> tuple[SkinPatch, ...]:
    """Leave the forehead out when its lightness is not that of the cheeks (fringe, hat)."""
    cheeks = [p.lab[0] for p in patches if p.name != "forehead" and p.ita is not None and p.lab]
    checked = []
    for patch in patches:
        odd = (
            patch.name == "forehead"
            and patch.ita is not None
            and patch.lab is not None
            and bool(cheeks)
            and abs(patch.lab[0] - float(np.mean(cheeks))) > _MAXIMUM_FOREHEAD_DIFFERENCE_L
        )
        checked.append(
            SkinPatch(patch.name, patch.lab, None, Reason("patch_unlike_cheeks")) if odd else patch
        )
    return tuple(checked)
