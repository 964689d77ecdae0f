"""Flux and FLUX.2 transformers that take landmark tokens beside those of the image.

The tokens enter after the image's embedder, take part in every block and are gone before the output
layers. Each sample of a batch has positions of its own: diffusers' forward takes those of the first
for all of them, which would put everybody's landmarks onto the first person's face.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from diffusers import Flux2Transformer2DModel, FluxTransformer2DModel
from diffusers.models.modeling_outputs import Transformer2DModelOutput
from torch import Tensor, nn

from landmarkdiff.lato.transformer.adapter import LandmarkAdapter

__all__ = ["LandmarkFlux2Transformer", "LandmarkFluxTransformer", "LandmarkTokens"]


@dataclass(frozen=True)
class LandmarkTokens:
    """The landmarks of a batch.

    Attributes
    ----------
    values : (B, 68, code_width) tensor
        What the codes stand for.
    ids : (B, 68, axes) tensor
        As of :func:`~landmarkdiff.lato.transformer.adapter.location_ids`.
    given : (B, 68) bool tensor
    """

    values: Tensor
    ids: Tensor
    given: Tensor

    def without(self) -> LandmarkTokens:
        """Return the same batch with no landmarks given: nothing of a place is left in it."""
        return LandmarkTokens(
            torch.zeros_like(self.values), torch.zeros_like(self.ids), torch.zeros_like(self.given)
        )


class _OfEach:
    """Cosines or sines of every sample, (B, S, D).

    diffusers' attention takes an (S, D) tensor and gives it axes for batch and heads by indexing;
    this one has its batch already and answers with the axis of the heads alone.
    """

    def __init__(self, values: Tensor) -> None:
        self.values = values[:, :, None, :]

    def __getitem__(self, key: tuple[None, slice, None, slice]) -> Tensor:
        if key != (None, slice(None), None, slice(None)):
            raise TypeError(f"positions of each sample are not indexed by {key}")
        return self.values


def _positions(embed: nn.Module, ids: Tensor) -> tuple[_OfEach, _OfEach]:
    """Rotary positions of each sample of (B, S, axes) ids."""
    cosine, sine = embed(ids.flatten(0, 1))
    shape = (*ids.shape[:2], -1)
    return _OfEach(cosine.view(shape)), _OfEach(sine.view(shape))


def _of_batch(ids: Tensor, batch: int) -> Tensor:
    """Ids as (B, S, axes), whether they were given for each sample or for all."""
    return ids if ids.ndim == 3 else ids[None].expand(batch, -1, -1)


class _WithLandmarks:
    """What both transformers do alike with landmark tokens."""

    inner_dim: int
    x_embedder: nn.Module
    pos_embed: nn.Module
    gradient_checkpointing: bool
    landmarks: LandmarkAdapter
    _gradient_checkpointing_func: Any

    def add_landmarks(self, code_width: int) -> None:
        """Give the transformer an adapter for codes of a width; it is part of the state then."""
        self.landmarks = LandmarkAdapter(self.inner_dim, code_width)

    def entered(
        self, tokens: Tensor, txt_ids: Tensor, img_ids: Tensor, landmarks: LandmarkTokens | None
    ) -> tuple[Tensor, tuple[_OfEach, _OfEach]]:
        """Embed the image, put the landmarks after it; return them and all positions."""
        image = self.x_embedder(tokens)
        ids = [_of_batch(each, len(image)) for each in (txt_ids, img_ids)]
        if landmarks is not None:
            values = landmarks.values.to(self.landmarks.unconditional.dtype)
            tokens = self.landmarks(values, landmarks.given).to(image.dtype)
            image = torch.cat([image, tokens], dim=1)
            ids.append(landmarks.ids.to(ids[0].dtype))
        return image, _positions(self.pos_embed, torch.cat(ids, dim=1))

    def through(self, block: nn.Module, *state: Any) -> Any:
        """Pass a state through a block, kept for the way back or made again there."""
        if torch.is_grad_enabled() and self.gradient_checkpointing:
            return self._gradient_checkpointing_func(block, *state)
        return block(*state)


class LandmarkFluxTransformer(_WithLandmarks, FluxTransformer2DModel):  # type: ignore[misc]  # Any
    """A Flux transformer with landmark tokens; without them it is what it was."""

    def forward(
        self,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor,
        pooled_projections: Tensor,
        timestep: Tensor,
        img_ids: Tensor,
        txt_ids: Tensor,
        guidance: Tensor | None = None,
        joint_attention_kwargs: dict[str, Any] | None = None,
        landmarks: LandmarkTokens | None = None,
        return_dict: bool = True,
    ) -> Transformer2DModelOutput | tuple[Tensor]:
        """Return the velocity of the image's tokens.

        Parameters
        ----------
        hidden_states : (B, S, in_channels) tensor
            Tokens of the image, and after them those of the source.
        encoder_hidden_states : (B, T, joint_attention_dim) tensor
            Of the words.
        pooled_projections : (B, pooled_projection_dim) tensor
        timestep : (B,) tensor
            Between 0 and 1.
        img_ids, txt_ids : (S, 3) and (T, 3) tensors, or with a batch before
        guidance : (B,) tensor, optional
            For models that were distilled with it.
        landmarks : LandmarkTokens, optional
        joint_attention_kwargs, return_dict
            As in diffusers.
        """
        count = hidden_states.shape[1]
        image, positions = self.entered(hidden_states, txt_ids, img_ids, landmarks)
        times = [1000.0 * timestep.to(image.dtype)]
        if guidance is not None:
            times.append(1000.0 * guidance.to(image.dtype))
        time = self.time_text_embed(*times, pooled_projections)
        words = self.context_embedder(encoder_hidden_states)
        for block in (*self.transformer_blocks, *self.single_transformer_blocks):
            words, image = self.through(
                block, image, words, time, positions, joint_attention_kwargs
            )
        velocity = self.proj_out(self.norm_out(image[:, :count], time))
        return Transformer2DModelOutput(sample=velocity) if return_dict else (velocity,)


class LandmarkFlux2Transformer(_WithLandmarks, Flux2Transformer2DModel):  # type: ignore[misc]  # Any
    """A FLUX.2 transformer with landmark tokens; without them it is what it was."""

    def forward(
        self,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor,
        timestep: Tensor,
        img_ids: Tensor,
        txt_ids: Tensor,
        guidance: Tensor | None = None,
        joint_attention_kwargs: dict[str, Any] | None = None,
        landmarks: LandmarkTokens | None = None,
        return_dict: bool = True,
    ) -> Transformer2DModelOutput | tuple[Tensor]:
        """Return the velocity of the image's tokens.

        Parameters
        ----------
        hidden_states : (B, S, in_channels) tensor
            Tokens of the image, and after them those of the source.
        encoder_hidden_states : (B, T, joint_attention_dim) tensor
            Of the words.
        timestep : (B,) tensor
            Between 0 and 1.
        img_ids, txt_ids : (S, 4) and (T, 4) tensors, or with a batch before
        guidance : (B,) tensor, optional
            For models that were distilled with it.
        landmarks : LandmarkTokens, optional
        joint_attention_kwargs, return_dict
            As in diffusers.
        """
        count = hidden_states.shape[1]
        image, positions = self.entered(hidden_states, txt_ids, img_ids, landmarks)
        times = (1000.0 * timestep.to(image.dtype), guidance)
        if guidance is not None:
            times = (times[0], 1000.0 * guidance.to(image.dtype))
        time = self.time_guidance_embed(*times)
        of_image, of_words, of_both = (
            change(time)
            for change in (
                self.double_stream_modulation_img,
                self.double_stream_modulation_txt,
                self.single_stream_modulation,
            )
        )
        words = self.context_embedder(encoder_hidden_states)
        for block in self.transformer_blocks:
            words, image = self.through(
                block, image, words, of_image, of_words, positions, joint_attention_kwargs
            )
        both = torch.cat([words, image], dim=1)
        for block in self.single_transformer_blocks:
            both = self.through(block, both, None, of_both, positions, joint_attention_kwargs)
        start = words.shape[1]
        velocity = self.proj_out(self.norm_out(both[:, start : start + count], time))
        return Transformer2DModelOutput(sample=velocity) if return_dict else (velocity,)
