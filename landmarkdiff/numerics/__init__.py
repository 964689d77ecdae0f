"""Small tools for arrays that know nothing of faces."""

from landmarkdiff.numerics.knots import between_knots
from landmarkdiff.numerics.packed_arrays import pack_arrays

__all__ = ["between_knots", "pack_arrays"]
