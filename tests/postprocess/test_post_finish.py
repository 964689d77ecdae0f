from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import checkpoints
import cv2
import numpy as np
import painted
import pytest

from landmarkdiff import weights
from landmarkdiff.errors import ParameterError, WorkCancelled
from landmarkdiff.postprocess import STEPS, StepContext, finish
from landmarkdiff.postprocess.blend import blend
from landmarkdiff.postprocess.lab import lab_of

NAMES = ["restore", "background", "colour", "sharpen", "blend", "identity"]


@pytest.fixture
def case(nose: tuple, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple:
    """A canvas and a context; of all weights only SFace is here."""
    weights.obtain("sface")
    kept = weights.require("sface")
    (tmp_path / kept.name).hardlink_to(kept)
    monkeypatch.setenv("LANDMARKDIFF_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    canvas, photo_face = nose
    picture = painted.repainted(canvas.warped, gain=0.9, cast=(12, 0, -8))
    return painted.with_painting(canvas, picture, pixel=1.2), painted.context_of(photo_face)


def with_settings(context: StepContext, **postprocess: object) -> StepContext:
    return painted.context_of(context.photo_landmarks, **postprocess)


def test_the_six_steps_run_in_their_order_and_report(case: tuple) -> None:
    canvas, context = case
    seen = []
    found = finish(canvas, context, on_step=lambda *step: seen.append(step))
    assert list(STEPS) == NAMES
    assert [report.name for report in found.steps] == NAMES
    assert seen == [(name, done, 6) for done, name in enumerate(NAMES)]
    applied = {report.name: report.applied for report in found.steps}
    assert applied == {
        "restore": False,
        "background": False,
        "colour": True,
        "sharpen": True,
        "blend": True,
        "identity": True,
    }
    reasons = {report.name: report.reason for report in found.steps}
    assert "landmarkdiff weights pull gfpgan" in reasons["restore"]
    assert reasons["background"] == "switched_off"
    assert all(set(r.to_dict()) == {"name", "applied", "model", "reason"} for r in found.steps)


def test_outside_the_mask_the_result_is_the_photo_and_inside_its_tones(case: tuple) -> None:
    canvas, context = case
    found = finish(canvas, context).picture
    covered = canvas.mask.full()
    assert np.array_equal(found[covered == 0], canvas.photo[covered == 0])
    assert not np.array_equal(found[covered > 0], canvas.photo[covered > 0])
    soft = [lab_of(cv2.GaussianBlur(i, (0, 0), 2))[covered > 200] for i in (found, canvas.warped)]
    assert np.linalg.norm(soft[0] - soft[1], axis=1).mean() < 1.0
    assert np.array_equal(finish(canvas, context).picture, found)


def test_the_identity_of_raw_picture_and_composite_is_told(case: tuple) -> None:
    canvas, context = case
    found = finish(canvas, context)
    facts = found.identity.to_dict()
    assert facts["status"] == "passed"
    assert facts["model"] == "sface"
    # The composite is nearer to the photo than the raw picture.
    assert 0.5 < facts["similarity_raw"] < facts["similarity_composite"] <= 1.0
    assert found.weights == weights.sums("sface")
    other = replace(canvas, picture=np.full_like(canvas.picture, 128))
    assert finish(other, context).identity.similarity_raw < 0.4


def test_a_check_that_could_not_run_is_not_passed(case: tuple, tmp_path: Path) -> None:
    canvas, context = case
    for path in tmp_path.glob("*.onnx"):
        path.unlink()
    found = finish(canvas, context)
    report = found.steps[-1]
    assert (report.name, report.applied) == ("identity", False)
    assert "landmarkdiff weights pull sface" in report.reason
    assert found.identity.verdict is None


def test_every_step_can_be_switched_off_and_the_composite_stays(case: tuple) -> None:
    canvas, context = case
    off = {name: {"enabled": False} for name in NAMES}
    found = finish(canvas, with_settings(context, **off))
    assert all((report.applied, report.reason) == (False, "switched_off") for report in found.steps)
    assert found.identity is None
    covered = canvas.mask.full()
    assert np.array_equal(found.picture[covered == 0], canvas.photo[covered == 0])
    deep = cv2.erode(covered, np.ones((13, 13), np.uint8)) == 255
    assert np.abs(found.picture.astype(int) - canvas.picture)[deep].max() <= 1


def test_without_postprocessing_only_the_composite_is_made(case: tuple) -> None:
    canvas, context = case
    found = finish(canvas, context, only={"blend"})
    assert np.array_equal(found.picture, blend(canvas, context).picture)
    told = {report.name: (report.applied, report.reason) for report in found.steps}
    assert told.pop("blend") == (True, None)
    assert set(told.values()) == {(False, "left_out")}
    # The composite is made even when nothing is asked for.
    assert np.array_equal(finish(canvas, context, only=()).picture, found.picture)


def test_an_empty_mask_and_an_unpainted_picture_return_the_photo(case: tuple) -> None:
    canvas, context = case
    empty = replace(canvas, mask=painted.mask_of(np.zeros(canvas.photo.shape[:2], np.uint8)))
    empty = replace(empty, warped=canvas.photo)
    assert np.array_equal(finish(empty, context).picture, canvas.photo)
    unpainted = replace(canvas, picture=canvas.warped)
    assert np.array_equal(finish(unpainted, context).picture, canvas.warped)


def test_the_background_is_kept_by_the_composite(case: tuple, tmp_path: Path) -> None:
    canvas, context = painted.resampled(case[0], 150, 160), case[1]
    path = checkpoints.rrdbnet(tmp_path / "small.pth", scale=2)
    settings = {"enabled": True, "path": str(path)}
    found = finish(canvas, with_settings(context, background=settings), only=["background"])
    changed = (found.picture != canvas.photo).any(axis=2) & (canvas.mask.full() == 0)
    assert found.pixels_changed_outside_mask >= changed.sum() > 1000
    assert found.steps[1].reason == "changed_outside_mask"
    assert list(found.weights) == ["ESRGAN (small.pth)"]


def test_what_a_callback_raises_ends_the_work(case: tuple) -> None:
    canvas, context = case

    def stop(name: str, done: int, total: int) -> None:
        if name == "sharpen":
            raise WorkCancelled

    with pytest.raises(WorkCancelled):
        finish(canvas, context, on_step=stop)


def test_an_unknown_step_is_refused(case: tuple) -> None:
    with pytest.raises(
        ParameterError, match=r"no finishing step has this name.*sharpness.*sharpen"
    ):
        finish(*case, only={"sharpness"})


@pytest.mark.parametrize("size", [(63, 65), (512, 512), (1333, 1000)])
def test_any_size_ends_with_the_photo_outside(case: tuple, size: tuple[int, int]) -> None:
    """The real mask and face, and the photo resampled to another size."""
    canvas, context = case
    other = painted.resampled(canvas, *size)
    found = finish(other, context).picture
    outside = other.mask.full() == 0
    assert np.array_equal(found[outside], other.photo[outside])
    assert not np.array_equal(found, other.photo)
