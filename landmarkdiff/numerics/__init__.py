"""Small tools for arrays that know nothing of faces."""

from landmarkdiff.numerics.channels import summed
from landmarkdiff.numerics.knots import between_knots
from landmarkdiff.numerics.packed_arrays import pack_arrays, unpack_arrays
from landmarkdiff.numerics.symmetric import symmetric_inverse
from landmarkdiff.numerics.unique_rows import unique_rows

__all__ = [
    "between_knots",
    "pack_arrays",
    "summed",
    "symmetric_inverse",
    "unique_rows",
    "unpack_arrays",
]
