"""Comparison and sweep in memory; what they write is in test_workflows.py."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from landmarkdiff import workflows
from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import (
    FaceUnusableError,
    ParameterError,
    ProcedureError,
    WorkCancelled,
)
from landmarkdiff.inference import LandmarkDiffPipeline, PreparedFace
from landmarkdiff.photo import draw_label, write_png
from landmarkdiff.workflows import read_request
from landmarkdiff.workflows.output.pictures import FRAME_SIZE, TILE_SIZE, face_tile, simulation_tile


@pytest.fixture(scope="module")
def prepared(pipeline: LandmarkDiffPipeline, astronaut: ImageArray) -> PreparedFace:
    return pipeline.prepare(astronaut, passes=2)


def steps(told: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """What was told, once each: a step tells again between its stages."""
    return list(dict.fromkeys(told))


class Stop:
    """Progress that is cancelled before a step, and remembers what it was told."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.told: list[tuple[int, int, str]] = []

    def __call__(self, done: int, total: int, what: str) -> None:
        self.told.append((done, total, what))
        if done == self.at:
            raise WorkCancelled


def test_each_request_has_its_own_intensity_and_the_same_framing(
    pipeline: LandmarkDiffPipeline, prepared: PreparedFace
) -> None:
    requests = [
        read_request(procedures=["rhinoplasty"], intensity=["90"]),
        read_request(procedures=["lip_lift"], intensity=["30"]),
        read_request(
            procedures=["rhinoplasty", "mentoplasty"],
            intensity=["rhinoplasty=40", "mentoplasty=80"],
        ),
    ]
    told = Stop(at=99)
    compared = workflows.compare_on(pipeline, prepared, requests, progress=told)
    assert steps(told.told) == [
        (0, 3, "rhinoplasty"),
        (1, 3, "lip_lift"),
        (2, 3, "rhinoplasty+mentoplasty"),
    ]
    assert [item.procedures for item in compared] == [
        ("rhinoplasty",),
        ("lip_lift",),
        ("rhinoplasty", "mentoplasty"),
    ]
    assert [item.intensity for item in compared] == [90.0, 30.0, 40.0]
    assert compared[2].intensities == {"rhinoplasty": 40.0, "mentoplasty": 80.0}
    assert compared[2].title == "Rhinoplasty, Mentoplasty (chin)"
    plans = {effect.procedure for effect in compared[2].summary.plan.effects}
    assert plans == {"rhinoplasty", "mentoplasty"}
    before = face_tile(prepared.image, prepared.landmarks)
    _, (x, y, w, h) = draw_label(before, corner="bottom-right")
    for item in compared:
        assert item.after.shape == (TILE_SIZE[1], TILE_SIZE[0], 3)
        assert item.prediction is None, "pictures of the photo's size are not kept unasked"
        assert item.refusal is None
        differs = (item.after != before).any(axis=2)
        assert differs[y : y + h, x : x + w].mean() > 0.9, "labelled"
        assert not differs[:40].any(), "hair and backdrop lie in one place in all tiles"


def test_a_comparison_gives_what_a_simulation_alone_gives(
    pipeline: LandmarkDiffPipeline, prepared: PreparedFace
) -> None:
    request = read_request(procedures=["rhinoplasty"], intensity=["80"], label_corner="top-left")
    (kept,) = workflows.compare_on(pipeline, prepared, [request], size=FRAME_SIZE, keep=True)
    alone = request.simulate(pipeline, prepared)
    assert kept.prediction is not None
    assert np.array_equal(kept.prediction.image, alone.image)
    assert np.array_equal(kept.after, simulation_tile(alone, "top-left", FRAME_SIZE))
    (again,) = workflows.compare_on(pipeline, prepared, [replace(request, plan=alone.plan)])
    assert again.to_dict()["plan_hash"] == alone.plan.hash
    assert again.intensities == {"rhinoplasty": 80.0}


