"""What the effects of a plan do to the light of a photo, at any values.

The ratio image [1]_: the light that the fitted lamps give to the moved surface, over that on the
surface before, on the nodes of the warp's grid. A node of the photo stands for a place of the
skin; the warp carries its ratio along.

A surface that is seen as a height over the picture has normals in proportion to ``(-p, -q, 1)``,
``p`` and ``q`` being its slopes, and a displacement toward the camera adds slopes to slopes. So
each effect gives the change of the first two components of the normal while the third stays: of
effects in depth these add up exactly.

References
----------
.. [1] Z. Wen, Z. Liu, T. Huang, Face relighting with radiance environment maps, CVPR 2003.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, IndexArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.head.raster import Raster
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import LANDMARK_LINES
from landmarkdiff.light.fit import LightFit
from landmarkdiff.light.lit_nodes import LightEffect, LitEffects, LitNodes
from landmarkdiff.light.photo import PhotoLight
from landmarkdiff.light.surface import SurfaceInPhoto
from landmarkdiff.manipulation.field import DisplacementField
from landmarkdiff.manipulation.grid import RegionGrid, smoothstep
from landmarkdiff.manipulation.mask import SurgicalMask
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.shading import Shading, ShadingRecord
from landmarkdiff.procedures.plan import SurgicalPlan

__all__ = ["PlanLight", "plan_light"]

#: The normals of the head are smoothed over this, mm: its vertices lie 2 to 4 mm apart.
SMOOTHED_MM = 1.0
#: Cosine between normal and camera below which nothing is relit, and from which all is: at the
#: outline the photo shows background too.
FACING = (0.12, 0.35)
#: No normal turns farther away from the camera than to this cosine.
LEAST_FORWARD = 0.05
#: Skin that turns away from the camera to a cosine below the second of these, and wholly below the
#: first, is turned by less, by this share; wholly where the turn takes the last off the cosine.
#: Toward the outline the place and the normals of a fitted head say least, and light falls fastest:
#: on drawn heads beyond the family single places became a third darker than they are.
OUTLINE, SHORTER, AWAY = (0.35, 0.65), 0.6, 0.05
#: On the line where the lips meet nothing is relit, so far beside it all is, mm: each lip lies in
#: the shade of the other there, and the head's lips are not those of the photo.
MOUTH_MM = (0.0, 2.5)
#: Lids that close widen the mask by less than so many nodes.
AROUND_NODES = 5
#: Leverage of a normal up to which its light is known, and from which it is not, in a profile: one
#: side of a face shows few normals, and beyond them harmonics say anything.
UNSEEN = (12.0, 40.0)
#: Share of the variance of a region's own light that the fit of a profile has to explain: up to the
#: first nothing is relit, from the second on all. With less, the relit picture was farther from the
#: truth than the warp alone in most drawn profiles.
AGREEING = (0.4, 0.7)
#: And the change at the ends of all bands over what the fit leaves of the light.
FORESEEN = (0.25, 0.5)
#: Steps in which normals, turns and weights are known, for the browser's sake.
NORMAL_STEP, TURN_STEP, WEIGHT_STEP = 1 / 16384, 1 / 8192, 1 / 255
#: A change is that of so much skin, mm2: of fewer nobody would say that the light has changed.
SEEN_MM2 = 50.0


@dataclass(frozen=True, eq=False)
class PlanLight:
    """The light on a plan's region, at any values of its effects.

    Attributes
    ----------
    grid : RegionGrid
    nodes : (n,) int array
        Indices of the nodes in and around the mask.
    normals : (n, 3) float64 array
        Unit normals of the surface that the photo shows there, camera frame.
    trusted : (n,) float64 array
        How far the light there is the fitted one, 0 to 1.
    weight : (n,) float64 array
        How far the light is changed at all, 0 to 1: less also where the surface turns away.
    shine : (n,) float64 array
        Share of the fitted gloss that the skin has there, 0 to 1.
    effects : tuple of LightEffect
    light : PhotoLight
    mm_per_px : float
    agreement : float or None
        Of a profile: share of the variance of the region's own light that the fit explains.
    """

    grid: RegionGrid
    nodes: IndexArray
    normals: FloatArray
    trusted: FloatArray
    weight: FloatArray
    shine: FloatArray
    effects: tuple[LightEffect, ...]
    light: PhotoLight
    mm_per_px: float
    agreement: float | None = None

    @cached_property
    def _still(self) -> LitNodes:
        """The nodes with the light before."""
        return LitNodes(self.light.fit, self.normals, self.weight, self.shine)

    @cached_property
    def _alone(self) -> LitEffects:
        """The nodes that each effect turns."""
        fit, effects = self.light.fit, self.effects
        return LitEffects(fit, self.normals, self.weight, self.shine, effects)

    def changed(self, values: Mapping[str, float]) -> FloatArray:
        """Return the change at the nodes, as places of the photo: (n, 4).

        Three factors less 1, then the gloss; effects that are not named stay at 0.
        """
        return self._still.changed(self._alone.turns(values)).T

    def shading(
        self,
        values: Mapping[str, float],
        field: DisplacementField,
        share: Float32Array,
        *,
        recorded: bool = True,
    ) -> Shading:
        """Return the light on the warped photo.

        Parameters
        ----------
        values : mapping of str to float
            By key, in the unit of each effect, as far as it is carried out: where an effect gave
            way to folds, the surface moves less, too.
        field : DisplacementField
            The warp, which carries the light along.
        share : (rows, columns) float32 array
            The mask, by which the change fades out.
        recorded : bool
            Say by how much each effect changes the light, which costs as much as the light itself.
        """
        change = self._still.changed(self._alone.turns(values))
        shape, shines = self.grid.shape, self.light.fit.gloss is not None
        change_at = change if shines else change[:3]
        whole = np.zeros((*shape, len(change_at)), np.float32)
        whole.reshape(-1, len(change_at))[self.nodes] = change_at.T
        own = np.flatnonzero(share)
        places = self.grid.nodes[own] + field.displacement.reshape(-1, 2)[own]
        carried = self.grid.sample(whole, places.astype(np.float64)) * share.ravel()[own, None]
        factor, gloss = np.ones((*shape, 3), np.float32), np.zeros(shape, np.float32)
        factor.reshape(-1, 3)[own] += carried[:, :3].astype(np.float32)
        if shines:
            gloss.ravel()[own] = carried[:, 3]
        record = self._record(values, change, share) if recorded else None
        return Shading(self.grid, factor, gloss, record)

    def foreseen(self, share: Float32Array) -> float:
        """Return by how much the light changes on 0.5 cm2 of skin at the ends of all bands.

        ``share`` (rows, columns) is the mask.
        """
        ends = {item.key: float(item.knots[np.abs(item.knots).argmax()]) for item in self.effects}
        change = self._still.changed(self._alone.turns(ends))
        return self._strength(self._still.seen(change, share.ravel()[self.nodes]))

    def _record(
        self, values: Mapping[str, float], change: FloatArray, share: Float32Array
    ) -> ShadingRecord:
        """What is known of the light at these values; ``change`` (4, n), ``share`` is the mask."""
        light, fit = self.light, self.light.fit
        own = share.ravel()[self.nodes]
        alone = {key: self._strength(size) for key, size in self._alone.seen(values, own)}
        return ShadingRecord(
            source=light.surface.source,
            light_fit=fit.explained,
            residual=fit.residual,
            glossy=fit.gloss is not None,
            coloured=fit.coloured,
            agreement=self.agreement,
            left_alone=1.0 - float((own * self.trusted).sum() / max(float(own.sum()), 1e-9)),
            predicted_change=self._strength(self._still.seen(change, own)),
            by_effect={key: alone.get(key, 0.0) for key in values},
        )

    def _strength(self, sizes: FloatArray) -> float:
        """By how much the light changes on 0.5 cm2 of skin, by that of each node, a share of it."""
        count = max(1, round(SEEN_MM2 / (self.grid.step * self.mm_per_px) ** 2))
        if count > len(sizes):
            return 0.0
        return float(np.partition(sizes, len(sizes) - count)[len(sizes) - count])


def _normals_at(nodes: _Nodes, grid: RegionGrid, light: PhotoLight) -> FloatArray:
    """Unit normals of the surface at nodes, with what the photo's light adds: (n, 3), camera."""
    normals = nodes.smooth(light.surface.normals)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    if light.turned is not None:
        for axis, turn in enumerate(light.turned):
            normals[:, axis] += turn.at(grid.nodes[nodes.own])
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    normals[:, :2] = _in_steps(normals[:, :2], NORMAL_STEP)
    normals[:, 2] = np.sqrt(np.maximum(1.0 - (normals[:, :2] ** 2).sum(axis=1), LEAST_FORWARD**2))
    return normals


