"""What a network is compared with: the warp, its repainting, and a morph."""

from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff.errors import LandmarkDiffError, ParameterError
from landmarkdiff.evaluation.baselines import BASELINES, baseline, morph
from landmarkdiff.landmarks import extract_landmarks


def test_the_warp_is_a_baseline(pipeline, brow_lifts):
    right = brow_lifts["right"]
    found = baseline("tps", pipeline, right.prepared, right.plan)
    assert np.array_equal(found.image, right.image)


def test_a_baseline_whose_weights_are_not_here_says_so(pipeline, brow_lifts, tmp_path, monkeypatch):
    monkeypatch.setenv("LANDMARKDIFF_WEIGHTS", str(tmp_path))
    right = brow_lifts["right"]
    assert BASELINES == ("tps", "img2img")
    with pytest.raises(LandmarkDiffError):
        baseline("img2img", pipeline, right.prepared, right.plan)


def test_a_morph_begins_and_ends_with_its_pictures(brow_lifts, astronaut):
    right = brow_lifts["right"]
    faces = (right.source, right.target)
    assert np.array_equal(morph(astronaut, right.image, *faces, share=0.0), astronaut)
    assert np.array_equal(morph(astronaut, right.image, *faces, share=1.0), right.image)


def test_halfway_the_face_lies_halfway(brow_lifts, astronaut):
    source = brow_lifts["right"].source
    shifted = np.roll(astronaut, 8, axis=0)
    lower = source.with_points(source.points + np.array([0.0, 8.0, 0.0]))
    picture = morph(astronaut, shifted, source, lower)
    found = extract_landmarks(picture, passes=2).points[:, 1].mean()
    own = extract_landmarks(astronaut, passes=2).points[:, 1].mean()
    assert found - own == pytest.approx(4.0, abs=0.5)


@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan")])
def test_a_share_lies_between_the_pictures(brow_lifts, astronaut, share):
    face = brow_lifts["right"].source
    with pytest.raises(ParameterError):
        morph(astronaut, astronaut, face, face, share=share)
