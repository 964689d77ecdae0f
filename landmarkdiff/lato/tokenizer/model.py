"""Our tokenizer: points are rounded to two grids, one inside the other, and missing ones are found.

A point gets one code of each level: the first says in which cell of a grid over the image it lies,
the second where in that cell (finite scalar quantization, Mentzer et al. 2023, of the rest that is
left). There is no codebook that could collapse, no code that can die, no division that could give
NaN, and the error has a bound that holds for every face: half a step of the finer grid. What is
learned is the rest of a face of which points are missing: a transformer over the points looks at
those that are there.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from landmarkdiff.lato.tokenizer.points import POINT_COUNT

__all__ = [
    "CODE_WIDTH",
    "LandmarkTokenizer",
    "ResidualGrid",
    "Similarity",
    "TokenProjection",
    "TokenizerShape",
]

#: Numbers that a code stands for: sine and cosine of both coordinates at sixteen frequencies.
CODE_WIDTH = 64
#: Faces differ from the mean by a tenth of its size or so; the network works with numbers near 1.
_SHARPER = 8.0


@dataclass(frozen=True)
class TokenizerShape:
    """Sizes of a tokenizer.

    Attributes
    ----------
    steps : int
        Of a grid, along each axis; odd, so that the middle is on it.
    levels : int
        Grids, each of the rest that the one before leaves.
    width, depth, heads : int
        Of the network that finds missing points.
    """

    steps: int = 33
    levels: int = 2
    width: int = 64
    depth: int = 4
    heads: int = 4

    @property
    def code_count(self) -> int:
        """Codes of one level."""
        return self.steps**2


class ResidualGrid:
    """Rounds coordinates between -1 and 1 to a grid, and the rest to a grid in its cell.

    Parameters
    ----------
    steps, levels : int
        As of :class:`TokenizerShape`.

    Raises
    ------
    ValueError
        ``steps`` is even or less than 3, or there is no level.
    """

    def __init__(self, steps: int, levels: int) -> None:
        if steps < 3 or steps % 2 == 0 or levels < 1:
            raise ValueError(f"a grid of {steps} steps at {levels} levels cannot be made")
        self.steps, self.levels = steps, levels

    @property
    def step(self) -> float:
        """Of the finest grid, in the frame of tokens."""
        return float(2.0 / (self.steps - 1) ** self.levels)

    def codes(self, points: Tensor) -> Tensor:
        """Return the codes of points, (..., levels) int64 of (..., 2); outside, of the border."""
        last = self.steps - 1
        rest, found, scale = points.clamp(-1.0, 1.0).double(), [], 1.0
        for _ in range(self.levels):
            place = ((rest / scale + 1.0) / 2.0 * last).round().clamp(0, last)
            found.append((place[..., 1] * self.steps + place[..., 0]).long())
            rest = rest - (place / last * 2.0 - 1.0) * scale
            scale /= last
        return torch.stack(found, -1)

    def points(self, codes: Tensor) -> Tensor:
        """Return the places of codes, (..., 2) float32 of (..., levels)."""
        last, scale = self.steps - 1, 1.0
        found = torch.zeros(*codes.shape[:-1], 2, dtype=torch.float64, device=codes.device)
        for level in range(self.levels):
            code = codes[..., level]
            place = torch.stack([code % self.steps, code // self.steps], -1)
            found = found + (place / last * 2.0 - 1.0) * scale
            scale /= last
        return found.float()


class _Layer(nn.Module):  # type: ignore[misc]  # Any
    """Attention among the points, then a network for each of them."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_points = nn.LayerNorm(width)
        self.to_qkv = nn.Linear(width, 3 * width)
        self.from_heads = nn.Linear(width, width)
        self.norm_each = nn.LayerNorm(width)
        self.widen = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)

    def forward(self, state: Tensor, seen: Tensor) -> Tensor:
        """``seen`` is (B, 1, 1, 68) bool: which points may be looked at."""
        shape = (*state.shape[:2], 3, self.heads, -1)
        query, key, value = self.to_qkv(self.norm_points(state)).view(shape).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
        state = state + self.from_heads(mixed.transpose(1, 2).flatten(2))
        return state + self.narrow(functional.gelu(self.widen(self.norm_each(state))))


