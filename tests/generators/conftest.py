"""Tiny models built once, and requests on a real portrait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny_models
from numpy.typing import NDArray

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.generators import GenerationRequest, PaintNumbers
from landmarkdiff.landmarks.detector import LandmarkDetector
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.warp import warp_plan
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.runtime.clock import StageClock

MakeRequest = Callable[..., GenerationRequest]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let diffusers hand torch's tensors to numpy, which has deprecated how torch does it."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(
                pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
            )


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with tiny models of random weights."""
    folder = tmp_path_factory.mktemp("tiny")
    tiny_models.build(folder)
    return folder


@pytest.fixture(scope="session")
def exact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with models that return their start."""
    folder = tmp_path_factory.mktemp("exact")
    tiny_models.build(folder, "identity")
    return folder


@pytest.fixture(scope="session")
def portrait(astronaut: NDArray[np.uint8], detector: LandmarkDetector) -> PreparedFace:
    """The astronaut with her landmarks, a single pass."""
    return PreparedFace(astronaut, detector.extract(astronaut, passes=1))


@pytest.fixture(scope="session")
def make_request(portrait: PreparedFace) -> MakeRequest:
    """Make a request for the astronaut; few steps, so that tests are quick."""

    def make(
        procedure: str | list[str] = "rhinoplasty", intensity: float = 60.0, **numbers: float
    ) -> GenerationRequest:
        plan = make_plan(procedure, portrait.landmarks, intensity=intensity)
        warp = warp_plan(portrait, plan, ClinicalFlags(), clock=StageClock(), pause=lambda: None)
        seed = int(numbers.pop("seed", 7))
        standard = PaintNumbers(10, 7.5, 1.0, 0.3)
        return GenerationRequest(
            image=portrait.image,
            warped=warp.warped,
            mask=warp.mask,
            source=portrait.landmarks,
            target=warp.target,
            plan=plan,
            seed=seed,
            numbers=replace(standard, **numbers),
        )

    return make