def plan_light(
    prepared: PreparedFace,
    light: PhotoLight,
    plan: SurgicalPlan,
    flags: ClinicalFlags,
    mask: SurgicalMask,
) -> PlanLight:
    """Work out what the effects of a plan do to the light of a photo; values play no part."""
    surface, grid = light.surface, mask.grid
    half = (grid.step - 1) / 2.0
    to_photo = np.array([[grid.step, 0.0, grid.x + half], [0.0, grid.step, grid.y + half]])
    drawn = surface.drawn(to_photo, grid.shape)
    mm_per_px = prepared.landmarks.scale.mm_per_px
    reach = np.ones((2 * AROUND_NODES + 1, 2 * AROUND_NODES + 1), np.uint8)
    near = cv2.dilate((mask.coverage > 0).astype(np.uint8), reach).astype(np.bool_)
    nodes = _Nodes(surface, drawn, near & drawn.covered, grid.step * mm_per_px)
    normals = _normals_at(nodes, grid, light)
    trusted = np.asarray(light.trusted.at(grid.nodes[nodes.own]), np.float64)
    weight = smoothstep(np.asarray(normals[:, 2], np.float32), *FACING) * trusted
    # Eyes and teeth keep their own light.
    weight *= drawn.interpolate(surface.triangles, surface.matt.astype(np.float64)).ravel()[
        nodes.own
    ]
    if light.seen is None:
        weight *= _beside_mouth(prepared.landmarks, grid, nodes.own)
    effects = tuple(
        LightEffect(key, knots, nodes.turns(normals, moved))
        for key, (knots, moved) in surface.moved(prepared, plan, flags).items()
    )
    agreement = None
    if light.seen is not None:
        agreement = light.seen.agreement(np.asarray(mask.at(light.seen.places) > 0.0))
        sure = _known(light.fit, normals, effects) * _ramp(agreement, AGREEING)
        trusted, weight = trusted * sure, weight * sure
    made = PlanLight(
        grid=grid,
        nodes=nodes.own,
        normals=normals,
        trusted=trusted,
        weight=_in_steps(weight, WEIGHT_STEP),
        shine=_in_steps(light.shine.at(grid.nodes[nodes.own]), WEIGHT_STEP),
        effects=effects,
        light=light,
        mm_per_px=mm_per_px,
        agreement=agreement,
    )
    if agreement is None:
        return made
    foreseen = made.foreseen(mask.share) / max(light.fit.residual, 1e-3)
    share = _ramp(foreseen, FORESEEN)
    return replace(
        made, trusted=made.trusted * share, weight=_in_steps(made.weight * share, WEIGHT_STEP)
    )


