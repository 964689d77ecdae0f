"""From landmark codes to tokens of a transformer, and the tokens that stand for no landmarks."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from landmarkdiff.lato.tokenizer.model import CODE_WIDTH, TokenProjection
from landmarkdiff.lato.tokenizer.points import POINT_COUNT

__all__ = ["LandmarkAdapter", "dropped", "location_ids"]

#: Share of the training samples whose landmarks are left out (LaTo, section 4.1).
DROPOUT = 0.1


class LandmarkAdapter(nn.Module):  # type: ignore[misc]  # Any
    """Projects what codes stand for into a transformer, or puts learned tokens in their place.

    Parameters
    ----------
    width : int
        Of the transformer's tokens.
    code_width : int, optional
        Numbers that a code stands for: 64 of our tokenizer, 3072 of the published one.

    Attributes
    ----------
    unconditional : (68, width) parameter
        Stand for landmarks that are not given: all of them where a step is to be free of them, or
        single ones that are missing. Zeros would mean a face whose points all lie in the middle.
    """

    def __init__(self, width: int, code_width: int = CODE_WIDTH) -> None:
        super().__init__()
        self.project: nn.Linear
        self.project = (
            TokenProjection(width) if code_width == CODE_WIDTH else nn.Linear(code_width, width)
        )
        self.unconditional = nn.Parameter(0.02 * torch.randn(POINT_COUNT, width))

    def forward(self, values: Tensor, given: Tensor) -> Tensor:
        """Return the tokens of landmarks.

        Parameters
        ----------
        values : (B, 68, code_width) tensor
            What the codes stand for.
        given : (B, 68) bool tensor
            Which points are given.

        Returns
        -------
        (B, 68, width) tensor
        """
        return torch.where(given[..., None], self.project(values), self.unconditional)


def location_ids(points: Tensor, given: Tensor, patch: float, axes: int) -> Tensor:
    """Return where landmark tokens stand in the grid of the image's tokens (LaTo, equation 4).

    Parameters
    ----------
    points : (B, 68, 2) tensor
        Image frame, pixels.
    given : (B, 68) bool tensor
        A point that is not given stands nowhere: its numbers are 0, as those of the words.
    patch : float
        Pixels of the image that one token covers along each axis.
    axes : int
        Numbers of an id: 3 in Flux, 4 in FLUX.2; the second is the row and the third the column.

    Returns
    -------
    (B, 68, axes) float32 tensor
        A point in the middle of a token's patch has that token's row and column. Each axis is
        measured by its own length, so that photos that are not square are right.
    """
    ids = torch.zeros(*points.shape[:2], axes, device=points.device)
    ids[..., 1] = points[..., 1] / patch - 0.5
    ids[..., 2] = points[..., 0] / patch - 0.5
    return ids * given[..., None]


def dropped(given: Tensor, generator: torch.Generator, share: float = DROPOUT) -> Tensor:
    """Leave out all landmarks of a share of the samples: (B, 68) bool of (B, 68) bool."""
    kept = torch.rand(len(given), generator=generator) >= share
    return given & kept.to(given.device)[:, None]
