"""What photos say of a head, as rows of a least-squares system."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from landmarkdiff.arrays import FloatArray, IndexArray
from landmarkdiff.head.camera import HeadCamera
from landmarkdiff.head.fit.rim import Rim, find_rim
from landmarkdiff.head.fit.shape_prior import ShapePrior
from landmarkdiff.head.surface import HeadSurface

__all__ = ["CAMERA_PARAMETERS", "ContourEvidence", "Evidence", "LandmarkEvidence", "Rows", "turned"]

#: Turn about x, y and z of the camera frame, logarithm of the scale, shift in x and y (mm).
CAMERA_PARAMETERS = 6
#: Residuals beyond this many of their standard deviations lose weight (Cauchy).
_ROBUST = 2.5
#: A contour point belongs to no rim point farther away than this, mm.
_REACH_MM = 9.0
#: Standard deviation of a point of the coarse outline from its place, mm; neighbours err together.
_GUIDE_MM = 4.0
#: Radius by which the face curves across its outline, mm: nose and lips less, the forehead more.
_RADIUS_MM = 20.0
#: Directions of contour and rim that differ by a right angle count like this distance, mm.
_TURN_MM = 8.0


@dataclass(frozen=True, eq=False)
class Rows:
    """Weighted residuals with their derivatives; all in millimetres over standard deviations.

    Attributes
    ----------
    residual : (n,) float64 array
    shape : (n, P) float64 array
    camera : (n, 6) float64 array
    misfit_mm : float
        Root mean square of the residuals before they were weighted.
    bend : (6,) float64 array
        What the second derivatives, which the rows leave out, may add to the camera's equations.
    """

    residual: FloatArray
    shape: FloatArray
    camera: FloatArray
    misfit_mm: float
    bend: FloatArray = field(default_factory=lambda: np.zeros(CAMERA_PARAMETERS))


class Evidence(Protocol):
    """One photo's word on the head, as seen by a camera."""

    @property
    def camera(self) -> HeadCamera:
        """Where the fit starts."""

    def rows(self, prior: ShapePrior, surface: HeadSurface, camera: HeadCamera) -> Rows:
        """Linearise around a head and a camera."""


def turned(camera: HeadCamera, step: FloatArray) -> HeadCamera:
    """Return a camera moved by a step of its six parameters."""
    x, y, z = step[:3]
    angle = float(np.linalg.norm(step[:3]))
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turn = np.eye(3) + np.sinc(angle / np.pi) * cross
    turn += 0.5 * np.sinc(angle / (2 * np.pi)) ** 2 * cross @ cross
    scale = camera.px_per_mm * float(np.exp(step[3]))
    shift = camera.shift + step[4:] * camera.px_per_mm
    return replace(camera, rotation=turn @ camera.rotation, px_per_mm=scale, shift=shift)


