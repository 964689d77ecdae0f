"""Whether what lies in front of the face is in the picture as it is in the photo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from landmarkdiff.arrays import ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.front import FILL_MM, FrontLayer
from landmarkdiff.manipulation.motion import EffectDisplacement
from landmarkdiff.verification.effect_check import EffectCheck

__all__ = ["FRONT_LIMITS", "FrontCheck", "check_front", "is_behind"]

#: Limits of the warp by what lies in front: :attr:`EffectLimit.cause`.
FRONT_LIMITS = ("glasses", "cover")
#: An effect of whose movement more than this share lies behind the layer is not measured.
MOST_BEHIND = 0.5
#: A movement smaller than this, mm, is not told from a layer that covers more than such a share of
#: what lies so near to the places that it moves: the flow is read from patches.
_BESIDE_MM, _MOST_BESIDE = 3.0, 0.15
#: Places around a landmark that are looked at, in shares of that distance: (16, 2).
_AROUND = np.array(
    [(r * np.cos(a), r * np.sin(a)) for r in (0.5, 1.0) for a in np.arange(8) * np.pi / 4]
)


@dataclass(frozen=True)
class FrontCheck:
    """What lies in front of a face, in a finished picture.

    Attributes
    ----------
    areas_mm2 : mapping of str to float
        What of the face each kind (``spectacles``, ``thing``) hides, mm2.
    given_way : mapping of str to float
        Share of each effect that gave way because the face behind is not known, by its name.
    changed_pixels : int
        Pixels of the layer that differ from the photo.
    """

    areas_mm2: Mapping[str, float]
    given_way: Mapping[str, float]
    changed_pixels: int

    @property
    def still(self) -> bool:
        """Whether the layer is where it was."""
        return self.changed_pixels == 0

    def to_dict(self) -> dict[str, Any]:
        """Return the check as JSON-ready data."""
        return {
            "areas_mm2": {what: round(area, 1) for what, area in self.areas_mm2.items()},
            "continued_mm": FILL_MM,
            "given_way": {name: round(share, 4) for name, share in self.given_way.items()},
            "changed_pixels": self.changed_pixels,
            "still": self.still,
        }


def check_front(
    photo: ImageArray, finished: ImageArray, layer: FrontLayer, checks: Sequence[EffectCheck]
) -> FrontCheck:
    """Compare what lies in front of a face with the photo.

    Parameters
    ----------
    photo, finished : (H, W, 3) uint8 array
        RGB.
    layer : FrontLayer
    checks : sequence of EffectCheck
    """
    differs = (photo != finished).any(axis=2) & layer.whole(photo)
    given_way = {
        check.name: 1.0 - min(limit.left for limit in check.limits if limit.cause in FRONT_LIMITS)
        for check in checks
        if any(limit.cause in FRONT_LIMITS for limit in check.limits)
    }
    areas = {thing.what: thing.area_mm2 for thing in layer.things}
    return FrontCheck(areas, given_way, int(np.count_nonzero(differs)))


def is_behind(effect: EffectDisplacement, source: FaceLandmarks, layer: FrontLayer) -> bool:
    """Whether too much of what an effect moves lies behind a layer, or close beside it."""
    weight = np.linalg.norm(effect.vectors, axis=1)
    places = source.points[effect.landmarks, :2]
    whole = float(weight.sum())
    if float(weight[layer.covers(places)].sum()) > MOST_BEHIND * whole:
        return True
    near = places[:, None] + _AROUND * (_BESIDE_MM / source.scale.mm_per_px)
    beside = layer.covers(near.reshape(-1, 2)).reshape(len(places), -1).mean(axis=1)
    small = float(weight.max(initial=0.0)) < _BESIDE_MM
    return small and float((beside * weight).sum()) > _MOST_BESIDE * whole
