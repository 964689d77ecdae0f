"""How deep the folds of a plan are in the finished picture, measured again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from landmarkdiff.arrays import Float32Array, ImageArray
from landmarkdiff.creases.find import CORE_MM, Fold, FoldSide, Hidden, weighted_depth
from landmarkdiff.creases.plan import PlanFolds
from landmarkdiff.creases.profile import depth_across
from landmarkdiff.creases.skin import CELL_MM, REACH_MM, face_skin, logarithms
from landmarkdiff.landmarks.face_crop import crop_face
from landmarkdiff.manipulation.field import DisplacementField
from landmarkdiff.manipulation.prepared import PreparedFace

__all__ = ["FoldRecord", "fold_records", "measured_folds"]

#: A fold is the same over about this length, mm: so far apart its measurements are independent.
_ALIKE_MM = 8.0
#: A measured depth is at least so uncertain, percent of it.
_LEAST_NOISE = 1.0


@dataclass(frozen=True)
class FoldRecord:
    """What became of one fold.

    Attributes
    ----------
    name : str
    side : {"right", "left"}
        The patient's.
    effects : tuple of str
        Keys of the effects on its depth; without one the skin's tension softens it.
    reason : {"fold_not_visible", "fold_hidden"} or None
        Why nothing was done; the numbers below are None then.
    contrast : float or None
        How much darker the fold is than the skin beside it, a share of the light.
    length_mm : float or None
    applied : float or None
        Planned change of its depth, percent of it, after all limits.
    achieved : float or None
        The same, measured in the finished picture; None before it is.
    noise : float or None
        One standard deviation of ``achieved``.
    """

    name: str
    side: FoldSide
    effects: tuple[str, ...]
    reason: Hidden | None = None
    contrast: float | None = None
    length_mm: float | None = None
    applied: float | None = None
    achieved: float | None = None
    noise: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON-ready data."""
        shown = {
            key: round(value, 3) if isinstance(value, float) else value
            for key, value in vars(self).items()
        }
        return {**shown, "effects": list(self.effects)}


def fold_records(folds: PlanFolds, values: Mapping[str, float]) -> tuple[FoldRecord, ...]:
    """Return what a plan does to each of its folds at these values; nothing is measured yet."""
    found = [
        FoldRecord(
            name=each.fold.name,
            side=each.fold.side,
            effects=each.effects,
            contrast=1.0 - float(np.exp(-each.fold.contrast)),
            length_mm=each.fold.length_mm,
            applied=-100.0 * min(each.share(values), float(each.fold.response[-1])) * each.carried
            + 0.0,
        )
        for each in folds.folds
    ]
    missing = [
        FoldRecord(name, side, folds.effects[name], reason)
        for (name, side), reason in folds.absent.items()
    ]
    return tuple(sorted((*found, *missing), key=lambda record: (record.name, record.side)))


def measured_folds(
    records: tuple[FoldRecord, ...],
    folds: PlanFolds,
    prepared: PreparedFace,
    finished: ImageArray,
    field: DisplacementField,
) -> tuple[FoldRecord, ...]:
    """Return the records with the depth that a finished picture has along each fold.

    Parameters
    ----------
    records : tuple of FoldRecord
        From :func:`fold_records`.
    folds : PlanFolds
    prepared : PreparedFace
        The photo.
    finished : (H, W, 3) uint8 array
        RGB, in the photo's light.
    field : DisplacementField
        The warp, which has carried the folds along.

    Examples
    --------
    >>> from landmarkdiff.inference import LandmarkDiffPipeline
    >>> asked = {"nasolabial_fold": -30.0}
    >>> result = LandmarkDiffPipeline().generate(portrait, "rhytidectomy", 0, effects=asked)
    >>> found = [each for each in result.check.folds if each.name == "nasolabial_fold"]
    >>> [abs(each.achieved - each.applied) < 5.0 for each in found]  # percent of the depth
    [True, True]
    """
    crop = crop_face(finished, prepared.landmarks, CELL_MM, REACH_MM)
    light = logarithms(crop.pixels)[..., 3]
    known = face_skin(prepared).known
    before = face_skin(prepared).light[..., 3]
    by_place = {(each.fold.name, each.fold.side): each.fold for each in folds.folds}

    def read(record: FoldRecord) -> FoldRecord:
        fold = by_place.get((record.name, record.side))
        if fold is None:
            return record
        places = fold.strip.places
        flat = crop.photo_points(places.reshape(-1, 2))
        landed = crop.cells(field.forward(flat)).reshape(places.shape)
        seen = fold.strip.sample(known)
        depths = [
            depth_across(fold.strip.sample(before), seen),
            depth_across(fold.strip.sample(light, landed), seen),
        ]
        achieved, noise = _changed(fold, *depths)
        return replace(record, achieved=achieved, noise=noise)

    return tuple(read(record) for record in records)


def _changed(fold: Fold, before: Float32Array, after: Float32Array) -> tuple[float, float]:
    """Change of the depth and its standard deviation, percent of it."""
    change = 100.0 * (weighted_depth(fold, after) / weighted_depth(fold, before) - 1.0)
    core = np.abs(fold.strip.offsets) <= CORE_MM
    columns, left = ((fold.depth[core] * each[core]).sum(axis=0) for each in (before, after))
    on = columns > 0.1 * columns.max()
    each = 100.0 * (left[on] / columns[on] - 1.0)
    independent = max(fold.length_mm / _ALIKE_MM, 1.0)
    noise = float(each.std() / np.sqrt(independent))
    return change, max(noise, _LEAST_NOISE)
