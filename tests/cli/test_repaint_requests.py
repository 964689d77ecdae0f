"""Requests that a network paints: what decides them, their batches, progress and cancelling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from repainting import changed, ignore_diffusers_on_numpy

from landmarkdiff import workflows
from landmarkdiff.arrays import ImageArray
from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import ParameterError, WorkCancelled
from landmarkdiff.generators import StepProgress
from landmarkdiff.inference import LandmarkDiffPipeline, PaintSettings
from landmarkdiff.photo import Photo
from landmarkdiff.workflows import read_request
from landmarkdiff.workflows.consultation import Consultation
from landmarkdiff.workflows.painting import batch_size
from landmarkdiff.workflows.settings import ConsultationSettings

pytestmark = ignore_diffusers_on_numpy


def test_requests_carry_what_decides_a_painting(models: Mapping[str, Path]) -> None:
    configuration = Configuration.load(models["identity"])
    first = read_request(procedures=["lip_lift"], mode="img2img", configuration=configuration)
    names = set(first.weights())
    assert "face_landmarker" in names
    assert any("unet" in name for name in names)
    others = [
        first,
        replace(first, mode="controlnet"),
        replace(first, paint=PaintSettings(strength=0.5)),
        replace(first, paint=PaintSettings(postprocess=False)),
        replace(first, configuration=Configuration.load(models["noise"])),
        read_request(procedures=["lip_lift"], configuration=configuration),
    ]
    assert len({request.fingerprint() for request in others}) == len(others)
    warp = read_request(procedures=["lip_lift"])
    assert warp.fingerprint() == others[-1].fingerprint(), "a warp does not depend on it"
    with pytest.raises(ParameterError, match="10 to 100"):
        replace(first, paint=PaintSettings(num_inference_steps=6))


@pytest.fixture(scope="module")
def pipeline(models: Mapping[str, Path]) -> LandmarkDiffPipeline:
    configuration = Configuration.load(models["identity"])
    return LandmarkDiffPipeline("img2img", configuration=configuration).load()


def test_plans_go_through_the_network_in_batches_of_at_most_max_batch(
    astronaut: ImageArray, models: Mapping[str, Path]
) -> None:
    config = changed(models["identity"], diffusion={"max_batch": 2})
    configuration = Configuration.load(config)
    request = read_request(
        procedures=["lip_lift"], mode="img2img", configuration=configuration, passes=1
    )
    pipeline = request.pipeline()
    prepared = request.prepare(pipeline, astronaut)
    told: list[tuple[int, int, str]] = []
    swept = workflows.sweep_on(
        pipeline,
        prepared,
        request,
        3,
        progress=lambda done, total, what: told.append((done, total, what)),
    )
    assert [step.summary.painting.generator.network.batch for step in swept] == [2, 2, 1]
    assert set(told) == {(0, 3, "progress.painting"), (2, 3, "progress.simulate")}
    for step in swept:
        assert step.warp is not None
        assert step.warp.shape == step.after.shape


def test_a_plan_that_the_photo_cannot_carry_does_not_spoil_its_batch(
    astronaut: ImageArray, pipeline: LandmarkDiffPipeline
) -> None:
    # The chin lies below the border of this cut.
    request = read_request(
        procedures=["lip_lift"], mode="img2img", configuration=pipeline.configuration
    )
    face = request.prepare(pipeline, astronaut).landmarks
    cut = np.ascontiguousarray(astronaut[: int(face.points[152, 1]) - 6])
    prepared = request.prepare(pipeline, cut)
    chosen = [
        read_request(procedures=[name], mode="img2img", configuration=pipeline.configuration)
        for name in ("lip_lift", "mentoplasty", "brow_lift")
    ]
    compared = workflows.compare_on(pipeline, prepared, chosen)
    assert [item.refusal is None for item in compared] == [True, False, True]
    batches = [item.summary and item.summary.painting.generator.network.batch for item in compared]
    assert batches == [2, None, 2]
    assert compared[1].warp is None


def test_steps_are_told_and_a_cancel_ends_the_work(
    photo: Path, pipeline: LandmarkDiffPipeline
) -> None:
    request = read_request(
        procedures=["lip_lift"],
        mode="img2img",
        configuration=pipeline.configuration,
        paint=PaintSettings(strength=0.2),
    )
    seen: list[StepProgress] = []
    workflows.preview(photo, request, "o", pipeline=pipeline, on_step=seen.append)
    painting = [(step.done, step.total) for step in seen if step.stage == "painting"]
    assert painting[:2] == [(1, 2), (2, 2)]
    assert set(painting[2:]) <= {(1, 1)}, "finishing can be ended, too"

    def stop(step: StepProgress) -> None:
        if step.stage == "painting":
            raise WorkCancelled

    before = (photo.parent / "o" / "photo" / "result.json").read_bytes()
    with pytest.raises(WorkCancelled):
        workflows.preview(photo, request, "o", pipeline=pipeline, on_step=stop)
    with pytest.raises(WorkCancelled):
        workflows.batch(photo.parent, request, "b", pipeline=pipeline, on_step=stop)
    assert (photo.parent / "o" / "photo" / "result.json").read_bytes() == before
    assert sorted(path.name for path in photo.parent.iterdir()) == ["o", "photo.png"]


def test_twelve_megapixels_stay_themselves_outside_the_mask(
    grace_hopper: ImageArray, pipeline: LandmarkDiffPipeline
) -> None:
    cut = grace_hopper[:, 31:481]
    large = np.asarray(cv2.resize(cut, (3000, 4000), interpolation=cv2.INTER_CUBIC), np.uint8)
    request = read_request(
        procedures=["rhinoplasty"],
        mode="img2img",
        configuration=pipeline.configuration,
        passes=1,
    )
    found = request.simulate(pipeline, request.prepare(pipeline, large))
    assert found.guard.verdict == "passed"
    assert found.outside_mask_changed_pixels == 0
    differs = (found.image != large).any(axis=2)
    assert differs.any()
    assert not differs[found.surgical_mask.full() == 0].any()
    assert batch_size("img2img", pipeline.configuration, request.prepare(pipeline, large)) == 4


def test_a_consultation_repaints(astronaut: ImageArray, pipeline: LandmarkDiffPipeline) -> None:
    consultation = Consultation(pipeline, Photo(astronaut, "astronaut", "PNG"))
    wanted = ConsultationSettings.from_dict(
        {"procedures": ["lip_lift"], "mode": "img2img", "steps": 12, "strength": 0.1}
    )
    seen: list[StepProgress] = []
    found = consultation.simulate(wanted, on_step=seen.append, verify=False)
    assert (found.generator.numbers.num_inference_steps, found.generator.steps_run) == (12, 1)
    assert found.guard.verdict == "passed"
    assert seen[0].stage == "painting"
    assert not found.verified
    checked = consultation.check()
    assert checked is not None
    assert checked.guard == found.guard
    assert checked.outside_mask_changed_pixels == 0