def test_a_plan_that_the_photo_cannot_carry_is_shown_as_refused(
    pipeline: LandmarkDiffPipeline, astronaut: ImageArray
) -> None:
    face = pipeline.prepare(astronaut, passes=2)
    chin = int(face.landmarks.points[152, 1])
    cut = pipeline.prepare(np.ascontiguousarray(astronaut[: chin - 12]), passes=2)
    requests = [read_request(procedures=[name]) for name in ("mentoplasty", "brow_lift")]
    refused, done = workflows.compare_on(pipeline, cut, requests)
    assert isinstance(refused.refusal, FaceUnusableError)
    reason = str(refused.refusal)
    assert refused.to_dict() == {"status": "no_simulation", "reason": reason}
    assert "cut off by the border" in reason
    assert refused.summary is None
    assert refused.intensity == 60.0
    assert np.array_equal(refused.after, face_tile(cut.image, cut.landmarks))
    assert done.to_dict()["status"] == "simulated"


def test_a_comparison_of_nothing_is_refused(
    pipeline: LandmarkDiffPipeline, prepared: PreparedFace
) -> None:
    with pytest.raises(ParameterError, match="nothing to compare"):
        workflows.compare_on(pipeline, prepared, [])
    with pytest.raises(ProcedureError, match="no procedure is named"):
        workflows.compare_on(pipeline, prepared, [read_request()])


def test_a_sweep_is_even_and_each_step_moves_more(
    pipeline: LandmarkDiffPipeline, prepared: PreparedFace
) -> None:
    told = Stop(at=99)
    request = read_request(procedures=["mentoplasty"])
    swept = workflows.sweep_on(pipeline, prepared, request, 5, size=FRAME_SIZE, progress=told)
    assert [step.intensity for step in swept] == [0.0, 25.0, 50.0, 75.0, 100.0]
    assert steps(told.told) == [(done, 5, "progress.simulate") for done in range(5)]
    ways = [step.largest_displacement_mm for step in swept]
    assert ways[0] == 0.0
    assert all(later > earlier + 0.5 for earlier, later in pairwise(ways))
    assert all(step.prediction is None for step in swept)
    assert {step.after.shape for step in swept} == {(FRAME_SIZE[1], FRAME_SIZE[0], 3)}
    differences = [np.abs(step.after.astype(int) - swept[0].after).mean() for step in swept]
    assert all(later > earlier for earlier, later in pairwise(differences))


def test_a_sweep_that_keeps_its_predictions(
    pipeline: LandmarkDiffPipeline, prepared: PreparedFace
) -> None:
    request = read_request(procedures=["mentoplasty"])
    swept = workflows.sweep_on(pipeline, prepared, request, 3, keep=True)
    for step in swept:
        assert step.prediction is not None
        assert step.prediction.plan.hash == step.to_dict()["plan_hash"]


def test_a_sweep_without_a_procedure_is_refused(
    pipeline: LandmarkDiffPipeline, prepared: PreparedFace
) -> None:
    with pytest.raises(ProcedureError, match="needs a procedure"):
        workflows.sweep_on(pipeline, prepared, read_request(), 3)
    with pytest.raises(ParameterError, match="3 to 10"):
        workflows.sweep_on(pipeline, prepared, read_request(procedures=["lip_lift"]), 11)


def test_cancelled_work_stops_at_once_and_leaves_nothing(
    pipeline: LandmarkDiffPipeline, astronaut: ImageArray, tmp_path: Path
) -> None:
    write_png(tmp_path / "a.png", astronaut)
    request = read_request(procedures=["rhinoplasty", "lip_lift"], passes=1)
    for run in (
        lambda stop: workflows.compare_procedures(
            tmp_path / "a.png", request, tmp_path / "out", pipeline=pipeline, progress=stop
        ),
        lambda stop: workflows.intensity_sweep(
            tmp_path / "a.png", request, 4, tmp_path / "out", pipeline=pipeline, progress=stop
        ),
    ):
        stop = Stop(at=1)
        with pytest.raises(WorkCancelled):
            run(stop)
        assert [done for done, _, _ in steps(stop.told)] == [0, 1]
        assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
