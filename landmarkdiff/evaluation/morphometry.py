"""The five numbers of a face that SurgicalScore compares, for each procedure that it knows.

They are its authors' and not ours: ratios and angles of landmarks in the picture plane, read from
the front, without regard to the pose. Our own measurements are in millimetres
(:mod:`landmarkdiff.measurements`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from landmarkdiff.arrays import FloatArray

__all__ = ["MORPHOMETRY"]

#: Landmarks by what they are; left and right are the patient's.
_INNER_CANTHI = (133, 362)
_ALAE = (64, 294)
_TIP, _NASION, _SUBNASALE, _COLUMELLA, _PHILTRUM = 1, 168, 2, 4, 164
_FOREHEAD, _CHIN = 10, 152
_DORSUM = (168, 6, 197, 195, 5)
_UPPER_LIDS, _LOWER_LIDS, _BROWS = (159, 386), (145, 374), (105, 334)
_IRISES = (range(468, 473), range(473, 478))
_MOUTH, _JAW = (61, 291), (172, 397)
_LOWER_JAW = (136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397)


def _apart(points: FloatArray, pair: tuple[int, int]) -> float:
    return float(np.linalg.norm(points[pair[0]] - points[pair[1]]))


def _angle(first: FloatArray, second: FloatArray) -> float:
    """Angle between two vectors in the picture, radians."""
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(np.arccos(np.clip(first @ second / max(lengths, 1e-9), -1.0, 1.0)))


def _heights(points: FloatArray, above: tuple[int, int], below: tuple[int, int]) -> FloatArray:
    """How far apart two pairs of points are in height, for both sides: (2,) pixels."""
    return np.abs(points[list(above), 1] - points[list(below), 1])


def _nose(points: FloatArray) -> FloatArray:
    nasion, tip, base = points[_NASION], points[_TIP], points[_SUBNASALE]
    length = float(np.linalg.norm(tip - nasion))
    along = (tip - nasion) / length
    beside = (points[list(_DORSUM)] - nasion) @ np.array([-along[1], along[0]])
    return np.array(
        [
            abs(float(points[list(_ALAE), 1].mean() - tip[1])) / length,
            np.degrees(_angle(points[_COLUMELLA] - base, points[_PHILTRUM] - base)),
            _apart(points, _ALAE) / _apart(points, _INNER_CANTHI),
            float(np.sqrt((beside**2).mean())) / length,
            length / abs(float(points[_CHIN, 1] - points[_FOREHEAD, 1])),
        ]
    )


def _eyes(points: FloatArray) -> FloatArray:
    canthi = _apart(points, _INNER_CANTHI)
    pupils = np.array([points[list(iris), 1].mean() for iris in _IRISES])
    upper, lower = points[list(_UPPER_LIDS), 1], points[list(_LOWER_LIDS), 1]
    brow, open_by = _heights(points, _BROWS, _UPPER_LIDS), np.abs(upper - lower)
    return np.array(
        [
            np.abs(pupils - upper).mean() / canthi,
            np.abs(lower - pupils).mean() / canthi,
            (brow / np.maximum(open_by, 1.0)).mean(),
            brow.mean() / canthi,
            open_by.mean() / canthi,
        ]
    )


def _jaw(points: FloatArray) -> FloatArray:
    canthi = _apart(points, _INNER_CANTHI)
    chin, jaw = points[_CHIN], points[list(_JAW)]
    line = points[list(_LOWER_JAW)] - points[list(_LOWER_JAW)].mean(axis=0)
    _, _, axes = np.linalg.svd(line, full_matrices=False)
    sides = list(zip(_ALAE, _MOUTH, _JAW, strict=True))
    fold = np.mean([_apart(points, (ala, mouth)) for ala, mouth, _ in sides])
    marionette = np.mean([_apart(points, (mouth, jaw)) for _, mouth, jaw in sides])
    return np.array(
        [
            _angle(jaw[0] - chin, jaw[1] - chin),
            float(np.std(line @ np.array([-axes[0, 1], axes[0, 0]]))) / canthi,
            float(jaw[:, 1].mean() - chin[1]) / canthi,
            fold / canthi,
            marionette / canthi,
        ]
    )


#: Procedure -> from landmarks (478, 2) in pixels to its five numbers (5,).
MORPHOMETRY: Mapping[str, Callable[[FloatArray], FloatArray]] = MappingProxyType(
    {"rhinoplasty": _nose, "blepharoplasty": _eyes, "rhytidectomy": _jaw}
)
