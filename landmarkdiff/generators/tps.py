"""The mode ``tps``: the warped photo itself. No network, no randomness."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.generators.base import GenerationRequest

__all__ = ["TpsGenerator"]


class TpsGenerator:
    """Takes the warped photo as it is and paints nothing."""

    name = "tps"

    def load(self) -> None:
        """There is nothing to load."""

    def __call__(self, request: GenerationRequest) -> NDArray[np.uint8]:
        """Return the warped photo; pixels outside the mask are the input's."""
        return request.warped
