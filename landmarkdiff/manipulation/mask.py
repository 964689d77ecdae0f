"""The surgical mask: where the warp may act, and how much of it.

The mask is the hull of the procedure's anatomical regions, per side where the sides do not
meet, widened by the falloff and feathered; what must not move (eyeballs, visible teeth,
what lies deep behind a thing in front of
the face) or moves less (vitiligo, keloid-prone skin) is taken out
of it. The warp is scaled by it and writes nothing where it is zero. It does not depend on the
intensity.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from landmarkdiff.arrays import Float32Array, FloatArray, MaskArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.face_crop import FaceMap
from landmarkdiff.manipulation.deformation import Deformation
from landmarkdiff.manipulation.ear_line import beside_ears
from landmarkdiff.manipulation.fold_reach import around_folds
from landmarkdiff.manipulation.grid import RegionGrid, polygon_distance, smoothstep
from landmarkdiff.manipulation.limits import MidlineDistance, eyeballs_on, limits_on, teeth_limits
from landmarkdiff.manipulation.lip_stretch import NO_GAP, red_left
from landmarkdiff.manipulation.mask_hulls import Hull, grid_over, hulls_of
from landmarkdiff.manipulation.pieces import MaskPiece, MaskRegion, piece_weights
from landmarkdiff.procedures.plan import SurgicalPlan

if TYPE_CHECKING:
    from landmarkdiff.manipulation.front import FrontLayer

__all__ = ["SurgicalMask", "surgical_mask"]


#: Parts of the mask on one side keep this distance from the midline, if their handles do (mm).
MIDLINE_BAND_MM = 8.0


@dataclass(frozen=True, eq=False)
class SurgicalMask:
    """Mask of one plan on one photo, on a coarse grid.

    Attributes
    ----------
    grid : RegionGrid
    coverage : (rows, columns) uint8 array
        The mask in steps of 1/255; linearly enlarged it is ``mask.png``.
    limits : mapping of str to (rows, columns) float32 array
        What each limiter leaves of the displacement, 1 where it is silent.
    anchors : (n, 2) float64 array
        Points around the mask, in pixels, that stay where they are; none lies within it.
    teeth : (rows, columns) float32 array or None
        Weight of the visible teeth, which move as one piece or not at all.
    image_width, image_height : int
    skin : (rows, columns) uint8 array, optional
        The mask without the eyes that lie behind their lids; see :attr:`carried`.
    pieces : tuple of MaskPiece
        One for each procedure that has regions on the face; empty where the mask is one.
    """

    grid: RegionGrid
    coverage: MaskArray
    limits: Mapping[str, Float32Array]
    anchors: FloatArray
    image_width: int
    image_height: int
    teeth: Float32Array | None = None
    skin: MaskArray | None = None
    pieces: tuple[MaskPiece, ...] = ()
    _share: Float32Array = field(init=False, repr=False)
    _carried_share: Float32Array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_share", _share_of(self.coverage))
        object.__setattr__(self, "_carried_share", _share_of(self.carried))

    @property
    def carried(self) -> MaskArray:
        """Share of the displacement that the skin takes: (rows, columns) uint8, 1/255 each.

        The coverage, and over the eyes that lie behind their lids what these take along.
        """
        return self.coverage if self.skin is None else self.skin

    @property
    def share(self) -> Float32Array:
        """The coverage as float32 in [0, 1]."""
        return self._share

    @property
    def carried_share(self) -> Float32Array:
        """:attr:`carried` as float32 in [0, 1]: by it the displacement is scaled."""
        return self._carried_share

    def at(self, points: FloatArray) -> FloatArray:
        """Mask value at photo points (n, 2), in [0, 1]."""
        return self.grid.sample(self.share, points)

    def carried_at(self, points: FloatArray) -> FloatArray:
        """Share of its displacement that the skin takes at photo points (n, 2), in [0, 1]."""
        return self.grid.sample(self.carried_share, points)

    def full(self) -> MaskArray:
        """Return the mask at the photo's size: (H, W) uint8, 0 outside."""
        canvas = np.zeros((self.image_height, self.image_width), np.uint8)
        grid = self.grid
        rows, columns = grid.within(self.image_width, self.image_height)
        if rows.stop <= rows.start or columns.stop <= columns.start:
            return canvas
        place = canvas[
            grid.y + rows.start : grid.y + rows.stop,
            grid.x + columns.start : grid.x + columns.stop,
        ]
        place[:] = grid.enlarge(self.coverage)[rows, columns]
        return canvas


