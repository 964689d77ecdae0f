"""Measurements on the canonical mesh, whose distances are known, and on the two portraits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from landmarkdiff.errors import ParameterError
from landmarkdiff.landmarks.face import FaceLandmarks, Pose, Scale
from landmarkdiff.landmarks.pose import rotation_from
from landmarkdiff.landmarks.topology import topology
from landmarkdiff.measurements import (
    MEASUREMENT_NAMES,
    measure,
    measure_all,
)
from landmarkdiff.measurements.definitions import _Entry, definitions

SIDED = sorted({n.removesuffix("_right") for n in MEASUREMENT_NAMES if n.endswith("_right")})


def canonical_points() -> np.ndarray:
    """The average face with irises: (478, 3) millimetres, face-frame axes."""
    vertices = topology().vertices_mm
    irises = []
    for lids in ((159, 145, 33, 133), (386, 374, 263, 362)):
        centre = vertices[list(lids)].mean(axis=0)
        ring = np.array([[0, 0, 0], [5.9, 0, 0], [0, 5.9, 0], [-5.9, 0, 0], [0, -5.9, 0]])
        irises.append(centre + ring)
    return np.concatenate([vertices, *irises])


def posed_face(
    points_mm, yaw=0.0, pitch=0.0, roll=0.0, px_per_mm=4.0, relative=0.0, noise=0.0
) -> FaceLandmarks:
    """Face whose mesh and pose agree exactly."""
    rotation = rotation_from(yaw, pitch, roll)
    camera = points_mm @ rotation.T * px_per_mm * (1.0, -1.0, -1.0)
    return FaceLandmarks(
        camera + np.array([500.0, 400.0, 0.0]),
        1000,
        900,
        Pose(rotation, yaw, pitch, roll, 0.0, px_per_mm),
        Scale(1 / px_per_mm, relative, "ruler"),
        noise_px=np.full(478, noise),
        passes=1,
    )


def mirrored(points_mm):
    return points_mm[topology().mirror] * (-1.0, 1.0, 1.0)


def test_canonical_distances_are_those_of_the_mesh():
    points = canonical_points()
    face = posed_face(points)
    for name, (a, b) in {
        "intercanthal_width": (133, 362),
        "alar_width": (49, 279),
        "mouth_width": (61, 291),
        "upper_lip_length": (2, 0),
        "upper_vermilion_height": (0, 13),
    }.items():
        expected = math.hypot(*(points[a] - points[b])[:2])
        assert measure(face, name).value == pytest.approx(expected, abs=1e-6)


def test_names_are_complete_and_values_are_in_the_order_of_the_names():
    for name in ("alar_width", "intercanthal_width", "upper_lip_length", "upper_vermilion_height"):
        assert name in MEASUREMENT_NAMES
    assert "interpupillary_distance" in MEASUREMENT_NAMES
    result = measure_all(posed_face(canonical_points()))
    assert tuple(m.name for m in result) == MEASUREMENT_NAMES


@settings(max_examples=25)
@given(
    yaw=st.floats(-14, 14),
    pitch=st.floats(-25, 25),
    roll=st.floats(-60, 60),
    px_per_mm=st.floats(0.6, 20),
)
def test_values_do_not_depend_on_pose_or_size(yaw, pitch, roll, px_per_mm):
    points = canonical_points()
    reference = measure_all(posed_face(points))
    for one, other in zip(
        reference, measure_all(posed_face(points, yaw, pitch, roll, px_per_mm)), strict=True
    ):
        assert one.available == other.available
        if one.available:
            assert other.value == pytest.approx(one.value, abs=1e-6), one.name


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_mirroring_exchanges_the_sides(seed):
    points = canonical_points() + np.random.default_rng(seed).normal(0, 0.4, (478, 3))
    here, there = posed_face(points), posed_face(mirrored(points))
    for name in SIDED:
        right, left = f"{name}_right", f"{name}_left"
        assert measure(there, left).value == pytest.approx(measure(here, right).value, abs=1e-9)
    for name in ("asymmetry", "asymmetry_lips", "alar_width"):
        assert measure(there, name).value == pytest.approx(measure(here, name).value, abs=1e-9)


def test_asymmetry_is_nought_on_the_average_face_and_sees_a_known_shift():
    points = canonical_points()
    assert measure(posed_face(points, roll=25), "asymmetry").value < 1e-3
    drooping = points.copy()
    lips = [61, 185, 40, 39, 37, 146, 91, 181, 84]
    drooping[lips, 1] -= 3.0
    value = measure(posed_face(drooping, roll=25, yaw=5), "asymmetry_lips").value
    # Nine of the ten pairs of the two vermilion borders differ by 3 mm; two points are midline.
    assert 2.0 < value < 3.0
    assert measure(posed_face(drooping), "asymmetry_brows").value < 0.4


def test_canthal_tilt_is_positive_upward_on_both_sides():
    points = canonical_points()
    tilted = points.copy()
    for lateral, medial in ((33, 133), (263, 362)):
        width = abs(points[lateral, 0] - points[medial, 0])
        tilted[lateral, 1] = points[medial, 1] + width * math.tan(math.radians(6.0))
    for side in ("right", "left"):
        face = posed_face(tilted, roll=12)
        assert measure(face, f"canthal_tilt_{side}").value == pytest.approx(6.0, abs=1e-6)


def test_lid_heights_add_up():
    face = posed_face(canonical_points())
    for side in ("right", "left"):
        opening = measure(face, f"palpebral_fissure_height_{side}").value
        parts = [measure(face, f"{name}_{side}").value for name in ("mrd1", "mrd2")]
        assert opening == pytest.approx(sum(parts))


@pytest.mark.parametrize(
    ("yaw", "name", "available"),
    [
        (0.0, "nasolabial_angle", False),
        (40.0, "nasolabial_angle", True),
        (-40.0, "goode_ratio", True),
        (40.0, "alar_width", False),
        (-20.0, "alar_width", True),
        (20.0, "asymmetry", False),
    ],
)
def test_the_view_decides_what_is_measured(yaw, name, available):
    face = posed_face(canonical_points(), yaw=yaw)
    result = measure(face, name)
    assert result.available is available
    assert (result.value is None) is (not available)
    assert (result.reason is None) is available
    assert measure(face, name, any_view=True).available


def test_profile_set_of_the_average_face_is_anatomical():
    face = posed_face(canonical_points(), yaw=45)
    bands = {
        "nasolabial_angle": (80, 130),
        "nasofrontal_angle": (115, 155),
        "mentolabial_angle": (100, 170),
        "facial_convexity": (0, 25),
        "goode_ratio": (0.4, 0.8),
    }
    for name, (low, high) in bands.items():
        result = measure(face, name)
        assert low < result.value < high, name
        assert result.note is not None
        assert result.uncertainty >= {"deg": 4.0, "ratio": 0.05}[result.unit]


def test_uncertainty_puts_its_parts_in_quadrature():
    points = canonical_points()
    bare = measure(posed_face(points), "alar_width")
    scaled = measure(posed_face(points, relative=0.05), "alar_width")
    noisy = measure(posed_face(points, noise=4.0), "alar_width")
    assert scaled.uncertainty**2 - bare.uncertainty**2 == pytest.approx((0.05 * bare.value) ** 2)
    # One millimetre of noise on each of two points.
    assert noisy.uncertainty**2 - bare.uncertainty**2 == pytest.approx(2.0, rel=1e-2)
    ratio = measure(posed_face(points, relative=0.05), "alar_intercanthal_ratio")
    assert ratio.uncertainty == measure(posed_face(points), "alar_intercanthal_ratio").uncertainty


def test_norms_name_their_source():
    for definition in definitions().values():
        for norm in definition.norms:
            assert norm.source
            assert norm.status in ("found", "general")
            assert norm.band is not None or norm.mean is not None
            if norm.status == "general":
                assert norm.source == "textbook"
    norms = {n.population: (n.mean, n.sd) for n in definitions()["intercanthal_width"].norms}
    assert norms == {
        "African": (38.5, 3.2),
        "Asian": (36.4, 1.6),
        "Hispanic": (32.3, 2.0),
        "White": (31.4, 2.5),
        "Middle Eastern": (31.2, 1.5),
    }
    assert definitions()["intercanthal_width"].norms[0].band == pytest.approx((32.1, 44.9))


@pytest.mark.parametrize(
    "change", [{"formula": "guess"}, {"points": [478]}, {"unit": "inch"}, {"colour": "red"}]
)
def test_a_bad_definition_is_refused(change):
    good = {
        "title": "t",
        "region": "nose",
        "unit": "mm",
        "formula": "coronal_distance",
        "points": [1, 2],
    }
    assert _Entry.model_validate(good | {"yaw": [0, 30]})
    with pytest.raises(ValidationError):
        _Entry.model_validate(good | {"yaw": [0, 30]} | change)


def test_unknown_name_is_named():
    with pytest.raises(ParameterError, match="nose_size"):
        measure(posed_face(canonical_points()), "nose_size")


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        # Adult ranges, widened by the uncertainty of the iris scale.
        ("interpupillary_distance", 50, 75),
        ("intercanthal_width", 25, 43),
        ("outer_canthal_width", 70, 100),
        ("alar_width", 28, 48),
        ("mouth_width", 40, 65),
        ("palpebral_fissure_width_left", 21, 34),
        ("palpebral_fissure_height_right", 6, 13),
        ("middle_lower_third_ratio", 0.75, 1.25),
        ("asymmetry", 0.05, 2.0),
    ],
)
def test_portraits_measure_like_adults(faces, name, low, high):
    for face in faces.values():
        result = measure(face, name)
        assert low < result.value < high
        assert 0 < result.uncertainty < 0.8 * result.value
    assert result.to_dict()["norms"] == [norm.to_dict() for norm in result.norms]


def test_glasses_and_smile_do_not_make_a_head_roll(faces):
    # Both women tilt their heads by some 3 degrees, in opposite directions; tilts are averages.
    for face in faces.values():
        tilts = [measure(face, f"canthal_tilt_{side}").value for side in ("right", "left")]
        assert abs(tilts[0] - tilts[1]) < 2.0
