from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import checkpoints
import cv2
import ncnn_realesrgan
import numpy as np
import painted
import pytest
from likeness import psnr, sharpness, structural_similarity

from landmarkdiff.errors import WeightsCorruptError, WeightsMissingError
from landmarkdiff.postprocess import Canvas
from landmarkdiff.postprocess.background import (
    MIRRORED,
    OVERLAP,
    background_share,
    enhance_background,
    enhanced_tile,
)
from landmarkdiff.postprocess.blend import blend
from landmarkdiff.postprocess.networks import Network, load_network


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that doubles: the step brings back whatever a network makes."""
    return checkpoints.rrdbnet(tmp_path_factory.mktemp("background") / "small.pth", scale=2)


@pytest.fixture
def canvas(nose: tuple) -> Canvas:
    painting = painted.repainted(nose[0].warped, cast=(9, 0, 0))
    return painted.resampled(painted.with_painting(nose[0], painting), 230, 220)


def settings(path: Path, **more: object) -> dict[str, object]:
    return {"enabled": True, "path": str(path), **more}


def test_it_is_off_by_default(canvas: Canvas) -> None:
    outcome = enhance_background(canvas, painted.context_of())
    assert outcome.picture is canvas.picture
    assert outcome.warped is None
    assert (outcome.report.applied, outcome.report.reason) == (False, "switched_off")


def test_face_and_mask_stay_and_the_report_tells_of_the_rest(canvas: Canvas, small: Path) -> None:
    outcome = enhance_background(canvas, painted.context_of(background=settings(small)))
    share = background_share(canvas)
    covered = canvas.mask.full()
    kept = share == 0
    assert (share[covered > 0] == 0).all()
    hull = cv2.convexHull(canvas.face.points[:, :2].astype(np.float32))
    inside = np.zeros(share.shape, np.uint8)
    cv2.fillConvexPoly(inside, np.rint(hull).astype(np.int32), 1)
    assert (share[inside > 0] == 0).all()
    assert np.array_equal(outcome.warped[kept], canvas.warped[kept])
    assert np.array_equal(outcome.picture[kept], canvas.picture[kept])
    assert np.array_equal(outcome.picture[~kept], outcome.warped[~kept])
    changed = (outcome.warped != canvas.warped).any(axis=2)
    assert changed[share == 1].mean() > 0.9
    assert outcome.report.to_dict() == {
        "name": "background",
        "applied": True,
        "model": "ESRGAN (small.pth)",
        "reason": "changed_outside_mask",
    }
    assert outcome.pixels_changed_outside_mask == changed.sum()
    assert len(outcome.weights["ESRGAN (small.pth)"]) == 64
    # The blend keeps it, and keeps the mask's own border as it was.
    after = replace(canvas, picture=outcome.picture, warped=outcome.warped)
    composite = blend(after, painted.context_of()).picture
    assert np.array_equal(composite[covered == 0], outcome.warped[covered == 0])


def test_the_effect_rises_evenly_from_the_face(nose: tuple) -> None:
    share = background_share(nose[0])
    assert np.abs(np.diff(share, axis=1)).max() < 0.5
    outer = np.concatenate([share[0], share[-1], share[:, 0], share[:, -1]])
    assert (outer == 1).all()


@pytest.mark.parametrize("tile", [104, 512])
def test_tiles_leave_no_seams(nose: tuple, small: Path, tile: int) -> None:
    """The small network looks 15 pixels far, so the overlap makes tiles and whole agree."""
    crop = np.s_[:110, :123]
    photo = np.ascontiguousarray(nose[0].warped[crop])
    canvas = painted.canvas_of(photo, photo, np.zeros(photo.shape[:2], np.uint8))
    far = np.full((478, 3), 1e4)
    canvas = replace(canvas, face=painted.somebody(110, 123, points=far))
    found = enhance_background(canvas, painted.context_of(background=settings(small, tile=tile)))
    network = load_network(small, "cpu", ("ESRGAN",))
    seen = cv2.copyMakeBorder(photo, *[MIRRORED] * 4, cv2.BORDER_REFLECT)
    whole = cv2.resize(
        network(seen.astype(np.float32)), seen.shape[1::-1], interpolation=cv2.INTER_AREA
    )[MIRRORED:-MIRRORED, MIRRORED:-MIRRORED]
    assert np.abs(found.picture - whole).max() <= 1.0
    part = enhanced_tile(network, photo, slice(30, 70), slice(90, 123))
    assert part == pytest.approx(whole[30:70, 90:123], abs=0.5)
    assert OVERLAP >= 24


def test_a_long_run_can_be_stopped_between_tiles(canvas: Canvas, small: Path) -> None:
    calls = []

    def pause() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise InterruptedError

    context = replace(painted.context_of(background=settings(small, tile=96)), pause=pause)
    with pytest.raises(InterruptedError):
        enhance_background(canvas, context)
    assert len(calls) == 3


def test_missing_or_wrong_weights(
    canvas: Canvas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANDMARKDIFF_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    missing = enhance_background(canvas, painted.context_of(background={"enabled": True}))
    assert not missing.report.applied
    assert "run 'landmarkdiff weights pull realesrgan_x4plus'" in missing.report.reason
    with pytest.raises(WeightsMissingError):
        enhance_background(canvas, painted.context_of(background=settings(tmp_path / "no.pth")))
    (tmp_path / "RealESRGAN_x4plus.pth").write_bytes(b"no checkpoint")
    with pytest.raises(WeightsCorruptError):
        enhance_background(canvas, painted.context_of(background={"enabled": True}))
    with pytest.raises(WeightsCorruptError):
        enhance_background(
            canvas,
            painted.context_of(background=settings(tmp_path / "RealESRGAN_x4plus.pth")),
        )


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real-ESRGAN x4plus itself."""
    return ncnn_realesrgan.checkpoint(tmp_path_factory.mktemp("realesrgan"))


