"""A patient's head, fitted to photos, with what is sure of it and what is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.head.camera import HeadCamera
from landmarkdiff.head.model import HeadModel
from landmarkdiff.head.surface import HeadSurface

__all__ = ["FittedHead", "FittedView", "SurfacePoint"]

#: A point whose place is known this much better from the photos than before them is the photos'.
_FROM_PHOTOS = 0.5


@dataclass(frozen=True, eq=False)
class FittedView:
    """How one photo sees the fitted head.

    Attributes
    ----------
    kind : {"landmarks", "contour"}
        What was fitted: the mesh of a frontal or oblique photo, or the contour of a profile.
    camera : HeadCamera
    misfit_mm : float
        Root mean square distance of the evidence from the head.
    """

    kind: Literal["landmarks", "contour"]
    camera: HeadCamera
    misfit_mm: float

    def to_dict(self) -> dict[str, Any]:
        """Return what ``head.json`` says of the photo."""
        yaw, pitch, roll = self.camera.angles
        return {
            "evidence": self.kind,
            "yaw": round(yaw, 2),
            "pitch": round(pitch, 2),
            "roll": round(roll, 2),
            "px_per_mm": round(self.camera.px_per_mm, 4),
            "fit_residual_mm": round(self.misfit_mm, 3),
        }


@dataclass(frozen=True)
class SurfacePoint:
    """An anatomical point of a fitted head.

    Attributes
    ----------
    place : tuple of float
        x, y, z in the face frame, mm.
    uncertainty_mm : float
        One standard deviation along the surface's normal.
    from_photos : float
        Share of what was unknown of it that the photos told, 0 to 1; the rest is the average's.
    """

    place: tuple[float, float, float]
    uncertainty_mm: float
    from_photos: float

    def to_dict(self) -> dict[str, Any]:
        """Return the point as JSON-ready data."""
        return {
            "mm": [round(value, 2) for value in self.place],
            "uncertainty_mm": round(self.uncertainty_mm, 2),
            "from_photos": round(self.from_photos, 2),
        }


class Certainty(Protocol):
    """How sure a fit is of a head, worked out at first use."""

    @property
    def uncertainty_mm(self) -> FloatArray:
        """One standard deviation of every vertex along its normal: (V,) float64."""

    @property
    def prior_mm(self) -> FloatArray:
        """The same before any photo was seen, how much people differ there: (V,) float64."""

    @property
    def scale_uncertainty(self) -> float:
        """Relative standard deviation of the head's size."""


@dataclass(frozen=True, eq=False)
class FittedHead:
    """One head that all photos of a patient show.

    Attributes
    ----------
    model : HeadModel
    surface : HeadSurface
        At rest, in the face frame, mm.
    views : tuple of FittedView
        In the order of the photos.
    sure : Certainty
        How sure the fit is of it, worked out at first use.
    """

    model: HeadModel
    surface: HeadSurface
    views: tuple[FittedView, ...]
    sure: Certainty

    @property
    def uncertainty_mm(self) -> FloatArray:
        """One standard deviation of every vertex along its normal: (V,) float64."""
        return self.sure.uncertainty_mm

    @property
    def prior_mm(self) -> FloatArray:
        """The same before any photo was seen, how much people differ there: (V,) float64."""
        return self.sure.prior_mm

    @property
    def scale_uncertainty(self) -> float:
        """Relative standard deviation of the head's size."""
        return self.sure.scale_uncertainty

    @cached_property
    def from_photos(self) -> FloatArray:
        """Share of what was unknown of each vertex that the photos told: (V,), 0 to 1."""
        known = 1.0 - (self.uncertainty_mm / np.maximum(self.prior_mm, 1e-6)) ** 2
        return np.clip(known, 0.0, 1.0)

    @cached_property
    def landmarks_mm(self) -> FloatArray:
        """The 478 landmarks on the head, face frame: (478, 3) mm."""
        return self.model.landmarks.points(self.surface.vertices)

    @cached_property
    def points(self) -> Mapping[str, SurfacePoint]:
        """The anatomical points by name."""
        held = self.model.landmarks
        places = held.anatomical(self.surface.vertices)
        spread = held.anatomical(self.uncertainty_mm[:, None])
        told = held.anatomical(self.from_photos[:, None])
        return {
            name: SurfacePoint(
                (float(place[0]), float(place[1]), float(place[2])),
                float(spread[name][0]),
                float(told[name][0]),
            )
            for name, place in places.items()
        }

    @property
    def of_the_average(self) -> tuple[str, ...]:
        """Names of the points of which the photos told less than half."""
        return tuple(
            name for name, point in self.points.items() if point.from_photos < _FROM_PHOTOS
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what ``head.json`` says of the head."""
        return {
            "frame": "face frame: x toward the patient's left, y up, z toward the camera, mm",
            "points": {name: point.to_dict() for name, point in self.points.items()},
            "of_the_average": list(self.of_the_average),
            "scale_uncertainty": round(self.scale_uncertainty, 4),
            "views": [view.to_dict() for view in self.views],
        }