def _share_of(steps: MaskArray) -> Float32Array:
    return np.asarray(steps.astype(np.float32) / np.float32(255.0))


def surgical_mask(
    plan: SurgicalPlan,
    face: FaceLandmarks,
    deformation: Deformation,
    flags: ClinicalFlags | None = None,
    *,
    vitiligo: FaceMap | None = None,
    frames: FaceMap | None = None,
    covers: FaceMap | None = None,
    eyes_behind: Collection[str] = (),
    front: FrontLayer | None = None,
    beside: Mapping[str, Sequence[MaskRegion]] | None = None,
    teeth_behind: bool = False,
    gap: Mapping[int, float] = NO_GAP,
) -> SurgicalMask:
    """Build the mask of a plan.

    Parameters
    ----------
    plan, face, deformation
        The plan, the source landmarks and the planned displacement of the mesh.
    flags : ClinicalFlags, optional
    vitiligo : FaceMap, optional
        Depigmented patches (1 inside), from :mod:`landmarkdiff.clinical.vitiligo`.
    frames : FaceMap, optional
        Where the face behind spectacle frames is not known (1 inside), from
        :mod:`landmarkdiff.manipulation.front`: the warp dies out beside it.
    covers : FaceMap, optional
        The same behind what hides the skin, and around eyes that are not to be seen.
    eyes_behind : collection of str
        The eyes (``right``, ``left``) over which the lids move
        (:mod:`landmarkdiff.manipulation.eyes`). They are outside of the mask like the others, but
        do not end the warp.
    front : FrontLayer, optional
        What lies in front of the face: outside of the mask where there is nothing else, but it does
        not end the warp.
    beside : mapping of str to sequence of MaskRegion, optional
        Regions that the face mesh does not have, as of ears, by the names of their pieces.
    teeth_behind : bool
        Whether the lips move over teeth and tongue (:mod:`landmarkdiff.manipulation.mouth`), unless
        an effect moves the teeth.
    gap : mapping of int to float
        What is no red between the lips, as in
        :func:`~landmarkdiff.manipulation.lip_stretch.share_of_red`.

    Returns
    -------
    SurgicalMask

    Examples
    --------
    >>> from landmarkdiff.manipulation.deformation import deform
    >>> from landmarkdiff.procedures.planning import make_plan
    >>> plan = make_plan("lip_lift", face, intensity=60)
    >>> mask = surgical_mask(plan, face, deform(plan, face))
    >>> mask.full().shape
    (600, 512)
    >>> nose_base, chin = mask.at(face.points[[2, 152], :2])
    >>> bool(nose_base > 0.9), bool(chin == 0.0)
    (True, True)
    """
    flags = flags or ClinicalFlags()
    beside = beside or {}
    parts = hulls_of(plan, face, deformation, flags, beside)
    grid = grid_over(list(parts.values()), face, around_folds(plan, face))
    midline = MidlineDistance(face, grid.nodes)
    covered = _covered_by(parts, face, grid, midline, beside)
    pieces = _pieces(parts, covered, grid)
    shares = dict(zip(parts, piece_weights([piece.coverage for piece in pieces]), strict=True))
    maps = vitiligo, frames, covers
    limits = limits_on(face, deformation, flags, grid, midline, *maps, eyes_behind, shares=shares)
    teeth, inside, held = teeth_limits(face, deformation, grid.nodes, teeth_behind)
    if held is not None:
        limits["teeth"] = held
    red = red_left(face, plan.effects, grid.nodes, gap)
    if red is not None:
        limits["thin_lip"] = red
    skin = _skin(covered, limits, grid)
    eyes = eyeballs_on(face, deformation, grid, eyes_behind)
    shown = _before([eyes, inside], front, skin, grid)
    return SurgicalMask(
        grid=grid,
        coverage=_in_steps(shown),
        limits={name: limit.reshape(grid.shape) for name, limit in limits.items()},
        anchors=np.concatenate([np.empty((0, 2)), *(piece.anchors for piece in pieces)]),
        image_width=face.image_width,
        image_height=face.image_height,
        teeth=None if teeth is None else teeth.reshape(grid.shape),
        skin=_in_steps(skin),
        pieces=pieces,
    )


