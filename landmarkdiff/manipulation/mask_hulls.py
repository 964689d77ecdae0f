"""The hulls of a surgical mask, and the grid that lies over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.clinical.flags import EHLERS_DANLOS_RADIUS_FACTOR
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS, sides
from landmarkdiff.manipulation.deformation import Deformation
from landmarkdiff.manipulation.grid import RegionGrid
from landmarkdiff.manipulation.pieces import MaskRegion, ring_around
from landmarkdiff.procedures.plan import PlannedProcedure, SurgicalPlan
from landmarkdiff.procedures.procedure import MaskPart

__all__ = ["Hull", "grid_over", "hulls_of"]

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


@dataclass(frozen=True)
class Hull:
    """One hull of the mask: in pixels, with its side (-1 right, 0 whole, +1 left)."""

    hull: FloatArray
    solid: float
    widening: float
    side: int
    clearance_mm: float
    anchors: FloatArray
    region: MaskRegion | None = None


def hulls_of(
    plan: SurgicalPlan,
    face: FaceLandmarks,
    deformation: Deformation,
    flags: ClinicalFlags,
    beside: Mapping[str, Sequence[MaskRegion]],
) -> dict[str, list[Hull]]:
    """Return the hulls of each procedure of a plan, with those beside the face mesh."""
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
    for name, regions in beside.items():
        parts.setdefault(name, []).extend(_beside(region) for region in regions)
    return parts


def _beside(region: MaskRegion) -> Hull:
    return Hull(region.hull, region.solid, region.widening, 0, 1e9, region.anchors, region)


def _parts(
    item: PlannedProcedure,
    position: int,
    plan: SurgicalPlan,
    face: FaceLandmarks,
    deformation: Deformation,
    reach: float,
) -> list[Hull]:
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
    made: list[Hull] = []
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
        made.append(Hull(hull, solid, widening, side, clearance, anchors))
    return made


def _region(part: MaskPart) -> set[int]:
    return {point for group in part.groups for point in ANATOMICAL_GROUPS[group].points}


def grid_over(pieces: list[list[Hull]], face: FaceLandmarks, beside: FloatArray) -> RegionGrid:
    """Return the grid over all hulls and over places ``beside`` them (n, 2) that stay."""
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
