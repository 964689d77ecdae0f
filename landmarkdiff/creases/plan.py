"""What a plan does to the folds of a photo's skin, at any values of its effects.

An effect on the depth of a fold says how much of it goes. A fold that no effect of the plan names
softens as the skin is stretched across it, in the procedures that say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import Float32Array, FloatArray, ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.creases.find import Fold, FoldSide, Hidden, fold_of
from landmarkdiff.creases.skin import face_skin
from landmarkdiff.creases.tension import Stretch, stretch_of
from landmarkdiff.manipulation.grid import RegionGrid
from landmarkdiff.manipulation.mask import SurgicalMask
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.shading import linear_light
from landmarkdiff.numerics import between_knots
from landmarkdiff.procedures.plan import SurgicalPlan

__all__ = [
    "DEPTH_STEP",
    "FLATTENED_AT",
    "MOST_BY_TENSION",
    "PlanFolds",
    "PlannedFold",
    "plan_folds",
]

#: Steps in which depths are known, for the browser's sake, in logarithm of light.
DEPTH_STEP = 1 / 128
#: Skin that is stretched by this share across a fold has none: an arc of 1.5 mm of depth over 8 mm
#: is 9.4 % longer than its chord (general).
FLATTENED_AT = 0.1
#: Stretched skin keeps the rest of its folds: they are tied to the muscles below (general).
MOST_BY_TENSION = 0.5
#: The skin is smoothed over this (standard deviation), mm: pores are finer.
SMOOTHED_MM = 0.6
#: Beside the border of the warp's grid the change fades out over this, mm.
_BORDER_MM = 5.0


@dataclass(frozen=True, eq=False)
class PlannedFold:
    """One fold of one side, and what a plan does to it.

    Attributes
    ----------
    fold : Fold
    effects : tuple of str
        Keys of the effects on its depth, of which the largest holds; without one the skin's tension
        softens it.
    stretches : tuple of Stretch
        How each effect stretches the skin across it; empty where an effect names it.
    place : tuple of int
        Row and column of ``depth`` in the map.
    depth : (h, w) uint8 array
        What its shadow takes off the logarithm of light, in steps, upright in the map; less where
        something limits the plan.
    skin : (h, w, 3) uint8 array
        Codes of the skin there, smooth over a millimetre.
    carried : float
        Share of the fold that the limits of the plan leave, 0 to 1.
    """

    fold: Fold
    effects: tuple[str, ...]
    stretches: tuple[Stretch, ...]
    place: tuple[int, int]
    depth: NDArray[np.uint8]
    skin: ImageArray
    carried: float

    def share(self, values: Mapping[str, float]) -> float:
        """Return how much of its depth goes at these values of effects, 0 to 1."""
        if self.effects:
            largest = max(-values.get(key, 0.0) for key in self.effects)
            return float(np.clip(largest / 100.0, 0.0, 1.0))
        strain = sum(
            float(between_knots(each.knots, each.strains, values[each.key]))
            for each in self.stretches
            if values.get(each.key)
        )
        return float(np.clip(strain / FLATTENED_AT, 0.0, MOST_BY_TENSION))


@dataclass(frozen=True, eq=False)
class PlanFolds:
    """The folds of a plan on a photo.

    Attributes
    ----------
    folds : tuple of PlannedFold
    absent : mapping of (str, str) to str
        Folds of the plan that are not softened, by name and side: why.
    shape : tuple of int
        Rows and columns of the map.
    to_photo : (2, 3) float64 array
        Cell (column, row) of the map to photo pixel (x, y).
    effects : mapping of str to tuple of str
        Keys of the effects on the depth of every fold of the plan, by the fold's name; none where
        the skin's tension softens it.
    """

    folds: tuple[PlannedFold, ...]
    absent: Mapping[tuple[str, FoldSide], Hidden]
    shape: tuple[int, int]
    to_photo: FloatArray
    effects: Mapping[str, tuple[str, ...]]

    def added(self, values: Mapping[str, float]) -> Float32Array:
        """Return what is added to the codes of sRGB at these values: (h, w, 3) float32, of 255.

        Where two folds meet, the larger change holds. The skin's own light is taken smooth, so that
        what is added has no texture.
        """
        whole = np.zeros((*self.shape, 3), np.float32)
        for each in self.folds:
            amount = each.fold.amount(each.share(values))
            if amount == 0.0:
                continue
            row, column = each.place
            height, width = each.depth.shape
            part = whole[row : row + height, column : column + width]
            gain = each.depth.astype(np.float32)[..., None] * np.float32(DEPTH_STEP * amount)
            light = linear_light()[each.skin] * np.exp(gain * each.fold.colour)
            np.maximum(part, _codes(light) - each.skin, out=part)
        return whole


def _codes(light: Float32Array) -> Float32Array:
    """Codes of sRGB for linear light, not rounded: any shape, 0 to 255."""
    held = np.clip(light, 0.0, 1.0)
    code = np.where(held <= 0.0031308, 12.92 * held, 1.055 * held ** (1 / 2.4) - 0.055)
    return np.asarray(255.0 * code, np.float32)


def plan_folds(
    prepared: PreparedFace, plan: SurgicalPlan, flags: ClinicalFlags, mask: SurgicalMask
) -> PlanFolds | None:
    """Find the folds that a plan softens; values play no part. None where it softens none."""
    wanted = _wanted(plan)
    if not wanted:
        return None
    crop = face_skin(prepared).crop
    left = _left(mask, prepared.landmarks.scale.mm_per_px)
    folds: list[PlannedFold] = []
    absent: dict[tuple[str, FoldSide], Hidden] = {}
    both: tuple[FoldSide, ...] = ("right", "left")
    acting = {item.key: plan.side_of(item) for item in plan.effects}
    for name, every in wanted.items():
        for side in both:
            keys = tuple(key for key in every if acting[key] in ("both", side))
            if not keys and (every or plan.side not in ("both", side)):
                continue
            found = fold_of(prepared, name, side)
            if not isinstance(found, Fold):
                absent[name, side] = found
                continue
            planned = _planned(prepared, plan, flags, mask, found, keys, left)
            if planned is None:
                absent[name, side] = "fold_hidden"
            else:
                folds.append(planned)
    shape = crop.inside.shape
    return PlanFolds(tuple(folds), absent, (shape[0], shape[1]), crop.to_photo, wanted)


def _wanted(plan: SurgicalPlan) -> dict[str, tuple[str, ...]]:
    """Names of folds, each with the keys of the effects on it: none for the skin's tension."""
    wanted: dict[str, tuple[str, ...]] = {}
    for item in plan.effects:
        if item.effect.fold is not None:
            wanted[item.effect.fold] = (*wanted.get(item.effect.fold, ()), item.key)
    for procedure in plan.procedures:
        for name in procedure.stretches:
            wanted.setdefault(name, ())
    return wanted


