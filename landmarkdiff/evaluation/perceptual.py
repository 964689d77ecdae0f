"""LPIPS: how far apart two pictures are to a network that was trained to see, whole and in parts.

The heads that its authors learned lie in the torchmetrics package; the AlexNet below them is read
from its own file and is never fetched.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
import torch

from landmarkdiff.arrays import Float32Array, ImageArray
from landmarkdiff.errors import WeightsCorruptError
from landmarkdiff.evaluation.backbones import ALEXNET, backbone_state
from landmarkdiff.evaluation.pictures import Part, part_of
from landmarkdiff.evaluation.value import Score
from landmarkdiff.losses.perceptual import lpips_network
from landmarkdiff.notices import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Lpips", "PerceptualDistance", "lpips_score"]

#: Of a smaller picture AlexNet leaves less than a pixel.
_LEAST_PX = 31


class PerceptualDistance(Protocol):
    """What measures LPIPS."""

    def distance(self, first: ImageArray, second: ImageArray) -> float:
        """Return the distance of two whole pictures (H, W, 3), uint8 RGB."""

    def distance_map(self, first: ImageArray, second: ImageArray) -> Float32Array:
        """Return it around every pixel, (H, W)."""


class Lpips:
    """LPIPS with AlexNet, as torchmetrics computes it.

    Parameters
    ----------
    state : mapping of str to torch.Tensor
        AlexNet's numbers, by torchvision's names.
    device : str

    Raises
    ------
    WeightsCorruptError
        They are another network's.
    """

    def __init__(self, state: Mapping[str, Any], device: str = "cpu") -> None:
        try:
            network = lpips_network(state)
        except (RuntimeError, AttributeError) as error:
            reason = Reason("checkpoint_incomplete")
            raise WeightsCorruptError(
                "checkpoint_unfit", file=ALEXNET.file, reason=reason
            ) from error
        self._network = network.to(device)
        self._device = device
        # Whether it answers with a map is a property of the network, so calls are serialised.
        self._lock = threading.Lock()

    @classmethod
    def load(cls, path: Path | None = None, device: str = "cpu") -> Self:
        """Read AlexNet from a file, by default from the weights folders, and return the network.

        Raises
        ------
        ModeUnavailableError, WeightsMissingError, WeightsCorruptError
        """
        return cls(backbone_state(ALEXNET, path), device)

    def distance(self, first: ImageArray, second: ImageArray) -> float:
        """Return the distance of two whole pictures (H, W, 3), uint8 RGB."""
        return float(self._run(first, second, spatial=False).reshape(()))

    def distance_map(self, first: ImageArray, second: ImageArray) -> Float32Array:
        """Return it around every pixel, (H, W) float32."""
        return np.asarray(self._run(first, second, spatial=True)[0, 0], np.float32)

    def _run(self, first: ImageArray, second: ImageArray, *, spatial: bool) -> Float32Array:
        tensors = [
            torch.from_numpy(np.ascontiguousarray(each.transpose(2, 0, 1)))[None]
            .to(self._device, torch.float32)
            .div(127.5)
            .sub(1.0)
            for each in (first, second)
        ]
        with self._lock, torch.inference_mode():
            self._network.spatial = spatial
            return np.asarray(self._network(*tensors).cpu().numpy(), np.float32)


def lpips_score(
    network: PerceptualDistance,
    prediction: ImageArray,
    reference: ImageArray,
    mask: Float32Array,
    part: Part,
) -> Score:
    """Return LPIPS of a part of a picture.

    Parameters
    ----------
    network : PerceptualDistance
    prediction, reference : (H, W, 3) uint8 arrays, RGB
    mask : (H, W) float32 array in [0, 1]
    part : {"whole", "inside", "outside"}
    """
    if min(prediction.shape[:2]) < _LEAST_PX:
        return Score.missing(f"LPIPS takes pictures of {_LEAST_PX} pixels and more each way")
    if part == "whole":
        return Score(network.distance(prediction, reference))
    picture, own = part_of(prediction, reference, mask, part)
    if not own.any():
        return Score.missing(f"the mask leaves no pixel {part}")
    found = network.distance_map(picture, reference)
    return Score(float(found[own].mean(dtype=np.float64)))
