"""Handles in millimetres, interpolated over the mesh by Gaussian radial basis functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landmarkdiff.arguments import finite, finite_numbers, whole_number
from landmarkdiff.arrays import FloatArray, IndexArray
from landmarkdiff.errors import DeformationError, ParameterError

__all__ = [
    "COINCIDENT_MM",
    "DeformationHandle",
    "HandleInterpolation",
    "damped_inverse",
    "distances",
    "handle_kernel",
    "handle_shares",
    "interpolate_handles",
]


#: Width of the Gaussian as a share of the radius at which the influence ends.
GAUSSIAN_WIDTH = 1.0
#: Handles nearer to each other than this (mm) cannot carry different displacements.
COINCIDENT_MM = 1e-6
#: A worse conditioned system is refused: the interpolation would lose its accuracy.
MAX_CONDITION = 1e10


@dataclass(frozen=True)
class DeformationHandle:
    """A landmark that is moved, and how far around it the tissue follows.

    Attributes
    ----------
    landmark_index : int
    displacement : 3 floats
        Millimetres in the face frame: toward the patient's left, up, toward the camera.
    influence_radius : float
        Millimetres; at and beyond this distance from the handle nothing follows it.
    """

    landmark_index: int
    displacement: tuple[float, float, float]
    influence_radius: float


def interpolate_handles(points_mm: FloatArray, handles: Sequence[DeformationHandle]) -> FloatArray:
    """Interpolate handle displacements over points by compactly supported Gaussians.

    Each handle's landmark moves by exactly its displacement, overlapping handles do not add
    up, and points farther than ``influence_radius`` from every handle do not move.

    Parameters
    ----------
    points_mm : (n, 3) array
        Points in the face frame; handles refer to them by index.
    handles : sequence of DeformationHandle

    Returns
    -------
    (n, 3) float64 array
        Displacement of every point, mm.

    Raises
    ------
    DeformationError
        Two handles coincide, a radius is not positive, or the system is ill-conditioned.

    Notes
    -----
    The kernel is a Gaussian times Wendland's C2 function, which ends it smoothly at the radius
    and keeps the matrix positive definite for equal radii [1]_.

    References
    ----------
    .. [1] H. Wendland, Piecewise polynomial, positive definite and compactly supported radial
       functions of minimal degree, Adv. Comput. Math. 4 (1995).

    Examples
    --------
    >>> points = np.array([[0.0, 0, 0], [3, 0, 0], [20, 0, 0]])
    >>> handle = DeformationHandle(0, (0.0, 2.0, 0.0), 10.0)
    >>> interpolate_handles(points, [handle])[[0, 2]].tolist()
    [[0.0, 2.0, 0.0], [0.0, 0.0, 0.0]]
    """
    points = np.asarray(points_mm, np.float64)
    if not handles:
        return np.zeros_like(points)
    try:
        last = len(points) - 1
        indices = np.array([whole_number("landmark", h.landmark_index, 0, last) for h in handles])
        radii = np.array([finite("radius", h.influence_radius) for h in handles])
        wanted = np.array([finite_numbers("displacement", h.displacement, 3) for h in handles])
    except ParameterError as wrong:
        raise DeformationError("handle_not_finite") from wrong
    return HandleInterpolation(points, indices, radii)(wanted)


class HandleInterpolation:
    """The interpolation of :func:`interpolate_handles`, made once for any displacements.

    Parameters
    ----------
    points : (n, 3) float64 array
        Millimetres in the face frame.
    indices : (m,) int array
        The points that are handles.
    radii : (m,) float64 array
        Influence of each, mm.

    Raises
    ------
    DeformationError
        As in :func:`interpolate_handles`.

    Examples
    --------
    >>> points = np.array([[0.0, 0, 0], [5, 0, 0], [30, 0, 0]])
    >>> along = HandleInterpolation(points, np.array([0]), np.array([10.0]))
    >>> along(np.array([[2.0]])).round(2).ravel().tolist()
    [2.0, 0.33, 0.0]
    """

    def __init__(self, points: FloatArray, indices: IndexArray, radii: FloatArray) -> None:
        if not np.all(radii > 0):
            raise DeformationError("handle_not_finite")
        distance = distances(points, points[indices])
        between = distance[indices]
        np.fill_diagonal(between, np.inf)
        if between.min() < COINCIDENT_MM:
            first, second = np.unravel_index(between.argmin(), between.shape)
            raise DeformationError("handles_coincide", first=indices[first], second=indices[second])
        self._indices = indices
        self._kernel = handle_kernel(distance / radii)
        self._inverse = _inverse(self._kernel[indices])

    def __call__(self, wanted: FloatArray) -> FloatArray:
        """Interpolate displacements (m, k) of the handles over all points: (n, k)."""
        if not np.all(np.isfinite(wanted)):
            raise DeformationError("handle_not_finite")
        moved = np.asarray(self._kernel @ (self._inverse @ wanted))
        moved[self._indices] = wanted
        return moved


def handle_shares(
    apart: FloatArray, between: FloatArray, radii: FloatArray, slack: float
) -> FloatArray:
    """Return what places take of each handle's displacement, by distances of any kind: (n, m).

    Parameters
    ----------
    apart : (n, m) float64 array
        From every place to every handle, mm.
    between : (m, m) float64 array
        Among the handles. Along a skin they need not be those of any space, and then the system
        may be singular or have eigenvalues below 0.
    radii : (m,) float64 array
        Influence of each, mm.
    slack : float
        Of :func:`damped_inverse`.

    Examples
    --------
    >>> between = np.array([[0.0, 5.0], [5.0, 0.0]])
    >>> apart = np.array([[0.0, 5.0], [30.0, 30.0]])
    >>> np.abs(handle_shares(apart, between, np.full(2, 10.0), 0.0)).round(9).tolist()
    [[1.0, 0.0], [0.0, 0.0]]
    """
    system = handle_kernel(between / radii)
    return np.asarray(handle_kernel(apart / radii) @ damped_inverse(system, slack))


def damped_inverse(system: FloatArray, slack: float) -> FloatArray:
    """Return the inverse of a system (m, n), but not of what it hardly determines: (n, m).

    A singular value s is inverted to s / (s² + slack). Handles that lie on one another and ask for
    different things are so met by halves, where the inverse would move what lies between them
    many times as far as either.

    Examples
    --------
    >>> near = np.array([[1.0, 0.999], [0.999, 1.0]])
    >>> inverses = np.linalg.inv(near), damped_inverse(near, 1e-3)
    >>> [float(abs(inverse).max().round(2)) for inverse in inverses]
    [500.25, 0.75]
    """
    damped = system @ system.T
    damped[np.diag_indices_from(damped)] += slack
    return np.asarray(system.T @ np.linalg.inv(damped))


def _inverse(system: FloatArray) -> FloatArray:
    try:
        inverse = np.linalg.inv(system)
        condition = float(np.linalg.norm(system, 1) * np.linalg.norm(inverse, 1))
    except np.linalg.LinAlgError:
        condition = np.inf
    if not condition < MAX_CONDITION:
        raise DeformationError("handles_too_close", condition=condition, most=MAX_CONDITION)
    return np.asarray(inverse, np.float64)


def distances(points: FloatArray, others: FloatArray) -> FloatArray:
    """Distance of each of ``points`` (n, 3) to each of ``others`` (m, 3): (n, m).

    Examples
    --------
    >>> distances(np.array([[0.0, 0, 0]]), np.array([[3.0, 4, 0], [0, 0, 1]])).tolist()
    [[5.0, 1.0]]
    """
    # In place: the tables of a head's surface are large, and every further copy costs.
    square = np.subtract.outer(points[:, 0], others[:, 0])
    square *= square
    for axis in (1, 2):
        apart = np.subtract.outer(points[:, axis], others[:, axis])
        apart *= apart
        square += apart
    return np.asarray(np.sqrt(square, out=square))


def handle_kernel(distance: FloatArray) -> FloatArray:
    """Gaussian times Wendland C2 of the distance in radii; exactly zero from 1 on.

    Examples
    --------
    >>> handle_kernel(np.array([0.0, 0.5, 1.0])).round(3).tolist()
    [1.0, 0.165, 0.0]
    """
    reached = distance < 1.0  # most places of a face lie beyond
    near = distance[reached]
    inside = 1.0 - near
    inside *= inside  # numpy takes a fourth power by logarithms
    inside *= inside
    result = np.zeros(distance.shape)
    result[reached] = inside * (4.0 * near + 1.0) * np.exp(-0.5 * (near / GAUSSIAN_WIDTH) ** 2)
    return result
