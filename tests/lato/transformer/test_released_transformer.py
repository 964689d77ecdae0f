"""A checkpoint of the published layout gives what its own arithmetic gives."""

from __future__ import annotations

import pytest
import torch
from published_flux import AXES, CHANNELS, POOLED, WIDTH, WORDS, PublishedFlux, published_state

from landmarkdiff.lato.transformer.flux import LandmarkTokens
from landmarkdiff.lato.transformer.released import read_released


@pytest.fixture(scope="module")
def state():
    return published_state()


@torch.no_grad()
def test_the_output_is_that_of_the_published_arithmetic(state):
    generator = torch.Generator().manual_seed(5)
    model, rest = read_released({**state, "connector.one.weight": torch.ones(2)}, AXES)
    assert list(rest) == ["one.weight"]
    image = torch.randn(2, 6, CHANNELS, generator=generator)
    words = torch.randn(2, 5, WORDS, generator=generator)
    pooled = torch.randn(2, POOLED, generator=generator)
    values = torch.randn(2, 68, WIDTH, generator=generator)
    time = torch.tensor([0.2, 0.9])
    image_ids, word_ids = torch.zeros(6, 3), torch.zeros(5, 3)
    image_ids[:, 1], image_ids[:, 2] = torch.arange(6) // 2, torch.arange(6) % 2
    landmark_ids = torch.zeros(2, 68, 3)
    landmark_ids[..., 1:] = 3.0 * torch.rand(2, 68, 2, generator=generator)
    given = torch.ones(2, 68, dtype=torch.bool)
    found = model.eval()(
        image, words, pooled, time, image_ids, word_ids,
        landmarks=LandmarkTokens(values, landmark_ids, given), return_dict=False,
    )[0]  # fmt: skip
    shared = torch.cat([word_ids, image_ids])[None].expand(2, -1, -1)
    wanted = PublishedFlux(state)(
        image, words, pooled, time, torch.cat([shared, landmark_ids], 1), values
    )
    assert (found - wanted).abs().max() < 1e-5 * wanted.abs().max() + 1e-5


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda state: state.pop("img_in.weight"), "img_in.weight"),
        (lambda state: state.pop("double_blocks.1.txt_mlp.2.bias"), "ff_context.net.2.bias"),
        (lambda state: state.update({"more.weight": torch.zeros(1)}), "more.weight"),
        (lambda state: state.update({"txt_in.bias": torch.zeros(3)}), "context_embedder.bias"),
    ],
)
def test_another_checkpoint_is_refused(state, change, said):
    changed = dict(state)
    change(changed)
    with pytest.raises(ValueError, match=said.replace(".", r"\.")):
        read_released(changed, AXES)
