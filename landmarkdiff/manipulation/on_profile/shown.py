"""What a photo shows of a head's displacement: of its contour, and of what faces the camera."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray, IndexArray
from landmarkdiff.head.camera import HeadCamera
from landmarkdiff.head.fit.rim import find_rim
from landmarkdiff.head.fit.start import outward_normals
from landmarkdiff.head.fitted import FittedHead
from landmarkdiff.head.raster import rasterize
from landmarkdiff.head.surface import HeadSurface
from landmarkdiff.profile import ProfileContour
from landmarkdiff.profile.edge import resampled

__all__ = ["ShownHead", "in_front", "shown_head"]

#: Points of the contour that control the warp lie so far apart, mm.
CONTOUR_SPACING_MM = 2.5
#: A contour point lies between rim points: their displacement is fitted by a line along the
#: contour, nearer ones counting more (standard deviation, mm); the rim has one about every 3 mm.
RIM_MM = 2.2
#: So much is added to the spread of the rim points along the contour (variance, mm²): where they
#: lie in one place, the line is level.
LEVEL_MM2 = 0.5
#: A contour point belongs to no rim point farther away than this, mm.
REACH_MM = 8.0
#: Directions of contour and rim that differ by a right angle count like this distance, mm.
TURN_MM = 6.0
#: Along the contour, what is covered gives way over this distance, mm.
COVERED_MM = 5.0
#: Points within the face: least distance of each other and from the contour, mm.
INNER_SPACING_MM, FROM_CONTOUR_MM = 6.0, 4.0
#: Their surface is turned to the camera by at least this cosine.
FACING = 0.2
#: Pixels per mm of the depth buffer that tells what is hidden, and its tolerance, mm.
BUFFER_PX_PER_MM, HIDDEN_MM = 1.0, 3.0


@dataclass(frozen=True, eq=False)
class ShownHead:
    """Which points of a photo show which places of a head.

    Attributes
    ----------
    contour : (n, 2) float64 array
        Points along the contour, image frame, pixels.
    normals : (n, 2) float64 array
        Of it, away from the head.
    uncovered : (n,) float64 array
        Share of the displacement that is carried out, 0 where something covers the contour.
    rim : (m, 2) int array
        The rim's points lie between two vertices of the head.
    rim_weights : (m, 2) float64 array
    of_rim : (n, m) float64 array
        Share of each rim point in each contour point; rows sum to 1, or are 0.
    inner : (k,) int array
        Vertices within the face that the camera sees.
    inner_places : (k, 2) float64 array
        Where they lie in the photo, pixels.
    surface : HeadSurface
    landmarks : (478, 3) float64 array
        Of the head, mm.
    camera : HeadCamera
    """

    contour: FloatArray
    normals: FloatArray
    uncovered: FloatArray
    rim: IndexArray
    rim_weights: FloatArray
    of_rim: FloatArray
    inner: IndexArray
    inner_places: FloatArray
    surface: HeadSurface
    landmarks: FloatArray
    camera: HeadCamera

    @property
    def places(self) -> FloatArray:
        """Contour and inner points in the photo: (n + k, 2) pixels."""
        return np.concatenate([self.contour, self.inner_places])

    def moved(self, displacement: FloatArray) -> FloatArray:
        """How far these points move: (n + k, 2) pixels, by that of the vertices, (V, 3) mm."""
        still, seen = self._still
        step = self._of_points(displacement)
        shift = self.camera.project(still + step)[:, :2] - seen
        on_rim, inner = np.split(shift, [len(self.rim)])
        return np.concatenate([(self.of_rim @ on_rim) * self.uncovered[:, None], inner])

    def _of_points(self, values: FloatArray) -> FloatArray:
        """Values of the vertices, (V, 3), at the rim's points and the inner ones: (m + k, 3)."""
        first, second = (
            values[self.rim[:, end]] * self.rim_weights[:, end, None] for end in range(2)
        )
        return np.concatenate([first + second, values[self.inner]])

    @cached_property
    def _still(self) -> tuple[FloatArray, FloatArray]:
        """The rim's points and the inner ones before: (m + k, 3) mm, and (m + k, 2) pixels."""
        places = self._of_points(self.surface.vertices)
        return places, self.camera.project(places)[:, :2]


