"""The architecture of the published tokenizer, whose checkpoint it loads by its own names.

Convolutions over the row of 68 points, a vector quantizer with running means (van den Oord et al.
2017; Razavi et al. 2019), and convolutions back (LaTo, arXiv 2509.25731). The names of modules and
tensors are those of the published checkpoint. What differs is the training of the codebook: sums
and counts are part of the state, so that a resumed run goes on where it was, counts cannot reach 0,
and a code that is put elsewhere takes its sums along.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from landmarkdiff.lato.tokenizer.points import POINT_COUNT

__all__ = ["ReleasedShape", "ReleasedTokenizer", "VectorQuantizer", "released_tokenizer"]

#: Groups of the normalization, and its epsilon.
_GROUPS, _EPSILON = 32, 1e-6
#: Reach of a convolution grows as channels shrink from this number.
_MOST_CHANNELS = 512
#: Share that a running mean keeps at each step.
_KEPT = 0.99
#: Counts are kept this far from 0 (Laplace smoothing), as a share of all of them.
_SMOOTHING = 1e-5


@dataclass(frozen=True)
class ReleasedShape:
    """Sizes; the defaults are the paper's.

    Attributes
    ----------
    channels : tuple of int
        Of the outer and the inner blocks; multiples of 32.
    codes, width : int
        Codes of the codebook, and numbers of a code.
    """

    channels: tuple[int, int] = (128, 512)
    codes: int = 8192
    width: int = 3072


class _Attention(nn.Module):  # type: ignore[misc]  # Any
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(_GROUPS, channels, _EPSILON)
        self.q, self.k, self.v, self.proj_out = (nn.Conv1d(channels, channels, 1) for _ in range(4))

    def forward(self, row: Tensor) -> Tensor:
        normed = self.norm(row)
        query, key, value = (one(normed).transpose(1, 2) for one in (self.q, self.k, self.v))
        mixed = functional.scaled_dot_product_attention(query, key, value)
        return row + self.proj_out(mixed.transpose(1, 2))


class _Block(nn.Module):  # type: ignore[misc]  # Any
    def __init__(self, start: int, end: int) -> None:
        super().__init__()
        reach = max(1, _MOST_CHANNELS // end - 1)
        self.block = nn.Sequential(
            nn.GroupNorm(_GROUPS, start, _EPSILON),
            nn.SiLU(),
            nn.Conv1d(start, end, 3, padding=reach, dilation=reach),
            nn.GroupNorm(_GROUPS, end, _EPSILON),
            nn.SiLU(),
            nn.Conv1d(end, end, 1),
        )
        self.conv_short = nn.Identity() if start == end else nn.Conv1d(start, end, 1)

    def forward(self, row: Tensor) -> Tensor:
        return self.conv_short(row) + self.block(row)


class _Network(nn.Module):  # type: ignore[misc]  # Any
    """Encoder or decoder: the same blocks, with the channels in one order or the other."""

    def __init__(self, start: int, first: int, second: int, end: int) -> None:
        super().__init__()
        self.conv_in = nn.Conv1d(start, first, 3, padding=1)
        self.resnet1 = nn.ModuleList(_Block(first, first) for _ in range(3))
        self.attn1 = _Attention(first)
        self.resnet2 = _Block(first, second)
        self.resnet3 = nn.ModuleList(_Block(second, second) for _ in range(3))
        self.attn2 = _Attention(second)
        self.conv_out = nn.Conv1d(second, end, 3, padding=1)

    def forward(self, row: Tensor) -> Tensor:
        row = self.conv_in(row)
        for block in (*self.resnet1, self.attn1, self.resnet2, *self.resnet3, self.attn2):
            row = block(row)
        return self.conv_out(row)


class VectorQuantizer(nn.Module):  # type: ignore[misc]  # Any
    """A codebook of running means.

    Parameters
    ----------
    codes, width : int
    patience : int, optional
        Steps that a code may go unused before it is put on what was just encoded.
    """

    codebook: Tensor
    code_sum: Tensor
    code_count: Tensor
    unused: Tensor
    filled: Tensor

    def __init__(self, codes: int, width: int, patience: int = 40) -> None:
        super().__init__()
        self.patience = patience
        self.register_buffer("codebook", torch.zeros(codes, width))
        self.register_buffer("code_sum", torch.zeros(codes, width))
        self.register_buffer("code_count", torch.zeros(codes))
        self.register_buffer("unused", torch.zeros(codes, dtype=torch.int64))
        self.register_buffer("filled", torch.zeros((), dtype=torch.bool))

    def nearest(self, rows: Tensor) -> Tensor:
        """Return the code nearest to each of (n, width) rows: (n,) int64."""
        size = self.codebook.square().sum(-1)
        return (size - 2.0 * rows @ self.codebook.T).argmin(-1)

    def forward(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Quantize (n, width) rows; in training the codebook follows them.

        Returns
        -------
        values : (n, width) tensor
            The codes' values; gradients pass through to the rows.
        codes : (n,) int64 tensor
        loss : () tensor
            What draws the rows to their codes.
        """
        if self.training and not bool(self.filled):
            self._fill(rows.detach())
        codes = self.nearest(rows.detach())
        values = functional.embedding(codes, self.codebook)
        if self.training:
            self._follow(rows.detach(), codes)
        loss = functional.mse_loss(rows, values.detach())
        return rows + (values - rows).detach(), codes, loss

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def _fill(self, rows: Tensor) -> None:
        self.codebook.copy_(self._from_rows(rows, len(self.codebook)))
        self.code_sum.copy_(self.codebook)
        self.code_count.fill_(1.0)
        self.filled.fill_(True)

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def _follow(self, rows: Tensor, codes: Tensor) -> None:
        count = torch.bincount(codes, minlength=len(self.codebook)).to(rows.dtype)
        total = torch.zeros_like(self.codebook).index_add_(0, codes, rows)
        self.code_sum.lerp_(total, 1.0 - _KEPT)
        self.code_count.lerp_(count, 1.0 - _KEPT)
        self.unused.add_(1).masked_fill_(count > 0, 0)
        dead = self.unused > self.patience
        if bool(dead.any()):
            # With its sums and its count, or the mean would draw it back to where nothing is.
            self.code_sum[dead] = self._from_rows(rows, int(dead.sum()))
            self.code_count[dead] = 1.0
            self.unused[dead] = 0
        all_of_them = self.code_count.sum()
        small = _SMOOTHING * all_of_them / len(self.codebook)
        self.codebook.copy_(self.code_sum / self.code_count.clamp(min=float(small))[:, None])

    @staticmethod
    def _from_rows(rows: Tensor, count: int) -> Tensor:
        """Some of the rows, a little apart where there are too few."""
        chosen = torch.randint(len(rows), (count,), device=rows.device)
        apart = 0.01 * torch.randn(count, rows.shape[1], device=rows.device, dtype=rows.dtype)
        return rows[chosen] + apart * rows.std(dim=0, unbiased=False)


