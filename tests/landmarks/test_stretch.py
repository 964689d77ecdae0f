"""Stretched photos, told by their irises."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from landmarkdiff.landmarks.stretch import iris_roundness, widened_for_stretch


def _resized(image, across, down):
    return cv2.resize(image, None, fx=across, fy=down, interpolation=cv2.INTER_CUBIC)


def _codes(face):
    return [notice.code for notice in face.notices]


def test_the_portraits_are_not_stretched(prepared_portraits):
    for prepared in prepared_portraits.values():
        face = prepared.landmarks
        assert 1.0 < iris_roundness(face.points, face.pose, face.blendshapes) < 1.25
        assert "photo_stretched" not in _codes(face)


@pytest.mark.parametrize("name", ["grace_hopper", "astronaut"])
@pytest.mark.parametrize(("across", "down"), [(1.4, 1.0), (1.0, 1.75)])
def test_a_stretched_photo_is_told_and_its_scale_less_sure(
    detector, portraits, prepared_portraits, name, across, down
):
    face = detector.extract(_resized(portraits[name], across, down))
    assert "photo_stretched" in _codes(face)
    sure = prepared_portraits[name].landmarks.scale.relative_uncertainty
    assert face.scale.relative_uncertainty > sure + 0.08
    notice = next(notice for notice in face.notices if notice.code == "photo_stretched")
    assert notice.params["uncertainty"] == pytest.approx(100 * face.scale.relative_uncertainty)


def test_a_known_distance_is_less_sure_too(detector, grace_hopper):
    face = detector.extract(_resized(grace_hopper, 1.4, 1.0), ipd_mm=62.0)
    assert face.scale.source == "interpupillary_distance"
    assert face.scale.relative_uncertainty > 0.1


def test_what_hides_the_iris_is_not_judged(prepared_portraits):
    from dataclasses import replace

    face = prepared_portraits["grace_hopper"].landmarks
    squeezed = face.points * np.array([0.5, 1.0, 1.0])
    assert iris_roundness(squeezed, face.pose, face.blendshapes) < 0.9
    assert iris_roundness(squeezed, replace(face.pose, yaw=30.0), face.blendshapes) is None
    assert iris_roundness(squeezed, face.pose, {"eyeBlinkLeft": 0.9}) is None
    assert iris_roundness(squeezed / 10, face.pose, face.blendshapes) is None
    scale, notice = widened_for_stretch(face.scale, squeezed, replace(face.pose, yaw=30.0), {})
    assert (scale, notice) == (face.scale, None)
