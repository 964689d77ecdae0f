"""Repainting commands, and what they leave."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from landmarkdiff.arrays import ImageArray
from landmarkdiff.cli import main
from landmarkdiff.generators import MODES

#: The modes that paint with Stable Diffusion, of which tests make small networks; the networks of
#: landmark tokens are others.
REPAINTING = [name for name, mode in MODES.items() if mode.paints and name != "lato"]

# diffusers' DPM-Solver hands a tensor to NumPy 2, which tells it so.
ignore_diffusers_on_numpy = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning:diffusers.*"
)


def changed(config: Path, **parts: Any) -> Path:
    """A copy of a configuration, beside it, with other parts."""
    data = yaml.safe_load(config.read_text("utf-8"))
    for name, part in parts.items():
        data[name] = {**data.get(name, {}), **part}
    path = config.with_name(f"{config.stem}-changed.yaml")
    path.write_text(yaml.safe_dump(data), "utf-8")
    return path


def pixels_of(path: Path) -> ImageArray:
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert image is not None, path
    return np.asarray(image[..., ::-1] if image.ndim == 3 else image, np.uint8)


def record_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "result.json").read_text("utf-8"))
    return found


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def outside_is_untouched(folder: Path) -> bool:
    """Whether photo and result differ in nothing but the mask and the label."""
    before, after, mask = (pixels_of(folder / f"{n}.png") for n in ("before", "after", "mask"))
    allowed = mask > 0
    x, y, width, height = record_of(folder)["label_box"]
    allowed[y : y + height, x : x + width] = True
    return not (before != after).any(axis=2)[~allowed].any()


class Terminal(io.StringIO):
    """An error stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True