class LandmarkTokenizer(nn.Module):  # type: ignore[misc]  # Any
    """Points to codes and back, missing points included.

    Parameters
    ----------
    shape : TokenizerShape, optional
    """

    mean: Tensor

    def __init__(self, shape: TokenizerShape | None = None) -> None:
        super().__init__()
        self.shape = shape = shape or TokenizerShape()
        self.register_buffer("mean", torch.zeros(POINT_COUNT, 2))
        self.grid = ResidualGrid(shape.steps, shape.levels)
        self.enter = nn.Linear(3, shape.width)
        self.place = nn.Parameter(0.1 * torch.randn(POINT_COUNT, shape.width))
        self.layers = nn.ModuleList(_Layer(shape.width, shape.heads) for _ in range(shape.depth))
        self.norm = nn.LayerNorm(shape.width)
        self.leave = nn.Linear(shape.width, 2)
        nn.init.zeros_(self.leave.weight)  # it starts at the mean face
        nn.init.zeros_(self.leave.bias)

    def complete(self, points: Tensor, present: Tensor) -> Tensor:
        """Return the points with those that are missing found from the others.

        Parameters
        ----------
        points : (B, 68, 2) float tensor
            Frame of tokens (:func:`~landmarkdiff.lato.tokenizer.points.to_frame`); what stands at
            a missing point does not count.
        present : (B, 68) tensor
            1 where a point is given, 0 where it is missing.

        Returns
        -------
        (B, 68, 2) float tensor
            Points that were given are as they were.

        Raises
        ------
        ValueError
            The shape is another, or fewer than three points of a face are given.
        """
        given = (present > 0)[..., None]
        if points.shape[-2:] != (POINT_COUNT, 2) or present.shape != points.shape[:-1]:
            raise ValueError(f"(B, 68, 2) points are expected, not {tuple(points.shape)}")
        if not bool((given.sum(dim=(-1, -2)) >= 3).all()):
            raise ValueError("fewer than three points of a face are given")
        fit = Similarity.of(self.mean, points, given)
        own = torch.where(given, fit.undone(points) - self.mean, torch.zeros_like(points))
        told = torch.cat([_SHARPER * own, given.to(points.dtype)], -1)
        state = self.enter(told) + self.place
        for layer in self.layers:
            state = layer(state, given[..., 0][:, None, None, :])
        found = fit.done(self.mean + self.leave(self.norm(state)) / _SHARPER)
        return torch.where(given, points, found)

    def encode(self, points: Tensor, present: Tensor | None = None) -> Tensor:
        """Return the codes of points, (B, 68, levels) int64; see :meth:`complete`.

        Raises
        ------
        ValueError
            As of :meth:`complete`.
        """
        if present is None:
            present = torch.ones(points.shape[:-1], device=points.device)
        return self.grid.codes(self.complete(points, present))

    def decode(self, codes: Tensor) -> Tensor:
        """Return the points of codes: (B, 68, 2) of (B, 68, levels), frame of tokens."""
        return self.grid.points(codes)

    def features(self, codes: Tensor) -> Tensor:
        """Return what codes stand for, (B, 68, 64): waves of their place, from the whole frame on.

        The shortest wave is as long as two steps of the finest grid, so that neighbours differ.
        """
        shortest = 2.0 * self.grid.step
        lengths = torch.logspace(0.0, 1.0, CODE_WIDTH // 4, shortest / 4.0, device=codes.device)
        phase = self.decode(codes)[..., None] * (2.0 * torch.pi / (4.0 * lengths))
        return torch.cat([phase.sin(), phase.cos()], -1).flatten(-2)


class TokenProjection(nn.Linear):  # type: ignore[misc]  # Any
    """From what a code stands for to a token of the transformer; learned with the transformer.

    Parameters
    ----------
    width : int
        Of a token: 3072 in the transformers that LaTo is made for.
    """

    def __init__(self, width: int = 3072) -> None:
        super().__init__(CODE_WIDTH, width, bias=False)
        nn.init.orthogonal_(self.weight)


@dataclass(frozen=True)
class Similarity:
    """The turn, size and shift that take a face to the given points of others.

    Attributes
    ----------
    turn : (B, 2, 2) float tensor
        Right-multiplied; its size included.
    start, end : (1 or B, 1, 2) float tensor
        Middle of the points before and after.
    """

    turn: Tensor
    start: Tensor
    end: Tensor

    @classmethod
    def of(cls, face: Tensor, points: Tensor, given: Tensor) -> Similarity:
        """Fit a face (68, 2) to points (B, 68, 2) by least squares, where they are given."""
        weight = given.to(points.dtype)
        count = weight.sum(dim=1, keepdim=True)
        start = (face * weight).sum(dim=1, keepdim=True) / count
        end = (torch.where(given, points, 0.0)).sum(dim=1, keepdim=True) / count
        old, new = (face - start) * weight, torch.where(given, points - end, 0.0)
        size = old.square().sum(dim=(1, 2)).clamp(min=1e-6)
        along = (old * new).sum(dim=(1, 2)) / size
        across = (old[..., 0] * new[..., 1] - old[..., 1] * new[..., 0]).sum(dim=1) / size
        # Points that all fall together have no size to fit.
        along = torch.where(along.square() + across.square() < 1e-8, 1e-4, along)
        rows = [torch.stack([along, across], -1), torch.stack([-across, along], -1)]
        return cls(torch.stack(rows, 1), start, end)

    def done(self, face: Tensor) -> Tensor:
        """Move (B, 68, 2) from the face's own frame to that of the points."""
        return (face - self.start) @ self.turn + self.end

    def undone(self, points: Tensor) -> Tensor:
        """Move points back: the inverse of :meth:`done`."""
        size = self.turn[:, 0].square().sum(-1)[:, None, None]
        return (points - self.end) @ (self.turn.transpose(1, 2) / size) + self.start
