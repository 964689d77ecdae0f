"""How sure a fit is of each place of the head, worked out when somebody asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from landmarkdiff.arrays import Float32Array, FloatArray
from landmarkdiff.head.fit.shape_prior import SIZE_SPREAD, ShapePrior
from landmarkdiff.head.surface import HeadSurface
from landmarkdiff.runtime.threads import one_blas_thread

__all__ = ["FitCertainty"]

#: The standard deviations that the equations give are so much too small: with this factor 93 to
#: 95 percent of the face lie within the 90 % bands of drawn heads like people, and 80 to 85
#: percent of heads that differ twice as much (benchmarks/head.py).
CALIBRATION = 1.1


@dataclass(frozen=True, eq=False)
class FitCertainty:
    """What the equations of a fit say of its standard deviations.

    The light of a photo needs the head alone, and not how sure it is.

    Attributes
    ----------
    prior : ShapePrior
    surface : HeadSurface
        The head that was fitted, at rest.
    system : (P + c, P + c) float64 array
        The normal equations of the last round: the shares of the prior's directions, then the
        parameters of the cameras.
    """

    prior: ShapePrior
    surface: HeadSurface
    system: FloatArray

    @cached_property
    def covariance(self) -> FloatArray:
        """Covariance of the shares, given the photos: (P, P); the cameras are marginalised."""
        with one_blas_thread():
            inverse = np.asarray(np.linalg.inv(self.system), np.float64)
        return inverse[: self.prior.count, : self.prior.count]

    @cached_property
    def scale_uncertainty(self) -> float:
        """Relative standard deviation of the head's size."""
        size = len(self.prior.model.identity)  # its place among the directions
        alone = np.zeros(len(self.system))
        alone[size] = 1.0
        with one_blas_thread():  # one column of the inverse
            column = np.linalg.solve(self.system, alone)
        return SIZE_SPREAD * float(np.sqrt(column[size]))

    @cached_property
    def uncertainty_mm(self) -> FloatArray:
        """One standard deviation of every vertex along its normal: (V,)."""
        with one_blas_thread():
            spread = self._along @ self.covariance.astype(np.float32)
        square = (spread * self._along).sum(axis=1, dtype=np.float64)
        return np.asarray(CALIBRATION * np.sqrt(np.maximum(square, 0.0)))

    @cached_property
    def prior_mm(self) -> FloatArray:
        """The same before any photo was seen: (V,)."""
        return np.asarray(CALIBRATION * np.sqrt((self._along**2).sum(axis=1, dtype=np.float64)))

    @cached_property
    def _along(self) -> Float32Array:
        """Displacement of every vertex along its normal by each direction: (V, P)."""
        normals = self.surface.normals.astype(np.float32)
        with one_blas_thread():
            along = normals[:, None] @ self.prior.directions
        return np.asarray(along[:, 0], np.float32)