def _ramp(value: float, ends: tuple[float, float]) -> float:
    """Smooth step of one number."""
    return float(smoothstep(np.array([value], np.float32), *ends)[0])


def _known(fit: LightFit, normals: FloatArray, effects: Sequence[LightEffect]) -> FloatArray:
    """How far the light of nodes is one that the fit has seen, before and after: (n,), 0 to 1."""
    most = fit.leverage(normals)
    for effect in effects:
        for turns in effect.turns:
            after = normals.copy()
            after[:, :2] += turns
            after /= np.linalg.norm(after, axis=1, keepdims=True)
            np.maximum(most, fit.leverage(after), out=most)
    return 1.0 - smoothstep(np.asarray(most, np.float32), *UNSEEN).astype(np.float64)


def _in_steps(values: NDArray[Any], step: float) -> FloatArray:
    return np.asarray(np.round(np.asarray(values, np.float64) / step) * step)


def _short_of_outline(before: FloatArray, turns: FloatArray) -> FloatArray:
    """Turns (n, 2) of unit normals (n, 3), shorter where they lead away to the outline."""
    z = before[:, 2]
    after = z / np.sqrt(((before[:, :2] + turns) ** 2).sum(axis=1) + z * z)
    away = smoothstep(np.asarray(z - after, np.float32), 0.0, AWAY)
    near = 1.0 - smoothstep(np.asarray(after, np.float32), *OUTLINE)
    return np.asarray(turns * (1.0 - SHORTER * away * near)[:, None])