def _planned(
    prepared: PreparedFace,
    plan: SurgicalPlan,
    flags: ClinicalFlags,
    mask: SurgicalMask,
    fold: Fold,
    keys: tuple[str, ...],
    left: Float32Array,
) -> PlannedFold | None:
    crop = face_skin(prepared).crop
    # The map of the fold may reach beyond the crop, and what lies there is left as it is.
    height, width = crop.inside.shape
    row, column = fold.place
    top, first = max(row, 0), max(column, 0)
    own = fold.map[top - row : height - row, first - column : width - column]
    cells = np.stack(
        np.meshgrid(np.arange(first, first + own.shape[1]), np.arange(top, top + own.shape[0])),
        axis=-1,
    )
    places = crop.photo_points(cells.reshape(-1, 2))
    limited = own * mask.grid.sample(left, places).reshape(own.shape)
    depth = np.clip(np.round(limited / DEPTH_STEP), 0, 255).astype(np.uint8)
    if not depth.any():
        return None
    stretches = () if keys else stretch_of(prepared, plan, flags, mask, fold)
    carried = float((limited * own).sum() / max(float((own * own).sum()), 1e-9))
    below = cv2.GaussianBlur(crop.pixels, (0, 0), SMOOTHED_MM / crop.mm_per_cell)
    smooth = np.asarray(below[top : top + own.shape[0], first : first + own.shape[1]], np.uint8)
    return PlannedFold(fold, keys, stretches, (top, first), depth, smooth, carried)


def _left(mask: SurgicalMask, mm_per_px: float) -> Float32Array:
    """What the limits of the plan leave of a change, on the nodes of the warp's grid."""
    left = _inside(mask.grid, _BORDER_MM / mm_per_px)
    for limit in mask.limits.values():
        left = left * limit
    return np.asarray(left, np.float32)


def _inside(grid: RegionGrid, border: float) -> Float32Array:
    """1 inside the grid, fading to 0 at its border over so many pixels."""
    rows, columns = grid.shape
    from_top, from_left = (
        np.minimum(np.arange(count), np.arange(count)[::-1]) for count in (rows, columns)
    )
    away = np.minimum(from_top[:, None], from_left) * grid.step
    return np.asarray(np.clip(away / border, 0.0, 1.0), np.float32)
