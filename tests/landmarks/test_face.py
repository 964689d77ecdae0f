from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landmarkdiff.landmarks import FaceLandmarks, Pose, Scale
from landmarkdiff.landmarks.pose import fit_pose, rotation_from
from landmarkdiff.landmarks.topology import topology

angles = st.floats(-60, 60)


def face_at(yaw: float, pitch: float, roll: float, mm_per_px: float) -> FaceLandmarks:
    mesh = topology().vertices_mm
    model = np.concatenate([mesh, np.repeat(mesh[[33, 263]], 5, axis=0)])
    camera = model @ rotation_from(yaw, pitch, roll).T
    points = camera / mm_per_px * (1, -1, -1) + (500, 400, 0)
    return FaceLandmarks(points, 1000, 800, fit_pose(points), Scale(mm_per_px, 0.05, "ruler"))


@given(angles, angles, st.floats(-180, 180), st.floats(0.02, 2.0))
def test_face_frame_and_image_frame_are_inverse(
    yaw: float, pitch: float, roll: float, mm_per_px: float
) -> None:
    face = face_at(yaw, pitch, roll, mm_per_px)
    assert np.allclose(face.to_image_frame(face.points_mm), face.points, atol=1e-6)
    one_mm = np.eye(3)
    moved = face.to_face_frame(face.points[4] + face.project(one_mm)) - face.points_mm[4]
    assert np.allclose(moved, one_mm, atol=1e-9)


@given(angles, angles, st.floats(-180, 180))
def test_the_face_frame_does_not_depend_on_the_pose(yaw: float, pitch: float, roll: float) -> None:
    mesh = topology().vertices_mm
    origin = mesh[[33, 133, 362, 263]].mean(axis=0)
    face = face_at(yaw, pitch, roll, 0.25)
    assert np.allclose(face.points_mm[:468], mesh - origin, atol=1e-5)


def test_axes_in_a_frontal_photo() -> None:
    face = face_at(0, 0, 0, 0.5)
    assert np.allclose(face.project([1, 0, 0]), [2, 0, 0], atol=1e-9)  # patient's left: right
    assert np.allclose(face.project([0, 1, 0]), [0, -2, 0], atol=1e-9)  # up
    assert np.allclose(face.project([0, 0, 1]), [0, 0, -2], atol=1e-9)  # toward the camera


def test_other_counts_of_points_are_refused() -> None:
    pose = Pose(np.eye(3), 0, 0, 0, 0, 1)
    with pytest.raises(ValueError, match="478"):
        FaceLandmarks(np.zeros((468, 3)), 10, 10, pose, Scale(1, 0, "ruler"))


def test_replacing_points_or_scale_keeps_the_rest() -> None:
    face = face_at(10, 0, 0, 0.5)
    moved = face.with_points(face.points + 1)
    assert moved.pose is face.pose
    assert moved.box == pytest.approx((face.box[0] + 1, face.box[1] + 1, *face.box[2:]))
    assert face.with_scale(Scale(0.1, 0.0, "ruler")).scale.mm_per_px == 0.1
