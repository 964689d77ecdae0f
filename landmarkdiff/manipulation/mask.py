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

import cv2
import numpy as np

from landmarkdiff.arrays import Float32Array, FloatArray, MaskArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.clinical.flags import EHLERS_DANLOS_RADIUS_FACTOR
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.face_crop import FaceMap
from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS, sides
from landmarkdiff.manipulation.deformation import Deformation
from landmarkdiff.manipulation.ear_line import beside_ears
from landmarkdiff.manipulation.fold_reach import around_folds
from landmarkdiff.manipulation.grid import RegionGrid, polygon_distance, smoothstep
from landmarkdiff.manipulation.limits import MidlineDistance, eyeballs_on, limits_on, teeth_limits
from landmarkdiff.manipulation.lip_stretch import red_left
from landmarkdiff.manipulation.pieces import MaskPiece, MaskRegion, piece_weights, ring_around
from landmarkdiff.procedures.plan import PlannedProcedure, SurgicalPlan
from landmarkdiff.procedures.procedure import MaskPart

if TYPE_CHECKING:
    from landmarkdiff.manipulation.front import FrontLayer

__all__ = ["SurgicalMask", "surgical_mask"]


#: Nodes along the longer side of the coarse grid.
GRID_NODES = 160
#: And about so many in the parts of each procedure: the time of a preview is theirs, and a
#: procedure of small parts (the lids) gets a finer grid.
ACTIVE_NODES = 5000
#: A cell is not made larger than this (mm) to save nodes.
MAX_CELL_MM = 1.8
#: Shares of the falloff at which the feather of the mask begins and ends outside the hull. The
#: mesh moves by less than 3 % of the effect beyond 0.7 of the falloff.
SOLID_SHARE = 0.4
WIDENING_SHARE = 0.75
#: Falloff of a part of the mask that no effect of the plan acts in (mm).
DEFAULT_FALLOFF_MM = 6.0
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
    reach = EHLERS_DANLOS_RADIUS_FACTOR if flags.ehlers_danlos else 1.0
    parts = {
        item.name: [
            part
            for position in range(len(item.mask))
            for part in _parts(item, position, plan, face, deformation, reach)
        ]
        for item in plan.procedures
        if item.mask
    }
    for name, regions in (beside or {}).items():
        parts.setdefault(name, []).extend(_beside(region) for region in regions)
    grid = _grid_over(list(parts.values()), face, around_folds(plan, face))
    midline = MidlineDistance(face, grid.nodes)
    ears = beside_ears(face, grid.nodes).reshape(grid.shape)
    covered = {name: _covered(own, face, grid, midline) for name, own in parts.items()}
    for name in covered.keys() - (beside or {}).keys():
        covered[name] = ears * covered[name]
    pieces = tuple(
        MaskPiece(name, _in_steps(own), _anchors(name, parts, covered, grid))
        for name, own in covered.items()
    )
    shares = dict(zip(parts, piece_weights([piece.coverage for piece in pieces]), strict=True))
    limits = limits_on(
        face,
        deformation,
        flags,
        grid,
        midline,
        vitiligo,
        frames,
        covers,
        eyes_behind,
        shares=shares,
    )
    teeth, inside, held = teeth_limits(face, deformation, grid.nodes, teeth_behind)
    if held is not None:
        limits["teeth"] = held
    red = red_left(face, plan.effects, grid.nodes)
    if red is not None:
        limits["thin_lip"] = red
    skin = np.zeros(grid.shape, np.float32)
    for own in covered.values():
        np.maximum(skin, own, out=skin)
    for limit in limits.values():
        skin = skin * limit.reshape(grid.shape)
    behind = eyeballs_on(face, deformation, grid.nodes, eyes_behind)
    shown = skin if behind is None else skin * behind.reshape(grid.shape)
    if inside is not None:
        shown = shown * inside.reshape(grid.shape)
    if front is not None:
        shown = np.where(front.solid(grid), np.float32(0.0), shown)
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


