"""Nine spherical harmonics: what far light gives to matt skin, whatever the light is.

Light from all sides on a matt surface depends on the surface's normal alone, and nine harmonics
hold at least 98 percent of it [1]_ [2]_. As polynomials of the normal they need no angles.

References
----------
.. [1] R. Ramamoorthi, P. Hanrahan, An efficient representation for irradiance environment maps,
   SIGGRAPH 2001.
.. [2] R. Basri, D. Jacobs, Lambertian reflectance and linear subspaces, IEEE TPAMI 25 (2003).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import FloatArray

__all__ = ["COUNT", "harmonic_rows", "harmonics"]

#: Order 0 has one, order 1 three, order 2 five.
COUNT = 9


def harmonics(normals: NDArray[Any]) -> FloatArray:
    """Return the nine harmonics of unit normals (..., 3): (..., 9), up to their constant factors.

    Examples
    --------
    >>> harmonics(np.array([0.0, 0.0, 1.0])).tolist()
    [1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 2.0]
    """
    normals = np.asarray(normals, np.float64)
    rows = harmonic_rows(normals.reshape(-1, 3).T)
    return np.ascontiguousarray(rows.T).reshape(*normals.shape[:-1], COUNT)


def harmonic_rows(normals: FloatArray) -> FloatArray:
    """Return the nine harmonics of unit normals (3, n): (9, n)."""
    x, y, z = normals
    rows = np.empty((COUNT, *x.shape))
    rows[0] = 1.0
    rows[1:4] = normals
    np.multiply(x, y, out=rows[4])
    np.multiply(x, z, out=rows[5])
    np.multiply(y, z, out=rows[6])
    np.subtract(x * x, y * y, out=rows[7])
    np.multiply(3.0 * z, z, out=rows[8])
    rows[8] -= 1.0
    return rows
