"""Take measurements from a face: the value, its unit and one standard deviation."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.errors import ParameterError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.measurements.definitions import Definition, definitions
from landmarkdiff.measurements.types import Measurement

__all__ = ["MEASUREMENT_NAMES", "measure", "measure_all"]

FloatArray = NDArray[np.float64]

#: Every name that :func:`measure` knows.
MEASUREMENT_NAMES: tuple[str, ...] = tuple(definitions())

#: One SD of the head pose about x (pitch), y (yaw) and z (roll), degrees.
POSE_SD_DEG = (3.0, 2.0, 0.7)
#: Landmark noise of a single pass, as a share of the inter-ocular distance.
SINGLE_PASS_NOISE = 0.0044


def measure(face: FaceLandmarks, name: str, *, any_view: bool = False) -> Measurement:
    """Measure one distance, angle or ratio.

    Parameters
    ----------
    face : FaceLandmarks
        Points in image pixels with pose and scale.
    name : str
        One of :data:`MEASUREMENT_NAMES`.
    any_view : bool
        Take the estimate of the 3-D mesh even in a view that does not show it, as planning
        does when all it has is an oblique photo.

    Returns
    -------
    Measurement
        With ``value`` None and a ``reason`` when the view does not allow it.

    Raises
    ------
    ParameterError
        When no measurement has this name.

    Examples
    --------
    >>> measure(face, "alar_width").unit  # doctest: +SKIP
    'mm'
    """
    definition = definitions().get(name)
    if definition is None:
        raise ParameterError("unknown measurement", value=name, allowed=MEASUREMENT_NAMES)
    low, high = definition.yaw
    if not any_view and not low <= abs(face.pose.yaw) <= high:
        return _unavailable(
            definition,
            f"taken with the head turned between {low:.0f} and {high:.0f} degrees; "
            f"here {face.pose.yaw:.0f}",
        )
    value, sd = _evaluate(face, definition)
    return Measurement(
        name=definition.name,
        title=definition.title,
        value=value,
        unit=definition.unit,
        uncertainty=sd,
        norms=definition.norms,
        points=definition.points,
    )


def measure_all(
    face: FaceLandmarks, image: NDArray[np.uint8] | None = None
) -> tuple[Measurement, ...]:
    """Take every measurement; the ones this view does not allow say why."""
    return tuple(measure(face, name) for name in MEASUREMENT_NAMES)


def _unavailable(definition: Definition, reason: str) -> Measurement:
    return Measurement(
        name=definition.name,
        title=definition.title,
        value=None,
        unit=definition.unit,
        uncertainty=None,
        norms=definition.norms,
        points=definition.points,
        available=False,
        reason=reason,
    )


@cache
def _pose_generators() -> FloatArray:
    """(3, 3, 3): points (k, 3) times each gives their shift for one SD of each angle."""
    x, y, z = np.radians(POSE_SD_DEG)
    generators = np.zeros((3, 3, 3))
    generators[0, 1, 2], generators[0, 2, 1] = x, -x
    generators[1, 2, 0], generators[1, 0, 2] = y, -y
    generators[2, 0, 1], generators[2, 1, 0] = z, -z
    return generators


def _evaluate(face: FaceLandmarks, definition: Definition) -> tuple[float, float]:
    """Value and one SD: each source of error is put through the formula on its own."""
    ids = list(definition.points)
    count = len(ids)
    points = face.to_face_frame(face.points[ids])
    if face.noise_px is None:
        noise_px = np.full(count, SINGLE_PASS_NOISE * face.interocular_px)
    else:
        noise_px = face.noise_px[ids]
    batch = np.empty((1 + 3 * count + 3, count, 3))
    batch[:] = points
    rows = np.arange(3 * count)
    batch[1 + rows, rows // 3, rows % 3] += np.repeat(noise_px * face.scale.mm_per_px, 3)
    batch[1 + 3 * count :] += points @ _pose_generators()
    values = definition.formula(batch)
    parts = values[1:] - values[0]
    variance = float(parts @ parts) + definition.placement_sd**2
    if definition.unit == "mm":
        variance += float(values[0] * face.scale.relative_uncertainty) ** 2
    return float(values[0]), float(variance**0.5)
