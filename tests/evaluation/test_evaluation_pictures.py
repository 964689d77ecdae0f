"""SSIM, PSNR, FLIP and LPIPS: their values, and that inside and outside do not mix."""

from __future__ import annotations

import numpy as np
import pytest
from installed import need

from landmarkdiff.errors import WeightsCorruptError, WeightsMissingError
from landmarkdiff.evaluation.backbones import ALEXNET, backbone_state, why_missing
from landmarkdiff.evaluation.pictures import OUTSIDE_BELOW, part_of, picture_scores, psnr, ssim_map
from landmarkdiff.weights import sha256_of

torch = pytest.importorskip("torch")
need("torchmetrics", "flip_evaluator")


@pytest.fixture(scope="module")
def pictures(astronaut):
    """A crop of a portrait, and the same with noise all over."""
    crop = np.ascontiguousarray(astronaut[40:200, 140:320])
    noise = np.random.default_rng(5).normal(0.0, 12.0, crop.shape)
    return crop, np.clip(crop + noise, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def mask():
    """A disc with a soft edge, whose inside reaches no edge of the picture."""
    rows, columns = np.mgrid[:160, :180]
    away = np.hypot(rows - 80, columns - 90)
    return np.clip((60.0 - away) / 8.0, 0.0, 1.0).astype(np.float32)


@pytest.fixture(scope="module")
def lpips():
    """LPIPS above an AlexNet that was never trained."""
    from torchvision.models import alexnet

    from landmarkdiff.evaluation.perceptual import Lpips

    torch.manual_seed(0)
    return Lpips(alexnet(weights=None).state_dict())


def test_ssim_is_torchmetrics(pictures):
    from torchmetrics.functional.image import structural_similarity_index_measure

    tensors = [
        torch.from_numpy(each.transpose(2, 0, 1)[None].astype(np.float64)) for each in pictures
    ]
    wanted = float(structural_similarity_index_measure(*tensors, data_range=255.0))
    assert float(ssim_map(*pictures).mean()) == pytest.approx(wanted, abs=1e-6)
    assert 0.2 < wanted < 0.9


def test_psnr_is_that_of_its_definition(pictures):
    first, _ = pictures
    own = np.zeros(first.shape[:2], bool)
    own[:, :90] = True
    second = first.copy()
    second[:, 90:] = 0  # beyond the pixels that count
    second[:, :90] ^= 1  # every level is one off
    assert psnr(first, second, own).value == pytest.approx(10 * np.log10(255.0**2))


def test_equal_pictures_have_no_psnr_and_say_why(pictures):
    scores = picture_scores(pictures[0], pictures[0], np.ones(pictures[0].shape[:2]), "whole")
    assert scores["psnr"].value is None
    assert "no pixel differs" in scores["psnr"].unavailable
    assert scores["ssim"].value == pytest.approx(1.0)
    assert scores["flip"].value == 0.0


def test_a_change_outside_does_not_reach_the_inside(pictures, mask, lpips):
    from landmarkdiff.evaluation.perceptual import lpips_score

    reference, prediction = pictures
    changed = np.where((mask < 0.5)[..., None], 255 - prediction, prediction)
    for part, moves in (("inside", False), ("outside", True)):
        before = picture_scores(prediction, reference, mask, part)
        after = picture_scores(changed, reference, mask, part)
        before["lpips"] = lpips_score(lpips, prediction, reference, mask, part)
        after["lpips"] = lpips_score(lpips, changed, reference, mask, part)
        apart = {name: abs(before[name].value - after[name].value) for name in before}
        assert set(apart) == {"ssim", "psnr", "flip", "lpips"}
        for name, by in apart.items():
            assert (by > 1e-3) if moves else (by <= 1e-6), (name, part, by)


def test_a_change_inside_does_not_reach_the_outside(pictures, mask):
    reference, prediction = pictures
    changed = np.where((mask >= OUTSIDE_BELOW)[..., None], 255 - prediction, prediction)
    before = picture_scores(prediction, reference, mask, "outside")
    after = picture_scores(changed, reference, mask, "outside")
    for name, score in before.items():
        assert after[name].value == pytest.approx(score.value, abs=1e-6), name


def test_the_seam_belongs_to_neither_part(pictures, mask):
    reference, prediction = pictures
    inside, own = part_of(prediction, reference, mask, "inside")
    _, other = part_of(prediction, reference, mask, "outside")
    assert not (own & other).any()
    assert (~own & ~other).sum() > 500
    assert (inside[own] == prediction[own]).all()


def test_a_mask_without_inside_says_so(pictures):
    scores = picture_scores(*pictures, np.zeros(pictures[0].shape[:2], np.float32), "inside")
    assert {score.unavailable for score in scores.values()} == {"the mask leaves no pixel inside"}


def test_lpips_is_torchmetrics(pictures, lpips, mask):
    from torchmetrics.functional.image.lpips import _LPIPS
    from torchvision.models import alexnet

    torch.manual_seed(0)
    backbone = alexnet(weights=None).features
    network = _LPIPS(pretrained=True, net="alex", pnet_rand=True)
    for part in range(1, 6):
        slice_ = getattr(network.net, f"slice{part}")
        for name in slice_._modules:
            slice_._modules[name] = backbone[int(name)]
    tensors = [
        torch.from_numpy(each.transpose(2, 0, 1)[None].copy()) / 127.5 - 1 for each in pictures
    ]
    wanted = float(network(*tensors).detach())
    assert lpips.distance(*pictures) == pytest.approx(wanted, rel=1e-4)
    assert wanted > 0.0
    assert lpips.distance(pictures[0], pictures[0]) == 0.0
    assert lpips.distance_map(*pictures).shape == mask.shape


def test_a_picture_that_alexnet_cannot_halve_says_so(pictures, lpips):
    from landmarkdiff.evaluation.perceptual import lpips_score

    for size, there in ((31, True), (30, False)):
        small = [each[:size, :64] for each in pictures]
        found = lpips_score(lpips, *small, np.ones((size, 64), np.float32), "whole")
        assert (found.value is not None) == there
        assert there or "31 pixels" in found.unavailable


def test_another_network_is_not_taken_for_alexnet():
    from landmarkdiff.evaluation.perceptual import Lpips

    with pytest.raises(WeightsCorruptError):
        Lpips({"features.0.weight": torch.zeros(3, 3)})


def test_a_backbone_is_the_publishers_file_or_none(tmp_path, monkeypatch):
    monkeypatch.setenv("LANDMARKDIFF_WEIGHTS", str(tmp_path))
    assert f'curl -L --create-dirs -o "{tmp_path / ALEXNET.file}"' in why_missing(ALEXNET)
    monkeypatch.setenv("HOME", str(tmp_path.parent))  # nobody's name stands in a report
    assert f'-o "$HOME/{tmp_path.name}/{ALEXNET.file}"' in why_missing(ALEXNET)
    with pytest.raises(WeightsMissingError):
        backbone_state(ALEXNET)
    other = tmp_path / ALEXNET.file
    torch.save({"features.0.weight": torch.zeros(1)}, other)
    assert not sha256_of(other).startswith(ALEXNET.sum_start)
    assert why_missing(ALEXNET) is None
    with pytest.raises(WeightsCorruptError):
        backbone_state(ALEXNET)


class Harmful:
    """What unpickling would run."""

    def __reduce__(self):
        return (print, ("run",))


def test_code_in_a_file_is_not_run(tmp_path, capsys):
    from landmarkdiff.evaluation.backbones import read_state

    path = tmp_path / "weights.pth"
    torch.save({"weight": Harmful()}, path)
    with pytest.raises(WeightsCorruptError):
        read_state(path)
    assert capsys.readouterr().out == ""
