"""The embedded head: exact mirrors, an upright face frame, points where anatomy has them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from landmarkdiff.head.camera import HeadCamera
from landmarkdiff.head.model import HEAD_WEIGHTS, HeadModel, head_model, read_head_model
from landmarkdiff.head.raster import rasterize
from landmarkdiff.landmarks.topology import topology
from landmarkdiff.weights import require, sums


@pytest.fixture(scope="module")
def model() -> HeadModel:
    return head_model()


def test_the_compact_head_has_its_pinned_sum() -> None:
    path = require(HEAD_WEIGHTS)
    assert hashlib.sha256(Path(path).read_bytes()).hexdigest() == sums(HEAD_WEIGHTS)[HEAD_WEIGHTS]
    assert path.stat().st_size < 3_000_000


def test_left_and_right_of_the_average_are_exact_mirrors(model: HeadModel) -> None:
    mirror = model.topology.mirror
    assert (
        mirror[mirror][model.topology.twin] == np.arange(len(mirror))[model.topology.twin]
    ).all()
    np.testing.assert_allclose(model.mean[mirror] * (-1, 1, 1), model.mean, atol=1e-9)
    points = model.landmarks.points(model.mean)
    np.testing.assert_allclose(points[topology().mirror] * (-1, 1, 1), points, atol=1e-6)


def test_the_frame_is_the_face_frame(model: HeadModel) -> None:
    points = model.landmarks.points(model.mean)
    np.testing.assert_allclose(points[[33, 133, 362, 263]].mean(axis=0), 0.0, atol=1e-9)
    left, right = points[263], points[33]
    assert left[0] > 30 > -30 > right[0]  # x grows toward the patient's left
    assert points[10, 1] > 40 and points[152, 1] < -90  # y grows upward
    assert points[1, 2] > 25 and points[234, 2] < 0  # z grows toward the camera


def test_measurements_of_the_average_are_those_of_adults(model: HeadModel) -> None:
    """Means and standard deviations of young adults, both sexes (Farkas 1994), mm."""
    points = model.landmarks.anatomical(model.mean)

    def apart(first: str, second: str) -> float:
        return float(np.linalg.norm(points[first] - points[second]))

    assert apart("nasion", "gnathion") == pytest.approx(117, abs=10)
    assert apart("nasion", "subnasale") == pytest.approx(51, abs=4)
    assert apart("left_endocanthion", "right_endocanthion") == pytest.approx(32, abs=3)
    assert apart("left_exocanthion", "right_exocanthion") == pytest.approx(89, abs=5)
    assert apart("left_zygion", "right_zygion") == pytest.approx(135, abs=10)


def test_the_midline_runs_down_the_profile_through_its_points(model: HeadModel) -> None:
    line = model.mean[model.topology.midline]
    assert np.abs(line[:, 0]).max() < 1e-9
    points = model.landmarks.anatomical(model.mean)
    heights = [
        "trichion", "glabella", "nasion", "rhinion", "pronasale", "subnasale",
        "labrale_superius", "stomion", "labrale_inferius", "sublabiale", "pogonion", "menton",
    ]  # fmt: skip
    ordered = [points[name][1] for name in heights]
    assert ordered == sorted(ordered, reverse=True)
    for name in heights:
        assert np.linalg.norm(line - points[name], axis=1).min() < 5.0, name
    assert points["cervical_point"][2] < points["menton"][2] - 20


def test_the_upper_teeth_lie_above_the_lower_ones(model: HeadModel) -> None:
    parts = model.topology.parts
    upper, lower = (model.mean[parts[name]] for name in ("upper_teeth", "lower_teeth"))
    assert upper[:, 1].mean() > lower[:, 1].mean() + 10.0
    stomion = model.landmarks.anatomical(model.mean)["stomion"][1]
    assert upper[:, 1].mean() > stomion > lower[:, 1].mean()


def test_normals_point_outward_and_twins_share_theirs(model: HeadModel) -> None:
    surface = model.surface()
    skin = np.setdiff1d(model.topology.parts["nose"], model.topology.parts["inside"])
    tip = skin[model.mean[skin, 2].argmax()]
    assert surface.normals[tip, 2] > 0.8
    used = np.unique(model.topology.triangles)
    np.testing.assert_allclose(np.linalg.norm(surface.normals[used], axis=1), 1.0, atol=1e-6)
    np.testing.assert_array_equal(surface.normals, surface.normals[model.topology.twin])
    np.testing.assert_array_equal(surface.vertices, surface.vertices[model.topology.twin])


def test_the_texture_lays_no_triangle_over_another(model: HeadModel) -> None:
    skin = np.setdiff1d(model.topology.triangles_of("skin"), model.topology.triangles_of("inside"))
    triangles = model.topology.triangles[skin]
    corners = model.topology.uv[triangles]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    turned = np.sign(area) != np.sign(np.median(area))
    assert turned.mean() < 0.01
    assert model.topology.uv.min() >= 0.0 and model.topology.uv.max() <= 1.0
    face = np.isin(triangles, model.landmarks.vertices).all(axis=1)
    assert np.abs(area[face]).sum() > 0.02  # the face has a good part of the texture


def test_a_hump_moves_the_bridge_against_the_rest_of_the_nose(model: HeadModel) -> None:
    name = next(n for n in model.identity_names if n.startswith("nose/nose-hump"))
    moved = model.surface({name: 4.0}).vertices - model.mean
    before = model.landmarks.anatomical(model.mean)
    after = model.landmarks.anatomical(model.mean + moved)
    bridge = after["rhinion"] - before["rhinion"]
    others = after["nasion"] - before["nasion"] + after["pronasale"] - before["pronasale"]
    assert abs((bridge - others / 2)[2]) > 1.0


def test_an_unknown_direction_is_refused(model: HeadModel) -> None:
    with pytest.raises(KeyError):
        model.surface({"nose/none": 1.0})
    with pytest.raises(KeyError):
        model.surface(expression={"none": 1.0})


def test_a_camera_projects_as_the_pose_does(model: HeadModel) -> None:
    camera = HeadCamera.turned(-90, px_per_mm=2.0, shift=(100.0, 50.0))
    tip = camera.project((0.0, 0.0, 10.0))
    np.testing.assert_allclose(tip[:2], (80.0, 50.0), atol=1e-9)  # the nose points to the left
    np.testing.assert_allclose(camera.angles[0], -90.0)
    near = HeadCamera.turned(0, px_per_mm=2.0, distance_mm=500.0)
    np.testing.assert_allclose(near.project((10.0, 0.0, 100.0))[0], 2.0 * 10 * 500 / 400)


def test_the_depth_buffer_shows_the_nearer_triangle() -> None:
    places = np.array([[0.0, 0], [0, 9], [9, 0], [0, 0], [0, 9], [9, 0]])
    depth = np.array([1.0, 1, 1, 2, 2, 2])
    drawn = rasterize(places, depth, np.array([[0, 1, 2], [3, 4, 5]]), 10, 10)
    assert drawn.triangle[2, 2] == 1 and drawn.triangle[9, 9] == -1
    np.testing.assert_allclose(drawn.depth[2, 2], 2.0)
    np.testing.assert_allclose(drawn.weights.sum(axis=2)[drawn.covered], 1.0)
    columns = drawn.interpolate(np.array([[0, 1, 2], [3, 4, 5]]), places[:, 0])
    np.testing.assert_allclose(columns[2, :6], np.arange(6))
    assert not rasterize(places, depth, np.array([[0, 2, 1]]), 10, 10).covered.any()


def test_a_kept_head_is_the_one_of_the_file(model: HeadModel) -> None:
    fresh = read_head_model(require(HEAD_WEIGHTS))
    assert model.source is not None and fresh.source is None
    assert model.identity_names == fresh.identity_names
    assert model.expression_names == fresh.expression_names
    for name in ("mean", "identity", "expression"):
        np.testing.assert_allclose(getattr(model, name), getattr(fresh, name), atol=1e-5)
    for name in ("triangles", "uv", "twin", "mirror", "midline"):
        np.testing.assert_array_equal(getattr(model.topology, name), getattr(fresh.topology, name))
    assert model.topology.parts.keys() == fresh.topology.parts.keys()
    for name, members in fresh.topology.parts.items():
        np.testing.assert_array_equal(model.topology.parts[name], members)
