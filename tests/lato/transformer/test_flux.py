"""Landmark tokens in tiny transformers: the same as diffusers without them, each sample's own."""

from __future__ import annotations

import pytest
import torch
from diffusers import Flux2Transformer2DModel, FluxTransformer2DModel

from landmarkdiff.lato.tokenizer.model import CODE_WIDTH
from landmarkdiff.lato.transformer.adapter import LandmarkAdapter, dropped, location_ids
from landmarkdiff.lato.transformer.flux import (
    LandmarkFlux2Transformer,
    LandmarkFluxTransformer,
    LandmarkTokens,
)
from landmarkdiff.lato.transformer.guidance import Guidance, guided

ROWS, COLUMNS, WORDS = 3, 2, 5


class Setup:
    """A tiny transformer, and what it is given."""

    def __init__(self, ours, theirs, axes, **sizes):
        torch.manual_seed(0)
        common = {
            "in_channels": 4, "num_layers": 1, "num_single_layers": 1, "attention_head_dim": 16,
            "num_attention_heads": 2, "joint_attention_dim": 12,
        }  # fmt: skip
        self.plain = theirs(**common, **sizes).eval()
        self.model = ours(**common, **sizes).eval()
        self.model.load_state_dict(self.plain.state_dict())
        self.model.add_landmarks(CODE_WIDTH)
        self.axes = axes
        self.inputs = {
            "hidden_states": torch.randn(2, ROWS * COLUMNS, 4),
            "encoder_hidden_states": torch.randn(2, WORDS, 12),
            "timestep": torch.tensor([0.3, 0.8]),
            "return_dict": False,
        }
        if ours is LandmarkFluxTransformer:
            self.inputs["pooled_projections"] = torch.randn(2, 8)
        grid = torch.zeros(ROWS, COLUMNS, axes)
        grid[..., 1] = torch.arange(ROWS)[:, None]
        grid[..., 2] = torch.arange(COLUMNS)
        self.ids = {"img_ids": grid.flatten(0, 1), "txt_ids": torch.zeros(WORDS, axes)}
        points = torch.rand(2, 68, 2) * torch.tensor([COLUMNS * 16.0, ROWS * 16.0])
        given = torch.ones(2, 68, dtype=torch.bool)
        self.landmarks = LandmarkTokens(
            torch.randn(2, 68, CODE_WIDTH), location_ids(points, given, 16.0, axes), given
        )

    def __call__(self, landmarks=None, **changed):
        return self.model(**{**self.inputs, **self.ids, **changed}, landmarks=landmarks)[0]

    def only(self, number):
        """One sample of everything."""
        part = slice(number, number + 1)
        inputs = {
            name: one[part] if isinstance(one, torch.Tensor) else one
            for name, one in self.inputs.items()
        }
        held = self.landmarks
        return inputs, LandmarkTokens(held.values[part], held.ids[part], held.given[part])


@pytest.fixture(scope="module", params=["flux", "flux2"])
def tiny(request):
    if request.param == "flux":
        sizes = {"axes_dims_rope": (4, 6, 6), "pooled_projection_dim": 8}
        return Setup(LandmarkFluxTransformer, FluxTransformer2DModel, 3, **sizes)
    sizes = {"axes_dims_rope": (4, 4, 4, 4), "guidance_embeds": False}
    return Setup(LandmarkFlux2Transformer, Flux2Transformer2DModel, 4, **sizes)


@torch.no_grad()
def test_without_landmarks_it_is_diffusers_own(tiny):
    theirs = tiny.plain(**tiny.inputs, **tiny.ids)[0]
    assert torch.allclose(tiny(), theirs, atol=1e-6)


@torch.no_grad()
def test_two_faces_at_once_are_each_alone(tiny):
    both = tiny(tiny.landmarks)
    assert both.shape == (2, ROWS * COLUMNS, 4)  # the 68 tokens are gone
    for number in range(2):
        inputs, landmarks = tiny.only(number)
        alone = tiny(landmarks, **inputs)
        assert torch.allclose(both[number], alone[0], atol=1e-5)
    # They would not be, had both the first one's places.
    first = LandmarkTokens(
        tiny.landmarks.values, tiny.landmarks.ids[:1].expand(2, -1, -1), tiny.landmarks.given
    )
    assert not torch.allclose(both[1], tiny(first)[1], atol=1e-5)


