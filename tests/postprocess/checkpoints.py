"""Checkpoint files of finishing networks with random weights, as their makers publish them."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch

with warnings.catch_warnings():
    # Of torch about a decorator that one of spandrel's networks uses.
    warnings.simplefilter("ignore", FutureWarning)
    warnings.simplefilter("ignore", DeprecationWarning)
    from spandrel.architectures.ESRGAN import ESRGAN
    from spandrel.architectures.GFPGAN import GFPGAN
    from spandrel_extra_arches.architectures.CodeFormer import CodeFormer


def gfpgan(path: Path, colour: tuple[float, float, float] | None = None) -> Path:
    """A full-size GFPGAN; with a colour (RGB, 0 to 255), one that answers nothing else."""
    torch.manual_seed(0)
    network = GFPGAN()
    state = network.state_dict()
    if colour is not None:
        for name, value in state.items():
            if "stylegan_decoder.to_rgb" in name and name.endswith(("conv.weight", "bias")):
                value.zero_()
        wanted = torch.tensor(colour).view(1, 3, 1, 1) / 127.5 - 1.0
        state["stylegan_decoder.to_rgb1.bias"].copy_(wanted)
    torch.save({"params_ema": state}, path)
    return path


def codeformer(path: Path) -> Path:
    """A full-size CodeFormer as safetensors."""
    from safetensors.torch import save_file

    torch.manual_seed(0)
    save_file(CodeFormer().state_dict(), path)
    return path


def rrdbnet(path: Path, *, filters: int = 8, blocks: int = 1, scale: int = 4) -> Path:
    """A small RRDBNet in the names of Real-ESRGAN's own checkpoint."""
    torch.manual_seed(0)
    network = ESRGAN(num_filters=filters, num_blocks=blocks, scale=scale)
    torch.save({"params_ema": network.state_dict()}, path)
    return path
