"""The surface below a photo's skin: the fitted head, or the mesh where there is no head."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from threading import Lock, Thread
from typing import Literal

import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray, IndexArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.errors import HeadFitError, WeightsError
from landmarkdiff.head.camera import HeadCamera
from landmarkdiff.head.fit.certainty import FitCertainty
from landmarkdiff.head.fit.fit_head import fit_head
from landmarkdiff.head.fit.shape_prior import shape_prior
from landmarkdiff.head.model import HEAD_WEIGHTS, HeadModel, head_model
from landmarkdiff.head.raster import Raster, rasterize
from landmarkdiff.head.surface import HeadSurface
from landmarkdiff.head.texture.register import places_in_photo, shape_in_photo
from landmarkdiff.head.topology import HeadTopology
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import topology
from landmarkdiff.manipulation.live_model import with_values
from landmarkdiff.manipulation.on_head import HeadPlan
from landmarkdiff.manipulation.on_profile import PreparedProfile, profile_motion
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.warp import deformation_of
from landmarkdiff.procedures.effect import moves_ear
from landmarkdiff.procedures.plan import PlannedEffect, SurgicalPlan
from landmarkdiff.weights import locate

__all__ = [
    "FittedInPhoto",
    "Moved",
    "SurfaceInPhoto",
    "matt_vertices",
    "read_head_meanwhile",
    "surface_in_photo",
]

#: Held while the head is read, so that nobody reads it a second time.
_READING = Lock()

#: Where the knots of an effect lie and how every vertex moves at them: (k,) and (k, V, 3) mm.
Moved = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, eq=False)
class FittedInPhoto:
    """How a head was fitted to the landmarks of a photo.

    Attributes
    ----------
    camera : HeadCamera
    certainty : FitCertainty
    """

    camera: HeadCamera
    certainty: FitCertainty


@dataclass(frozen=True, eq=False)
class SurfaceInPhoto:
    """A surface as a photo sees it.

    Attributes
    ----------
    source : {"head", "mesh"}
        The fitted head, or the face mesh of the photo.
    surface : HeadSurface
        With the photo's expression, face frame, mm.
    places : (V, 2) float64 array
        Where the photo shows every vertex, pixels.
    depth : (V,) float64 array
        Height toward the camera.
    rotation : (3, 3) float64 array
        Face frame to camera frame.
    matt : (V,) bool array
        Vertices of skin; eyes, teeth and linings have a light of their own.
    fitted : FittedInPhoto or None
        Of a head that was fitted to this photo's landmarks.
    """

    source: Literal["head", "mesh"]
    surface: HeadSurface
    places: FloatArray
    depth: FloatArray
    rotation: FloatArray
    matt: BoolArray
    fitted: FittedInPhoto | None = None

    @cached_property
    def normals(self) -> FloatArray:
        """Unit normal of every vertex, camera frame: (V, 3)."""
        return self.normals_of(self.surface)

    def normals_of(self, surface: HeadSurface) -> FloatArray:
        """Return the unit normals of another shape of this surface, camera frame: (V, 3)."""
        return np.asarray(surface.normals @ self.rotation.T)

    def drawn(self, to_photo: FloatArray, shape: tuple[int, int]) -> Raster:
        """Return what is seen at the cells of a raster.

        Parameters
        ----------
        to_photo : (2, 3) float64 array
            Cell (column, row) to photo pixel (x, y).
        shape : tuple of int
            Rows and columns.
        """
        turn = np.linalg.inv(to_photo[:, :2])
        cells = (self.places - to_photo[:, 2]) @ turn.T
        return rasterize(cells, self.depth, self.triangles, *shape)

    @property
    def triangles(self) -> IndexArray:
        """Triangles of the surface, (T, 3)."""
        return self.surface.topology.triangles

    def moved(
        self, prepared: PreparedFace, plan: SurgicalPlan, flags: ClinicalFlags
    ) -> Mapping[str, Moved]:
        """Return how each effect of a plan moves the vertices, by its key.

        Ears keep their light: the head's ear is not the photo's, and its hollows lie elsewhere.
        """
        knots = {item.key: _knots(item) for item in plan.effects if not moves_ear(item.effect)}
        if self.source == "mesh":
            return _moved_mesh(prepared, plan, flags, knots)
        if isinstance(prepared, PreparedProfile):
            on_head = profile_motion(prepared, plan, flags).plan
        else:
            on_head = HeadPlan(self.surface, plan, flags)
        return {
            key: (own, np.array([on_head.displacement({key: knot}) for knot in own]))
            for key, own in knots.items()
        }


def _knots(item: PlannedEffect) -> FloatArray:
    """Values of an effect between which the normals turn linearly, as well as can be seen.

    Of a shift in depth they do so both ways. A chin that is lengthened turns its lower side away
    from the camera, far more than one that is shortened turns it toward it.
    """
    band, direction = item.effect.band, item.effect.direction
    in_depth = direction is not None and abs(direction[2]) == 1.0
    return np.array(sorted({0.0, band.high} if in_depth else {band.reverse, 0.0, band.high}))


def read_head_meanwhile() -> None:
    """Begin to read the head on another core, before a photo's own is fitted.

    What goes wrong shows when the head is used.
    """

    def read() -> None:
        with suppress(WeightsError):
            _read_head()

    if locate(HEAD_WEIGHTS) is not None:
        Thread(target=read).start()


def _read_head() -> HeadModel:
    """Read the model of the head and the prior of its fit, once in a process."""
    with _READING:
        model = head_model()
        shape_prior(model)
    return model


def surface_in_photo(face: FaceLandmarks) -> SurfaceInPhoto:
    """Fit a surface to the landmarks of a photo.

    The head, with the photo's expression and laid on its lips, lids and nostrils; without the
    head's file, which is not fetched for a photo's light alone, or where the head does not fit, the
    mesh itself.
    """
    if locate(HEAD_WEIGHTS) is None:
        return _mesh(face)
    try:
        head = fit_head([face], _read_head())
    except (WeightsError, HeadFitError):
        return _mesh(face)
    view = head.views[0]
    shape = shape_in_photo(head, face)
    surface = HeadSurface(head.surface.topology, shape)
    sure = head.sure
    return SurfaceInPhoto(
        "head",
        surface,
        places_in_photo(head, view, face, shape),
        view.camera.project(shape)[:, 2],
        view.camera.rotation,
        matt_vertices(surface.topology),
        FittedInPhoto(view.camera, sure) if isinstance(sure, FitCertainty) else None,
    )


def matt_vertices(head: HeadTopology) -> BoolArray:
    """Return which vertices of a head are skin: (V,) bool; eyes and linings are none."""
    matt = np.zeros(head.vertex_count, np.bool_)
    matt[head.parts["skin"]] = True
    matt[head.parts["inside"]] = False
    return matt


def _mesh(face: FaceLandmarks) -> SurfaceInPhoto:
    """The face mesh as a surface: it has no irises, and no depth of this person's."""
    mesh = topology()
    count = len(mesh.vertices_mm)
    own = HeadTopology(
        triangles=mesh.triangles,
        uv=mesh.uv,
        twin=np.arange(count),
        mirror=mesh.mirror[:count],
    )
    return SurfaceInPhoto(
        "mesh",
        HeadSurface(own, face.points_mm[:count]),
        face.points[:count, :2],
        -face.points[:count, 2],
        face.pose.rotation,
        np.ones(count, np.bool_),
    )


def _moved_mesh(
    prepared: PreparedFace,
    plan: SurgicalPlan,
    flags: ClinicalFlags,
    knots: Mapping[str, FloatArray],
) -> dict[str, Moved]:
    """How effects move the mesh of the photo."""
    count = len(topology().vertices_mm)

    def moved(key: str, value: float) -> FloatArray:
        whole = deformation_of(prepared, with_values(plan, {key: value}), flags)
        return whole.displacement[:count]

    return {key: (own, np.array([moved(key, knot) for knot in own])) for key, own in knots.items()}
