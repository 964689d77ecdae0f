"""A training run is resumed to the bit, and learns."""

from __future__ import annotations

import json

import pytest
import torch

from landmarkdiff.errors import ParameterError
from landmarkdiff.lato.tokenizer.model import TokenizerShape
from landmarkdiff.lato.tokenizer.recipe import STATE, TokenizerRecipe, train_tokenizer

SMALL = TokenizerShape(width=16, depth=1, heads=2)
RECIPE = TokenizerRecipe(steps=60, batch=16, save_every=10, warm_up=5, learning_rate=3e-3)


class StoppedError(Exception):
    pass


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    out = tmp_path_factory.mktemp("whole")
    losses = []
    figures = train_tokenizer(out, RECIPE, SMALL, lambda _, loss: losses.append(loss))
    return out, losses, figures


@pytest.mark.parametrize("stopped_at", [12, 20, 59])
def test_a_stopped_run_goes_on_to_the_same_bytes(whole, tmp_path, stopped_at):
    out, losses, _ = whole
    heard = {}

    def hear(step, loss):
        heard[step] = loss
        if step == stopped_at and not resumed:
            raise StoppedError

    resumed = False
    with pytest.raises(StoppedError):
        train_tokenizer(tmp_path, RECIPE, SMALL, hear)
    resumed = True
    train_tokenizer(tmp_path, RECIPE, SMALL, hear)
    assert [heard[step] for step in range(60)] == losses
    assert (tmp_path / STATE).read_bytes() == (out / STATE).read_bytes()


def test_it_learns_more_than_the_mean_face(whole):
    _, _, figures = whole
    assert figures.missing_l1 < 0.99 * figures.missing_l1_of_mean  # where it starts


def test_what_is_written_says_how_it_was_made(whole):
    out, _, figures = whole
    card = json.loads((out / "tokenizer.json").read_text("utf-8"))
    assert card["recipe"]["steps"] == 60
    assert card["shape"]["width"] == 16
    assert card["figures"]["missing_l1"] == figures.missing_l1


def test_a_folder_of_another_run_is_not_gone_on_with(whole):
    out, _, _ = whole
    before = (out / STATE).read_bytes()
    with pytest.raises(ParameterError) as raised:
        train_tokenizer(out, TokenizerRecipe(steps=61), SMALL)
    assert raised.value.code == "run_of_another_recipe"
    assert (out / STATE).read_bytes() == before


def test_the_rate_rises_and_falls():
    rates = [RECIPE.rate(step) for step in range(61)]
    assert rates[4] == max(rates) == RECIPE.learning_rate
    assert rates[60] == pytest.approx(RECIPE.least_rate)
    assert torch.tensor(rates[:5]).diff().min() > 0 > torch.tensor(rates[5:]).diff().max()
