"""The 68 points of the mesh and the frame of tokens."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landmarkdiff.landmarks.topology import sides, topology
from landmarkdiff.lato.tokenizer import (
    POINT_COUNT,
    PointSampler,
    from_frame,
    landmarks_68,
    mirrored_68,
    to_frame,
)
from landmarkdiff.lato.tokenizer.points import MESH_POINTS, MIRROR_68


def test_each_point_has_its_partner_on_the_other_side():
    assert len(set(MESH_POINTS.tolist())) == POINT_COUNT
    assert (topology().mirror[MESH_POINTS] == MESH_POINTS[MIRROR_68]).all()
    # The markup begins at the patient's right ear.
    assert (sides()[MESH_POINTS[:8]] == -1).all()
    assert (sides()[MESH_POINTS[42:48]] == 1).all()


def test_points_lie_where_the_markup_has_them():
    face = landmarks_68(np.vstack([topology().vertices_mm, np.zeros((10, 3))]))
    jaw, brows, nose, eyes, lips = (face[slice(*ends)] for ends in (
        (0, 17), (17, 27), (27, 36), (36, 48), (48, 68),
    ))  # fmt: skip
    assert brows[:, 1].min() > eyes[:, 1].max()
    assert eyes[:, 1].min() > nose[4:, 1].max() > lips[:, 1].max()
    assert lips[:, 1].min() > jaw[8, 1] == jaw[:, 1].min()
    assert nose[:, 2].max() == nose[3, 2]  # the tip


def test_other_counts_are_refused():
    with pytest.raises(ValueError, match="478"):
        landmarks_68(np.zeros((68, 3)))


@given(st.floats(16, 8000), st.floats(16, 8000), st.floats(-0.2, 1.2), st.floats(-0.2, 1.2))
def test_the_frame_of_tokens_has_one_scale_and_an_inverse(width, height, x, y):
    points = np.array(
        [[x * width, y * height], [x * width + 1, y * height], [x * width, y * height + 1]]
    )
    framed = to_frame(points, width, height)
    assert np.allclose(from_frame(framed, width, height), points, atol=1e-8 * max(width, height))
    assert framed[1, 0] - framed[0, 0] == pytest.approx(framed[2, 1] - framed[0, 1], rel=1e-6)


def test_a_square_of_512_has_the_numbers_of_the_paper():
    assert to_frame([[0.0, 512.0], [256.0, 384.0]], 512, 512).tolist() == [[-1.0, 1.0], [0.0, 0.5]]


def test_samples_depend_on_their_number_alone():
    points, present = PointSampler(3).batch(0, 6)
    later, later_present = PointSampler(3).batch(4, 2)
    assert np.array_equal(points[4:], later)
    assert np.array_equal(present[4:], later_present)
    assert not np.array_equal(points, PointSampler(4).batch(0, 6)[0])
    assert np.abs(points).max() <= 1.0
    gone = (present == 0).sum(axis=1)
    assert gone.min() >= 1
    assert gone.max() <= POINT_COUNT // 2


def test_mirrored_samples_are_faces_too():
    points, _ = PointSampler(0).batch(0, 4)
    twice = mirrored_68(mirrored_68(points))
    assert np.allclose(twice, points)
    assert np.allclose(mirrored_68(points)[:, 8, 0], -points[:, 8, 0])
