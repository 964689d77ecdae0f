from __future__ import annotations

import numpy as np
import pytest
from rendering import canonical_face

from landmarkdiff.landmarks.five_points import five_points


@pytest.mark.parametrize("roll", [0.0, 25.0])
def test_the_patients_right_comes_first(roll: float) -> None:
    face = canonical_face(roll=roll, px_per_mm=2.0)
    right_eye, left_eye, nose, right_corner, left_corner = five_points(face)
    pupils = face.points[[468, 473], :2]
    assert np.hypot(*(np.array([right_eye, left_eye]) - pupils).T).max() < 0.1 * face.interocular_px
    assert nose == pytest.approx(face.points[1, :2])
    assert np.array([right_corner, left_corner]) == pytest.approx(face.points[[61, 291], :2])
