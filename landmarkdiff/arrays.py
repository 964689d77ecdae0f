"""Names of the arrays that travel between the rooms; docstrings give their shapes and units."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["BoolArray", "Float32Array", "FloatArray", "ImageArray", "IndexArray", "MaskArray"]

#: (H, W, 3), RGB, upright; origin at the top-left corner, x to the right, y down.
ImageArray = NDArray[np.uint8]
#: (H, W) coverage or mask, 0 to 255.
MaskArray = NDArray[np.uint8]
FloatArray = NDArray[np.float64]
Float32Array = NDArray[np.float32]
BoolArray = NDArray[np.bool_]
#: Numbers of landmarks, or other positions in an array.
IndexArray = NDArray[np.intp]