@torch.no_grad()
def test_the_order_of_the_tokens_does_not_matter_but_their_place_does(tiny):
    order = torch.randperm(68)
    mixed = LandmarkTokens(
        tiny.landmarks.values[:, order], tiny.landmarks.ids[:, order], tiny.landmarks.given
    )
    assert torch.allclose(tiny(tiny.landmarks), tiny(mixed), atol=1e-5)
    moved = LandmarkTokens(tiny.landmarks.values, tiny.landmarks.ids.flip(1), tiny.landmarks.given)
    assert not torch.allclose(tiny(tiny.landmarks), tiny(moved), atol=1e-4)


@torch.no_grad()
def test_landmarks_that_are_not_given_leave_no_trace(tiny):
    some = tiny.landmarks.given.clone()
    some[:, 34:] = False
    ids = location_ids(torch.rand(2, 68, 2) * 40, some, 16.0, tiny.axes)
    known = LandmarkTokens(tiny.landmarks.values, ids, some)
    others = LandmarkTokens(torch.where(some[..., None], tiny.landmarks.values, 9.0), ids, some)
    assert torch.equal(tiny(known), tiny(others))
    assert not torch.allclose(tiny(known), tiny(tiny.landmarks), atol=1e-5)


def test_adapter_and_unconditional_tokens_are_learned(tiny):
    tiny.model.zero_grad()
    given = tiny.landmarks.given.clone()
    given[1] = False
    tokens = LandmarkTokens(tiny.landmarks.values, tiny.landmarks.ids, given)
    tiny(tokens).square().mean().backward()
    assert tiny.model.landmarks.unconditional.grad.abs().max() > 0
    assert tiny.model.landmarks.project.weight.grad.abs().max() > 0
    tiny.model.enable_gradient_checkpointing()
    before = tiny.model.landmarks.project.weight.grad.clone()
    tiny.model.zero_grad()
    tiny(tokens).square().mean().backward()
    tiny.model.disable_gradient_checkpointing()
    assert torch.allclose(tiny.model.landmarks.project.weight.grad, before, atol=1e-6)


@torch.no_grad()
def test_guidance_of_one_is_the_model_itself(tiny):
    calls = []

    def branch(with_words, landmarks):
        calls.append((with_words, bool(landmarks.given.any())))
        words = tiny.inputs["encoder_hidden_states"] * with_words
        return tiny(landmarks, encoder_hidden_states=words)

    both = tiny(tiny.landmarks)
    assert torch.equal(guided(branch, tiny.landmarks, Guidance(1.0, 1.0)), both)
    assert calls == [(True, True)]
    words = tiny(tiny.landmarks.without())
    neither = branch(False, tiny.landmarks.without())
    wanted = neither + 2.0 * (words - neither) + 5.0 * (both - words)
    assert torch.allclose(guided(branch, tiny.landmarks, Guidance(2.0, 5.0)), wanted, atol=1e-5)
    only_words = guided(branch, tiny.landmarks, Guidance(1.0, 0.0))
    assert torch.allclose(only_words, words, atol=1e-6)


@pytest.mark.parametrize("axes", [3, 4])
def test_a_point_has_the_row_and_column_of_its_patch(axes):
    """In a photo of 512 x 768: 32 columns, 48 rows."""
    points = torch.tensor([[[8.0, 8.0], [504.0, 760.0], [256.0, 16.0]]]).repeat(1, 23, 1)[:, :68]
    given = torch.ones(1, 68, dtype=torch.bool)
    given[0, 3] = False
    ids = location_ids(points, given, 16.0, axes)
    assert ids.shape == (1, 68, axes)
    assert ids[0, 0, 1:3].tolist() == [0.0, 0.0]
    assert ids[0, 1, 1:3].tolist() == [47.0, 31.0]
    assert ids[0, 2, 1:3].tolist() == [0.5, 15.5]
    assert ids[0, 3].tolist() == [0.0] * axes
    assert ids[..., 0].abs().max() == 0


def test_a_tenth_of_the_samples_goes_without():
    generator = torch.Generator().manual_seed(0)
    kept = dropped(torch.ones(20_000, 68, dtype=torch.bool), generator)
    assert (kept.all(1) | ~kept.any(1)).all()
    assert float((~kept.any(1)).float().mean()) == pytest.approx(0.1, abs=0.01)


def test_the_published_width_has_an_adapter_of_its_own():
    adapter = LandmarkAdapter(48, code_width=3072)
    assert adapter.project.weight.shape == (48, 3072)
    assert adapter.project.bias is not None