def _beside_mouth(face: FaceLandmarks, grid: RegionGrid, own: IndexArray) -> FloatArray:
    """How far nodes lie beside the line where the lips meet: (n,), 0 on it to 1."""
    line = face.points[list(LANDMARK_LINES["inner_lips"]), :2]
    places = np.rint((line - grid.nodes[0]) / grid.step).astype(np.int32)
    apart = np.ones(grid.shape, np.uint8)
    cv2.fillPoly(apart, [places], 0)
    cv2.polylines(apart, [places], True, 0)
    if apart.all():
        return np.ones(len(own))
    away = cv2.distanceTransform(apart, cv2.DIST_L2, 5).ravel()[own]
    millimetres = np.asarray(away * grid.step * face.scale.mm_per_px, np.float32)
    return smoothstep(millimetres, *MOUTH_MM).astype(np.float64)


class _Nodes:
    """Values of a surface's vertices at nodes of a grid, a little smoothed."""

    def __init__(
        self, surface: SurfaceInPhoto, drawn: Raster, wanted: BoolArray, mm_per_node: float
    ) -> None:
        self.own = np.flatnonzero(wanted)
        self._surface, self._drawn = surface, drawn
        self._spread = SMOOTHED_MM / mm_per_node
        self._known = self._blurred(drawn.covered.astype(np.float64))

    def _blurred(self, values: FloatArray) -> FloatArray:
        return np.asarray(cv2.GaussianBlur(values, (0, 0), self._spread))

    def smooth(self, values: FloatArray) -> FloatArray:
        """Return values of the vertices (V, c) at the nodes: (n, c)."""
        drawn = self._drawn.interpolate(self._surface.triangles, values)
        blurred = self._blurred(drawn) / np.maximum(self._known, 1e-3)[..., None]
        return np.asarray(blurred.reshape(-1, values.shape[1])[self.own])

    def turns(self, before: FloatArray, moved: FloatArray) -> Float32Array:
        """Return what is added to the normals (n, 3) for each displacement: (k, n, 2)."""
        surface = self._surface
        made = np.zeros((len(moved), len(self.own), 2), np.float32)
        for place, displacement in enumerate(moved):
            if not displacement.any():
                continue
            turned = surface.normals_of(surface.surface.moved(displacement)) - surface.normals
            after = self.smooth(turned) + before
            scale = before[:, 2] / np.maximum(after[:, 2], LEAST_FORWARD)
            found = _short_of_outline(before, after[:, :2] * scale[:, None] - before[:, :2])
            made[place] = _in_steps(np.clip(found, -3.9, 3.9), TURN_STEP)
        return made
