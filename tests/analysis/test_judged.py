"""Blur and darkness, told in every result, and what they cost the scale."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from landmarkdiff.analysis import analyze, judged
from landmarkdiff.landmarks.correction import nudge


def _codes(notices):
    return [notice.code for notice in notices]


def _blurred(prepared, blur_mm):
    sigma = blur_mm / prepared.landmarks.scale.mm_per_px
    return cv2.GaussianBlur(prepared.image, (0, 0), sigma)


def _dark(prepared):
    return (255 * ((prepared.image / 255) ** 2.2 * 0.1) ** (1 / 2.2)).astype(np.uint8)


def test_a_good_photo_stays_as_it_is(prepared_portraits):
    for prepared in prepared_portraits.values():
        assert judged(prepared.image, prepared.landmarks) is prepared.landmarks


@pytest.mark.parametrize(("spoil", "code"), [(_blurred, "photo_blurred"), (_dark, "photo_dark")])
def test_a_spoilt_photo_is_told_by_every_simulation(pipeline, prepared_portraits, spoil, code):
    good = prepared_portraits["grace_hopper"]
    image = spoil(good, 2.0) if spoil is _blurred else spoil(good)
    prepared = pipeline.prepare(image)
    assert code in _codes(prepared.landmarks.notices)
    sure = good.landmarks.scale.relative_uncertainty
    assert prepared.landmarks.scale.relative_uncertainty > sure
    prediction = pipeline.generate(prepared, procedure="rhinoplasty", verify=False)
    assert code in _codes(prediction.notices)
    found = analyze(image, prepared.landmarks)
    assert code not in _codes(found.notices), "the landmarks have said it"
    assert code in _codes(analyze(image, good.landmarks).notices)


def test_a_correction_does_not_mend_the_photo(pipeline, prepared_portraits):
    prepared = pipeline.prepare(_blurred(prepared_portraits["astronaut"], 2.5))
    before = prepared.landmarks
    after = nudge(before, {473: (1.0, 0.0)})
    assert after.scale.relative_uncertainty >= before.scale.relative_uncertainty
