"""The transformer with its tokens in their order: words, noise, source, landmarks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from landmarkdiff.lato.transformer.flux import (
    LandmarkFlux2Transformer,
    LandmarkFluxTransformer,
    LandmarkTokens,
)

__all__ = ["EditDenoiser", "Family", "Words", "grid_ids"]

Family = Literal["flux", "flux2"]
#: By how much pictures that are shown beside the noise are apart in the first number of FLUX.2's
#: positions; in the first Flux's published editing transformer all have 0 there.
_APART = 10


@dataclass(frozen=True)
class Words:
    """What a language model made of instructions.

    Attributes
    ----------
    states : (B, T, D) tensor
    pooled : (B, P) tensor or None
        Of the first Flux, one vector for the whole instruction.
    """

    states: Tensor
    pooled: Tensor | None = None

    def chosen(self, other: Words, own: Tensor) -> Words:
        """Return these words where ``own`` (B,) is true, and the other's elsewhere."""
        states = torch.where(own[:, None, None], self.states, other.states)
        if self.pooled is None or other.pooled is None:
            return Words(states)
        return Words(states, torch.where(own[:, None], self.pooled, other.pooled))


def grid_ids(rows: int, columns: int, axes: int, picture: int = 0) -> Tensor:
    """Return where a picture's tokens stand: (rows * columns, axes), row by row.

    The second number is the row and the third the column, whatever the aspect.

    Examples
    --------
    >>> grid_ids(2, 3, 3).tolist()[4]
    [0.0, 1.0, 1.0]
    """
    ids = torch.zeros(rows, columns, axes)
    ids[..., 0] = picture
    ids[..., 1] = torch.arange(rows)[:, None]
    ids[..., 2] = torch.arange(columns)
    return ids.flatten(0, 1)


class EditDenoiser(nn.Module):  # type: ignore[misc]  # Any
    """A transformer that is told a source picture, landmarks and words.

    Parameters
    ----------
    transformer : LandmarkFluxTransformer or LandmarkFlux2Transformer
        With its landmark adapter.
    """

    def __init__(self, transformer: LandmarkFluxTransformer | LandmarkFlux2Transformer) -> None:
        super().__init__()
        self.transformer: Any
        self.transformer = transformer

    @property
    def family(self) -> Family:
        """Which of the two layouts the transformer has."""
        return "flux2" if isinstance(self.transformer, LandmarkFlux2Transformer) else "flux"

    @property
    def axes(self) -> int:
        """Numbers of a position."""
        return 4 if self.family == "flux2" else 3

    def forward(
        self,
        noisy: Tensor,
        times: Tensor,
        words: Words,
        shown: tuple[Tensor, ...],
        landmarks: LandmarkTokens | None,
    ) -> Tensor:
        """Return the velocity of latents: noise minus picture.

        Parameters
        ----------
        noisy : (B, C, h, w) tensor
        times : (B,) tensor
            Share of noise, 0 to 1.
        words : Words
        shown : tuple of (B, C, h', w') tensor
            Latents of the source, and of further pictures that are shown.
        landmarks : LandmarkTokens or None

        Returns
        -------
        (B, C, h, w) float32 tensor
        """
        rows, columns = noisy.shape[-2:]
        count = rows * columns
        pictures = torch.cat([each.flatten(2) for each in (noisy, *shown)], dim=2).transpose(1, 2)
        own = next(self.transformer.parameters()).dtype
        told: dict[str, Any] = {
            "hidden_states": pictures.to(own),
            "encoder_hidden_states": words.states.to(own),
            "timestep": times.to(own),
            "img_ids": self.picture_ids((noisy, *shown)),
            "txt_ids": self.word_ids(words.states),
            "landmarks": landmarks,
            "return_dict": False,
        }
        if self.family == "flux":
            pooled = words.pooled
            if pooled is None:
                pooled = words.states.new_zeros(
                    len(noisy), self.transformer.config.pooled_projection_dim
                )
            told["pooled_projections"] = pooled.to(own)
        found: Tensor = self.transformer(**told)[0][:, :count]
        return found.float().transpose(1, 2).unflatten(2, (rows, columns))

    def picture_ids(self, pictures: tuple[Tensor, ...]) -> Tensor:
        """Return the places of the noise's tokens and of those that are shown, (S, axes)."""
        apart = _APART if self.family == "flux2" else 0
        return torch.cat(
            [
                grid_ids(each.shape[-2], each.shape[-1], self.axes, apart * number).to(each.device)
                for number, each in enumerate(pictures)
            ]
        )

    def word_ids(self, states: Tensor) -> Tensor:
        """Return the places of the words, (T, axes): their order in FLUX.2, else nowhere."""
        ids = torch.zeros(states.shape[1], self.axes, device=states.device)
        if self.family == "flux2":
            ids[:, 3] = torch.arange(states.shape[1])
        return ids

    def trained(self) -> Iterator[tuple[str, nn.Parameter]]:
        """Go through the weights that are trained, by name."""
        return ((name, weight) for name, weight in self.named_parameters() if weight.requires_grad)

    def blocks(self) -> Iterator[nn.Module]:
        """Go through the parts that several devices share out one by one."""
        yield from self.transformer.transformer_blocks
        yield from self.transformer.single_transformer_blocks
