"""Clinical cameras: eight kinds, drawn apart from being applied, the same for both of a pair."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from landmarkdiff.errors import ParameterError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.synthetic.augmentation import Augmentation, Camera
from landmarkdiff.synthetic.dataset import PairDataset
from landmarkdiff.synthetic.sample import Sample

KINDS = {
    "light": Camera(exposure=0.7, slope=0.15, slope_deg=30.0),
    "temperature": Camera(temperature=0.1),
    "green": Camera(green=0.06),
    "jpeg": Camera(jpeg=55),
    "noise": Camera(noise=6.0, noise_seed=4),
    "barrel": Camera(barrel=0.05),
    "motion": Camera(motion=0.006, motion_deg=20.0),
    "vignette": Camera(vignette=0.3),
}


@pytest.fixture(scope="module")
def pair(shards: Path) -> tuple[Sample, FaceLandmarks]:
    pairs = PairDataset(shards, split="train", seed=2, depth=True)
    return pairs[3], pairs.face(3)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_changes_the_pair_and_keeps_what_both_share(
    kind: str, pair: tuple[Sample, FaceLandmarks]
) -> None:
    sample, face = pair
    seen = KINDS[kind].applied(sample, face)
    assert np.abs(seen.target.astype(int) - sample.target).mean() > 0.3
    changed = (seen.source != seen.target).any(axis=2)
    assert changed[seen.mask > 0.0].any()
    assert not changed[seen.mask == 0.0].any()
    again = KINDS[kind].applied(sample, face)
    assert np.array_equal(again.source, seen.source)
    assert np.array_equal(again.target, seen.target)


def test_light_and_its_colour_are_what_they_say(pair: tuple[Sample, FaceLandmarks]) -> None:
    sample, face = pair
    dim = KINDS["light"].applied(sample, face).target.astype(float)
    assert dim.mean() == pytest.approx(0.7 * sample.target.mean(), rel=0.03)
    warm = KINDS["temperature"].applied(sample, face).target.astype(float)
    share = warm.mean(axis=(0, 1)) / sample.target.mean(axis=(0, 1))
    assert share == pytest.approx((1.1, 1.0, 0.9), abs=0.02)
    corner = KINDS["vignette"].applied(sample, face).target[0, 0].astype(float)
    assert corner == pytest.approx(0.7 * sample.target[0, 0].astype(float), abs=1.5)


def test_a_bent_lens_bends_points_mask_and_drawings(pair: tuple[Sample, FaceLandmarks]) -> None:
    """A bright spot painted at a landmark is seen where the landmark is then said to be."""
    sample, face = pair
    x, y = sample.points_target[152].round().astype(int)
    marked = sample.target.copy()
    marked[y - 2 : y + 3, x - 2 : x + 3] = (255, 0, 255)
    places = sample.points_target.copy()
    places[152] = (x, y)
    marked_pair = replace(sample, target=marked, points_target=places)
    seen = KINDS["barrel"].applied(marked_pair, face)
    spot = (seen.target.astype(int) * (1, -1, 1)).sum(axis=2) > 420
    rows, columns = np.nonzero(spot)
    assert (columns.mean(), rows.mean()) == pytest.approx(seen.points_target[152], abs=0.5)
    assert np.abs(seen.points_target - places).max() > 1.0
    assert (seen.drawing != sample.drawing).any()
    assert (seen.depth != sample.depth).any()  # type: ignore[union-attr]


def test_parameters_are_drawn_apart_and_replayed(pair: tuple[Sample, FaceLandmarks]) -> None:
    sample, face = pair
    whole = Augmentation(probability=1.0)
    camera = whole.draw(np.random.default_rng(8), 512)
    same = Camera(**camera.to_dict())
    assert np.array_equal(same.applied(sample, face).source, camera.applied(sample, face).source)
    neutral = Camera().to_dict()
    drawn = {name for name, value in camera.to_dict().items() if value != neutral[name]}
    assert {"exposure", "temperature", "green", "jpeg", "noise", "barrel", "vignette"} <= drawn


def test_kinds_take_part_as_often_as_asked() -> None:
    rng, some = np.random.default_rng(0), Augmentation(probability=0.25)
    cameras = [some.draw(rng, 512) for _ in range(2000)]
    for name in ("temperature", "green", "jpeg", "noise", "barrel", "vignette"):
        share = np.mean([getattr(camera, name) != 0 for camera in cameras])
        assert share == pytest.approx(0.25, abs=0.04)
    assert min(camera.jpeg for camera in cameras if camera.jpeg) >= 55


def test_an_augmented_set_is_a_function_of_its_numbers(shards: Path) -> None:
    first, again = (
        PairDataset(shards, split="train", seed=2, augment=Augmentation(probability=0.6))
        for _ in range(2)
    )
    assert np.array_equal(first[5].source, again[5].source)
    assert not np.array_equal(first[5].target, first[6].target)


def test_numbers_out_of_range_are_refused() -> None:
    with pytest.raises(ParameterError):
        Augmentation(barrel=0.9)
    with pytest.raises(ParameterError):
        Augmentation(probability=-0.1)
