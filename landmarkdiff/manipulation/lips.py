"""Whether a face shows its teeth."""

from __future__ import annotations

import numpy as np

from landmarkdiff.arrays import FloatArray

__all__ = ["TEETH_GAP_MM", "shows_teeth"]

#: A mouth that opens wider than this between the inner lips (mm) shows teeth.
TEETH_GAP_MM = 1.5
#: Middles of the upper and of the lower inner lip.
_UPPER, _LOWER = 13, 14


def shows_teeth(points: FloatArray) -> bool:
    """Whether the inner lips of a mesh are far enough apart to show teeth.

    Parameters
    ----------
    points : (478, 3) float64 array
        Of the mesh in the face frame, mm.

    Examples
    --------
    >>> shows_teeth(face.points_mm)
    False
    """
    return bool(np.hypot(*(points[_LOWER] - points[_UPPER])[:2]) > TEETH_GAP_MM)
