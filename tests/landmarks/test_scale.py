from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from landmarkdiff.errors import ParameterError
from landmarkdiff.landmarks import extract_landmarks
from landmarkdiff.landmarks.face import Pose
from landmarkdiff.landmarks.pose import rotation_from
from landmarkdiff.landmarks.scale import RIM_OVER_IRIS, estimate_scale, interpupillary_px

PX_PER_MM = 4.0


def pose_at(yaw: float) -> Pose:
    return Pose(rotation_from(yaw, 0, 0), yaw, 0.0, 0.0, 0.0, PX_PER_MM)


def eyes(diameter_mm: float = 11.71, yaw: float = 0.0, opening: float = 0.8) -> NDArray[np.float64]:
    """478 points of which only the eyes matter: irises 63 mm apart, seen at ``PX_PER_MM``."""
    points = np.zeros((478, 3))
    narrow = math.cos(math.radians(yaw))
    half = diameter_mm / 2 * RIM_OVER_IRIS * PX_PER_MM
    for centre, lids, side in ((468, (159, 145), -1), (473, (386, 374), 1)):
        middle = np.array([side * 31.5 * PX_PER_MM * narrow, 0.0])
        points[centre, :2] = middle
        ring = middle + half * np.array([[narrow, 0], [0, -1], [-narrow, 0], [0, 1]])
        points[centre + 1 : centre + 5, :2] = ring
        for lid, sign in zip(lids, (-1, 1), strict=True):
            points[lid, :2] = middle + np.array([0.0, sign * opening * half])
    return points


@pytest.mark.parametrize("yaw", [0.0, 20.0, -40.0])
def test_the_iris_gives_the_scale_at_any_yaw(yaw: float) -> None:
    scale, notice = estimate_scale(eyes(yaw=yaw), pose_at(yaw), {})
    assert notice is None
    assert scale.source == "iris"
    assert scale.mm_per_px == pytest.approx(1 / PX_PER_MM)


def test_uncertainty_adds_iris_rim_noise_and_yaw() -> None:
    still = estimate_scale(eyes(), pose_at(0), {}, np.zeros(478))[0].relative_uncertainty
    assert still == pytest.approx(math.hypot(0.42 / 11.71, 0.033))
    noisy = estimate_scale(eyes(), pose_at(0), {}, np.full(478, 2.0))[0].relative_uncertainty
    assert noisy == pytest.approx(math.hypot(still, 2.0 / (11.71 * PX_PER_MM)))
    turned = estimate_scale(eyes(yaw=40), pose_at(40), {}, np.zeros(478))[0]
    assert turned.relative_uncertainty == pytest.approx(math.hypot(still, (1 - 0.7660) / 2), 1e-3)


@pytest.mark.parametrize(
    ("points", "pose", "blink", "reason"),
    [
        (eyes(), pose_at(0), 0.9, "an eye is closed"),
        (eyes(opening=0.1), pose_at(0), 0.0, "an eye is closed"),
        (eyes() * 0.1, pose_at(0), 0.0, "only 4.7 px wide"),
        (eyes(yaw=55), pose_at(55), 0.0, "turned by 55 degrees"),
    ],
)
def test_fallbacks_give_their_reason(
    points: NDArray[np.float64], pose: Pose, blink: float, reason: str
) -> None:
    scale, notice = estimate_scale(points, pose, {"eyeBlinkLeft": blink})
    assert scale.source == "canonical_mesh"
    assert scale.mm_per_px == pytest.approx(1 / PX_PER_MM)
    assert scale.relative_uncertainty >= 0.06
    assert notice is not None
    assert notice.code == "scale_fallback"
    assert reason in notice.text


@pytest.mark.parametrize(
    ("diameter", "disagreement"),
    [
        (11.71 / 0.64, 0.36),  # an infant's eyes 40 mm apart, in the face of 63 mm that was fitted
        (11.71 / 0.84, 0.16),  # a child's of about six
        (11.71 / 1.30, 0.30),
    ],
)
def test_rulers_that_disagree_are_as_uncertain_as_that(
    diameter: float, disagreement: float
) -> None:
    scale, notice = estimate_scale(eyes(diameter), pose_at(0), {}, np.zeros(478))
    assert scale.source == "iris"
    assert scale.mm_per_px == pytest.approx(11.71 / diameter / PX_PER_MM)
    assert scale.relative_uncertainty == pytest.approx(disagreement)
    assert notice is not None
    assert notice.code == "rulers_disagree"
    assert f"{100 * disagreement:.0f} %" in notice.text


def test_adults_rulers_agree_within_their_uncertainty() -> None:
    for factor in (0.91, 1.0, 1.09):  # 2.5 % off with an SD of 2.1 %: three SD and more
        scale, notice = estimate_scale(eyes(11.71 / factor), pose_at(0), {}, np.zeros(478))
        assert notice is None
        assert scale.relative_uncertainty == pytest.approx(math.hypot(0.42 / 11.71, 0.033))


def test_eyes_that_disagree_are_not_averaged() -> None:
    points = eyes()
    points[[474, 476], 0] = points[473, 0] + 0.75 * (points[[474, 476], 0] - points[473, 0])
    _, notice = estimate_scale(points, pose_at(0), {})
    assert notice is not None
    assert "the two eyes disagree" in notice.text


def test_a_known_interpupillary_distance_overrides() -> None:
    for yaw in (0.0, 30.0):
        points, pose = eyes(yaw=yaw), pose_at(yaw)
        assert interpupillary_px(points, pose) == pytest.approx(63 * PX_PER_MM)
        scale, notice = estimate_scale(points, pose, {"eyeBlinkLeft": 1.0}, ipd_mm=60.0)
        assert notice is None
        assert scale.source == "interpupillary_distance"
        assert scale.mm_per_px == pytest.approx(60 / (63 * PX_PER_MM))


def test_a_ruler_overrides() -> None:
    scale, _ = estimate_scale(eyes(), pose_at(0), {}, mm_per_px=0.2)
    assert (scale.mm_per_px, scale.source) == (0.2, "ruler")


@pytest.mark.parametrize(
    "known",
    [
        {"mm_per_px": 0.0},
        {"mm_per_px": math.nan},
        {"ipd_mm": 20.0},
        {"ipd_mm": math.nan},
        {"mm_per_px": 0.2, "ipd_mm": 60.0},
    ],
)
def test_impossible_calibrations_are_refused(known: dict[str, float]) -> None:
    with pytest.raises(ParameterError):
        estimate_scale(eyes(), pose_at(0), {}, **known)


def test_the_portraits_have_adult_eye_distances(portraits: dict[str, NDArray[np.uint8]]) -> None:
    for image in portraits.values():
        face = extract_landmarks(image)
        assert face.scale.source == "iris"
        distance = interpupillary_px(face.points, face.pose) * face.scale.mm_per_px
        assert 56 < distance < 68
        assert face.scale.relative_uncertainty < 0.08
