"""The identity term: the same person, by a recognition network, in what a procedure leaves alone.

The network is an IResNet (Duta et al. 2020) in the layout of ArcFace's published PyTorch weights,
read from safetensors; depth and width are told by its tensors. It reads the face brought to its
template, and both pictures are grey where the procedure changes the person by its nature.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from landmarkdiff.errors import WeightsCorruptError
from landmarkdiff.identity.alignment import ALIGNED_PX, TEMPLATE_PX
from landmarkdiff.landmarks.five_points import FIVE_GROUPS

__all__ = ["ROWS_SHOWN", "IResNet", "IdentityTerm", "rows_shown"]

#: Rows of the aligned face, from the top, that are compared; 0 switches the term off. The
#: template has the tip of the nose at row 72 and the corners of the mouth at row 92.
FULL_FACE, UPPER_FACE, ABOVE_JAWLINE = ALIGNED_PX, 82, 100
ROWS_SHOWN: Mapping[str, int] = MappingProxyType(
    {
        "rhinoplasty": UPPER_FACE,
        "blepharoplasty": FULL_FACE,
        "rhytidectomy": ABOVE_JAWLINE,
        "orthognathic": 0,
    }
)


def rows_shown(procedure: str) -> int:
    """Return the rows that are compared for procedures joined by ``+``: the fewest of any.

    Examples
    --------
    >>> rows_shown("rhinoplasty+blepharoplasty"), rows_shown("rhinoplasty+orthognathic")
    (82, 0)
    """
    return min(ROWS_SHOWN.get(name, FULL_FACE) for name in procedure.split("+"))


class IdentityTerm:
    """One minus the cosine between the embeddings of the picture and of the untouched photo.

    Parameters
    ----------
    path : Path
        Weights as safetensors.
    device : str

    Raises
    ------
    WeightsCorruptError
        The file is no IResNet.
    """

    def __init__(self, path: Path, device: str = "cpu") -> None:
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            network = IResNet.of(load_file(path))
        except (SafetensorError, OSError, KeyError, ValueError, RuntimeError) as error:
            problem = str(error).splitlines()[0]
            raise WeightsCorruptError("iresnet_unreadable", file=path.name, problem=problem) from (
                error
            )
        self._network = network.requires_grad_(False).eval().to(device)

    def __call__(self, picture: Any, target: Any, points: Any, procedures: list[str]) -> Any:
        """Return 1 - cosine of each sample, (B,); 0 where the procedure switches the term off.

        Parameters
        ----------
        picture, target : (B, 3, S, S) tensor in [0, 1]
        points : (B, 478, 2) tensor
            Landmarks of the target, pixels.
        procedures : list of str
        """
        rows = torch.tensor([rows_shown(name) for name in procedures], device=picture.device)
        shown = torch.arange(ALIGNED_PX, device=picture.device) < rows[:, None]
        window = shown[:, None, :, None].float()
        grid = _template_grid(points, picture.shape[-1])
        faces = [
            functional.grid_sample(image.float() * 2.0 - 1.0, grid, align_corners=False) * window
            for image in (picture, target)
        ]
        first, second = (functional.normalize(self._network(face), dim=1) for face in faces)
        return (1.0 - (first * second.detach()).sum(dim=1)) * (rows > 0)


def _template_grid(points: Any, side: int) -> Any:
    """Return where the template's pixels lie in the picture, for grid_sample, (B, 112, 112, 2)."""
    five = torch.stack([points[:, list(group)].mean(dim=1) for group in FIVE_GROUPS], dim=1)
    start = torch.complex(five[..., 0].double(), five[..., 1].double())
    goal_points = torch.as_tensor(np.array(TEMPLATE_PX), device=points.device)
    goal = torch.complex(goal_points[:, 0], goal_points[:, 1])
    start_off = start - start.mean(dim=1, keepdim=True)
    goal_off = goal - goal.mean()
    # From the template to the picture: the similarity that fits best.
    turn = (goal_off.conj() * start_off).sum(dim=1) / goal_off.abs().square().sum()
    shift = start.mean(dim=1) - turn * goal.mean()
    line = torch.arange(ALIGNED_PX, device=points.device, dtype=torch.float64)
    down, across = torch.meshgrid(line, line, indexing="ij")
    placed = turn[:, None, None] * torch.complex(across, down) + shift[:, None, None]
    grid = torch.stack([placed.real, placed.imag], dim=-1)
    return ((2.0 * grid + 1.0) / side - 1.0).float()


class _Block(nn.Module):  # type: ignore[misc]  # Any
    """A residual block, as in the published weights."""

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inside, eps=1e-5)
        self.conv1 = nn.Conv2d(inside, outside, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outside, eps=1e-5)
        self.prelu = nn.PReLU(outside)
        self.conv2 = nn.Conv2d(outside, outside, 3, stride, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outside, eps=1e-5)
        self.downsample: nn.Module | None = None
        if stride != 1 or inside != outside:
            self.downsample = nn.Sequential(
                nn.Conv2d(inside, outside, 1, stride, bias=False),
                nn.BatchNorm2d(outside, eps=1e-5),
            )

    def forward(self, values: Any) -> Any:
        """Return features (B, outside, n, n)."""
        kept = values if self.downsample is None else self.downsample(values)
        values = self.conv1(self.bn1(values))
        return self.bn3(self.conv2(self.prelu(self.bn2(values)))) + kept


class IResNet(nn.Module):  # type: ignore[misc]  # Any
    """ArcFace's network for aligned faces of 112 pixels.

    Parameters
    ----------
    widths : sequence of int
        Of the stem and the four stages.
    depths : sequence of int
        Blocks of the four stages.
    features : int
        Length of the embedding.
    """

    def __init__(self, widths: tuple[int, ...], depths: tuple[int, ...], features: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, widths[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0], eps=1e-5)
        self.prelu = nn.PReLU(widths[0])
        inside = widths[0]
        for number, (width, depth) in enumerate(zip(widths[1:], depths, strict=True), start=1):
            blocks = [_Block(inside, width, 2)]
            blocks += [_Block(width, width, 1) for _ in range(depth - 1)]
            self.add_module(f"layer{number}", nn.Sequential(*blocks))
            inside = width
        self.bn2 = nn.BatchNorm2d(inside, eps=1e-5)
        self.fc = nn.Linear(inside * 7 * 7, features)
        self.features = nn.BatchNorm1d(features, eps=1e-5)

    @classmethod
    def of(cls, tensors: Mapping[str, Any]) -> IResNet:
        """Return the network that tensors of the published names belong to, with them in it.

        Raises
        ------
        KeyError, RuntimeError
            Tensors are missing or of another shape.
        """
        stages = range(1, 5)
        depths = tuple(
            1 + max(int(key.split(".")[1]) for key in tensors if key.startswith(f"layer{stage}."))
            for stage in stages
        )
        widths = tuple(len(tensors[f"layer{stage}.0.conv1.weight"]) for stage in stages)
        network = cls((len(tensors["conv1.weight"]), *widths), depths, len(tensors["fc.weight"]))
        network.load_state_dict(dict(tensors))
        return network

    def forward(self, faces: Any) -> Any:
        """Return embeddings (B, features) of faces (B, 3, 112, 112) in [-1, 1]."""
        values = self.prelu(self.bn1(self.conv1(faces)))
        for number in range(1, 5):
            values = getattr(self, f"layer{number}")(values)
        return self.features(self.fc(torch.flatten(self.bn2(values), 1)))
