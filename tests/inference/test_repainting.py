"""What becomes of paintings: accepted, painted again with less strength, or refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest

from landmarkdiff.arrays import ImageArray
from landmarkdiff.configuration import Configuration, GuardSettings
from landmarkdiff.errors import WorkCancelled
from landmarkdiff.generators import (
    GenerationRequest,
    GeneratorRecord,
    OnStep,
    Painting,
    PaintNumbers,
    StepProgress,
)
from landmarkdiff.inference import LandmarkDiffPipeline, PaintSettings, Prediction, PreparedFace
from landmarkdiff.notices import Reason
from landmarkdiff.procedures.planning import make_plan

Paint = Callable[[GenerationRequest], ImageArray]


class Brush:
    """A generator whose paintings are computed, so that what is wrong with them is known."""

    device = "cpu"
    record = GeneratorRecord("controlnet")

    def __init__(self, paint: Paint) -> None:
        self.paint = paint
        self.strengths: list[list[float]] = []

    def load(self, on_step: OnStep | None = None) -> None:
        if on_step is not None:
            on_step(StepProgress("loading", 1, 1))

    def __call__(
        self, requests: Sequence[GenerationRequest], on_step: OnStep | None = None
    ) -> list[Painting]:
        self.strengths.append([request.numbers.strength for request in requests])
        if on_step is not None:
            on_step(StepProgress("painting", 1, 2))
            on_step(StepProgress("painting", 2, 2))
        return [Painting(self.paint(request), self.record, pixel=1.0) for request in requests]

    def check(self, numbers: PaintNumbers) -> None:
        pass

    def weights(self) -> dict[str, str]:
        return {"brush": "0" * 64}


def repainted(
    prepared: PreparedFace,
    paint: Paint,
    *,
    configuration: Configuration | None = None,
    postprocess: bool = True,
    pause: Callable[[], object] | None = None,
    intensities: Sequence[float] = (60.0,),
) -> tuple[list[Prediction], Brush]:
    pipeline = LandmarkDiffPipeline("controlnet", "cpu", configuration or Configuration())
    brush = Brush(paint)
    pipeline._generators["controlnet"] = brush
    plans = [make_plan("rhinoplasty", prepared.landmarks, intensity=level) for level in intensities]
    settings = PaintSettings(postprocess=postprocess)
    return pipeline.generate_many(prepared, plans, settings=settings, pause=pause), brush


@pytest.fixture(scope="module")
def hopper(grace_hopper: ImageArray) -> PreparedFace:
    return LandmarkDiffPipeline().load().prepare(grace_hopper)


def kept(request: GenerationRequest) -> ImageArray:
    """Skin a little smoother and warmer, as a good network leaves it."""
    soft = cv2.GaussianBlur(request.warped, (0, 0), 0.6).astype(np.float32)
    return np.clip(soft * (1.02, 1.0, 0.98) + 1.0, 0, 255).astype(np.uint8)


def shifted(request: GenerationRequest) -> ImageArray:
    step = 1.0 / request.source.scale.mm_per_px
    move = np.float32([[1, 0, step], [0, 1, 0]])
    height, width = request.warped.shape[:2]
    return np.asarray(
        cv2.warpAffine(request.warped, move, (width, height), borderMode=cv2.BORDER_REPLICATE)
    )


def noise(request: GenerationRequest) -> ImageArray:
    return np.random.default_rng(0).integers(0, 256, request.warped.shape, np.uint8)


def with_a_mole(request: GenerationRequest) -> ImageArray:
    """Three millimetres of brown on the tip of the nose."""
    x, y = request.target.points[4, :2].round().astype(int).tolist()
    radius = round(1.5 / request.target.scale.mm_per_px)
    return cv2.circle(request.warped.copy(), (x, y), radius, (80, 50, 40), -1)


def another_person(request: GenerationRequest) -> ImageArray:
    """The face upside down in its place: the edges of the nose stay where noise would not."""
    return np.ascontiguousarray(request.warped[::-1])


def test_a_painting_that_keeps_the_plan_is_finished(hopper: PreparedFace) -> None:
    [result], brush = repainted(hopper, kept)
    assert brush.strengths == [[0.75]]
    assert result.guard.verdict == "passed"
    assert result.guard.attempts == 1
    assert result.guard.deviation_mm < 0.3
    assert result.guard.limit_mm >= 0.5
    assert result.identity.verdict == "passed"
    assert result.identity.similarity_raw > 0.9
    assert result.outside_mask_changed_pixels == 0
    mask = result.surgical_mask.full()
    assert (result.image[mask == 255] != result.warped[mask == 255]).any()
    # What lies in front of the face is put back before the guard looks; the rest is the network's.
    front = result.warp.front
    assert front is not None  # her spectacles
    frame = front.whole(hopper.image)
    assert (result.raw[frame] == hopper.image[frame]).all()
    assert (result.raw == front.kept_in(kept_of(result), result.warp.warped)).all()
    assert (result.raw == kept_of(result)).mean() > 0.9
    applied = {step.name: step.applied for step in result.postprocess}
    assert applied["colour"] and applied["sharpen"] and applied["blend"] and applied["identity"]
    assert not applied["background"]
    assert result.weights["brush"] == "0" * 64


def kept_of(result: Prediction) -> ImageArray:
    soft = cv2.GaussianBlur(result.warped, (0, 0), 0.6).astype(np.float32)
    return np.clip(soft * (1.02, 1.0, 0.98) + 1.0, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("paint", "reason"),
    [
        (shifted, "moved"),
        (with_a_mole, "altered"),
        (noise, "unreadable"),
        (another_person, "unreadable"),
    ],
)
def test_a_painting_that_left_the_plan_is_refused(
    hopper: PreparedFace, paint: Paint, reason: str
) -> None:
    [result], brush = repainted(hopper, paint)
    assert brush.strengths == [[0.75], [0.75 * 0.7], [0.75 * 0.7 * 0.7]]
    assert (result.guard.verdict, result.guard.reason) == ("refused", reason)
    assert result.guard.attempts == 3
    assert [attempt.refused_for for attempt in result.guard.history] == [reason] * 3
    assert (result.image == result.warped).all()
    assert result.outside_mask_changed_pixels == 0
    assert {step.reason for step in result.postprocess if step.name != "identity"} == {
        "warp_returned"
    }
    [notice] = [item for item in result.notices if item.code == "painting_refused"]
    assert "(attempts: 3)" in notice.text
    # The verdict on the person is on the warp that is shown; the refused picture has its own.
    assert result.identity.verdict == "passed"
    assert result.identity.similarity_composite > 0.9


def test_less_strength_may_mend_it(hopper: PreparedFace) -> None:
    [result], brush = repainted(
        hopper, lambda r: shifted(r) if r.numbers.strength > 0.6 else kept(r)
    )
    assert len(brush.strengths) == 2
    assert result.guard.verdict == "passed"
    assert result.guard.attempts == 2
    assert [a.refused_for for a in result.guard.history] == ["moved", None]
    assert [a.strength for a in result.guard.history] == pytest.approx([0.75, 0.525])


def test_only_refused_pictures_of_a_batch_are_painted_again(hopper: PreparedFace) -> None:
    def paint(request: GenerationRequest) -> ImageArray:
        return noise(request) if request.plan.intensity == 100 else kept(request)

    results, brush = repainted(hopper, paint, intensities=(30.0, 100.0, 60.0))
    assert [len(batch) for batch in brush.strengths] == [3, 1, 1]
    assert [r.guard.verdict for r in results] == ["passed", "refused", "passed"]
    assert [r.plan.intensity for r in results] == [30.0, 100.0, 60.0]


def test_someone_else_is_refused_even_in_the_right_geometry(hopper: PreparedFace) -> None:
    strict = Configuration().model_copy(
        update={"identity": Configuration().identity.model_copy(update={"threshold": 0.9999})}
    )
    [result], _ = repainted(hopper, kept, configuration=strict)
    assert (result.guard.verdict, result.guard.reason) == ("refused", "identity")
    assert (result.image == result.warped).all()


def test_no_retries_can_be_asked_for(hopper: PreparedFace) -> None:
    once = Configuration(guard=GuardSettings(retries=0))
    [result], brush = repainted(hopper, noise, configuration=once)
    assert len(brush.strengths) == 1
    assert result.guard.attempts == 1


def test_a_strength_without_steps_leaves_the_warp(hopper: PreparedFace) -> None:
    class Idle(Brush):
        def __call__(
            self, requests: Sequence[GenerationRequest], on_step: OnStep | None = None
        ) -> list[Painting]:
            return [
                Painting(request.warped, self.record, unpainted="strength_too_small")
                for request in requests
            ]

    pipeline = LandmarkDiffPipeline("controlnet", "cpu", Configuration())
    pipeline._generators["controlnet"] = Idle(kept)
    result = pipeline.generate(hopper, "rhinoplasty", 60, strength=0.0)
    assert (result.guard.verdict, result.guard.reason) == (None, "too_weak")
    assert [n.code for n in result.notices if n.code.startswith("painting")] == [
        "painting_too_weak"
    ]
    assert (result.image == result.warped).all()


def test_without_finishing_the_composite_is_made_all_the_same(hopper: PreparedFace) -> None:
    [result], _ = repainted(hopper, kept, postprocess=False)
    applied = {step.name: step.applied for step in result.postprocess}
    assert applied == {
        "restore": False, "background": False, "colour": False, "sharpen": False, "blend": True,
        "identity": True,
    }  # fmt: skip
    assert result.outside_mask_changed_pixels == 0


def test_an_identity_step_that_is_switched_off_says_so(hopper: PreparedFace) -> None:
    plain = Configuration.from_dict({"postprocess": {"identity": {"enabled": False}}})
    [result], _ = repainted(hopper, kept, configuration=plain)
    assert result.guard.verdict == "passed"
    assert result.identity.verdict is None
    assert result.identity.reason == Reason("switched_off")


def test_the_work_ends_at_a_step(hopper: PreparedFace) -> None:
    calls = 0

    def pause() -> None:
        nonlocal calls
        calls += 1
        if calls > 6:
            raise WorkCancelled

    with pytest.raises(WorkCancelled):
        repainted(hopper, noise, pause=pause)
    [again], _ = repainted(hopper, kept)
    assert again.guard.verdict == "passed"


def test_equal_requests_give_equal_bytes(hopper: PreparedFace) -> None:
    first, second = (repainted(hopper, kept)[0][0] for _ in range(2))
    assert (first.image == second.image).all()
    assert replace(second, timings_ms={}).guard == first.guard