def _in_steps(share: Float32Array) -> MaskArray:
    return np.round(share * 255.0).astype(np.uint8)


def _covered_by(
    parts: Mapping[str, list[Hull]],
    face: FaceLandmarks,
    grid: RegionGrid,
    midline: MidlineDistance,
    beside: Collection[str],
) -> dict[str, Float32Array]:
    """What each procedure covers, in [0, 1]: ears only where it has regions beside the mesh."""
    ears = beside_ears(face, grid.nodes).reshape(grid.shape)
    covered = {name: _covered(own, face, grid, midline) for name, own in parts.items()}
    return {name: own if name in beside else ears * own for name, own in covered.items()}


def _skin(
    covered: Mapping[str, Float32Array], limits: Mapping[str, Float32Array], grid: RegionGrid
) -> Float32Array:
    """What all procedures cover together, times what limits it."""
    skin = np.zeros(grid.shape, np.float32)
    for own in covered.values():
        np.maximum(skin, own, out=skin)
    for limit in limits.values():
        skin = skin * limit.reshape(grid.shape)
    return skin


def _covered(
    parts: list[Hull], face: FaceLandmarks, grid: RegionGrid, midline: MidlineDistance
) -> Float32Array:
    """What the parts of one procedure cover, in [0, 1], before anything limits it."""
    nodes = grid.nodes
    covered = np.zeros(len(nodes), np.float32)
    for part in parts:
        low, high = part.hull.min(axis=0) - part.widening, part.hull.max(axis=0) + part.widening
        near = np.flatnonzero(((nodes >= low) & (nodes <= high)).all(axis=1))
        distance = polygon_distance(nodes[near], part.hull)
        value = smoothstep(distance, -part.widening, -part.solid)
        if part.side:
            px = 1.0 / face.scale.mm_per_px
            far = min(MIDLINE_BAND_MM, 0.9 * part.clearance_mm) * px
            # The sides stay apart by more than a cell, over which the mask is interpolated.
            apart = min(1.5 * grid.step, 0.5 * far)
            value *= smoothstep(midline.toward(part.side)[near], apart, max(far, apart + 0.5))
        if part.region is not None:
            into = (nodes[near] - part.region.root[0]) @ part.region.lateral
            value *= smoothstep(np.asarray(into, np.float32), 0.0, part.region.band)
        covered[near] = np.maximum(covered[near], value)
    return covered.reshape(grid.shape)


def _before(
    shares: Sequence[Float32Array | None],
    front: FrontLayer | None,
    skin: Float32Array,
    grid: RegionGrid,
) -> Float32Array:
    """What is left of the skin in the picture before eyes, teeth and what lies in front of it."""
    for share in shares:
        if share is not None:
            skin = skin * share.reshape(grid.shape)
    return skin if front is None else np.where(front.solid(grid), np.float32(0.0), skin)


def _pieces(
    parts: Mapping[str, list[Hull]], covered: Mapping[str, Float32Array], grid: RegionGrid
) -> tuple[MaskPiece, ...]:
    return tuple(
        MaskPiece(name, _in_steps(own), _anchors(name, parts, covered, grid))
        for name, own in covered.items()
    )


def _anchors(
    name: str,
    parts: Mapping[str, list[Hull]],
    covered: Mapping[str, Float32Array],
    grid: RegionGrid,
) -> FloatArray:
    """Points around one procedure's parts that stay.

    Where another part moves the skin, of this procedure or of one whose mask meets its own, a point
    would pin what has to follow.
    """
    around = np.concatenate([np.empty((0, 2)), *(part.anchors for part in parts[name])])
    own = covered[name] > 0
    for other in covered.values():
        if (own & (other > 0)).any():
            around = around[grid.sample(other, around) == 0.0]
    return around