@pytest.fixture(scope="module")
def upscaler(real: Path) -> Network:
    network = load_network(real, "cpu", ("ESRGAN",))
    assert (network.scale, network.architecture) == (4, "ESRGAN")
    assert sum(value.numel() for value in network.module.parameters()) == 16_697_987
    return network


def test_real_weights_give_back_what_shrinking_took_better_than_bicubic(
    upscaler: Network, astronaut: np.ndarray
) -> None:
    """A tile of the backdrop, shrunk to a quarter and with the noise of a dim photo."""
    truth = astronaut[:192, 300:492]
    random = np.random.default_rng(0)
    shrunk = cv2.resize(truth, (48, 48), interpolation=cv2.INTER_AREA)
    shrunk = np.clip(shrunk + random.normal(0, 12, shrunk.shape), 0, 255).astype(np.float32)
    found = upscaler(shrunk)
    bicubic = cv2.resize(shrunk, (192, 192), interpolation=cv2.INTER_CUBIC)
    assert found.shape == truth.shape
    assert psnr(found, truth) > psnr(bicubic, truth) + 1.0
    assert structural_similarity(found, truth) > structural_similarity(bicubic, truth) + 0.08
    # The edges are as sharp as they were; bicubic's are not.
    assert 0.6 < sharpness(found) / sharpness(truth) < 1.7
    assert sharpness(bicubic) / sharpness(truth) < 0.5


def test_the_step_with_real_weights_cleans_a_noisy_photo(
    real: Path, upscaler: Network, nose: tuple, astronaut: np.ndarray
) -> None:
    """A third of the portrait's size: the flag and the backdrop beside her face."""
    third = cv2.resize(astronaut, None, fx=1 / 3, fy=1 / 3, interpolation=cv2.INTER_AREA)
    crop = np.s_[8:56, 82:130]
    truth = np.ascontiguousarray(third[crop])
    points = nose[1].points / 3 - (82, 8, 0)
    random = np.random.default_rng(0)
    photo = np.clip(truth + random.normal(0, 12, truth.shape), 0, 255).astype(np.uint8)
    canvas = painted.canvas_of(photo, photo, np.zeros(photo.shape[:2], np.uint8))
    canvas = replace(canvas, face=painted.somebody(*photo.shape[:2], points=points))
    outcome = enhance_background(canvas, painted.context_of(background=settings(real)))
    behind = background_share(canvas) == 1
    assert behind.mean() > 0.4
    assert psnr(outcome.picture[behind], truth[behind]) > psnr(photo[behind], truth[behind]) + 2.5
    assert outcome.report.model == "ESRGAN (RealESRGAN_x4plus.pth)"


def test_the_carried_weights_are_in_the_networks_own_order(real: Path) -> None:
    """Every one of the 351 convolutions found its place: the names and shapes are spandrel's."""
    import torch

    state = torch.load(real, weights_only=True)["params_ema"]
    assert len(state) == 2 * 351
    assert state["conv_first.weight"].shape == (64, 3, 3, 3)
    assert state["body.22.rdb3.conv5.weight"].shape == (64, 192, 3, 3)
    assert state["conv_last.bias"].shape == (3,)
