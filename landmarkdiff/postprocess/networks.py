"""Networks of the finishing steps: checkpoint files, read without running code from them.

spandrel tells the architecture from the names and shapes of the numbers in a checkpoint. Files
are read as plain numbers only: safetensors, or PyTorch's own format with ``weights_only``, which
refuses a pickle that names anything but tensors. torch and spandrel are imported only here, when
a network is loaded.
"""

from __future__ import annotations

import importlib.util
import pickle
import re
import struct
import threading
import warnings
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from landmarkdiff.arrays import Float32Array
from landmarkdiff.errors import (
    LandmarkDiffError,
    ModeUnavailableError,
    WeightsCorruptError,
    WeightsMissingError,
)
from landmarkdiff.notices import Reason
from landmarkdiff.weights import check_safetensors

__all__ = ["DeviceMemoryError", "Network", "load_network", "release_networks"]


#: A number in the name of a weight beyond this would have billions of layers built.
MAX_LAYER_NUMBER = 4096
#: What torch and spandrel raise on files that are no checkpoint, or not one of their networks.
_BROKEN = (
    pickle.UnpicklingError,
    zipfile.BadZipFile,
    struct.error,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    MemoryError,
)

_lock = threading.Lock()
_loaded: dict[str, tuple[tuple[int, int], Network]] = {}


class DeviceMemoryError(LandmarkDiffError):
    """The device's memory is full."""

    def __init__(self, device: str) -> None:
        super().__init__("device_memory_full", device=device)


@dataclass(frozen=True)
class Network:
    """A network that is ready on its device.

    Attributes
    ----------
    module : torch.nn.Module
    architecture : str
        As spandrel names it.
    scale : int
        Pixels of its output per pixel of its input, each way.
    device : str
    precision : {"fp32", "fp16"}
    file : str
        Name of the checkpoint file.
    """

    module: Any
    architecture: str
    scale: int
    device: str
    precision: str
    file: str

    def __call__(
        self, picture: Float32Array, *, low: float = 0.0, **options: object
    ) -> Float32Array:
        """Run the network on one picture.

        Parameters
        ----------
        picture : (h, w, 3) float32 array
            RGB, 0 to 255.
        low : {0.0, -1.0}
            What black is for the network; white is 1.
        **options
            Further arguments of the network.

        Returns
        -------
        (h * scale, w * scale, 3) float32 array
            RGB, cut to 0 to 255.

        Raises
        ------
        WeightsCorruptError
            The network answers with something else than finite numbers.
        DeviceMemoryError
        """
        import torch

        span = 1.0 - low
        planes = np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32)
        kind = torch.float16 if self.precision == "fp16" else torch.float32
        with torch.inference_mode():
            try:
                given = torch.from_numpy(planes).to(self.device).mul_(span / 255.0).add_(low)
                answer = self.module(given.to(kind), **options)
            except torch.OutOfMemoryError as error:
                raise DeviceMemoryError(self.device) from error
            answer = answer[0] if isinstance(answer, tuple) else answer
            answer = answer.float().sub_(low).mul_(255.0 / span)
            if not bool(torch.isfinite(answer).all()):
                raise WeightsCorruptError("network_without_numbers", file=self.file)
            found = answer.clamp_(0.0, 255.0)[0].permute(1, 2, 0).cpu().numpy()
        return np.ascontiguousarray(found, np.float32)


def load_network(
    path: Path, device: str, architectures: Collection[str], *, half: bool = False
) -> Network:
    """Return the network of a checkpoint; loaded once per process, device and file.

    Parameters
    ----------
    path : Path
        ``.safetensors``, or PyTorch's format under any other name.
    device : str
        As torch names it.
    architectures : collection of str
        Which of spandrel's architectures will do.
    half : bool
        Compute in fp16 on a cuda device.

    Raises
    ------
    WeightsMissingError
        The file is not there.
    WeightsCorruptError
        It is no checkpoint, holds code, or another network.
    ModeUnavailableError
        spandrel is not installed.
    """
    for package in ("torch", "spandrel", "spandrel_extra_arches"):
        if importlib.util.find_spec(package) is None:
            raise ModeUnavailableError("package_missing", package=package)
    try:
        facts = path.stat()
    except OSError as error:
        raise WeightsMissingError("model_file_missing", path=str(path)) from error
    precision = "fp16" if half and device.startswith("cuda") else "fp32"
    key, stamp = f"{path.resolve()} {device} {precision}", (facts.st_size, facts.st_mtime_ns)
    with _lock:
        held = _loaded.get(key)
        if held is None or held[0] != stamp:
            held = stamp, _load(path, device, precision)
            _loaded[key] = held
    network = held[1]
    if network.architecture not in architectures:
        raise WeightsCorruptError(
            "checkpoint_of_other_network",
            architecture=network.architecture,
            file=path.name,
            architectures=sorted(architectures),
        )
    return network


def release_networks() -> None:
    """Forget every loaded network, so that its memory can be had again."""
    with _lock:
        _loaded.clear()


def _load(path: Path, device: str, precision: str) -> Network:
    import torch

    spandrel = _spandrel()
    try:
        state = spandrel.canonicalize_state_dict(_numbers(path))
    except _BROKEN as error:
        raise _corrupt(path, "checkpoint_cut_short") from error
    try:
        _refuse_absurd(state)
        found = spandrel.MAIN_REGISTRY.load(state)
    except spandrel.UnsupportedModelError:
        raise _corrupt(path, "checkpoint_unknown") from None
    except _BROKEN as error:
        raise _corrupt(path, "checkpoint_incomplete") from error
    if not isinstance(found, spandrel.ImageModelDescriptor) or found.input_channels != 3:
        raise _corrupt(path, "checkpoint_not_colour")
    if not all(bool(torch.isfinite(value).all()) for value in found.model.parameters()):
        raise _corrupt(path, "checkpoint_not_finite")
    module = found.model.eval().requires_grad_(False)
    try:
        module = module.half().to(device) if precision == "fp16" else module.to(device)
    except torch.OutOfMemoryError as error:
        raise DeviceMemoryError(device) from error
    return Network(module, found.architecture.name, found.scale, device, precision, path.name)


def _numbers(path: Path) -> Any:
    """Read the tensors of a checkpoint by name, and nothing that is not a tensor."""
    import torch

    if path.suffix.lower() == ".safetensors":
        from safetensors.torch import load_file

        check_safetensors(path)
        return load_file(path)
    with warnings.catch_warnings():
        # Of torch about pickles of another age, which it then reads or refuses.
        warnings.simplefilter("ignore", UserWarning)
        state = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(state, dict):
        raise ValueError("it holds no table of weights")
    return state


def _refuse_absurd(state: Any) -> None:
    """Refuse names that would have spandrel build a network of any size the file likes."""
    for name in state:
        if any(int(number) > MAX_LAYER_NUMBER for number in re.findall(r"\d{1,19}", str(name))):
            raise ValueError("its layers are numbered beyond any network")


def _spandrel() -> Any:
    with warnings.catch_warnings():
        # Of torch about its own way to compile, which one of the architectures uses.
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        import spandrel
        import spandrel_extra_arches

    spandrel_extra_arches.install(ignore_duplicates=True)
    return spandrel


def _corrupt(path: Path, why: str) -> WeightsCorruptError:
    return WeightsCorruptError("checkpoint_unfit", file=path.name, reason=Reason(why))
