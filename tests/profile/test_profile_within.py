"""Edges of skin against skin within a contour: which of them are the face's own."""

from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.profile.windows import PhotoPyramid
from landmarkdiff.profile.within import edge_within


def lined() -> tuple[ImageArray, FloatArray]:
    """Skin with an edge 4 mm (2 pixels each) within a straight contour that looks to the left."""
    image = np.full((400, 300, 3), (235, 190, 165), np.uint8)
    image[:, :150] = (90, 110, 130)
    image[:, 158:] = (150, 105, 80)
    return image, np.stack([np.full(380, 149.5), np.arange(10.0, 390.0)], axis=1)


@pytest.mark.parametrize(("part", "told"), [(25.0, True), (36.0, False), (58.0, True)])
def test_the_wing_of_the_nose_is_no_thing_behind_it(part: float, told: bool) -> None:
    """Dorsum and chin have no line of their own within; beside the nostril there is one."""
    image, contour = lined()
    where = edge_within(PhotoPyramid(image), contour, np.full(len(contour), part), 1, 2.0, 60.0)
    assert where.any() == told