def _derivatives(
    camera: HeadCamera, places: FloatArray, average: FloatArray, weight: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Derivatives of image places, in mm and weighted: by place and by camera.

    Of ``places`` (n, 3) with ``weight`` (n,): (n, 2, 3), (n, 2, 6). That by the scale is of the
    same places on the ``average`` head: a smaller head needs less of every other direction, so
    that the most probable of all shapes, seen at an unknown scale, is 4 percent too small.
    """
    seen = places @ camera.rotation.T
    near = np.ones(len(places))
    if camera.distance_mm is not None:
        near = camera.distance_mm / (camera.distance_mm - seen[:, 2])
    axes = camera.rotation[:2] * [[1.0], [-1.0]]
    by_camera = np.zeros((len(places), 2, CAMERA_PARAMETERS))
    x, y, z = seen.T * near
    by_camera[:, 0, 1], by_camera[:, 0, 2] = z, -y
    by_camera[:, 1, 0], by_camera[:, 1, 2] = z, -x
    across, up, _ = (average @ camera.rotation.T).T * near
    by_camera[:, 0, 3], by_camera[:, 1, 3] = across, -up
    by_camera[:, 0, 4] = by_camera[:, 1, 5] = 1.0
    by_camera *= weight[:, None, None]
    return (near * weight)[:, None, None] * axes, by_camera


@dataclass(frozen=True, eq=False)
class LandmarkEvidence:
    """The 478 landmarks of a photo that is not a profile.

    Attributes
    ----------
    points : (478, 2) float64 array
        Image frame, pixels, the view's bias already taken off.
    spread_mm : (478,) float64 array
        Standard deviation of each.
    px_per_mm, scale_spread : float
        The photo's own scale, and its relative standard deviation.
    camera : HeadCamera
        Where the fit starts.
    expression : (V, 3) float64 array or None
        What the photo's expression adds to the head at rest, mm.
    """

    points: FloatArray
    spread_mm: FloatArray
    px_per_mm: float
    scale_spread: float
    camera: HeadCamera
    expression: FloatArray | None = None

    def rows(self, prior: ShapePrior, surface: HeadSurface, camera: HeadCamera) -> Rows:
        """Distances of the seen landmarks from the head's own, and of the two scales."""
        held = prior.model.landmarks
        places = held.points(surface.vertices)
        if self.expression is not None:
            places = places + held.points(self.expression)
        facing = held.points(surface.normals) @ camera.sight
        seen = facing > 0.05  # the others lie on the far side or on the edge of the head
        off = (self.points - camera.project(places)[:, :2]) / camera.px_per_mm
        weight = _weights(np.linalg.norm(off, axis=1), self.spread_mm) / self.spread_mm
        weight[~seen] = 0.0  # their rows say nothing
        average = held.points(prior.model.mean)
        axes, by_camera = _derivatives(camera, places, average, weight)
        shape = axes @ prior.of_landmarks
        size = np.log(self.px_per_mm / camera.px_per_mm)
        scale_row = np.zeros((1, CAMERA_PARAMETERS))
        scale_row[0, 3] = 1.0 / self.scale_spread
        count = 2 * len(places)
        return Rows(
            residual=np.append((off * weight[:, None]).ravel(), size / self.scale_spread),
            shape=np.concatenate([shape.reshape(count, prior.count), np.zeros((1, prior.count))]),
            camera=np.concatenate([by_camera.reshape(count, -1), scale_row]),
            misfit_mm=float(np.sqrt(np.mean(off[seen] ** 2) * 2)),
        )


@dataclass(frozen=True, eq=False)
class PlacedPoints:
    """Points of a head that a hand has placed in a photo.

    Attributes
    ----------
    places : (n, 2) float64 array
        Image frame, pixels.
    vertices, weights : (n, 3) arrays
        Where on the head they are.
    spread_mm : float
        Standard deviation in each direction.
    """

    places: FloatArray
    vertices: IndexArray
    weights: FloatArray
    spread_mm: float

    def rows(self, prior: ShapePrior, surface: HeadSurface, camera: HeadCamera) -> Rows:
        """Distances of the points from those of the head; a hand does not err grossly."""
        at = self.vertices, self.weights, self.places
        return _of_points(prior, surface, camera, *at, self.spread_mm, robust=False)


@dataclass(frozen=True, eq=False)
class ContourEvidence:
    """The contour of a profile.

    Attributes
    ----------
    points, normals : (n, 2) float64 arrays
        Image frame, pixels; the normals point away from the head.
    spread_mm : (n,) float64 array
        Standard deviation across the contour.
    camera : HeadCamera
        Where the fit starts.
    px_per_mm : float
        The photo's own scale, or that of a head of average size.
    scale_spread, turn_spread : float
        Of the scale, relative; of yaw and pitch, degrees.
    guide : (m, 2) float64 array
        A coarse outline whose points stand for known places of the midline, pixels, so that the
        contour does not slide along the head.
    guide_vertices, guide_weights : (m, 2) arrays
        Those places, each between two vertices.
    marks : PlacedPoints or None
        Points that a hand has placed.
    """

    points: FloatArray
    normals: FloatArray
    spread_mm: FloatArray
    camera: HeadCamera
    px_per_mm: float
    scale_spread: float
    guide: FloatArray
    guide_vertices: IndexArray
    guide_weights: FloatArray
    turn_spread: float = 7.0
    marks: PlacedPoints | None = None

    def matches(
        self, surface: HeadSurface, camera: HeadCamera
    ) -> tuple[Rim, IndexArray, IndexArray]:
        """Pair contour points with points of the head's rim: rim, contour and rim indices."""
        rim = find_rim(surface, camera)
        # Axis by axis: points of both sides of the head that overlie each other cost the same to
        # the last bit, and the first of them counts.
        across, down = (
            (self.points[:, axis, None] - rim.places[:, axis]) / camera.px_per_mm for axis in (0, 1)
        )
        unlike = _TURN_MM * (1.0 - self.normals @ rim.normals.T)
        cost = np.sqrt(across * across + down * down + unlike * unlike)
        nearest = cost.argmin(axis=1)
        own = np.flatnonzero(cost[np.arange(len(cost)), nearest] < _REACH_MM)
        return rim, own, nearest[own]

    def rows(self, prior: ShapePrior, surface: HeadSurface, camera: HeadCamera) -> Rows:
        """Distances of the contour from the head's rim, along the contour's normals."""
        rim, own, match = self.matches(surface, camera)
        # Several points of the contour share one of the rim.
        used, of_used = np.unique(match, return_inverse=True)
        vertices, weights = rim.vertices[used], rim.weights[used]
        places, average = (
            (head[vertices] * weights[..., None]).sum(axis=1)[of_used]
            for head in (surface.vertices, prior.model.mean)
        )
        off = (self.points[own] - rim.places[match]) / camera.px_per_mm
        across = (off * self.normals[own]).sum(axis=1)
        spread = self.spread_mm[own]
        weight = _weights(np.abs(across), spread) / spread
        directions = prior.at(vertices, weights)
        axes, by_camera = _derivatives(camera, places, average, weight)
        normals = self.normals[own]
        along = (normals[:, None] @ axes)[:, 0]
        shape = np.zeros((len(own), prior.count))
        for axis in range(3):
            shape += along[:, axis, None] * directions[of_used, axis]
        still, extra = self._still(camera)
        guided = [self._guided(prior, surface, camera)]
        if self.marks is not None:
            guided.append(self.marks.rows(prior, surface, camera))
        return Rows(
            residual=np.concatenate([across * weight, still, *(part.residual for part in guided)]),
            shape=np.concatenate(
                [
                    shape,
                    np.zeros((len(still), prior.count)),
                    *(part.shape for part in guided),
                ]
            ),
            camera=np.concatenate(
                [
                    np.einsum("nac,na->nc", by_camera, normals),
                    extra,
                    *(part.camera for part in guided),
                ]
            ),
            misfit_mm=float(np.sqrt(np.mean(across**2))) if len(own) else np.inf,
            bend=_bend(across, normals * weight[:, None]),
        )

    def _guided(self, prior: ShapePrior, surface: HeadSurface, camera: HeadCamera) -> Rows:
        """Distances of the coarse outline from the places that it stands for."""
        return _of_points(
            prior, surface, camera, self.guide_vertices, self.guide_weights, self.guide, _GUIDE_MM
        )

    def _still(self, camera: HeadCamera) -> tuple[FloatArray, FloatArray]:
        """Hold what a contour leaves open: turn and pitch, and the scale where it is known."""
        spread = np.radians(self.turn_spread)
        moved = camera.rotation @ self.camera.rotation.T
        away = np.array([moved[2, 1] - moved[1, 2], moved[0, 2] - moved[2, 0]]) / 2
        rows = np.zeros((3, CAMERA_PARAMETERS))
        rows[0, 0] = rows[1, 1] = 1.0 / spread
        rows[2, 3] = 1.0 / self.scale_spread
        size = np.log(self.px_per_mm / camera.px_per_mm) / self.scale_spread
        return np.append(-away / spread, size), rows


def _of_points(
    prior: ShapePrior,
    surface: HeadSurface,
    camera: HeadCamera,
    vertices: IndexArray,
    weights: FloatArray,
    goal: FloatArray,
    spread_mm: float,
    *,
    robust: bool = True,
) -> Rows:
    """Distances of places in the photo, (n, 2), from the points that they stand for."""
    places, average = (
        (head[vertices] * weights[..., None]).sum(axis=1)
        for head in (surface.vertices, prior.model.mean)
    )
    off = (goal - camera.project(places)[:, :2]) / camera.px_per_mm
    spread = np.full(len(places), spread_mm)
    share = _weights(np.linalg.norm(off, axis=1), spread) if robust else np.ones(len(places))
    weight = share / spread
    axes, by_camera = _derivatives(camera, places, average, weight)
    shape = axes @ prior.at(vertices, weights)
    count = 2 * len(places)
    return Rows(
        residual=(off * weight[:, None]).ravel(),
        shape=shape.reshape(count, prior.count),
        camera=by_camera.reshape(count, -1),
        misfit_mm=float(np.sqrt(np.mean(off**2) * 2)),
    )


def _bend(across: FloatArray, normals: FloatArray) -> FloatArray:
    """Second derivatives of a contour's error by turn and pitch, without their sign: (6,).

    Turned by an angle, a rim moves across the outline by its square times half the radius of the
    face. At the plain profile that is all a turn does: without it a step divides by next to
    nothing, and the last bit of the contour is multiplied some hundred times a round.
    """
    bend = np.zeros(CAMERA_PARAMETERS)
    # A turn about y moves along the picture's x, one about x along its y.
    bend[[1, 0]] = _RADIUS_MM * np.abs(across) @ normals**2
    return bend


def _weights(distance: FloatArray, spread: FloatArray) -> FloatArray:
    """Cauchy's weights, as factors of residuals."""
    return np.asarray(1.0 / np.sqrt(1.0 + (distance / (_ROBUST * spread)) ** 2))
