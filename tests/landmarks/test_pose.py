from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from landmarkdiff.landmarks import extract_landmarks
from landmarkdiff.landmarks.pose import angles_of, fit_pose, rotation_from
from landmarkdiff.landmarks.topology import topology


def projected(yaw: float, pitch: float, roll: float, px_per_mm: float = 3.0) -> NDArray[np.float64]:
    """Canonical mesh seen by the camera at a known pose; the ten iris points lie at the eyes."""
    mesh = topology().vertices_mm
    eyes = [(mesh[33] + mesh[133]) / 2] * 5 + [(mesh[263] + mesh[362]) / 2] * 5
    model = np.concatenate([mesh, eyes])
    camera = model @ rotation_from(yaw, pitch, roll).T
    return np.asarray(camera * px_per_mm * (1, -1, -1) + (640, 480, 0))


@pytest.mark.parametrize("yaw", [-75, -30, 0, 20, 60])
@pytest.mark.parametrize("pitch", [-25, 0, 15])
@pytest.mark.parametrize("roll", [-170, -30, 0, 45])
def test_a_known_pose_is_recovered(yaw: float, pitch: float, roll: float) -> None:
    pose = fit_pose(projected(yaw, pitch, roll, 2.5))
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((yaw, pitch, roll), abs=1e-6)
    assert pose.canonical_px_per_mm == pytest.approx(2.5, rel=1e-9)
    assert pose.residual == pytest.approx(0.0, abs=1e-6)


@given(st.floats(-89, 89), st.floats(-89, 89), st.floats(-179, 179))
def test_angles_and_rotation_are_inverse(yaw: float, pitch: float, roll: float) -> None:
    rotation = rotation_from(yaw, pitch, roll)
    assert np.allclose(rotation @ rotation.T, np.eye(3))
    assert np.linalg.det(rotation) == pytest.approx(1.0)
    assert angles_of(rotation) == pytest.approx((yaw, pitch, roll), abs=1e-6)


@pytest.mark.parametrize("angles", [(95, 5, 13), (-92, -4, -8), (91, 0, -12), (170, 10, 20)])
def test_a_head_turned_past_a_right_angle_is_not_on_its_back(
    angles: tuple[float, float, float],
) -> None:
    assert angles_of(rotation_from(*angles)) == pytest.approx(angles, abs=1e-6)


def test_signs() -> None:
    forward = np.array([0.0, 0.0, 1.0])
    to_the_left = rotation_from(30, 0, 0) @ forward
    assert to_the_left == pytest.approx([0.5, 0, np.sqrt(0.75)])  # the image's right
    up = rotation_from(0, 30, 0) @ forward
    assert up == pytest.approx([0, 0.5, np.sqrt(0.75)])
    left_eye = rotation_from(0, 0, 30) @ [1.0, 0.0, 0.0]
    assert left_eye == pytest.approx([np.sqrt(0.75), -0.5, 0])  # lower: clockwise in the image


def test_soft_tissue_hardly_turns_the_head() -> None:
    points = projected(10, 5, 0)
    points[[*range(146, 153), 17, 18, 200, 199, 175], 1] += 25.0
    pose = fit_pose(points)
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((10, 5, 0), abs=0.1)


def test_a_wrong_mesh_has_a_large_residual() -> None:
    points = projected(0, 0, 0)
    rng = np.random.default_rng(0)
    assert fit_pose(points + rng.normal(0, 30, points.shape)).residual > 12


def test_views() -> None:
    views = {y: fit_pose(projected(y, 0, 0)).view for y in (-70, -40, -10, 10, 40, 70)}
    assert views == {
        -70: "left_profile",
        -40: "left_three_quarter",
        -10: "frontal",
        10: "frontal",
        40: "right_three_quarter",
        70: "right_profile",
    }


def test_the_portraits_look_at_the_camera(portraits: dict[str, NDArray[np.uint8]]) -> None:
    expected = {"grace_hopper": (0.7, -2.7, -2.5), "astronaut": (-0.4, -8.6, 2.9)}
    for name, angles in expected.items():
        pose = extract_landmarks(portraits[name]).pose
        assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx(angles, abs=0.3)
        assert pose.view == "frontal"
        assert pose.residual < 9
