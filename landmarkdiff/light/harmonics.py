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

__all__ = ["COUNT", "harmonics"]

#: Order 0 has one, order 1 three, order 2 five.
COUNT = 9


def harmonics(normals: NDArray[Any]) -> FloatArray:
    """Return the nine harmonics of unit normals (..., 3): (..., 9), up to their constant factors.

    Examples
    --------
    >>> harmonics(np.array([0.0, 0.0, 1.0])).tolist()
    [1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 2.0]
    """
    x, y, z = np.moveaxis(np.asarray(normals, np.float64), -1, 0)
    one = np.ones_like(x)
    return np.stack([one, x, y, z, x * y, x * z, y * z, x * x - y * y, 3.0 * z * z - 1.0], axis=-1)