class ReleasedTokenizer(nn.Module):  # type: ignore[misc]  # Any
    """The published tokenizer: points to codes and back.

    Parameters
    ----------
    shape : ReleasedShape, optional
    """

    def __init__(self, shape: ReleasedShape | None = None) -> None:
        super().__init__()
        shape = shape or ReleasedShape()
        outer, inner = shape.channels
        self.encoder = _Network(2, outer, inner, shape.width)
        self.decoder = _Network(shape.width, inner, outer, 2)
        self.vq = VectorQuantizer(shape.codes, shape.width)

    def forward(self, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the points as they come back, their codes and the quantizer's loss.

        Parameters
        ----------
        points : (B, 68, 2) float tensor
            Frame of tokens.

        Returns
        -------
        points : (B, 68, 2) tensor
        codes : (B, 68) int64 tensor
        loss : () tensor
        """
        if points.shape[-2:] != (POINT_COUNT, 2):
            raise ValueError(f"(B, 68, 2) points are expected, not {tuple(points.shape)}")
        rows = self.encoder(points.transpose(1, 2)).transpose(1, 2)
        values, codes, loss = self.vq(rows.flatten(0, 1))
        back = self.decoder(values.view_as(rows).transpose(1, 2)).transpose(1, 2)
        return back, codes.view(rows.shape[:2]), loss

    def tokens(self, points: Tensor) -> Tensor:
        """Return the values of the codes of points: (B, 68, width)."""
        rows = self.encoder(points.transpose(1, 2)).transpose(1, 2)
        return functional.embedding(self.vq.nearest(rows.flatten(0, 1)), self.vq.codebook).view_as(
            rows
        )


def released_tokenizer(state: Mapping[str, Tensor]) -> ReleasedTokenizer:
    """Make the tokenizer of a published checkpoint, whatever its sizes.

    Parameters
    ----------
    state : mapping of name to tensor
        ``encoder.*``, ``decoder.*`` and ``vq.codebook``; the sums and counts that our own training
        keeps beside it are taken where they are there.

    Raises
    ------
    ValueError
        A tensor is missing, is not of the architecture, or has another shape.
    """
    wanted = ("encoder.conv_in.weight", "encoder.conv_out.weight", "encoder.resnet2.block.2.weight")
    lost = [name for name in (*wanted, "vq.codebook") if name not in state]
    if lost:
        raise ValueError(f"the checkpoint has no {lost[0]}")
    outer, inner = len(state[wanted[0]]), len(state[wanted[2]])
    codes, width = state["vq.codebook"].shape
    model = ReleasedTokenizer(ReleasedShape((outer, inner), codes, width))
    book = state["vq.codebook"]
    own = {
        "vq.code_sum": book, "vq.code_count": torch.ones(codes),
        "vq.unused": torch.zeros(codes, dtype=torch.int64), "vq.filled": torch.ones((), dtype=bool),
    }  # fmt: skip
    try:
        model.load_state_dict({**own, **state}, strict=True)
    except RuntimeError as error:
        raise ValueError(str(error).splitlines()[1].strip()) from error
    model.eval()
    return model
