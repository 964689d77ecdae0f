"""A portrait in the working directory; tiny complete models, and what they painted."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from repainting import changed, run

from landmarkdiff import weights
from landmarkdiff.arrays import ImageArray
from landmarkdiff.photo import write_png


@pytest.fixture
def photo(astronaut: ImageArray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A portrait in the working directory."""
    monkeypatch.chdir(tmp_path)
    write_png(tmp_path / "photo.png", astronaut)
    return tmp_path / "photo.png"


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Configurations of networks that return their start, move it by much, and paint noise."""
    for package in ("torch", "diffusers", "transformers", "peft"):
        pytest.importorskip(package)
    import tiny_models

    weights.obtain("sface")  # fetches it, where a simulation itself would go without
    # Few of the 10 steps are run: one, or so many that a third attempt has one left. A guidance
    # of 1 spares the second half of each batch; the shared previews are made with more.
    networks = {
        "identity": ("identity", 0.1),
        "moving": ("shift=4", 0.3),
        "noise": ("random", 0.75),
    }
    return {
        name: changed(
            tiny_models.build(tmp_path_factory.mktemp(name), network),
            diffusion={"strength": strength, "guidance_scale": 1.0},
        )
        for name, (network, strength) in networks.items()
    }


@dataclass(frozen=True)
class Painted:
    """A preview in a repainting mode: its folder, and what was printed."""

    folder: Path
    out: str
    err: str


@pytest.fixture(scope="session")
def painted(
    models: Mapping[str, Path], astronaut: ImageArray, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Painted]:
    """A faithful preview in a mode, made once; to be read, not changed."""

    @cache
    def preview(mode: str) -> Painted:
        place = tmp_path_factory.mktemp(mode)
        write_png(place / "photo.png", astronaut)
        wanted = ["preview", place / "photo.png", "-p", "rhinoplasty", "--mode", mode]
        options = ["--guidance", "7.5", "--config", models["identity"], "--out", place / "o"]
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
            assert run(*wanted, *options) == 0
        return Painted(place / "o" / "photo", out.getvalue(), err.getvalue())

    return preview
