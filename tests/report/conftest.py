"""Predictions for reports: simulated once, on the two portraits and a rendered face."""

from __future__ import annotations

import pytest
from rendering import render

from landmarkdiff.arrays import ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.inference import LandmarkDiffPipeline, Prediction
from landmarkdiff.manipulation.prepared import PreparedFace


@pytest.fixture(scope="session")
def report_pipeline() -> LandmarkDiffPipeline:
    return LandmarkDiffPipeline().load()


@pytest.fixture(scope="session")
def smiling(report_pipeline: LandmarkDiffPipeline, astronaut: ImageArray) -> PreparedFace:
    return report_pipeline.prepare(astronaut)


@pytest.fixture(scope="session")
def rhinoplasty(report_pipeline: LandmarkDiffPipeline, smiling: PreparedFace) -> Prediction:
    return report_pipeline.generate(smiling, "rhinoplasty", 60)


@pytest.fixture(scope="session")
def flagged(report_pipeline: LandmarkDiffPipeline, grace_hopper: ImageArray) -> Prediction:
    """A facelift at the end of its band with all clinical flags."""
    flags = ClinicalFlags(
        vitiligo=True,
        bells_palsy=True,
        bells_palsy_side="left",
        keloid_prone=True,
        keloid_regions=["jawline"],
        ehlers_danlos=True,
    )
    return report_pipeline.generate(grace_hopper, "rhytidectomy", 100, clinical_flags=flags)


@pytest.fixture(scope="session")
def unlocked(report_pipeline: LandmarkDiffPipeline, smiling: PreparedFace) -> Prediction:
    """Two effects beyond their bands, one switched off."""
    effects = {"tip_rotation": 14.0, "dorsal_hump": -5.5, "tip_width": "off"}
    return report_pipeline.generate(smiling, "rhinoplasty", 60, effects=effects, unlock=True)


@pytest.fixture(scope="session")
def combined(report_pipeline: LandmarkDiffPipeline, smiling: PreparedFace) -> Prediction:
    levels = {"rhinoplasty": 60, "mentoplasty": 80}
    return report_pipeline.generate(smiling, list(levels), levels, side="left")


@pytest.fixture(scope="session")
def turned(
    report_pipeline: LandmarkDiffPipeline, smiling: PreparedFace, astronaut: ImageArray
) -> list[Prediction]:
    """One plan in five views: frontal, and from both sides at two angles."""
    faces = [
        report_pipeline.prepare(
            render(astronaut, smiling.landmarks.points, yaw=yaw, px_per_mm=2.6, size=640).image
        )
        for yaw in (0.0, 35.0, -35.0, 25.0, -25.0)
    ]
    first = report_pipeline.generate(faces[0], "rhinoplasty", 70)
    return [first, *(report_pipeline.generate(face, plan=first.plan) for face in faces[1:])]
