"""The mode ``lato``: FLUX.2 klein with landmark tokens repaints the warp."""

from __future__ import annotations

from landmarkdiff.configuration import Configuration
from landmarkdiff.generators.base import Generator
from landmarkdiff.generators.mode import Mode

__all__ = ["MODES"]

_PACKAGES = ("torch", "diffusers", "transformers", "peft", "safetensors")


def _make(mode: Mode, configuration: Configuration) -> Generator:
    from landmarkdiff.generators.lato.generator import LatoGenerator

    return LatoGenerator(mode, configuration)


MODES = (Mode("lato", _make, ("base",), packages=_PACKAGES),)