def _covered(
    parts: list[_Part], face: FaceLandmarks, grid: RegionGrid, midline: MidlineDistance
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


def _anchors(
    name: str,
    parts: Mapping[str, list[_Part]],
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


@dataclass(frozen=True)
class _Part:
    """One hull of the mask: in pixels, with its side (-1 right, 0 whole, +1 left)."""

    hull: FloatArray
    solid: float
    widening: float
    side: int
    clearance_mm: float
    anchors: FloatArray
    region: MaskRegion | None = None


def _beside(region: MaskRegion) -> _Part:
    return _Part(region.hull, region.solid, region.widening, 0, 1e9, region.anchors, region)


def _parts(
    item: PlannedProcedure,
    position: int,
    plan: SurgicalPlan,
    face: FaceLandmarks,
    deformation: Deformation,
    reach: float,
) -> list[_Part]:
    side_of = sides()
    part = item.mask[position]
    region = _region(part)
    elsewhere = {p for other in item.mask if other is not part for p in _region(other)} - region
    carrying_set: set[int] = set()
    falloff = 0.0
    for effect in deformation.effects:
        if effect.planned.procedure != item.name:
            continue
        # A landmark in no part's groups belongs to the first part.
        own_points = set(effect.landmarks.tolist()) - elsewhere
        own_points &= own_points if position == 0 else region
        if own_points:
            carrying_set |= own_points
            falloff = max(falloff, effect.planned.effect.falloff_mm * reach)
    falloff = falloff or DEFAULT_FALLOFF_MM
    carrying = np.array(sorted(carrying_set), dtype=np.intp)
    reach_px = falloff / face.scale.mm_per_px
    acting = plan.side_of_procedure(item.name)
    chosen = {"both": (-1, 1), "left": (1,), "right": (-1,)}[acting]
    made: list[_Part] = []
    one = part.span == "whole" or (part.span == "joined" and acting == "both")
    for side in (0,) if one else chosen:
        members = np.array(sorted(region | carrying_set), dtype=np.intp)
        if side:
            members = members[side_of[members] == side]
            if deformation.excluded[members].all():
                continue
        points = face.points[members, :2].astype(np.float32)
        hull = cv2.convexHull(points)[:, 0].astype(np.float64)
        own = carrying[side_of[carrying] == side] if side else carrying
        clearance = float(np.abs(face.points_mm[own, 0]).min()) if side and own.size else 1e9
        anchors = ring_around(hull, reach_px, face.pose.roll, 4 if side else 8)
        solid, widening = SOLID_SHARE * reach_px, WIDENING_SHARE * reach_px
        made.append(_Part(hull, solid, widening, side, clearance, anchors))
    return made


def _region(part: MaskPart) -> set[int]:
    return {point for group in part.groups for point in ANATOMICAL_GROUPS[group].points}


def _grid_over(pieces: list[list[_Part]], face: FaceLandmarks, beside: FloatArray) -> RegionGrid:
    """The grid over all parts, and over places ``beside`` them (n, 2) where nothing moves."""
    parts = [part for piece in pieces for part in piece]
    if not parts:
        origin = face.origin_px[:2]
        around = np.concatenate([beside, origin[None]]) if len(beside) else origin[None]
        return RegionGrid.over(around.min(axis=0), around.max(axis=0), GRID_NODES)
    low = np.min([part.hull.min(axis=0) - part.widening for part in parts], axis=0)
    high = np.max([part.hull.max(axis=0) + part.widening for part in parts], axis=0)
    low = np.minimum(low, beside.min(axis=0, initial=np.inf))
    high = np.maximum(high, beside.max(axis=0, initial=-np.inf))
    areas = [np.prod(np.ptp(part.hull, axis=0) + 2.0 * part.widening) for part in parts]
    side = float((high - low).max()) + 2.0
    active = ACTIVE_NODES * sum(bool(piece) for piece in pieces)
    step = 2 * int((np.sqrt(sum(areas) / active) + 0.5) / 2.0) + 1
    while (
        step > 1 and step * face.scale.mm_per_px > MAX_CELL_MM and side / (step - 2) <= GRID_NODES
    ):
        step -= 2
    nodes = min(GRID_NODES, int(np.ceil(side / step)))
    return RegionGrid.over(low, high, max(nodes, 8))
