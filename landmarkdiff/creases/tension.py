"""How far a plan stretches the skin across a fold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landmarkdiff.arrays import FloatArray, IndexArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.creases.find import Fold
from landmarkdiff.creases.skin import face_skin
from landmarkdiff.landmarks.topology import topology
from landmarkdiff.manipulation.live_model import with_values
from landmarkdiff.manipulation.mask import SurgicalMask
from landmarkdiff.manipulation.pattern import plan_pattern
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.warp import deformation_of
from landmarkdiff.procedures.plan import PlannedEffect, SurgicalPlan

__all__ = ["ACROSS_MM", "Stretch", "stretch_of"]

#: The skin is taken so far to each side of the fold, mm: beyond its shadow.
ACROSS_MM = 6.0


@dataclass(frozen=True, eq=False)
class Stretch:
    """How one effect stretches the skin across one fold; linear between the knots and beyond.

    Attributes
    ----------
    key : str
        ``procedure.effect``.
    knots : (k,) float64 array
        Values in the effect's unit, ascending, 0 among them.
    strains : (k,) float64 array
        Mean over the fold of the lengthening across it, a share; negative where it is pressed
        together.
    """

    key: str
    knots: FloatArray
    strains: FloatArray


def stretch_of(
    prepared: PreparedFace,
    plan: SurgicalPlan,
    flags: ClinicalFlags,
    mask: SurgicalMask,
    fold: Fold,
) -> tuple[Stretch, ...]:
    """Return how each effect of a plan stretches the skin across a fold; those that do not, not.

    The displacement of the mesh, in the plane of the picture, on both sides of the fold, as far as
    the mask lets the skin go.
    """
    crop = face_skin(prepared).crop
    beside = ACROSS_MM / fold.strip.cell_mm * fold.strip.normals
    weight = fold.depth.sum(axis=0).astype(np.float64)
    own = weight > 0.0
    weight = weight[own] / weight[own].sum()
    away, toward = (
        crop.photo_points((fold.strip.line + sign * beside)[own]) for sign in (1.0, -1.0)
    )
    apart = away - toward
    length2 = (apart**2).sum(axis=1)
    mesh = prepared.landmarks.points[: len(topology().vertices_mm), :2]
    corners, shares = zip(*(_on_mesh(mesh, places) for places in (away, toward)), strict=True)
    carried = [mask.carried_at(places) for places in (away, toward)]
    found = []
    for key, knots, moved in _moved(prepared, plan, flags):
        strains = []
        for steps in moved:
            far, near = (
                (part[..., None] * steps[corner]).sum(axis=1) * kept[:, None]
                for corner, part, kept in zip(corners, shares, carried, strict=True)
            )
            strains.append(float((weight * ((far - near) * apart).sum(axis=1) / length2).sum()))
        if any(strains):
            found.append(Stretch(key, knots, np.array(strains)))
    return tuple(found)


def _moved(
    prepared: PreparedFace, plan: SurgicalPlan, flags: ClinicalFlags
) -> list[tuple[str, FloatArray, FloatArray]]:
    """Key, knots and displacement of the landmarks (k, 478, 2) pixels by every moving effect."""
    source = prepared.landmarks

    def of_effect(item: PlannedEffect) -> tuple[str, FloatArray, FloatArray]:
        band = item.effect.band
        ends = {0.0, band.high} if item.effect.unit == "mm" else {band.reverse, 0.0, band.high}
        knots = np.array(sorted(ends))
        moved = [
            source.project(
                deformation_of(prepared, with_values(plan, {item.key: knot}), flags).displacement
            )[:, :2]
            for knot in knots
        ]
        return item.key, knots, np.array(moved)

    found: list[tuple[str, FloatArray, FloatArray]] = prepared.once(
        ("crease_steps", plan_pattern(plan, flags)),
        lambda: [of_effect(item) for item in plan.effects if item.effect.landmarks],
    )
    return found


def _on_mesh(mesh: FloatArray, places: FloatArray) -> tuple[IndexArray, FloatArray]:
    """Corners (n, 3) of the triangle of the mesh on which each place lies, and their shares."""
    triangles = topology().triangles
    first, second, third = (mesh[triangles[:, k]] for k in range(3))
    one, two = second - first, third - first
    (one_x, one_y), (two_x, two_y) = one.T, two.T
    area = one_x * two_y - one_y * two_x
    area = np.where(np.abs(area) < 1e-9, 1e-9, area)
    apart = places[:, None] - first
    b = (apart[..., 0] * two[:, 1] - apart[..., 1] * two[:, 0]) / area
    c = (one[:, 0] * apart[..., 1] - one[:, 1] * apart[..., 0]) / area
    shares = np.stack([1.0 - b - c, b, c], axis=-1)
    # The triangle that holds the place, or the one that it lies beside by least.
    best = shares.min(axis=-1).argmax(axis=1)
    chosen = np.clip(shares[np.arange(len(places)), best], 0.0, 1.0)
    chosen /= chosen.sum(axis=1, keepdims=True)
    return np.asarray(triangles[best], np.intp), chosen
