"""The portraits, and every procedure on both of them."""

from __future__ import annotations

import pytest
from same_photo import untouched

from landmarkdiff.inference import LandmarkDiffPipeline, Prediction, PreparedFace


@pytest.fixture
def prepared(prepared_portraits: dict[str, PreparedFace]) -> dict[str, PreparedFace]:
    """Both portraits, for one test."""
    return {name: untouched(face) for name, face in prepared_portraits.items()}


class Results(dict[tuple[str, str, int], Prediction]):
    """Predictions by portrait, procedure and intensity, with the checks: made when asked for."""

    def __init__(self, pipeline: LandmarkDiffPipeline, faces: dict[str, PreparedFace]) -> None:
        self._pipeline, self._faces = pipeline, faces

    def __missing__(self, case: tuple[str, str, int]) -> Prediction:
        portrait, procedure, intensity = case
        face = untouched(self._faces[portrait])
        self[case] = self._pipeline.generate(face, procedure, intensity)
        return self[case]


@pytest.fixture(scope="module")
def results(pipeline: LandmarkDiffPipeline, prepared_portraits: dict[str, PreparedFace]) -> Results:
    """Every procedure at any intensity on both portraits."""
    return Results(pipeline, prepared_portraits)
