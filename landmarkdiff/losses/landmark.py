"""The landmark term: how far structures at the landmarks lie from where they belong.

A network that finds landmarks again pulls toward the faces it knows, so the term registers: one
step of Lucas and Kanade (1981) in a window around each landmark between the picture and the
untouched photo, whose landmarks are known. It needs no weights and is differentiable.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from landmarkdiff.landmarks.face import LATERAL_CANTHI

__all__ = ["displacements", "landmark_loss"]

#: Radius of a window and standard deviation of the blur before it, shares of the distance of the
#: outer corners: about 5 mm and 1 mm. One step reads moves up to about the blur.
RADIUS, BLUR = 0.06, 0.012
#: Samples across a window.
ACROSS = 9
#: Gradients weaker than this, grey levels of 0 to 1 per pixel, squared, do not place anything.
FLAT = 1e-6
#: Rec. 601, red, green, blue.
LUMA = (0.299, 0.587, 0.114)


def landmark_loss(picture: Any, target: Any, mask: Any, points: Any) -> Any:
    """Return the mean squared displacement at the landmarks inside the mask, (B,).

    Parameters
    ----------
    picture, target : (B, 3, S, S) tensor in [0, 1]
        What the network makes, and the untouched photo.
    mask : (B, 1, S, S) tensor in [0, 1]
    points : (B, 478, 2) tensor
        Landmarks of the untouched photo, pixels.

    Returns
    -------
    (B,) tensor
        In squares of the distance between landmarks 33 and 263; 0 where the mask has none.
    """
    unit = _unit(points)
    moved = displacements(picture, target, points)
    grid = _normalised(points, picture.shape[-1])[:, :, None]
    weight = functional.grid_sample(mask.float(), grid, align_corners=False)[:, 0, :, 0]
    squares = moved.square().sum(dim=-1) / unit[:, None].square()
    return (squares * weight).sum(dim=1) / weight.sum(dim=1).clamp_min(1.0)


def displacements(picture: Any, target: Any, points: Any) -> Any:
    """Return by how many pixels the picture is moved against the target, (B, 478, 2).

    Shapes as for :func:`landmark_loss`. Moves along an edge cannot be seen and read 0.
    """
    side = picture.shape[-1]
    unit = _unit(points)
    blur = float(BLUR * unit.mean())
    before, after = (_blurred(_grey(image), blur) for image in (target, picture))
    slope = _slopes(before)
    steps = torch.linspace(-1.0, 1.0, ACROSS, device=points.device)
    offsets = torch.stack(torch.meshgrid(steps, steps, indexing="xy"), dim=-1).reshape(-1, 2)
    weight = torch.exp(-2.0 * offsets.square().sum(dim=-1))
    weight = weight / weight.sum()
    places = points[:, :, None] + RADIUS * unit[:, None, None, None] * offsets
    grid = _normalised(places, side)
    channels = torch.cat([after - before, slope], dim=1)
    read = functional.grid_sample(channels, grid, padding_mode="border", align_corners=False)
    # A change of light in a window moves nothing: an offset is fitted beside the move.
    centred = read - (read * weight).sum(dim=-1, keepdim=True)
    difference, across, down = centred.unbind(dim=1)
    xx = (weight * across * across).sum(dim=-1) + FLAT
    yy = (weight * down * down).sum(dim=-1) + FLAT
    xy = (weight * across * down).sum(dim=-1)
    bx = -(weight * across * difference).sum(dim=-1)
    by = -(weight * down * difference).sum(dim=-1)
    area = xx * yy - xy * xy
    return torch.stack([(yy * bx - xy * by) / area, (xx * by - xy * bx) / area], dim=-1)


def _unit(points: Any) -> Any:
    right, left = LATERAL_CANTHI
    return (points[:, left] - points[:, right]).norm(dim=-1).clamp_min(1.0)


def _grey(image: Any) -> Any:
    luma = torch.tensor(LUMA, device=image.device).reshape(1, 3, 1, 1)
    return (image.float() * luma).sum(dim=1, keepdim=True)


def _blurred(grey: Any, sigma: float) -> Any:
    sigma = max(sigma, 0.5)
    reach = max(int(3 * sigma + 0.5), 1)
    across = torch.arange(-reach, reach + 1, device=grey.device, dtype=torch.float32)
    kernel = torch.exp(-0.5 * (across / sigma) ** 2)
    kernel = (kernel / kernel.sum()).reshape(1, 1, 1, -1)
    padded = functional.pad(grey, (reach,) * 4, mode="replicate")
    return functional.conv2d(functional.conv2d(padded, kernel), kernel.transpose(2, 3))


def _slopes(grey: Any) -> Any:
    """Return the change per pixel across and down, (B, 2, S, S)."""
    padded = functional.pad(grey, (1, 1, 1, 1), mode="replicate")
    across = (padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]) / 2
    down = (padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]) / 2
    return torch.cat([across, down], dim=1)


def _normalised(points: Any, side: int) -> Any:
    """Return pixel places in the numbers of grid_sample, -1 to 1 over the whole picture."""
    return (2.0 * points + 1.0) / side - 1.0
