from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import ParameterError
from landmarkdiff.landmarks import (
    FaceLandmarks,
    draw_displacements,
    extract_landmarks,
    render_landmark_image,
)


@pytest.fixture(scope="module")
def face(grace_hopper: ImageArray) -> FaceLandmarks:
    return extract_landmarks(grace_hopper, passes=2)


def test_each_landmark_is_white_on_black(face: FaceLandmarks) -> None:
    drawing = render_landmark_image(face)
    assert drawing.shape == (600, 512, 3)
    for x, y, _ in face.points.round().astype(int):
        assert drawing[y, x].min() > 120
    x, y, width, height = (round(v) for v in face.box)
    outside = drawing.copy()
    outside[y - 4 : y + height + 5, x - 4 : x + width + 5] = 0
    assert not outside.any()


@pytest.mark.parametrize(
    ("size", "shape"),
    [({"width": 1024}, (1200, 1024)), ({"height": 300}, (300, 256))],
)
def test_a_missing_side_keeps_the_proportions(
    face: FaceLandmarks, size: dict[str, int], shape: tuple[int, int]
) -> None:
    drawing = render_landmark_image(face, **size)
    assert drawing.shape[:2] == shape
    factor = shape[0] / 600
    x, y = ((face.points[4, :2] + 0.5) * factor - 0.5).round().astype(int)
    assert drawing[y, x].min() > 120


def test_an_empty_drawing_is_refused(face: FaceLandmarks) -> None:
    with pytest.raises(ParameterError):
        render_landmark_image(face, width=0, height=10)


def test_only_moved_landmarks_get_an_arrow(grace_hopper: ImageArray, face: FaceLandmarks) -> None:
    still = draw_displacements(grace_hopper, face, face)
    points = face.points.copy()
    points[152, 1] += 20
    moved = draw_displacements(grace_hopper, face, face.with_points(points))
    rows, columns = np.nonzero((still != moved).any(axis=2))
    x, y = face.points[152, :2]
    assert columns.min() > x - 12
    assert columns.max() < x + 12
    assert rows.min() > y - 6
    assert y + 18 < rows.max() < y + 26
    middle = moved[round(y + 10), round(x)]
    assert middle[2] > 180 > middle[0]


def test_the_photo_stays_and_has_to_fit(grace_hopper: ImageArray, face: FaceLandmarks) -> None:
    before = grace_hopper.copy()
    draw_displacements(grace_hopper, face, face)
    assert np.array_equal(before, grace_hopper)
    with pytest.raises(ParameterError, match="600, 512, 3"):
        draw_displacements(grace_hopper[:300], face, face)
