"""Whether teeth and tongue of a finished picture are those of the photo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.manipulation.eyes import EyeLayer
from landmarkdiff.manipulation.field import DisplacementField
from landmarkdiff.manipulation.grid import polygon_distance

__all__ = ["MOST_CHANGED", "MouthCheck", "check_mouth"]

#: As deep between the lips, before and after, both pictures show what lies behind, mm.
_SEEN_MM = 1.2
#: Grey levels by which a pixel may differ without having changed, and the share that may.
_LEVELS, MOST_CHANGED = 2, 0.01


@dataclass(frozen=True)
class MouthCheck:
    """What lies between the lips of a finished picture, against the photo.

    Attributes
    ----------
    area_mm2 : float
        What both pictures show of it clear of the lips.
    changed : float
        Share of it that differs.
    """

    area_mm2: float
    changed: float

    @property
    def still(self) -> bool:
        """Whether teeth and tongue are where they were, and as they were."""
        return self.changed <= MOST_CHANGED

    def to_dict(self) -> dict[str, Any]:
        """Return the check as JSON-ready data."""
        return {
            "area_mm2": round(self.area_mm2, 1),
            "changed": round(self.changed, 4),
            "still": self.still,
        }


def check_mouth(
    photo: ImageArray,
    finished: ImageArray,
    layer: EyeLayer,
    outline: FloatArray,
    field: DisplacementField,
    mm_per_px: float,
) -> MouthCheck | None:
    """Compare what lies between lips that move.

    Parameters
    ----------
    photo, finished : (H, W, 3) uint8 array
        RGB.
    layer : EyeLayer
        Of the mouth.
    outline : (n, 2) float64 array
        Of its opening in the photo, pixels.
    field : DisplacementField
        Of the skin: what it uncovers or covers is not compared.
    mm_per_px : float

    Returns
    -------
    MouthCheck or None
        None where the pictures show nothing of it clear of the lips.
    """
    rows, columns = layer.box(photo.shape[1], photo.shape[0])
    xs, ys = np.meshgrid(np.arange(columns.start, columns.stop), np.arange(rows.start, rows.stop))
    places = np.stack([xs.ravel(), ys.ravel()], axis=1).astype(np.float64)
    depths = [
        polygon_distance(each.astype(np.float32), outline) * mm_per_px
        for each in (places, places + field.at(places))
    ]
    seen = (np.minimum(*depths) > _SEEN_MM).reshape(xs.shape)
    if not seen.any():
        return None
    before, after = photo[rows, columns].astype(int), finished[rows, columns]
    differs = np.abs(before - after).max(axis=2) > _LEVELS
    return MouthCheck(float(seen.sum()) * mm_per_px**2, float(differs[seen].mean()))