def shown_head(contour: ProfileContour, head: FittedHead, camera: HeadCamera) -> ShownHead:
    """Tie a photo's contour, and the skin within it, to the fitted head."""
    scale = camera.px_per_mm
    spacing = CONTOUR_SPACING_MM * scale
    points = resampled(contour.points, spacing, 0.0)
    way = _along(contour.points)
    at = np.linspace(0.0, way[-1], len(points))
    normals = outward_normals(contour)
    normals = np.stack([np.interp(at, way, part) for part in normals.T], axis=1)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    rim = find_rim(head.surface, camera)
    inner = _inner(head.surface, camera, contour.points)
    return ShownHead(
        contour=points,
        normals=normals,
        uncovered=_uncovered(contour, way, at, COVERED_MM * scale),
        rim=rim.vertices,
        rim_weights=rim.weights,
        of_rim=_of_rim(points / scale, normals, rim.places / scale, rim.normals),
        inner=inner,
        inner_places=camera.project(head.surface.vertices[inner])[:, :2],
        surface=head.surface,
        landmarks=head.landmarks_mm,
        camera=camera,
    )


def _of_rim(
    points: FloatArray, normals: FloatArray, places: FloatArray, turned: FloatArray
) -> FloatArray:
    """Return what each contour point (n, 2) takes of each rim point (m, 2), mm: (n, m).

    The rim's points lie on the edges of the head, and the contour's between them: a line through
    those nearby gives a motion that is even along the rim as evenly along the contour, where that
    of the nearest one would come in steps.
    """
    apart = places - points[:, None]
    across = np.linalg.norm(apart, axis=2)
    unlike = TURN_MM * (1.0 - normals @ turned.T)
    cost = across**2 + unlike**2
    least = cost.min(axis=1, keepdims=True)
    near = np.exp(-(cost - least) / (2.0 * RIM_MM**2)) * (across < REACH_MM)
    near /= np.maximum(near.sum(axis=1, keepdims=True), 1e-9)
    tangents = np.stack([-normals[:, 1], normals[:, 0]], axis=1)
    along = (apart * tangents[:, None]).sum(axis=2)
    mean = (near * along).sum(axis=1, keepdims=True)
    spread = (near * (along - mean) ** 2).sum(axis=1, keepdims=True)
    return np.asarray(near * (1.0 - mean * (along - mean) / (spread + LEVEL_MM2)))


def in_front(contour: ProfileContour) -> BoolArray:
    """Points of a contour, (n,), before which something lies that a plan must not drag.

    A beard hides the skin, but it grows on it and goes with it.
    """
    where = np.zeros(len(contour.points), np.bool_)
    for cover in contour.covers:
        if cover.kind != "beard":
            where[cover.first : cover.last + 1] = True
    return where


def _along(points: FloatArray) -> FloatArray:
    return np.concatenate([[0.0], np.hypot(*np.diff(points, axis=0).T).cumsum()])


def _uncovered(
    contour: ProfileContour, way: FloatArray, at: FloatArray, reach: float
) -> FloatArray:
    """1 where the contour is free, falling to 0 toward what covers it."""
    hidden = way[in_front(contour)]
    if not hidden.size:
        return np.ones(len(at))
    away = np.abs(at[:, None] - hidden).min(axis=1)
    return np.asarray(np.clip(away / reach, 0.0, 1.0))


def _inner(surface: HeadSurface, camera: HeadCamera, contour: FloatArray) -> IndexArray:
    """Vertices of the skin that face the camera, are not hidden, and lie apart."""
    topology = surface.topology
    seen = camera.project(surface.vertices)
    inside = np.zeros(topology.vertex_count, np.bool_)
    inside[topology.parts["skin"]] = True
    inside[topology.parts["inside"]] = False
    inside &= topology.twin == np.arange(topology.vertex_count)
    inside &= surface.normals @ camera.sight > FACING
    low = seen[:, :2].min(axis=0)
    buffer = BUFFER_PX_PER_MM / camera.px_per_mm
    small = (seen[:, :2] - low) * buffer
    width, height = (np.ceil(small.max(axis=0)).astype(int) + 1).tolist()
    drawn = rasterize(small, seen[:, 2], topology.triangles, height, width)
    front = drawn.interpolate(topology.triangles, seen[:, 2:])[..., 0]
    column, row = np.rint(small).astype(np.intp).T
    inside &= seen[:, 2] > front[row, column] - HIDDEN_MM * camera.px_per_mm
    chosen = np.flatnonzero(inside)
    places = seen[chosen, :2] / camera.px_per_mm
    far = np.ones(len(chosen), np.bool_)
    for first in range(0, len(chosen), 256):
        part = places[first : first + 256, None] - contour / camera.px_per_mm
        far[first : first + 256] = np.hypot(part[..., 0], part[..., 1]).min(1) > FROM_CONTOUR_MM
    chosen, places = chosen[far], places[far]
    kept: list[int] = []
    free = np.ones(len(chosen), np.bool_)
    for place in range(len(chosen)):
        if free[place]:
            kept.append(int(chosen[place]))
            free &= np.hypot(*(places - places[place]).T) > INNER_SPACING_MM
    return np.array(kept, np.intp)
