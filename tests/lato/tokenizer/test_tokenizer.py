"""Points become codes and points again, within the bound; missing points are found."""

from __future__ import annotations

import json
from importlib import resources

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from other_heads import other_head

from landmarkdiff.head.model import head_model
from landmarkdiff.landmarks.pose import rotation_from
from landmarkdiff.lato.tokenizer import POINT_COUNT, landmarks_68, to_frame
from landmarkdiff.lato.tokenizer.model import (
    CODE_WIDTH,
    ResidualGrid,
    Similarity,
    TokenProjection,
)
from landmarkdiff.lato.tokenizer.recipe import measured
from landmarkdiff.lato.tokenizer.shipped import shipped_tokenizer

PX = 256.0  # of a frame of 512 to one of the frame of tokens


@pytest.fixture(scope="module")
def tokenizer():
    return shipped_tokenizer()


@pytest.fixture(scope="module")
def others():
    """Faces that the model of the head does not hold, seen from several sides: (12, 68, 2)."""
    seen = []
    for seed in range(4):
        face = landmarks_68(head_model().landmarks.points(other_head(seed).vertices))
        for yaw in (-30.0, 0.0, 20.0):
            turned = face @ rotation_from(yaw, 5.0, 3.0).T
            seen.append(to_frame(turned[:, :2] * (1.6, -1.6) + 256.0, 512, 512))
    return torch.tensor(np.array(seen), dtype=torch.float32)


@given(st.floats(-1, 1), st.floats(-1, 1))
@settings(max_examples=60)
def test_a_point_comes_back_within_half_a_step(x, y):
    grid = ResidualGrid(33, 2)
    point = torch.tensor([x, y])
    codes = grid.codes(point)
    assert int(codes.min()) >= 0
    assert int(codes.max()) < 33**2
    assert (grid.points(codes) - point).abs().max() <= grid.step / 2 + 1e-6
    # On the border of two cells either has a code for the point.
    assert torch.allclose(
        grid.points(grid.codes(grid.points(codes))), grid.points(codes), atol=1e-6
    )


@pytest.mark.parametrize(("steps", "levels"), [(32, 2), (1, 2), (33, 0)])
def test_grids_that_cannot_be_made_are_refused(steps, levels):
    with pytest.raises(ValueError, match="grid"):
        ResidualGrid(steps, levels)


def test_faces_of_another_family_come_back(tokenizer, others):
    codes = tokenizer.encode(others)
    apart = (tokenizer.decode(codes) - others).abs() * PX
    assert apart.mean() < 0.2
    assert apart.max() <= 0.25 + 1e-3


def test_missing_points_are_found_far_better_than_by_a_mean_face(tokenizer, others):
    """A mean face misses them by the shape, the turn and the expression."""
    present = torch.ones(len(others), POINT_COUNT)
    for row, hidden in enumerate((range(34), range(8), range(48, 68), range(36, 48)) * 3):
        present[row, list(hidden)] = 0.0
    found = tokenizer.complete(others, present)
    gone = present == 0
    fit = Similarity.of(tokenizer.mean, others, ~gone[..., None])
    by_mean = (fit.done(tokenizer.mean) - others).abs()[gone].mean()
    assert (found - others).abs()[gone].mean() < 0.5 * by_mean
    assert torch.equal(found[~gone], others[~gone])


def test_the_figures_on_the_card_are_those_of_the_weights(tokenizer, shipped_card):
    figures = measured(tokenizer, faces=64)
    told = shipped_card["figures"]
    assert figures.round_trip_largest <= told["round_trip_largest"] + 1e-3
    assert figures.missing_l1 == pytest.approx(told["missing_l1"], rel=0.25)
    assert figures.missing_l1_of_mean > 2.0 * figures.missing_l1
    assert min(told["codes_used"]) >= 0.5


@pytest.fixture
def shipped_card():
    file = resources.files("landmarkdiff.lato.tokenizer").joinpath("tokenizer.json")
    return json.loads(file.read_text(encoding="utf-8"))


def test_moved_and_turned_faces_are_completed_alike(tokenizer, others):
    present = torch.ones(len(others), POINT_COUNT)
    present[:, 48:] = 0.0
    turn = torch.tensor([[0.0, 0.6], [-0.6, 0.0]])  # a quarter turn, smaller
    there = tokenizer.complete(others @ turn + 0.1, present)
    assert torch.allclose(there, tokenizer.complete(others, present) @ turn + 0.1, atol=1e-4)


def test_too_few_points_and_other_shapes_are_refused(tokenizer):
    points = torch.zeros(1, POINT_COUNT, 2)
    few = torch.zeros(1, POINT_COUNT)
    few[0, :2] = 1.0
    with pytest.raises(ValueError, match="fewer than three"):
        tokenizer.encode(points, few)
    with pytest.raises(ValueError, match="68"):
        tokenizer.encode(points[:, :5])


def test_points_that_fall_together_give_no_nan(tokenizer):
    assert torch.isfinite(tokenizer.complete(torch.zeros(1, 68, 2), torch.ones(1, 68))).all()
    present = torch.ones(1, 68)
    present[0, 30:] = 0.0
    assert torch.isfinite(tokenizer.complete(torch.zeros(1, 68, 2), present)).all()


def test_codes_stand_for_waves_that_tell_every_place(tokenizer):
    step = tokenizer.grid.step
    row = torch.zeros(1, 68, 2)
    row[0, :, 0] = torch.arange(68) * step - 34 * step
    found = tokenizer.features(tokenizer.encode(row))
    assert found.shape == (1, 68, CODE_WIDTH)
    apart = torch.cdist(found[0], found[0])
    assert apart[~torch.eye(68, dtype=torch.bool)].min() > 0.5
    assert TokenProjection(96)(found).shape == (1, 68, 96)
