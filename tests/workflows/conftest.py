"""Files of the portraits, and a preview of one of them, made once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from landmarkdiff import workflows
from landmarkdiff.arrays import ImageArray
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.photo import write_png
from landmarkdiff.workflows import read_request


@pytest.fixture(scope="session")
def portrait_files(
    portraits: Mapping[str, ImageArray], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("portraits")
    for name, pixels in portraits.items():
        write_png(folder / f"{name}.png", pixels)
    return folder


@pytest.fixture(scope="session")
def rhinoplasty() -> workflows.SimulationRequest:
    return read_request(procedures=["rhinoplasty"], intensity=["80"])


@pytest.fixture(scope="session")
def previewed(
    portrait_files: Path,
    rhinoplasty: workflows.SimulationRequest,
    pipeline: LandmarkDiffPipeline,
    tmp_path_factory: pytest.TempPathFactory,
) -> workflows.PreviewFiles:
    out = tmp_path_factory.mktemp("previews")
    return workflows.preview(
        portrait_files / "grace_hopper.png", rhinoplasty, out, pipeline=pipeline
    )
