from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from rendering import render

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import ParameterError
from landmarkdiff.landmarks import extract_landmarks
from landmarkdiff.landmarks.coarse import Glance, glance, glanced_landmarks
from landmarkdiff.landmarks.networks import FaceNetworks
from landmarkdiff.weights import read


@pytest.fixture(scope="module")
def networks() -> FaceNetworks:
    return FaceNetworks(read("face_landmarker"))


@pytest.fixture(scope="module")
def points(astronaut: ImageArray) -> NDArray[np.float64]:
    return extract_landmarks(astronaut, passes=2).points


@pytest.mark.parametrize("yaw", [-90.0, -75.0, -60.0, -30.0, 30.0, 60.0, 75.0, 90.0])
def test_the_side_of_a_turned_head_is_seen(
    networks: FaceNetworks, astronaut: ImageArray, points: NDArray[np.float64], yaw: float
) -> None:
    seen = glance(networks, render(astronaut, points, yaw=yaw).image)
    assert seen is not None
    assert np.sign(seen.turn) == np.sign(yaw)
    if abs(yaw) != 60.0:  # the limit itself
        assert seen.in_profile == (abs(yaw) > 60.0)
    if abs(yaw) <= 60.0:
        assert seen.yaw == pytest.approx(yaw, abs=15.0)


def test_portraits_agree_with_their_mesh(
    networks: FaceNetworks, portraits: Mapping[str, ImageArray]
) -> None:
    for portrait in portraits.values():
        face = extract_landmarks(portrait, passes=2)
        seen = glance(networks, portrait)
        assert seen is not None
        assert not seen.contradicts(face.pose.yaw)
        assert seen.contradicts(face.pose.yaw + 40.0)
        assert seen.roll == pytest.approx(face.pose.roll, abs=4.0)
        x, y, width, height = seen.box
        nose = face.points[4]
        assert x < nose[0] < x + width
        assert y < nose[1] < y + height


def test_a_glance_is_mirror_true(networks: FaceNetworks, astronaut: ImageArray) -> None:
    first = glance(networks, astronaut)
    second = glance(networks, np.ascontiguousarray(astronaut[:, ::-1]))
    assert first is not None
    assert second is not None
    assert second.turn == pytest.approx(-first.turn, abs=1e-6)
    assert second.roll == pytest.approx(-first.roll, abs=1e-4)
    x, y, width, height = first.box
    assert second.box == pytest.approx((astronaut.shape[1] - x - width, y, width, height), abs=1e-3)


def test_one_look_gives_the_landmarks(networks: FaceNetworks, astronaut: ImageArray) -> None:
    seen = glance(networks, astronaut)
    assert seen is not None
    quick = glanced_landmarks(networks, astronaut, seen)
    careful = extract_landmarks(astronaut)
    assert quick is not None
    apart = np.linalg.norm((quick.points - careful.points)[:, :2], axis=1)
    assert np.median(apart) < 0.015 * careful.interocular_px
    assert quick.pose.yaw == pytest.approx(careful.pose.yaw, abs=3.0)
    assert quick.scale.source == "canonical_mesh"


def test_a_face_that_fills_the_frame_is_seen(
    networks: FaceNetworks, astronaut: ImageArray, points: NDArray[np.float64]
) -> None:
    low, high = points[:, :2].min(axis=0).astype(int), points[:, :2].max(axis=0).astype(int)
    close = np.ascontiguousarray(astronaut[low[1] + 4 : high[1] - 4, low[0] + 4 : high[0] - 4])
    close = np.asarray(cv2.resize(close, None, fx=3.0, fy=3.0))
    seen = glance(networks, close)
    assert seen is not None
    assert abs(seen.turn) < 0.1


def test_there_is_nothing_to_see_on_a_wall(networks: FaceNetworks) -> None:
    wall = np.full((120, 160, 3), 128, np.uint8)
    assert glance(networks, wall) is None
    nothing = Glance((10.0, 10.0, 60.0, 60.0), 0.6, 0.0, 0.0, 0.4)
    assert glanced_landmarks(networks, wall, nothing) is None
    with pytest.raises(ParameterError):
        glance(networks, np.zeros((120, 160), np.uint8))
