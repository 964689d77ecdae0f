"""Folds of the skin, found near where anatomy says that they may be."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, IndexArray
from landmarkdiff.creases.kinds import FoldKind, fold_kinds
from landmarkdiff.creases.profile import WIDEST_MM, SkinOfStrip, depth_across
from landmarkdiff.creases.skin import LUMINANCE, FaceSkin, face_skin
from landmarkdiff.creases.strip import STEP_MM, Strip, along_line
from landmarkdiff.landmarks.topology import FOLD_LINES, mirror_points
from landmarkdiff.manipulation.grid import smoothstep
from landmarkdiff.manipulation.prepared import PreparedFace

__all__ = ["AMOUNTS", "CORE_MM", "Fold", "FoldSide", "Hidden", "fold_of", "weighted_depth"]

FoldSide = Literal["right", "left"]
#: Why nothing is done: no fold is to be seen there; the skin is not to be seen.
Hidden = Literal["fold_not_visible", "fold_hidden"]

#: Depth, in logarithm of light, from which a fold begins to count and from which it does in full.
SHALLOWEST, SURE = 0.04, 0.08
#: A fold is at least so long, mm.
SHORTEST_MM = 10.0
#: Half the width of what belongs to a fold, mm: from the first on it fades, to nothing at the
#: second.
FADES_MM = (4.0, 6.0)
#: The fold counts where its own depth is measured: so far from its line, mm.
CORE_MM = 1.5
#: Rows by which the fold may shift from one column to the next, and what a shift costs, in depth.
_SHIFT_COST = 0.01
#: What the far end of the search costs, in depth.
_AWAY_COST = 0.03
#: A valley that takes more red than blue from the light is grey: hair, ink, a frame's shadow on
#: make-up. A fold of the skin takes more blue, since its light has passed through the skin.
GREYEST = 1.2
#: Red, green and blue have at least and at most so much of the depth: more is noise.
COLOURS = (0.6, 1.6)
#: Hair grows where the light varies so much more from cell to cell than on the cheeks, on the
#: shoulders of a fold, so far from its line, mm.
ROUGHEST = 1.9
_SHOULDER_MM = (2.5, 6.0)
#: Among wrinkles, which are as rough as hair, a fold shows by being deep, and by a light that has
#: gone through much skin: hair never takes so much less of the red than of the blue.
REDDEST, SURELY_DEEP = 0.7, 0.15
#: Shares of a fold's depth that are added to its light, to see what goes.
AMOUNTS: FloatArray = np.linspace(0.0, 1.0, 6)
#: A valley of which less than this goes when all of its depth is added is too uneven for a fold.
LEAST_RESPONSE = 0.6
#: Landmarks of the middle of the face, from which folds lie to the side.
_MIDDLE = (168, 1, 152)
#: The skin has to be seen on this share of the core.
_LEAST_KNOWN = 0.8


@dataclass(frozen=True, eq=False)
class Fold:
    """One fold of one side, as a photo shows it.

    Attributes
    ----------
    name : str
    side : {"right", "left"}
        The patient's.
    strip : Strip
        Along the fold itself.
    depth : (rows, columns) float32 array
        Its own shadow: what it takes off the logarithm of luminance, at the places of the strip;
        zero beside the fold and where it is none.
    colour : (3,) float32 array
        How much of that depth red, green and blue each have; their luminance has 1.
    contrast : float
        Mean of the depth along the line, where the fold is.
    length_mm : float
    place : tuple of int
        Row and column of the face crop where ``map`` begins; it may reach beyond the crop.
    map : (h, w) float32 array
        The depth at the cells of the crop.
    response : (a,) float64 array
        Share of the fold that is measured to be gone when each of :data:`AMOUNTS` of ``depth`` is
        added to the light: what is added was smoothed, and is smoothed once more when measured.
    """

    name: str
    side: FoldSide
    strip: Strip
    depth: Float32Array
    colour: Float32Array
    contrast: float
    length_mm: float
    place: tuple[int, int]
    map: Float32Array
    response: FloatArray = field(default_factory=AMOUNTS.copy)

    def amount(self, share: float) -> float:
        """Return how much of ``depth`` has to be added for a share of the fold to go: 0 to 1."""
        if share <= 0.0:
            return 0.0
        return float(np.interp(share, self.response, AMOUNTS))


def fold_of(prepared: PreparedFace, name: str, side: FoldSide) -> Fold | Hidden:
    """Return a fold of a photo, found at first use, or why there is none."""
    found: Fold | Hidden = prepared.once(
        ("crease", name, side),
        lambda: _found(prepared, name, side),
    )
    return found


def _found(prepared: PreparedFace, name: str, side: FoldSide) -> Fold | Hidden:
    kind = fold_kinds()[name]
    own = list(FOLD_LINES[name])
    landmarks = own if side == "right" else mirror_points(own)
    glasses = kind.behind_glasses and prepared.frames() is not None
    if glasses or not prepared.visible[landmarks].all():
        return "fold_hidden"
    skin = face_skin(prepared)
    points = skin.points[landmarks]
    reach = kind.search_mm + WIDEST_MM
    middle = skin.points[list(_MIDDLE)].mean(axis=0)
    wide = along_line(points, points.mean(axis=0) - middle, reach, skin.crop.mm_per_cell)
    known = wide.sample(skin.known)
    depth = depth_across(wide.sample(skin.light)[..., 3], known)
    path = _path(depth * known, kind.search_mm)
    strip = wide.moved(_smooth(path * STEP_MM)).narrowed(WIDEST_MM + 2.0)
    return _measured(skin, name, side, strip, kind)


def _measured(
    skin: FaceSkin, name: str, side: FoldSide, strip: Strip, kind: FoldKind
) -> Fold | Hidden:
    """The fold along a strip, or why there is none."""
    known = strip.sample(skin.known)
    light = strip.sample(skin.light)
    seen_skin = SkinOfStrip(known)
    depths = [seen_skin.depth(np.ascontiguousarray(light[..., k])) for k in range(4)]
    core = np.abs(strip.offsets) <= CORE_MM
    seen = known[core].mean(axis=0) >= _LEAST_KNOWN
    if np.count_nonzero(seen) * STEP_MM < SHORTEST_MM:
        return "fold_hidden"
    deep = depths[3][core].mean(axis=0) * seen
    red, blue = (_smooth(depths[k][core].mean(axis=0)) for k in (0, 2))
    skin_like = red <= GREYEST * blue
    if kind.bearded:
        surely = (red < REDDEST * blue) & (_smooth(deep) > SURELY_DEEP)
        skin_like &= surely | ~_in_beard(strip, strip.sample(skin.roughness), known)
    there = smoothstep(deep.astype(np.float32), SHALLOWEST, SURE) * skin_like
    there = _long_enough(np.asarray(there, np.float32))
    length = float(np.count_nonzero(there > 0.5) * STEP_MM)
    if length < SHORTEST_MM:
        return "fold_not_visible"
    # Along the fold the change begins and ends over some millimetres.
    along = np.minimum(there, _smooth(there))
    across = 1.0 - smoothstep(np.abs(strip.offsets).astype(np.float32), *FADES_MM)
    shape = np.asarray(across[:, None] * along, np.float32)
    depth = np.asarray(depths[3] * shape, np.float32)
    whole = float((depth * depth).sum())
    shares = np.array([float((own * shape * depth).sum()) for own in depths[:3]]) / whole
    # Of the luminance each colour has the part that this skin's colour gives it.
    part = LUMINANCE * np.exp(light[core][..., :3].reshape(-1, 3).mean(axis=0))
    part /= part.sum()
    shares = np.clip(shares / float(shares @ part), *COLOURS)
    shares = shares / float(shares @ part)
    contrast = float((deep * there).sum() / there.sum())
    place, map_ = strip.spread(depth)
    colour = shares.astype(np.float32)
    found = Fold(name, side, strip, depth, colour, contrast, length, place, map_)
    response = _response(skin, found)
    if response[-1] < LEAST_RESPONSE:
        return "fold_not_visible"
    return replace(found, response=response)


def _response(skin: FaceSkin, fold: Fold) -> FloatArray:
    """What the fold measures to have lost when each of :data:`AMOUNTS` of its depth is added."""
    added = fold.strip.sample(fold.map, fold.strip.places - fold.place[::-1])
    before = fold.strip.sample(skin.light)
    seen_skin = SkinOfStrip(fold.strip.sample(skin.known))
    gain = added[..., None] * fold.colour

    def deep(amount: float) -> float:
        light = np.exp(before[..., :3] + np.float32(amount) * gain) @ LUMINANCE
        return weighted_depth(fold, seen_skin.depth(np.asarray(np.log(light), np.float32)))

    left = np.array([deep(amount) for amount in AMOUNTS]) / deep(0.0)
    return np.maximum.accumulate(np.clip(1.0 - left, 0.0, 1.0))


def weighted_depth(fold: Fold, depth: Float32Array) -> float:
    """Return the depth of a fold, (rows, columns) along its strip, where the fold was deep."""
    core = np.abs(fold.strip.offsets) <= CORE_MM
    return float((fold.depth[core] * depth[core]).sum())


def _in_beard(strip: Strip, roughness: Float32Array, known: Float32Array) -> BoolArray:
    """Columns with hair on one of the shoulders of the fold."""
    rough = np.zeros(roughness.shape[1], np.bool_)
    for side in (strip.offsets, -strip.offsets):
        beside = (side >= _SHOULDER_MM[0]) & (side <= _SHOULDER_MM[1])
        weight = known[beside].sum(axis=0)
        mean = (roughness[beside] * known[beside]).sum(axis=0) / np.maximum(weight, 1e-6)
        rough |= _smooth(mean * (weight > 0.0)) > ROUGHEST
    return np.asarray(rough)


def _path(depth: Float32Array, search_mm: float) -> IndexArray:
    """Offsets of the deepest smooth line, in rows from the middle: (columns,)."""
    half = len(depth) // 2
    reach = round(search_mm / STEP_MM)
    own = depth[half - reach : half + reach + 1].astype(np.float64)
    rows = np.arange(-reach, reach + 1)
    cost = _AWAY_COST * (rows / reach) ** 2
    own = own - cost[:, None]
    columns = np.ascontiguousarray(own.T)
    came = np.zeros(own.shape, np.intp)
    padded = np.full(len(own) + 2, -np.inf)
    best = padded[1:-1]
    best[:] = columns[0]
    for column in range(1, len(columns)):
        shifted = padded - _SHIFT_COST
        most, before = shifted[:-2], came[:, column]
        straight = best > most
        most = np.maximum(most, best)
        after = shifted[2:] > most
        before[:] = np.where(after, 1, straight - 1)
        best[:] = np.maximum(most, shifted[2:]) + columns[column]
    path = np.empty(own.shape[1], np.intp)
    row = int(best.argmax())
    for column in range(own.shape[1] - 1, -1, -1):
        path[column] = rows[row]
        row += int(came[row, column])
    return path


def _smooth(values: FloatArray | Float32Array | IndexArray) -> FloatArray:
    """Values along a line, smoothed over 2 mm."""
    line = np.asarray(values, np.float64)[None]
    smooth = cv2.GaussianBlur(line, (0, 0), 2.0 / STEP_MM, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(smooth[0])


def _long_enough(there: Float32Array) -> Float32Array:
    """Keep pieces of a fold that are long enough; a short one is a spot."""
    kept = there.copy()
    on = np.concatenate([[False], there > 0.0, [False]])
    edges = np.flatnonzero(on[1:] != on[:-1])
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        if np.count_nonzero(there[first:last] > 0.5) * STEP_MM < SHORTEST_MM:
            kept[first:last] = 0.0
    return kept
