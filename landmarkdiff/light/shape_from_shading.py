"""The head below a photo, put right by the shading of its skin.

The landmarks of one photo leave the normals of a head 6 to 13 degrees and its places 1 to 2.5 mm
off. The light says more: among the heads that the landmarks and the prior allow, the most
probable one is looked for whose normals give, in the fitted light, the light that the photo shows
(shape from shading [1]_ under a statistical prior, as in [2]_).

References
----------
.. [1] B. K. P. Horn, Obtaining shape from shading information, in P. H. Winston (ed.), The
   Psychology of Computer Vision, McGraw-Hill, 1975.
.. [2] V. Blanz, T. Vetter, A morphable model for the synthesis of 3D faces, SIGGRAPH 1999.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, IndexArray
from landmarkdiff.head.fit.certainty import FitCertainty
from landmarkdiff.head.surface import HeadSurface
from landmarkdiff.landmarks.face_crop import FaceCrop
from landmarkdiff.light.fit import LUMINANCE, LightFit
from landmarkdiff.light.surface import FittedInPhoto, SurfaceInPhoto
from landmarkdiff.manipulation.shading import linear_light

__all__ = ["ShapeFromShading", "slope_of_light"]

#: Vertices whose light is compared, about so many.
COMPARED = 400
#: Standard deviation of the skin's own brightness, a share of the light, and how many neighbours
#: have the same. Beyond 2.4 of them a vertex loses weight (Cauchy).
ALBEDO, ALIKE, CAUCHY = 0.08, 2.7, 2.385
#: Skin that looks away from the camera by more than this cosine is not compared.
LEAST_FACING = 0.3
#: The light of the photo is smoothed over so many cells; nearer to other things none is read.
SMOOTHED_CELLS = 1.0
#: So many of them are worked on at a time, along strips of the face: they share what lies around.
TOGETHER, STRIP_MM = 32, 20.0
#: Step by which the slope of the light over the normals is found.
STEP = 0.01


class ShapeFromShading:
    """A head in a photo, whose shape follows the light that is fitted to it.

    Parameters
    ----------
    surface : SurfaceInPhoto
        As the landmarks place it.
    fitted : FittedInPhoto
        How it was fitted.
    crop : FaceCrop
    """

    def __init__(self, surface: SurfaceInPhoto, fitted: FittedInPhoto, crop: FaceCrop) -> None:
        self._start, self._camera, self._crop = surface, fitted.camera, crop
        # The photo does not show the head quite where the camera sees it.
        self._beside = surface.places - self._camera.project(surface.surface.vertices)[:, :2]
        certainty: FitCertainty = fitted.certainty
        self._prior = certainty.prior
        count = certainty.prior.count
        self._known = certainty.system[:count, :count]
        self._shares = np.zeros(count)
        light = np.asarray(linear_light()[crop.pixels] @ LUMINANCE, np.float32)
        smooth = cv2.GaussianBlur(light, (0, 0), SMOOTHED_CELLS)
        slopes = (cv2.Sobel(smooth, cv2.CV_32F, *way, scale=1 / 8) for way in ((1, 0), (0, 1)))
        self._light = np.dstack([smooth, *slopes])

    def nearer(self, surface: SurfaceInPhoto, fit: LightFit, lit: BoolArray) -> SurfaceInPhoto:
        """Return the most probable head in a light, linearised around the last one.

        Parameters
        ----------
        surface : SurfaceInPhoto
            That of the start, or what the last call returned.
        fit : LightFit
        lit : (h, w) bool array
            Cells of skin that have the light that was fitted.
        """
        turn = np.linalg.inv(self._crop.to_photo[:, :2])
        cells = (surface.places - self._crop.to_photo[:, 2]) @ turn.T
        own = _compared(surface, cells, lit)
        if not len(own):
            return surface
        places = cells[own].astype(np.float32)
        seen = cv2.remap(self._light, places[:, :1], places[:, 1:], cv2.INTER_LINEAR)
        at = np.asarray(seen.reshape(-1, 3), np.float64)
        normals = surface.normals[own]
        expected = fit.luminance(normals)
        off = at[:, 0] - expected
        spread = ALBEDO * expected
        weight = 1.0 / (spread * np.sqrt(ALIKE * (1.0 + (off / (CAUCHY * spread)) ** 2)))
        axes = self._camera.rotation[:2] * [[1.0], [-1.0]] * self._camera.px_per_mm
        of_normals = slope_of_light(fit, normals) @ surface.rotation
        rows = self._rows(surface, own, of_normals, at[:, 1:] @ turn @ axes)
        rows *= weight[:, None].astype(np.float32)
        system = self._known + rows.T @ rows
        right = rows.T @ (off * weight).astype(np.float32) - self._known @ self._shares
        self._shares = self._shares + np.linalg.solve(system, right)
        return self._moved()

    def _moved(self) -> SurfaceInPhoto:
        """The head with the present shares; the photo shows it moved as the camera sees it."""
        start = self._start.surface
        shape = start.vertices + self._prior.displacement(self._shares)
        seen = self._camera.project(shape)
        surface = HeadSurface(start.topology, shape)
        places = self._beside + seen[:, :2]
        return replace(self._start, surface=surface, places=places, depth=seen[:, 2])

    def _rows(
        self,
        surface: SurfaceInPhoto,
        own: IndexArray,
        of_normals: FloatArray,
        of_places: FloatArray,
    ) -> Float32Array:
        """How what is off at some vertices changes with the shares: (n, P).

        By the slopes (n, 3) over the normals of expected light, less those over the places of the
        light that is seen.
        """
        first, vertex, coefficient = _over_vertices(surface.surface, own, of_normals)
        first = np.concatenate([first, np.arange(len(own))])
        coefficient = np.concatenate([coefficient, -of_places.T], axis=1)
        # Each vertex has few others around: one table of all of them would be nearly empty.
        count, group = surface.surface.topology.vertex_count, first // TOGETHER
        keys, column = np.unique(group * count + np.concatenate([vertex, own]), return_inverse=True)
        starts = np.searchsorted(keys, count * np.arange(group[-1] + 2))
        row = TOGETHER * starts[group] + (first % TOGETHER) * np.diff(starts)[group]
        place = row + column - starts[group]
        table = np.empty((TOGETHER * len(keys), 3), np.float32)
        for axis in range(3):
            table[:, axis] = np.bincount(place, coefficient[axis], minlength=len(table))
        rows = [
            table[TOGETHER * start : TOGETHER * stop].reshape(TOGETHER, -1)
            @ self._prior.directions[keys[start:stop] % count].reshape(3 * (stop - start), -1)
            for start, stop in pairwise(starts)
        ]
        return np.concatenate(rows)[: len(own)]


def _compared(surface: SurfaceInPhoto, cells: FloatArray, lit: BoolArray) -> IndexArray:
    """Vertices of lit skin that the photo shows and that look at the camera, strip by strip."""
    inner = cv2.erode(lit.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.bool_)
    whole = np.rint(cells).astype(np.intp)
    inside = ((whole >= 0) & (whole < np.array(lit.shape[::-1]))).all(axis=1)
    seen = inside & surface.matt & (surface.normals[:, 2] > LEAST_FACING)
    columns, rows = whole[seen].T
    seen[seen] = inner[rows, columns]
    # Of doubled vertices the first alone, and nothing that lies behind the skin in front.
    seen &= surface.surface.topology.twin == np.arange(len(seen))
    found = np.flatnonzero(seen)
    nearest = np.full(lit.shape, -np.inf)
    columns, rows = whole[found].T
    np.maximum.at(nearest, (rows, columns), surface.depth[found])
    found = found[surface.depth[found] >= nearest[rows, columns] - 1.0]
    found = found[:: max(1, len(found) // COMPARED)]
    x, y, _ = surface.surface.vertices[found].T
    return np.asarray(found[np.lexsort((x, y // STRIP_MM))])


def slope_of_light(fit: LightFit, normals: FloatArray) -> FloatArray:
    """Return how the light changes with unit normals (n, 3): (n, 3), camera frame."""
    steps = STEP * np.eye(3)
    return np.stack(
        [
            (fit.luminance(_unit(normals + step)) - fit.luminance(_unit(normals - step)))
            / (2.0 * STEP)
            for step in steps
        ],
        axis=-1,
    )


def _unit(vectors: FloatArray) -> FloatArray:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def _over_vertices(
    surface: HeadSurface, own: IndexArray, slope: FloatArray
) -> tuple[IndexArray, IndexArray, FloatArray]:
    """What the vertices around do to a quantity of this slope over the normals of some.

    A normal is the sum of the cross products of the triangles around it, made unit.

    Returns
    -------
    number, vertex, coefficient
        (m,), (m,) and (3, m): which of ``own``, which vertex, and the derivative by its place.
    """
    number = np.full(len(surface.vertices), -1)
    number[own] = np.arange(len(own))
    corners = surface.topology.joined
    around = number[corners]
    corner, triangle = np.nonzero(around >= 0)
    center = around[corner, triangle]
    first, second, third = np.take(surface.vertices.T, corners[:, triangle], axis=1).swapaxes(0, 1)
    a, b = second - first, third - first
    total = np.stack([np.bincount(center, each, minlength=len(own)) for each in _cross(a, b)])
    length = np.sqrt((total * total).sum(axis=0))
    normal = total / length
    across = (slope.T - (slope.T * normal).sum(axis=0) * normal) / length
    turned = across[:, center]
    by_second, by_third = _cross(b, turned), _cross(turned, a)
    coefficient = np.concatenate([-by_second - by_third, by_second, by_third], axis=1)
    return np.tile(center, 3), corners[:, triangle].ravel(), coefficient


def _cross(a: FloatArray, b: FloatArray) -> FloatArray:
    """Cross products of (3, n) and (3, n): (3, n); numpy's own is slow on few."""
    return np.stack(
        [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    )
